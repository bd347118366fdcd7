"""What every test may rely on: quiet logs that no earlier test has bound to its own standard error, no tracker, and what is dear to make."""

import signal
from collections.abc import Iterator

import pytest
import structlog

from tests.bucket import bucket, sky
from tests.nights_behind import season, years

__all__ = ["bucket", "season", "sky", "years"]


FIRST = (
    "tests/nightly/test_defaults.py",
    "tests/adapters/test_real_model.py",
    "tests/adapters/test_qlora.py",
    "tests/adapters/test_promises.py",
    "tests/nightly/",
    "tests/demo/",
)
"""What the product stands on: a runner may have no time for every slow test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        slow = item.get_closest_marker("slow") is not None
        return next(
            (place for place, start in enumerate(FIRST) if slow and item.nodeid.startswith(start)), len(FIRST)
        )

    items.sort(key=rank)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """A shell starts what it leaves in the background deaf to Ctrl-C, and so would be all that tests start and interrupt."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
