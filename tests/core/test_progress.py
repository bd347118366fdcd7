"""A long step says how far it is: not too often, with a rate of what was really done, and that it is over."""

from collections.abc import Generator, Iterator
from typing import cast

import pytest
import structlog
from structlog.testing import LogCapture

from ct_retrain.core.progress import EVENT, PACE, Pace, paced


@pytest.fixture
def said() -> Iterator[LogCapture]:
    capture = LogCapture()
    structlog.configure(processors=[capture], wrapper_class=structlog.BoundLogger)
    yield capture
    structlog.reset_defaults()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_short_step_says_nothing(said: LogCapture) -> None:
    assert list(paced(range(5), "short", 5)) == [0, 1, 2, 3, 4]
    assert said.entries == []


def test_rate_and_time_left_are_of_what_was_done_since_the_step_was_resumed(said: LogCapture) -> None:
    clock = Clock()
    pace = Pace("resumed", 100, clock)
    pace.reach(60)
    clock.now = 2.0
    pace.reach(70)

    assert [(one["event"], one["done"], one["rate"], one["left"]) for one in said.entries] == [
        (EVENT, 70, 5.0, 6)
    ]


def test_events_are_paced_and_the_last_says_that_it_is_over(said: LogCapture) -> None:
    clock = Clock()
    pace = Pace("many", 1000, clock)
    for done in range(1000):
        clock.now += PACE / 10
        pace.reach(done)
    pace.end(1000)

    assert 90 <= len(said.entries) <= 102
    assert [one["over"] for one in said.entries[-2:]] == [False, True]


def test_where_nobody_knows_how_many_there_are_only_the_rate_is_told(said: LogCapture) -> None:
    clock = Clock()
    pace = Pace("unknown", None, clock)
    pace.reach(0)
    clock.now = 4.0
    pace.reach(8)

    assert (said.entries[0]["rate"], said.entries[0]["total"], said.entries[0]["left"]) == (2.0, None, None)


def test_a_step_that_is_left_early_is_over_too(said: LogCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ct_retrain.core.progress.PACE", 0.0)
    items = cast("Generator[int]", paced(range(10), "left", 10))
    next(items)
    items.close()

    assert said.entries[-1]["over"]
    assert said.entries[-1]["done"] == 1
