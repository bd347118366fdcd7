"""Benchmarks as Problems."""
