"""The gate: promote what is really better, hold what cannot be told, reject what is worse or broken."""

import pytest

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.record import Tool
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.decision import Hold, Promote, Reject
from ct_retrain.core.records.problem import (
    Estimate,
    Sampling,
    Scorecard,
)
from ct_retrain.core.rules.gate import decide

SAMPLING = Sampling(samples=10, temperature=0.6, top_p=0.95, max_new_tokens=512, seed=0)
SETTINGS = GateSettings(floors={}, bootstrap=1000)


def card(arm: ArmId, passes: dict[str, int], /, **changes: object) -> Scorecard:
    total = len(passes) * 10
    share = sum(passes.values()) / total
    whole = Estimate(value=share, low=0.0, high=1.0, problems=len(passes), samples=total)
    facts = Scorecard(
        arm=arm,
        model=arm,
        model_digest=arm,
        suite="s",
        suite_digest="0" * 64,
        sampling=SAMPLING,
        tools=(Tool(name="icarus", version="11"),),
        functional=whole,
        pass_at_k={},
        categories={"fsm": whole},
        outcomes={"pass": total},
        compile_rate=1.0,
        finished_rate=1.0,
        passes=passes,
    )
    return facts.model_copy(update=changes)


def passes(count: int, problems: int = 100) -> dict[str, int]:
    return {f"p{number:03d}": min(10, max(0, count + number % 3 - 1)) for number in range(problems)}


def test_clearly_better_is_promoted() -> None:
    cards = [card("candidate", passes(6)), card("champion", passes(4)), card("mainline", passes(4))]
    decision = decide(cards, SETTINGS, 0.01)

    assert isinstance(decision, Promote)
    assert [one.incumbent for one in decision.evidence.comparisons] == ["champion", "mainline"]
    assert "+20.0 points" in decision.evidence.explanation


def test_the_same_model_is_held() -> None:
    cards = [card("candidate", passes(5)), card("champion", passes(5)), card("mainline", passes(5))]

    assert isinstance(decide(cards, SETTINGS, 0.01), Hold)


def test_a_gain_that_may_be_chance_is_held_with_the_samples_that_would_tell() -> None:
    ours, theirs = passes(5, 20), passes(5, 20)
    ours["p001"] = 10
    decision = decide(
        [card("candidate", ours), card("champion", theirs), card("mainline", theirs)], SETTINGS, 0.01
    )

    assert isinstance(decision, Hold)
    assert "samples a problem would decide" in decision.evidence.explanation


def test_worse_is_rejected() -> None:
    cards = [card("candidate", passes(3)), card("champion", passes(5)), card("mainline", passes(5))]

    assert isinstance(decide(cards, SETTINGS, 0.01), Reject)


def test_better_than_last_night_but_worse_than_mainline_is_rejected() -> None:
    cards = [card("candidate", passes(5)), card("champion", passes(3)), card("mainline", passes(8))]
    decision = decide(cards, SETTINGS, 0.01)

    assert isinstance(decision, Reject)
    assert "worse than mainline" in decision.evidence.explanation


def test_a_broken_floor_rejects_even_the_better_model_and_names_its_n() -> None:
    cards = [
        card("candidate", passes(6), suite="behavioural"),
        card("mainline", passes(4), suite="behavioural"),
    ]
    decision = decide(cards, GateSettings(floors={"fsm": 0.75}, bootstrap=200), 0.01)

    assert isinstance(decision, Reject)
    assert "floor fsm is 59.9%, bound 75.0% (n = 1000" in decision.evidence.explanation
    assert decision.evidence.checks[0].n == 1000


@pytest.mark.parametrize(
    ("field", "name"), [("compile_rate", "compile rate"), ("finished_rate", "finished rate")]
)
def test_a_broken_guard_rejects(field: str, name: str) -> None:
    cards = [card("candidate", passes(6), **{field: 0.1}), card("mainline", passes(4))]
    decision = decide(cards, SETTINGS, 0.01)

    assert isinstance(decision, Reject)
    assert name in decision.evidence.explanation


