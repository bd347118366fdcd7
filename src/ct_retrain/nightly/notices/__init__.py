"""Notices for the team: the texts, the outbox that delivers each one once, and alerts apart from a night's outcome."""
