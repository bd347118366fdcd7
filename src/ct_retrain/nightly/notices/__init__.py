"""What the team is told: the messages, the outbox that delivers each once, and alerts beside a night's outcome."""

from ct_retrain.nightly.notices.messages import trial
from ct_retrain.nightly.notices.outbox import lost as lost_notices

__all__ = [
    "lost_notices",
    "trial",
]
