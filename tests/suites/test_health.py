"""Only problems that can be trusted are asked: goldens pass, designs that do nothing fail, simulators agree."""

from pathlib import Path

import pytest
from tests.suites.layouts import (
    COUNTING,
    DATA,
    HEADER,
    HOUSE,
    gate,
    plain_row,
    published,
    published_rtllm,
    published_v2,
    rtllm,
    v2,
    write_lines,
)

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.confined.simulators.verilator_build import find_verilator
from ct_retrain.judge.judge import Judge
from ct_retrain.suites.health import Health, HealthTools, aids_of, health
from ct_retrain.suites.load import load_suite

needs_verilator = pytest.mark.skipif(
    find_verilator() is None, reason="Verilator or a C++ compiler is not installed"
)
here = pytest.mark.skipif(not (DATA / "README.md").is_file(), reason="the published suites are not here")


class Contrary:
    """A second simulator that says *outcome* of everything."""

    tool = Tool(name="contrary", version="1")

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def check(self, design: Design) -> Verdict:
        del design
        return Verdict(outcome=self._outcome, detail="so I say", tool=self.tool)


def checked(judge: Judge, tmp_path: Path, *rows: dict[str, object]) -> Health:
    path = write_lines(tmp_path / "mine.jsonl", list(rows))
    return health(load_suite(str(path), tmp_path), judge, 2)


def reasons(found: Health) -> dict[str, str]:
    return {one.subject: one.reason for one in found.quarantined}


def test_healthy_problems_carry_the_checks_of_their_golden(judge, tmp_path):
    found = checked(judge, tmp_path, plain_row("right"))

    assert not found.quarantined
    assert [problem.expected for problem in found.suite.problems] == [8]


def test_each_kind_of_sickness_has_its_name_and_the_rest_is_used(judge, tmp_path):
    bench = plain_row("any")["testbench"]
    blind = bench.replace("errors = errors + 1", "errors = 0")
    found = checked(
        judge,
        tmp_path,
        plain_row("right"),
        plain_row("wrong", golden=gate("gate", "a | b")),
        plain_row("broken", testbench=bench.replace("integer checks", "integr checks")),
        plain_row("ports", testbench=bench.replace(".y(y)", ".z(y)")),
        plain_row("typo", golden=gate("gate", "a & c")),
        plain_row("silent", testbench=bench.replace("$display", "$sformat")),
        plain_row("blind", testbench=blind),
    )

    assert [problem.id for problem in found.suite.problems] == ["right"]
    assert reasons(found) == {
        "wrong": "golden_fails",
        "broken": "testbench_does_not_compile",
        "ports": "wrong_interface",
        "typo": "golden_does_not_compile",
        "silent": "no_verdict",
        "blind": "weak_testbench",
    }
    assert all(one.detail for one in found.quarantined)


def test_what_could_not_be_read_is_named_with_what_is_sick(judge, tmp_path):
    path = write_lines(tmp_path / "mine.jsonl", [plain_row("right"), plain_row("bare", golden="")])

    found = health(load_suite(str(path), tmp_path), judge, 2)

    assert found.names == ("mine.jsonl:2",)


def test_a_constant_that_is_the_right_answer_is_no_stub(judge, tmp_path):
    if judge.prover.yosys is None:
        pytest.skip("yosys is not installed")
    rows = [
        plain_row("zero", golden=gate("gate", "1'b0"), testbench=HOUSE.format(top="gate", what="1'b0")),
        plain_row("wire", golden=gate("gate", "a"), testbench=HOUSE.format(top="gate", what="in[0]")),
    ]
    path = write_lines(tmp_path / "mine.jsonl", rows)
    suite = load_suite(str(path), tmp_path)

    assert not health(suite, judge, 2).quarantined
    assert set(health(suite, judge, 2, aids_of(judge)._replace(same=None)).names) == {"zero", "wire"}


