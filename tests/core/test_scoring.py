"""Samples added up: a fixed denominator, a name for every failure, and no pass without evidence."""

import random

import pytest

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.records.problem import (
    Problem,
    Sample,
    Sampling,
    Suite,
)
from ct_retrain.core.records.verdict import Outcome, Verdict
from ct_retrain.core.rules.endings import LETTERS, failure_of
from ct_retrain.core.rules.scoring import EvalSpec, scorecard

JUDGE = Tool(name="icarus", version="11")
MODEL = Tool(name="scripted", version="1", detail="weights 7")


def eval_spec(*names: str, samples: int = 2, expected: int | None = 8) -> EvalSpec:
    problems = tuple(
        Problem(
            id=name,
            spec="s",
            top="t",
            testbench="b",
            golden="g",
            category="fsm" if name.startswith("f") else "logic",
            expected=expected,
        )
        for name in names
    )
    sampling = Sampling(samples=samples, temperature=0.6, top_p=0.95, max_new_tokens=512, seed=0)
    suite = Suite(name="s", problems=problems, digest=digest(*problems))
    return EvalSpec(suite, sampling, GateSettings(bootstrap=200), JUDGE)


def sample(name: str, index: int = 0, outcome: Outcome = Outcome.PASS, **changes: object) -> Sample:
    verdict = Verdict(outcome=outcome, detail="", checks=8, tool=JUDGE)
    right = Sample(
        problem_id=name, index=index, text="", rtl="module", finished=True, tokens=1, verdict=verdict
    )
    return right.model_copy(update=changes)


def test_what_was_never_attempted_has_failed():
    card = scorecard(eval_spec("a", "b"), "candidate", MODEL, [sample("a"), sample("a", 1)])

    assert card.passes == {"a": 2, "b": 0}
    assert card.functional.value == 0.5
    assert card.functional.samples == 4
    assert card.outcomes == {"not_attempted": 2, "pass": 2}
    assert (card.compile_rate, card.finished_rate) == (0.5, 0.5)


def test_nothing_at_all_is_zero_and_not_an_error():
    assert scorecard(eval_spec("a"), "candidate", MODEL, []).functional.value == 0.0
    card = scorecard(eval_spec(), "candidate", MODEL, [])

    assert card.passes == {}
    assert (card.functional.problems, card.compile_rate) == (0, 0.0)


def test_categories_add_up_to_their_own_problems():
    card = scorecard(eval_spec("f1", "f2", "a", samples=1), "candidate", MODEL, [sample("f1"), sample("a")])

    assert {name: (one.value, one.problems) for name, one in card.categories.items()} == {
        "fsm": (0.5, 2),
        "logic": (1.0, 1),
    }


@pytest.mark.parametrize(
    ("samples", "known"), [(1, ["1"]), (4, ["1"]), (5, ["1", "5"]), (10, ["1", "5", "10"])]
)
def test_pass_at_k_needs_k_answers(samples, known):
    card = scorecard(eval_spec("a", samples=samples), "candidate", MODEL, [sample("a")])

    assert list(card.pass_at_k) == known
    assert card.pass_at_k["1"].value == pytest.approx(1 / samples)


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (sample("a"), "pass"),
        (sample("a", outcome=Outcome.MISMATCH), "mismatch"),
        (sample("a", outcome=Outcome.MISMATCH, finished=False), "truncated"),
        (sample("a", outcome=Outcome.COMPILE_ERROR, rtl=""), "no_module"),
        (sample("a", outcome=Outcome.COMPILE_ERROR, rtl="", finished=False), "truncated"),
        (sample("a", finished=False), "pass"),
        (sample("a", outcome=Outcome.DISPUTED), "disputed"),
    ],
)
def test_every_failure_has_one_name(one, name):
    assert failure_of(one) == name
    assert scorecard(eval_spec("a", samples=1), "candidate", MODEL, [one]).outcomes == {name: 1}


@pytest.mark.parametrize("checks", [0, 7])
def test_a_pass_on_fewer_checks_than_the_goldens_is_forged(checks):
    verdict = Verdict(outcome=Outcome.PASS, detail="", checks=checks, tool=JUDGE)
    forged = sample("a", verdict=verdict)

    assert scorecard(eval_spec("a"), "candidate", MODEL, [forged]).forged == 1
    assert scorecard(eval_spec("a"), "candidate", MODEL, [sample("a")]).forged == 0


def test_a_pass_without_a_module_is_forged():
    assert scorecard(eval_spec("a"), "candidate", MODEL, [sample("a", rtl="")]).forged == 1


def test_a_graders_passes_say_nothing_of_checks_and_are_not_forged():
    verdict = Verdict(outcome=Outcome.PASS, detail=".", checks=0, tool=JUDGE)
    official = eval_spec("a")._replace(evident=False)

    assert scorecard(official, "candidate", MODEL, [sample("a", verdict=verdict)]).forged == 0


def test_the_order_of_samples_changes_nothing():
    outcomes = [Outcome.PASS, Outcome.MISMATCH, Outcome.TIMEOUT, Outcome.PASS]
    samples = [
        sample(name, index, outcomes[(index + len(name)) % 4]) for name in ("a", "bb") for index in range(4)
    ]
    mixed = random.Random(0).sample(samples, len(samples))

    assert scorecard(eval_spec("a", "bb", samples=4), "candidate", MODEL, mixed) == scorecard(
        eval_spec("a", "bb", samples=4), "candidate", MODEL, samples
    )


def test_every_ending_has_a_letter_of_its_own():
    endings = {*(one.value for one in Outcome), "no_module", "truncated", "not_attempted"}

    assert set(LETTERS) == endings
    assert len(set(LETTERS.values())) == len(endings)
