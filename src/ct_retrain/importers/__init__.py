"""Bring what other tools recorded into runs that collect takes: one module a format, one way to write a run.

An importer finds attempts: a specification, a design, a testbench, and what the record says of their simulation. It
adds nothing to that: where a record does not say how a simulation ended, the attempt is refused, and what is imported
as passed is simulated again by the night like any other run.
"""
