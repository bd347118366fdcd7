"""Starts and shares confined worker processes, each with its own scratch directory."""
