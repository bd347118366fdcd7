"""The releases, the pointer to the one that is served, and its moves, by a person or by a night.

Others import its modules by name, so that a look at a workspace loads only `inventory`.
"""
