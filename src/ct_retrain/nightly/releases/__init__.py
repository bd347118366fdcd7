"""The releases, the pointer to the one that is served, and its moves, by a person or by a night."""
