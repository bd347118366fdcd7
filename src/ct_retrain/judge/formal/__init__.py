"""Proofs about a candidate design that hold for every input."""
