"""When the served release is surely worse than mainline, and which one was served before it."""

from datetime import UTC, datetime
from typing import Literal

from tests.core.test_gate import SETTINGS, card, passes

from ct_retrain.core.records.night import Move
from ct_retrain.core.rules.auto_rollback import worse
from ct_retrain.releases import earlier

Who = Literal["night", "rollback", "promote", "relapse"]


def moves(*steps: tuple[Who, str | None]) -> list[Move]:
    """A history, each move from where the one before it ended."""
    done: list[Move] = []
    for who, target in steps:
        source = done[-1].target if done else None
        at = datetime(2026, 1, 1, tzinfo=UTC)
        done.append(Move(at=at, night=None, source=source, target=target, why="", who=who))
    return done


def test_a_release_surely_below_mainline_is_worse_and_one_that_may_be_is_not() -> None:
    mainline = card("mainline", passes(6))
    close = passes(6) | {"p001": 5}

    assert "-20.0 points" in worse([card("champion", passes(4)), mainline], SETTINGS)
    assert worse([card("champion", close), mainline], SETTINGS) == ""
    assert worse([card("champion", passes(8)), mainline], SETTINGS) == ""


def test_nothing_is_said_where_the_two_cannot_be_compared() -> None:
    champion, mainline = card("champion", passes(4)), card("mainline", passes(6))

    assert worse([card("candidate", passes(1)), mainline], SETTINGS) == ""
    assert worse([champion, mainline.model_copy(update={"suite_digest": "1" * 64})], SETTINGS) == ""
    assert worse([], SETTINGS) == ""


def test_the_way_back_leads_from_newest_to_oldest() -> None:
    served = moves(("night", "a"), ("night", "b"), ("night", "c"))

    assert earlier(served, "c") == ["b", "a"]
    assert earlier(served, "a") == []
    assert earlier([], None) == []


def test_what_somebody_went_back_from_is_no_way_back() -> None:
    served = moves(("night", "a"), ("night", "b"), ("relapse", "a"), ("night", "c"))

    assert earlier(served, "c") == ["a"]
    assert earlier([*served, *moves(("rollback", None))], None) == ["c", "a"]
    assert earlier(moves(("night", "a"), ("relapse", None)), None) == []


def test_going_forward_again_makes_up_for_having_gone_back() -> None:
    served = moves(("night", "a"), ("night", "b"), ("rollback", "a"), ("rollback", "b"), ("night", "c"))

    assert earlier(served, "c") == ["b", "a"]
