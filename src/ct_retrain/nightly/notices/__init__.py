"""Notices for the team: the texts, the outbox that delivers each one once, and alerts apart from a night's outcome."""

from ct_retrain.nightly.notices.messages import trial
from ct_retrain.nightly.notices.outbox import undelivered as lost_notices

__all__ = [
    "lost_notices",
    "trial",
]
