"""Implementations of the ports; heavy libraries are imported inside functions."""
