"""Benchmark suites, read as Problems."""