@pytest.mark.parametrize(
    "changes",
    [
        {"suite_digest": "1" * 64},
        {"sampling": SAMPLING.model_copy(update={"seed": 1})},
        {"tools": (Tool(name="icarus", version="12"),)},
        {"passes": passes(4, 99)},
    ],
)
def test_what_was_measured_otherwise_is_never_compared(changes: dict[str, object]) -> None:
    cards = [card("candidate", passes(9)), card("mainline", passes(4), **changes)]
    decision = decide(cards, SETTINGS, 0.01)

    assert isinstance(decision, Hold)
    assert decision.evidence.comparisons == ()


@pytest.mark.parametrize("arms", [[], ["candidate"], ["mainline"]])
def test_missing_evidence_is_a_hold(arms: list[ArmId]) -> None:
    assert isinstance(decide([card(arm, passes(9)) for arm in arms], SETTINGS, 0.01), Hold)


def test_no_usable_problem_is_a_hold() -> None:
    empty = Estimate(value=0.0, low=0.0, high=1.0, problems=0, samples=0)
    cards = [
        card(arm, {"p": 1}, passes={}, outcomes={}, functional=empty) for arm in ("candidate", "mainline")
    ]

    assert isinstance(decide(cards, SETTINGS, 0.01), Hold)


@pytest.mark.parametrize(
    "changes",
    [
        {"outcomes": {"pass": 999}},
        {"outcomes": {"pass": 990, "not_attempted": 10}},
        {"passes": passes(4) | {"p000": 11}},
    ],
)
@pytest.mark.parametrize("arm", ["candidate", "champion", "mainline"])
def test_partial_evidence_of_any_arm_is_a_hold(arm: ArmId, changes: dict[str, object]) -> None:
    cards = [
        card(one, passes(9 if one == "candidate" else 4), **(changes if one == arm else {}))
        for one in ("candidate", "champion", "mainline")
    ]
    decision = decide(cards, SETTINGS, 0.01)

    assert isinstance(decision, Hold)
    assert f"the evidence of {arm} is partial" in decision.evidence.explanation


def test_two_scorecards_of_one_arm_are_a_hold() -> None:
    cards = [card("candidate", passes(9)), card("mainline", passes(4)), card("mainline", passes(3))]

    assert isinstance(decide(cards, SETTINGS, 0.01), Hold)


def test_a_candidate_that_is_the_champion_is_a_hold() -> None:
    cards = [
        card("candidate", passes(9), model_digest="same"),
        card("champion", passes(4), model_digest="same"),
        card("mainline", passes(4)),
    ]
    decision = decide(cards, SETTINGS, 0.01)

    assert isinstance(decision, Hold)
    assert "the same model as champion" in decision.evidence.explanation


def test_an_adapter_that_does_not_load_is_rejected_with_or_without_answers() -> None:
    cards = [card("candidate", passes(9)), card("mainline", passes(4))]

    for given in ([], cards):
        decision = decide(given, SETTINGS, 0.01, loads=False)
        assert isinstance(decision, Reject)
        assert [check.name for check in decision.evidence.checks] == ["adapter loads"]


def test_one_forged_verdict_rejects() -> None:
    cards = [card("candidate", passes(9), forged=1), card("mainline", passes(4))]
    decision = decide(cards, SETTINGS, 0.01)

    assert isinstance(decision, Reject)
    assert "forged verdicts is 0.1%, bound 0.0% (n = 1000" in decision.evidence.explanation


def test_one_answer_a_problem_is_judged_by_mcnemar() -> None:
    one = SAMPLING.model_copy(update={"samples": 1})
    cards = [
        card("candidate", dict.fromkeys(passes(0), 1), sampling=one, outcomes={"pass": 100}),
        card("mainline", dict.fromkeys(passes(0), 0), sampling=one, outcomes={"pass": 100}),
    ]
    decision = decide(cards, SETTINGS, 0.01)

    assert isinstance(decision, Promote)
    assert decision.evidence.comparisons[0].test == "McNemar"
    assert decision.evidence.comparisons[0].p_value == pytest.approx(2.0**-100)


