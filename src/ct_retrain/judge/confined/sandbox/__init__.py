"""Confines a worker process, and starts programs that inherit the confinement."""
