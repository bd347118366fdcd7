"""Looking early costs nothing: the shares of the level add up, and an unchanged model is not promoted by looking often."""

import numpy as np
import pytest

from ct_retrain.core.configuration.settings import BenchmarkSettings, GateSettings
from ct_retrain.core.record import Tool
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.decision import (
    Comparison,
    Evidence,
    Hold,
    Promote,
    Reject,
)
from ct_retrain.core.records.problem import (
    Estimate,
    Sampling,
    Scorecard,
)
from ct_retrain.core.rules.gate import decide
from ct_retrain.core.rules.interim_looks import clear, looks

ADAPTIVE = BenchmarkSettings(adaptive=True)
PROBLEMS = 40


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_the_shares_of_the_level_add_up_to_the_level(confidence):
    found = looks(ADAPTIVE, GateSettings(confidence=confidence))

    assert sum(1 - look.gate.confidence for look in found) == pytest.approx(1 - confidence)
    assert all(look.gate.confidence > confidence for look in found)


def test_every_look_sees_more_and_only_the_last_one_is_the_last():
    found = looks(ADAPTIVE, GateSettings())

    assert [look.samples for look in found] == [4, 8, 16, 32]
    assert [look.last for look in found] == [False, False, False, True]


def test_without_looking_early_there_is_one_look_at_the_whole_level():
    gate = GateSettings(confidence=0.9)

    assert looks(BenchmarkSettings(samples=7), gate) == ((7, gate, True),)


def evidence(*highs: float) -> Evidence:
    comparisons = tuple(
        Comparison(
            incumbent="mainline",
            difference=high - 0.1,
            low=high - 0.2,
            high=high,
            confidence=0.95,
            p_value=0.5,
            minimum_detectable=0.1,
            problems=9,
            samples=4,
            won=(),
            lost=(),
        )
        for high in highs
    )
    return Evidence(comparisons=comparisons, checks=(), explanation="")


@pytest.mark.parametrize(
    ("decision", "is_clear"),
    [
        (Promote(evidence=evidence(0.3)), True),
        (Hold(evidence=evidence(0.3)), False),
        (Hold(evidence=evidence(-0.1)), False),
        (Reject(evidence=evidence(0.2, -0.1)), True),
        (Reject(evidence=evidence(0.2)), False),
        (Reject(evidence=evidence()), False),
    ],
)
def test_only_better_and_surely_worse_end_the_drawing(decision, is_clear):
    assert clear(decision) is is_clear


def card(arm: ArmId, passed: np.ndarray, samples: int) -> Scorecard:
    counts = {f"p{number:02d}": int(count) for number, count in enumerate(passed)}
    total = samples * len(counts)
    whole = Estimate(value=0.5, low=0.0, high=1.0, problems=len(counts), samples=total)
    return Scorecard(
        arm=arm,
        model=arm,
        model_digest=arm,
        suite="s",
        suite_digest="0" * 64,
        sampling=Sampling(samples=samples, temperature=0.6, top_p=0.95, max_new_tokens=512, seed=0),
        tools=(Tool(name="icarus", version="11"),),
        functional=whole,
        pass_at_k={},
        categories={},
        outcomes={"pass": total},
        compile_rate=1.0,
        finished_rate=1.0,
        passes=counts,
    )


def promoted(rng: np.random.Generator, gain: float) -> bool:
    """Whether one night of adaptive looks promotes a model that is *gain* better on every problem."""
    chance = rng.beta(0.7, 0.7, PROBLEMS) * (1 - gain)
    answers: dict[ArmId, np.ndarray] = {
        "candidate": rng.random((PROBLEMS, 32)) < (chance + gain)[:, None],
        "champion": rng.random((PROBLEMS, 32)) < chance[:, None],
        "mainline": rng.random((PROBLEMS, 32)) < chance[:, None],
    }
    settings = GateSettings(floors={}, bootstrap=200, margin_champion=1.0, margin_mainline=1.0)
    for look in looks(ADAPTIVE, settings):
        cards = [card(arm, drawn[:, : look.samples].sum(1), look.samples) for arm, drawn in answers.items()]
        decision = decide(cards, look.gate, 0.0)
        if clear(decision):
            return isinstance(decision, Promote)
    return False


@pytest.mark.slow
def test_looking_often_promotes_an_unchanged_model_no_more_than_the_level_says():
    """Without margins and smallest gain, which only make it rarer; the whole level at every look promotes 12 %."""
    rng = np.random.default_rng(7)
    nights = 400
    often = sum(promoted(rng, 0.0) for _ in range(nights))

    assert often / nights <= 0.05
    assert sum(promoted(rng, 0.2) for _ in range(20)) == 20, "and a clear gain is still found"