def test_a_drop_that_may_be_chance_is_held_and_not_rejected() -> None:
    ours, theirs = passes(5, 20), passes(5, 20)
    ours["p001"] = 0
    ours["p002"] = 7
    decision = decide(
        [card("candidate", ours), card("champion", theirs), card("mainline", theirs)], SETTINGS, 0.01
    )

    assert decision.evidence.comparisons[0].difference < -SETTINGS.margin_champion
    assert isinstance(decision, Hold)


def test_a_hold_counts_the_answers_that_would_tell() -> None:
    ours, theirs = passes(5, 100), passes(5, 100)
    for name in ("p001", "p002", "p003", "p004"):
        ours[name] += 3
    decision = decide([card("candidate", ours), card("mainline", theirs)], SETTINGS, 0.01)

    assert isinstance(decision, Hold)
    assert decision.evidence.samples_needed is not None
    assert decision.evidence.samples_needed > 10
    assert f"about {decision.evidence.samples_needed} samples" in decision.evidence.explanation


def test_a_hold_says_when_only_more_problems_would_tell() -> None:
    ours = {f"p{number:02d}": 10 * (number % 2) for number in range(20)}
    theirs = {f"p{number:02d}": 10 * ((number + 1) % 2) for number in range(20)}
    decision = decide([card("candidate", ours), card("mainline", theirs)], SETTINGS, 0.01)

    assert isinstance(decision, Hold)
    assert decision.evidence.samples_needed is None
    assert "more problems, not more samples" in decision.evidence.explanation


@pytest.mark.parametrize(
    ("ours", "settings", "says"),
    [
        (6, SETTINGS, "It would have been held with a gain below 1.0 points, p above 0.050"),
        (3, SETTINGS, "more answers would hardly change this"),
        (6, GateSettings(floors={"s/fsm": 0.75}, bootstrap=200), "on the right side of that bound"),
        (6, GateSettings(floors={"s/none": 0.75}, bootstrap=200), "or another floor, would"),
    ],
)
def test_every_decision_says_what_would_change_it(ours: int, settings: GateSettings, says: str) -> None:
    decision = decide([card("candidate", passes(ours)), card("mainline", passes(4))], settings, 0.01)

    assert says in decision.evidence.explanation


def test_a_candidate_that_answers_as_mainline_does_is_held_for_that() -> None:
    cards = [card("candidate", passes(5), answers="a"), card("mainline", passes(5), answers="a")]
    decision = decide(cards, SETTINGS, 0.0)

    assert isinstance(decision, Hold)
    assert decision.evidence.explanation.startswith(
        "Held: all 1000 answers are mainline's, letter for letter."
    )
    check = decision.evidence.checks[-1]
    assert (check.name, check.holds, check.n) == ("answers differ from mainline", False, 1000)


def test_a_candidate_that_answers_as_mainline_does_is_never_published_nor_its_rejection_softened() -> None:
    better = decide(
        [card("candidate", passes(6), answers="a"), card("mainline", passes(4), answers="a")], SETTINGS, 0.01
    )
    worse = decide(
        [
            card("candidate", passes(3), answers="a"),
            card("champion", passes(5), answers="b"),
            card("mainline", passes(3), answers="a"),
        ],
        SETTINGS,
        0.01,
    )

    assert isinstance(better, Hold)
    assert isinstance(worse, Reject)
    assert "all 1000 answers are mainline's" in worse.evidence.explanation


def test_other_answers_are_a_check_that_holds_and_unknown_ones_are_none() -> None:
    told = decide(
        [card("candidate", passes(6), answers="a"), card("mainline", passes(4), answers="b")], SETTINGS, 0.01
    )
    without_side_effects = decide(
        [card("candidate", passes(6)), card("mainline", passes(4), answers="b")], SETTINGS, 0.01
    )

    assert isinstance(told, Promote)
    assert told.evidence.checks[-1].holds
    assert isinstance(without_side_effects, Promote)
    assert "answers differ from mainline" not in {
        check.name for check in without_side_effects.evidence.checks
    }
