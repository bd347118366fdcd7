"""Reads a testbench that nobody here wrote: by what it decides to print, and by what it counts."""
