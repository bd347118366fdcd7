"""Goldens of public suites pass, trivial designs do not, and real answers get the verdict their suite gave them.

The data is not part of the project: it lies beside the checkout, or where CT_TEST_DATA says, or the tests skip.
"""

import gzip
import json
import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.confined.formal.synthesis import SynthesisRequest
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge
from ct_retrain.verilog.extract import find_rtl
from ct_retrain.verilog.guard import guard
from ct_retrain.verilog.modules import tops
from ct_retrain.verilog.stub import stub

DATA = Path(os.environ.get("CT_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")

if not DATA.is_dir() or shutil.which("iverilog") is None:
    pytest.skip("the public data or Icarus Verilog is not here", allow_module_level=True)

SLOW = {"conwaylife", "lfsr32", "count_clock", "review2015_fancytimer"}
"""Problems whose simulation takes seconds."""

VACUOUS_V2 = {"Prob001_zero", "Prob003_step_one", "Prob002_m2014_q4i", "Prob053_m2014_q4d"}
"""Three answers that are constants, and one testbench that compares a single sample."""


def rows(name: str) -> Iterator[dict[str, Any]]:
    path = DATA / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def v2() -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows("verilogeval_v2_spec_to_rtl.jsonl")}


def slow(name: str) -> bool:
    return name.partition("_")[2] in SLOW or name in SLOW


@pytest.fixture(scope="module")
def patient() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=30)) as judge:
        yield judge


@pytest.fixture(scope="module")
def as_labelled() -> Iterator[Judge]:
    """With the simulator that the labels were made with."""
    with Judge(JudgeSettings(cpu_seconds=30, simulator="icarus")) as judge:
        yield judge


def test_the_guard_refuses_no_golden_of_any_suite() -> None:
    goldens = [row["ref"] for row in v2().values()]
    goldens += [row["ref"] for row in rows("rtllm_v2.jsonl")]
    goldens += [row["prompt"] + row["canonical_solution"] for row in rows("verilogeval_v1_human.jsonl")]

    assert [report for text in goldens if (report := guard(text)) != ((), ())] == []


def test_the_guard_refuses_no_answer_that_passed() -> None:
    refused = [
        (row["id"], report)
        for path in sorted(DATA.glob("labelled_*"))
        for row in rows(path.name)
        if row["passed"] and (report := guard(row["code"])) != ((), ())
    ]

    assert refused == []


FRAMES = {
    "fence": ("```verilog\n{}\n```\nDone.", "{}"),
    "prose": ("`top_module` is the module.\n\n{}\n\nIt ends with `endmodule`.", "{}"),
    "marks": ("[BEGIN]\n{}\n[DONE]", "{}"),
    "guard": ("````verilog\n`ifndef X\n`define X\n{}\n`endif\n````", "`ifndef X\n`define X\n{}\n`endif"),
    "types": ("```verilog\ntypedef logic t;\n\n{}\n```", "typedef logic t;\n\n{}"),
}
"""Frame → an answer with a hole for code, and what is to be found in it."""


@pytest.mark.parametrize(("frame", "kept"), FRAMES.values(), ids=FRAMES)
def test_real_code_is_found_in_any_frame(frame: str, kept: str) -> None:
    labelled = [row["code"] for path in sorted(DATA.glob("labelled_*")) for row in rows(path.name)]
    codes = [code for row in labelled[::10] if (code := find_rtl(row).strip())]
    other = [code for code in codes if find_rtl(frame.replace("{}", code)) != kept.replace("{}", code) + "\n"]

    assert len(codes) > 350
    assert other == []


def test_what_is_found_in_a_raw_answer_is_found_again() -> None:
    answers = [row["completion"] for row in rows("model_outputs_verilogeval_v1_human.jsonl.gz")][::4]
    found = [find_rtl(answer, "top_module") for answer in answers]

    assert sum(bool(rtl) for rtl in found) / len(found) > 0.97
    assert [rtl for rtl in found if find_rtl(rtl, "top_module") != rtl] == []


def golden_of(row: dict[str, Any]) -> str:
    return re.sub(r"\bRefModule\b", "TopModule", row["ref"])


def test_goldens_pass_and_stubs_do_not(patient: Judge) -> None:
    problems = [row for name, row in v2().items() if not slow(name)]
    problems = random.Random(7).sample(problems, 40)
    benches = [row["test"] + row["ref"] for row in problems]
    goldens = [
        Design(rtl=golden_of(row), testbench=bench) for row, bench in zip(problems, benches, strict=True)
    ]
    stubs = [Design(rtl=stub(design.rtl, "TopModule", "0"), testbench=design.testbench) for design in goldens]

    failed = [
        row["id"]
        for row, verdict in zip(problems, check_all(patient, goldens), strict=True)
        if not verdict.passed
    ]
    passed = [
        row["id"] for row, verdict in zip(problems, check_all(patient, stubs), strict=True) if verdict.passed
    ]

    assert failed == []
    assert set(passed) <= VACUOUS_V2


