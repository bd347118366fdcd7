"""Runs one design against one testbench inside a worker: compile, simulate, read the evidence; a module per tool."""
