"""Several arms at one level: at most one is promoted, each is told of, and together they err no more often than one."""

import numpy as np
import pytest
from tests.core.test_gate import card, passes

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.decision import Hold, Promote, Reject
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.rules.contenders import decide_arms, unloadable_in
from ct_retrain.core.rules.gate import decide
from ct_retrain.core.rules.interim_looks import clear

SETTINGS = GateSettings(floors={}, bootstrap=400)
NEW, OTHER = "challenger.new", "challenger.other"


def cards(**found: int) -> list[Scorecard]:
    """Scorecards by how many of ten answers pass, `new` and `other` being challengers."""
    names: dict[str, ArmId] = {"new": NEW, "other": OTHER}
    return [card(names.get(arm, arm), passes(count)) for arm, count in found.items()]


def test_one_arm_alone_is_decided_on_as_ever() -> None:
    found = cards(candidate=8, champion=6, mainline=4)
    assert decide_arms(found, SETTINGS, 0.01) == decide(found, SETTINGS, 0.01)


def test_a_challenger_that_passes_is_promoted_where_the_candidate_does_not() -> None:
    decision = decide_arms(cards(candidate=6, new=8, champion=6, mainline=4), SETTINGS, 0.01)

    assert isinstance(decision, Promote)
    assert decision.arm == NEW
    assert decision.evidence.explanation.splitlines()[0] == "Promoted, challenger new."
    (other,) = decision.others
    assert (other.arm, other.kind) == ("candidate", "hold")
    assert "The default recipe – Held: " in decision.evidence.explanation


def test_a_recipe_keeps_the_letters_of_its_name() -> None:
    wide = card("challenger.Wide_R16", passes(6))
    decision = decide_arms([*cards(candidate=8, champion=6, mainline=4), wide], SETTINGS, 0.01)

    assert "\nChallenger Wide_R16 – " in decision.evidence.explanation
    assert "each was tested at 1/2 of the level" in decision.evidence.explanation


def test_of_two_that_pass_the_one_further_ahead_is_promoted() -> None:
    decision = decide_arms(cards(candidate=8, new=9, other=7, champion=5, mainline=4), SETTINGS, 0.01)
    assert decision.arm == NEW
    assert {one.arm: one.kind for one in decision.others} == {"candidate": "promote", OTHER: "promote"}
    assert "passes the gate too, and is less far ahead." in decision.evidence.explanation


def test_where_none_passes_the_candidate_is_decided_on() -> None:
    decision = decide_arms(cards(candidate=6, new=2, champion=6, mainline=4), SETTINGS, 0.01)
    assert isinstance(decision, Hold)
    assert decision.arm == "candidate"
    assert [(one.arm, one.kind) for one in decision.others] == [(NEW, "reject")]
    assert not clear(decision)


def test_every_arm_pays_for_itself_from_one_level() -> None:
    for others in (0, 1, 2):
        found = cards(candidate=8, **dict(list({"new": 8, "other": 8}.items())[:others]), mainline=4)
        decision = decide_arms(found, SETTINGS, 0.01)
        shown = [decision.evidence, *(one.evidence for one in decision.others)]
        levels = [1 - one.confidence for evidence in shown for one in evidence.comparisons]

        assert sum(levels) == pytest.approx(1 - SETTINGS.confidence)


def test_an_adapter_that_does_not_load_is_rejected_and_the_others_are_judged() -> None:
    refused = {"candidate": "no weights"}
    decision = decide_arms(cards(new=8, champion=6, mainline=4), SETTINGS, 0.01, refused)
    assert isinstance(decision, Promote)
    assert decision.arm == NEW
    assert unloadable_in(decision) == {"candidate": "Rejected: the adapter does not load. no weights"}
    assert decision.evidence.comparisons[0].confidence == SETTINGS.confidence, (
        "who is not measured costs nothing"
    )


def test_nobody_loads() -> None:
    decision = decide_arms((), SETTINGS, 0.01, {"candidate": "no weights", NEW: "neither"})
    assert isinstance(decision, Reject)
    assert decision.arm == "candidate"
    assert clear(decision)


def test_a_candidate_that_was_not_measured_is_a_hold() -> None:
    decision = decide_arms(cards(champion=6, mainline=4), SETTINGS, 0.01)
    assert isinstance(decision, Hold)
    assert decision.evidence.explanation == "Held: the candidate has no scorecard."


@pytest.mark.parametrize("arms", [1, 4])
def test_unchanged_arms_are_promoted_no_more_often_the_more_there_are(arms: int) -> None:
    """All equal, gain of 0 enough: the chance that any is promoted stays below the level."""
    random, settings = np.random.default_rng(arms), GateSettings(floors={}, bootstrap=200)
    rates, nights = random.beta(1, 1, 60), 150
    names: list[ArmId] = ["candidate", *(f"challenger.c{number}" for number in range(1, arms)), "mainline"]

    def drawn(arm: ArmId) -> Scorecard:
        counts = random.binomial(10, rates)
        return card(arm, {f"p{number}": int(count) for number, count in enumerate(counts)})

    wrong = sum(
        isinstance(decide_arms([drawn(arm) for arm in names], settings, 0.0), Promote) for _ in range(nights)
    )
    assert wrong <= 14, f"{wrong} of {nights}: 5 % of them and what chance adds in 99 of 100 runs"
