"""Notices for the team: the texts, the outbox that delivers each one once, and alerts apart from a night's outcome.

Others import its modules by name, so that a look at a workspace loads only `undelivered`.
"""
