"""What every test may rely on: quiet logs that no earlier test has bound to its own standard error, and no tracker."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def quiet_logs() -> Iterator[None]:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(50),
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def untracked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store's tables take MLflow ten seconds: the tests that are about it ask for one."""
    monkeypatch.setenv("CT_RETRAIN_TRACKING__STORE", "off")
