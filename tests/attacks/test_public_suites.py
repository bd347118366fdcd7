"""No trivial design passes any problem of the public suites or of our own, but where doing nothing is right.

The public data is not part of the project: it lies beside the checkout, or where CT_TEST_DATA says.
"""

import shutil
from collections.abc import Iterator, Sequence

import pytest
from tests.attacks.suites import DATA, LOUD, SILENT, SUITES, Given, given, trivial

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.credibility import credibility
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

RIGHT_ANSWERS = {
    ("v1", "zero", "all 0"): "the answer is the constant 0",
    ("v1", "m2014_q4i", "all 0"): "the answer is the constant 0",
    ("v1", "step_one", "all 1"): "the answer is the constant 1",
    ("v2", "zero", "all 0"): "the answer is the constant 0",
    ("v2", "m2014_q4i", "all 0"): "the answer is the constant 0",
    ("v2", "step_one", "all 1"): "the answer is the constant 1",
}
"""Where the trivial design is what was asked for."""

VACUOUS = {
    (
        "v1",
        "m2014_q4d",
        "all 0",
    ): "the input is unknown at the first edge, so the reference is for ever, and matches anything",
    (
        "v2",
        "m2014_q4d",
        "all 0",
    ): "the input is unknown at the first edge, so the reference is for ever, and matches anything",
}
"""Where the testbench does not look; its credibility must say so."""

SIZES = {"v1": 156, "v2": 156, "rtllm": 50, "ours": 63}
CPU_SECONDS = 3
"""A few problems simulate longer; a trivial design that runs out of time has not passed."""

Key = tuple[str, str, str]


@pytest.fixture(scope="module")
def bounded() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=CPU_SECONDS, simulator="icarus")) as judge:
        yield judge


def problems(suite: str) -> list[Given]:
    if suite != "ours" and not DATA.is_dir():
        pytest.skip("the public data is not here")
    found = list(given(suite))
    assert len(found) == SIZES[suite]
    return found


def passing(judge: Judge, asked: Sequence[tuple[Key, Design]]) -> set[Key]:
    verdicts = list(check_all(judge, (design for _, design in asked)))
    assert all(verdict.outcome in Outcome for verdict in verdicts)
    return {key for (key, _), verdict in zip(asked, verdicts, strict=True) if verdict.passed}


def allowed(suite: str, kinds: Sequence[str]) -> set[Key]:
    return {key for key in {*RIGHT_ANSWERS, *VACUOUS} if key[0] == suite and key[2] in kinds}


@pytest.mark.slow
@pytest.mark.parametrize("kind", SILENT)
@pytest.mark.parametrize("suite", SUITES)
def test_no_design_that_does_nothing_passes(bounded: Judge, suite: str, kind: str) -> None:
    asked = [((suite, one.name, kind), trivial(one, kind)) for one in problems(suite)]

    assert passing(bounded, asked) == allowed(suite, [kind])


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_no_design_that_speaks_or_ends_the_test_passes(bounded: Judge, suite: str) -> None:
    asked = [((suite, one.name, kind), trivial(one, kind)) for kind in LOUD for one in problems(suite)]

    assert passing(bounded, asked) == set()


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_the_golden_s_number_of_checks_lets_no_more_pass_and_all_goldens(bounded: Judge, suite: str) -> None:
    found = problems(suite)
    goldens = list(check_all(bounded, (one.design for one in found)))
    known = [(one, golden) for one, golden in zip(found, goldens, strict=True) if golden.passed]
    expecting = [(one, one.design.model_copy(update={"expected": golden.checks})) for one, golden in known]

    # One golden needs about as much time as there is; whether it gets it twice says nothing of its checks.
    again = zip(expecting, check_all(bounded, (design for _, design in expecting)), strict=True)
    fine = {Outcome.PASS, Outcome.TIMEOUT}
    assert [one.name for (one, _), verdict in again if verdict.outcome not in fine] == []
    wanted = {one.name: golden.checks for one, golden in known}
    asked = [
        ((suite, one.name, kind), trivial(one, kind).model_copy(update={"expected": wanted[one.name]}))
        for kind in ("all 0", "all 1")
        for one, _ in known
        if (suite, one.name, kind) in allowed(suite, SILENT) or suite == "ours"
    ]
    assert passing(bounded, asked) <= allowed(suite, SILENT)


@pytest.mark.slow
@pytest.mark.parametrize("key", VACUOUS, ids=" ".join)
def test_a_testbench_that_does_not_look_has_no_credibility(bounded: Judge, key: Key) -> None:
    suite, name, _ = key
    [problem] = [one for one in problems(suite) if one.name == name]

    worth = credibility(bounded.plain, problem.design, same=bounded.prover.same)

    assert worth.golden is Outcome.PASS
    assert worth.vacuous or worth.stubs_passed
    assert worth.low < 0.5
