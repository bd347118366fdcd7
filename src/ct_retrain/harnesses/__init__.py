"""Suites as tasks of other evaluation harnesses: they ask and report, the judge decides."""
