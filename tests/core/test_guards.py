"""Floors and guards: absolute on the built-in suite, ratcheted elsewhere, each with its n and interval."""

import pytest
from tests.core.test_gate import card, passes

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.decision import (
    Check,
    Hold,
    Promote,
    Reject,
)
from ct_retrain.core.records.problem import Estimate, Scorecard
from ct_retrain.core.rules.gate import decide
from ct_retrain.core.rules.guards import BUILT_IN, floors, guards
from ct_retrain.suites.load import BUILT_IN as SUITES

OTHER = "verilogeval-v2"


def fsm(value: float, problems: int = 20) -> dict[str, Estimate]:
    low, high = max(0.0, value - 0.1), min(1.0, value + 0.1)
    return {"fsm": Estimate(value=value, low=low, high=high, problems=problems, samples=10 * problems)}


def cards(suite: str, candidate: float, champion: float, mainline: float) -> list[Scorecard]:
    return [
        card("candidate", passes(8), suite=suite, categories=fsm(candidate)),
        card("champion", passes(5), suite=suite, categories=fsm(champion)),
        card("mainline", passes(5), suite=suite, categories=fsm(mainline)),
    ]


def floor(settings: GateSettings, given: list[Scorecard]) -> Check:
    (found,) = floors(given[0], given[1:], settings)
    return found


def test_the_name_of_the_built_in_suite_is_the_one_that_suites_load() -> None:
    assert BUILT_IN in SUITES


def test_the_drafts_floor_stands_on_the_built_in_suite() -> None:
    check = floor(GateSettings(), cards(BUILT_IN, 0.74, 0.5, 0.5))

    assert (check.bound, check.holds, check.sure) == (0.75, False, True)
    assert (check.low, check.high, check.n) == (pytest.approx(0.64), pytest.approx(0.84), 200)


def test_on_another_suite_the_floor_is_what_is_reached_there_tonight() -> None:
    given = cards(OTHER, 0.21, 0.20, 0.24)
    check = floor(GateSettings(), given)

    assert check.bound == pytest.approx(0.19)
    assert check.holds
    assert isinstance(decide(given, GateSettings(bootstrap=200), 0.01), Promote)


def test_a_sure_fall_below_a_ratchet_is_rejected_whatever_the_gain() -> None:
    decision = decide(cards(OTHER, 0.3, 0.6, 0.5), GateSettings(bootstrap=200), 0.01)

    assert isinstance(decision, Reject)
    assert "floor fsm is 30.0%, bound 55.0%" in decision.evidence.explanation


def test_a_fall_below_a_ratchet_that_may_be_chance_is_held() -> None:
    decision = decide(cards(OTHER, 0.54, 0.6, 0.5), GateSettings(bootstrap=200), 0.01)

    assert isinstance(decision, Hold)
    assert "within what chance explains" in decision.evidence.explanation


def test_the_built_in_suite_can_be_ratcheted() -> None:
    check = floor(GateSettings(floor_rule="ratcheted"), cards(BUILT_IN, 0.6, 0.6, 0.5))

    assert check.holds
    assert check.bound == pytest.approx(0.55)


def test_a_floor_with_a_suites_name_is_absolute_there_and_nothing_elsewhere() -> None:
    settings = GateSettings(floors={"fsm": 0.75, f"{OTHER}/fsm": 0.3})

    assert floor(settings, cards(OTHER, 0.25, 0.1, 0.1)).bound == 0.3
    assert not floor(settings, cards(OTHER, 0.25, 0.1, 0.1)).holds
    assert floor(settings, cards(BUILT_IN, 0.8, 0.1, 0.1)).bound == 0.75


def test_a_floor_for_problems_that_the_suite_does_not_have_holds_the_night() -> None:
    decision = decide(cards(BUILT_IN, 0.9, 0.9, 0.9), GateSettings(floors={"fms": 0.5}), 0.01)

    assert isinstance(decision, Hold)
    assert "floor fms was not measured: the suite has no such problems" in decision.evidence.explanation


def test_every_guard_has_an_n_and_an_interval_around_its_value() -> None:
    given = card("candidate", passes(8), compile_rate=0.9, finished_rate=1.0)

    for check in guards(given, GateSettings()):
        assert check.n == 1000
        assert check.low <= check.value <= check.high
        assert check.high - check.low < 0.05
