"""Formal tools inside a worker: proofs of equivalence and of properties, and designs rewritten from their netlist."""
