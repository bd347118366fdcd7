"""Tells the team through the log: one structured event a night, on standard error and wherever logs go."""

import structlog

from ct_retrain.core.notice import Notice

_LOG = structlog.get_logger("ct_retrain.notice")


class LogNotifier:
    """Writes the notice as one log event at its level."""

    def send(self, notice: Notice) -> None:
        """Log *notice*; cannot fail."""
        {"info": _LOG.info, "warning": _LOG.warning, "error": _LOG.error}[notice.level](
            notice.title, night=notice.night, body=notice.body
        )