@pytest.mark.parametrize(
    ("outcome", "names"), [(Outcome.MISMATCH, ("right",)), (Outcome.PASS, ()), (Outcome.COMPILE_ERROR, ())]
)
def test_a_golden_on_which_two_simulators_disagree_is_in_quarantine(judge, tmp_path, outcome, names):
    path = write_lines(tmp_path / "mine.jsonl", [plain_row("right")])
    aids = HealthTools(second=Contrary(outcome))

    found = health(load_suite(str(path), tmp_path), judge, 1, aids)

    assert found.names == names
    assert all(one.reason == "simulators_disagree" for one in found.quarantined)


@needs_verilator
@pytest.mark.slow
def test_a_golden_that_only_one_simulator_passes_is_in_quarantine_before_every_benchmark(tmp_path):
    head = HEADER.format(top="gate")
    unset = f"{head}\treg q;\n\tassign y = q === 1'b0 || q === 1'b1 ? 1'b0 : a & b;\nendmodule\n"
    free = f"{head}\tassign y = a ? b : b ? 1'bx : 1'b0;\nendmodule\n"
    bench = HOUSE.format(top="gate", what="in[0] ? in[1] : in[1] ? 1'bx : 1'b0")
    rows = [
        plain_row("right"),
        plain_row("unset", golden=unset),
        plain_row("asked", golden=free, testbench=bench),
    ]
    suite = load_suite(str(write_lines(tmp_path / "mine.jsonl", rows)), tmp_path)
    with Judge(JudgeSettings(second_opinion=False)) as judge:
        assert reasons(health(suite, judge, 2)) == {"unset": "simulators_disagree", "asked": "no_verdict"}
        alone = health(suite, judge, 2, aids_of(judge, second=False))
        assert reasons(alone) == {"asked": "no_verdict"}
        assert "only while bits of its outputs are unknown" in alone.quarantined[0].detail


def test_data_files_reach_the_testbench(judge, tmp_path):
    found = health(load_suite(str(rtllm(tmp_path, ["Memory/One/gate"])), tmp_path), judge, 2)

    assert [problem.id for problem in found.suite.problems] == ["gate"]


def test_one_worker_finds_what_two_find(judge, tmp_path):
    rows = [plain_row("right"), plain_row("wrong", golden=gate("gate", "a ^ b"))]
    suite = load_suite(str(write_lines(tmp_path / "mine.jsonl", rows)), tmp_path)

    assert health(suite, judge, 1) == health(suite, judge, 2)


def test_fewer_samples_than_the_goldens_are_no_pass(judge, tmp_path):
    found = health(load_suite(str(v2(tmp_path, ["Prob001_zero"])), tmp_path), judge, 2)

    [problem] = found.suite.problems
    assert problem.expected == 20
    shorter = problem.model_copy(
        update={
            "testbench": COUNTING.format(
                top="TopModule", ref="RefModule", reference=gate("RefModule")
            ).replace("repeat (20)", "repeat (10)")
        }
    )
    assert judge.check(shorter.design(shorter.golden)).outcome is Outcome.NO_EVIDENCE


@here
@pytest.mark.slow
def test_the_published_v2_is_healthy_but_for_the_problem_that_checks_one_sample(tmp_path):
    with Judge(JudgeSettings(simulator="icarus"), tmp_path / "verdicts.sqlite") as judge:
        found = health(load_suite(str(published_v2(tmp_path)), tmp_path), judge, 2)

    assert "Prob053_m2014_q4d" in found.names
    assert len(found.suite.problems) >= 150
    samples = {row["id"]: row["golden_samples"] for row in published("verilogeval_v2_spec_to_rtl.jsonl")}
    assert all(problem.expected == samples[problem.id] for problem in found.suite.problems)


@here
@pytest.mark.slow
def test_the_published_designs_of_rtllm_that_cannot_be_trusted_are_named(tmp_path):
    settings = JudgeSettings(simulator="icarus", cpu_seconds=3)
    with Judge(settings, tmp_path / "verdicts.sqlite") as judge:
        found = health(load_suite(str(published_rtllm(tmp_path)), tmp_path), judge, 2)

    weak = {one.subject for one in found.quarantined if one.reason == "weak_testbench"}
    assert {"comparator_3bit", "comparator_4bit", "edge_detect", "square_wave"} <= weak
    assert len(found.suite.problems) >= 30
