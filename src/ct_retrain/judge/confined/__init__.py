"""Code that runs in the confined worker processes, and what it needs. It does not know which part of the judge asks."""
