"""Confined worker processes: started, shared, and each with a scratch directory of its own."""