@pytest.mark.slow
@pytest.mark.parametrize("body", ["", "initial $finish;", 'initial $display("Mismatches: 0 in 1 samples");'])
def test_no_trivial_design_passes_any_problem(patient: Judge, body: str) -> None:
    problems = [row for name, row in v2().items() if not slow(name)]
    texts = [
        stub(golden_of(row), "TopModule", "x").replace("endmodule", f"{body}\nendmodule") for row in problems
    ]
    designs = (
        Design(rtl=text, testbench=row["test"] + row["ref"])
        for text, row in zip(texts, problems, strict=True)
    )

    passed = [
        row["id"]
        for row, verdict in zip(problems, check_all(patient, designs), strict=True)
        if verdict.passed
    ]

    assert passed == []


@pytest.mark.parametrize("problem", ["Prob066_edgecapture", "Prob139_2013_q2bfsm"])
def test_goldens_whose_testbench_races_with_the_clock_pass_with_a_note(patient: Judge, problem: str) -> None:
    row = v2()[problem]

    verdict = patient.check(Design(rtl=golden_of(row), testbench=row["test"] + row["ref"]))

    assert verdict.outcome is Outcome.PASS, verdict
    assert "clock edge" in verdict.detail


EXPLAINED = {
    "two drivers of one register": {"2014_q3c"},
    "the testbench was corrected": {"Prob099_m2014_q6c", "Prob151_review2015_fsm"},
    "the testbench passes designs that do nothing": {
        *("edge_detect", "multi_16bit", "comparator_3bit", "comparator_4bit", "multi_booth_8bit"),
        *("fixed_point_adder", "fixed_point_substractor", "sequence_detector", "square_wave"),
    },
    "a warning counted as a compile error": {"bugs_addsubz", "m2014_q4j"},
}


class Disagreement(NamedTuple):
    """A verdict that is not the label."""

    problem: str
    labelled_pass: bool
    outcome: Outcome
    design: Design


def labelled() -> list[tuple[Design, str, bool]]:
    """Every answer with a label: its design, its problem, and whether its suite's own rule passed it."""
    second, first = v2(), {row["task_id"]: row for row in rows("verilogeval_v1_human.jsonl")}
    rtllm = {row["id"]: row for row in rows("rtllm_v2.jsonl")}

    def bench(source: str, name: str) -> str:
        if "rtllm" in source:
            return str(rtllm[name]["test"])
        return str(first[name]["test"]) if "v1" in source else second[name]["test"] + second[name]["ref"]

    found = [(path.name, row) for path in sorted(DATA.glob("labelled_*")) for row in rows(path.name)]
    return [
        (Design(rtl=row["code"], testbench=bench(source, row["id"])), row["id"], row["passed"])
        for source, row in found
        if not slow(row["id"])
    ]


def disagreements(judge: Judge, answers: list[tuple[Design, str, bool]]) -> list[Disagreement]:
    verdicts = check_all(judge, (design for design, _, _ in answers))
    return [
        Disagreement(problem, passed, verdict.outcome, design)
        for (design, problem, passed), verdict in zip(answers, verdicts, strict=True)
        if verdict.passed is not passed
    ]


def unexplained(found: list[Disagreement]) -> list[Disagreement]:
    return [one for one in found if not any(one.problem in names for names in EXPLAINED.values())]


@pytest.mark.parametrize(
    "every", [pytest.param(8, marks=pytest.mark.slow), pytest.param(1, marks=pytest.mark.exhaustive)]
)
def test_real_answers_get_the_verdict_their_suite_gave_them(as_labelled: Judge, every: int) -> None:
    answers = labelled()[::every]
    other = disagreements(as_labelled, answers)

    assert len(other) / len(answers) < 0.01
    assert unexplained(other) == []
    assert all(not one.labelled_pass or one.outcome is not Outcome.PASS for one in other)


@pytest.mark.exhaustive
def test_what_verilator_adds_are_answers_that_icarus_cannot_read(patient: Judge, as_labelled: Judge) -> None:
    added = unexplained(disagreements(patient, labelled()))
    alone = check_all(as_labelled, (one.design for one in added))

    assert all(one.outcome is Outcome.PASS and not one.labelled_pass for one in added)
    assert {verdict.outcome for verdict in alone} == {Outcome.COMPILE_ERROR}


@pytest.mark.slow
def test_yosys_reads_almost_every_right_answer_and_golden(as_labelled: Judge) -> None:
    answers = {row["code"] for path in DATA.glob("labelled_*") for row in rows(path.name) if row["passed"]}
    goldens = {
        row["ref"] for name in ("rtllm_v2.jsonl", "verilogeval_v2_spec_to_rtl.jsonl") for row in rows(name)
    }
    right = sorted(answers | goldens)
    unread = [
        text
        for text in right
        if not as_labelled.prover.resynthesised(text, SynthesisRequest(tops(text)[:1], "")).text
    ]

    assert len(unread) / len(right) <= 0.01
