"""CVDP's JSONL: rows of our own in its layout, from the file to the verdict."""

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.problem import Problem
from ct_retrain.core.records.verdict import Outcome
from ct_retrain.core.rules.scoring import judged_otherwise
from ct_retrain.judge.judge import Judge
from ct_retrain.suites import cvdp
from ct_retrain.suites.health import health
from ct_retrain.suites.load import load_suite

ENV = """SIM             = icarus
TOPLEVEL_LANG   = verilog
VERILOG_SOURCES = /code/rtl/majority.sv
TOPLEVEL        = majority
MODULE          = test_majority
PYTHONPATH      = /src
"""
TEST = """import cocotb
import harness_library as library
from cocotb.triggers import Timer


@cocotb.test()
async def agrees(dut):
    for number in range(8):
        dut.votes.value = number
        await Timer(1, unit="ns")
        assert int(dut.won.value) == library.majority(number)
"""
LIBRARY = "def majority(number):\n    return int(number.bit_count() > 1)\n"
RUNNER = """import os
from cocotb_tools.runner import get_runner


def test_runner():
    runner = get_runner(os.getenv("SIM", "icarus"))
    top = os.getenv("TOPLEVEL")
    runner.build(sources=os.getenv("VERILOG_SOURCES").split(), hdl_toplevel=top, always=True, waves=True)
    runner.test(hdl_toplevel=top, test_module=os.getenv("MODULE"), waves=True)
"""
GOLDEN = (
    "`timescale 1ns/1ps\nmodule majority(input logic [2:0] votes, output logic won);\n"
    "  assign won = (votes[0] & votes[1]) | (votes[1] & votes[2]) | (votes[0] & votes[2]);\nendmodule\n"
)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": "cvdp_copilot_majority_0001",
        "categories": ["cid003", "easy"],
        "input": {"prompt": "Design a majority gate of three votes.", "context": {}},
        "output": {"response": "", "context": {"rtl/majority.sv": GOLDEN}},
        "harness": {
            "files": {
                "docker-compose.yml": "services:\n  direct:\n    image: __OSS_SIM_IMAGE__\n",
                "src/.env": ENV,
                "src/test_runner.py": RUNNER,
                "src/test_majority.py": TEST,
                "src/harness_library.py": LIBRARY,
            }
        },
        **changes,
    }


def harness(**changes: str | None) -> dict[str, Any]:
    names = {"compose": "docker-compose.yml", "env": "src/.env", "test": "src/test_majority.py"}
    changed = {names[name]: text for name, text in changes.items()}
    files = {**row()["harness"]["files"], **changed}
    return {"files": {name: text for name, text in files.items() if text is not None}}


def read(tmp_path: Path, *rows: Any) -> list[Problem | Rejected]:
    path = tmp_path / "cvdp.jsonl"
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in rows))
    return list(cvdp.read(path))


def problem(tmp_path: Path, **changes: Any) -> Problem:
    found = read(tmp_path, row(**changes))[0]
    assert isinstance(found, Problem)
    return found


def test_a_row_becomes_a_problem(tmp_path: Path) -> None:
    found = problem(tmp_path)

    assert (found.id, found.top, found.category) == ("cvdp_copilot_majority_0001", "majority", "spec_to_rtl")
    assert (found.tags, found.licence) == (("cid003", "easy"), "CC-BY-4.0")
    assert (found.golden, found.spec) == (GOLDEN, "Design a majority gate of three votes.")
    assert {file.name for file in found.files} == {"test_runner.py", "harness_library.py"}
    assert found.testbench.endswith(TEST)
    assert "# TOPLEVEL = majority\n" in found.testbench


def test_the_prompt_shows_the_context_and_names_the_file_that_is_asked_for(tmp_path: Path) -> None:
    context = {"docs/votes.md": "Three votes.", "rtl/majority.sv": "module majority; // BUG\nendmodule"}
    asked = {"prompt": "Mend it.", "context": context}

    prompt = problem(tmp_path, categories=["cid016", "medium"], input=asked).prompt

    assert prompt.index("docs/votes.md:\n```\nThree votes.\n```") < prompt.index("// BUG")
    assert prompt.index("// BUG") < prompt.index("Provide me one answer for this request: Mend it.\n")
    assert prompt.rstrip().endswith("saved directly to: rtl/majority.sv.")


def test_sources_that_the_answer_does_not_bring_lie_beside_it(tmp_path: Path) -> None:
    context = {"rtl/gate.sv": "module gate; endmodule\n", "verif/tb.sv": "module tb; endmodule\n"}
    env = ENV.replace("/code/rtl/majority.sv", "/code/rtl/majority.sv /code/rtl/gate.sv")

    found = problem(tmp_path, input={"prompt": "x", "context": context}, harness=harness(env=env))

    assert {file.name for file in found.files} == {"test_runner.py", "harness_library.py", "gate.sv"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"categories": ["cid010", "easy"]}, "other_category"),
        ({"categories": ["cid012", "easy"]}, "other_category"),
        ({"categories": []}, "other_category"),
        ({"system_message": "You have tools.", "patch": {}}, "agentic"),
        ({"output": {"response": "words", "context": {}}}, "missing_golden"),
        ({"harness": harness(compose="image: __VERIF_EDA_IMAGE__")}, "commercial_tool"),
        ({"harness": harness(env=ENV.replace("icarus", "xcelium"))}, "commercial_tool"),
        ({"harness": harness(env=ENV.replace("icarus", "verilator"))}, "bad_harness"),
        ({"harness": harness(env=None)}, "bad_harness"),
        ({"harness": harness(env=ENV.replace("TOPLEVEL  ", "TOP  "))}, "bad_harness"),
        ({"harness": harness(env=ENV.replace("majority.sv", "other.sv"))}, "bad_harness"),
        ({"harness": harness(test=None)}, "bad_harness"),
        ({"harness": harness(test="print('no test')\n")}, "bad_harness"),
        ({"harness": {}}, "bad_harness"),
        (
            {
                "output": {"response": "", "context": {}},
                "input": {"prompt": "x", "context": {"rtl/majority.sv": "module other; endmodule"}},
            },
            "bad_harness",
        ),
        ({"input": {"context": {}}}, "bad_field"),
        ({"id": "../../etc"}, "bad_field"),
    ],
)
def test_a_row_that_open_tools_cannot_judge_is_rejected_with_its_place(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    first, found = read(tmp_path, row(), row(**changes))

    assert isinstance(first, Problem)
    assert isinstance(found, Rejected)
    assert (found.reason, found.subject.startswith("cvdp.jsonl:2")) == (reason, True)
    assert found.detail


def test_every_line_is_a_problem_or_a_reason(tmp_path: Path) -> None:
    found = read(tmp_path, "{", "[]", "null", row())

    assert [isinstance(one, Problem) for one in found] == [False, False, False, True]


def test_rows_are_told_from_other_jsonl() -> None:
    assert cvdp.recognised(row())
    assert not cvdp.recognised({"id": "a", "spec": "b", "testbench": "c"})


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("cocotb") is None, reason="cocotb is not installed")
@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_the_golden_passes_and_another_gate_does_not(tmp_path: Path) -> None:
    found = problem(tmp_path)
    with Judge(JudgeSettings(cpu_seconds=5)) as judge:
        right, wrong = (judge.check(found.design(rtl)) for rtl in (GOLDEN, GOLDEN.replace("|", "&")))

    assert (right.outcome, right.checks) == (Outcome.PASS, 1)
    assert wrong.outcome is Outcome.MISMATCH


WITHHELD = {"response": "", "context": {"rtl/majority.sv": ""}}


@pytest.mark.parametrize("context", [{"rtl/majority.sv": ""}, {}])
def test_a_row_whose_solution_is_withheld_is_a_problem_without_a_golden(
    tmp_path: Path, context: dict[str, str]
) -> None:
    found = problem(tmp_path, output={"response": "", "context": context})

    assert (found.golden, found.judged_by) == ("", "testbench_alone")
    assert found.prompt.rstrip().endswith("majority.sv.")


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("cocotb") is None, reason="cocotb is not installed")
@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_a_harness_without_a_golden_counts_only_if_it_fails_designs_that_do_nothing(tmp_path: Path) -> None:
    blind = TEST.replace("assert int(dut.won.value) == library.majority(number)", "pass")
    absent = TEST.replace("import harness_library as library", "import harness_library_2 as library")
    shown = {"rtl/majority.sv": GOLDEN.replace("|", "&")}
    solved = {"rtl/majority.sv": GOLDEN}
    rows = [
        row(id="ports_unknown", output=WITHHELD),
        row(id="ports_shown", output=WITHHELD, input={"prompt": "Mend it.", "context": shown}),
        row(id="nothing_to_do", output=WITHHELD, input={"prompt": "Improve it.", "context": solved}),
        row(id="blind", output=WITHHELD, harness=harness(test=blind)),
        row(id="broken", output=WITHHELD, harness=harness(test=absent)),
        row(id="with_golden"),
    ]
    path = tmp_path / "cvdp.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    with Judge(JudgeSettings(cpu_seconds=5)) as judge:
        found = health(load_suite(str(path), tmp_path), judge, 2)
        used = {one.id: one for one in found.suite.problems}
        right, wrong = (
            judge.check(used["ports_unknown"].design(rtl)) for rtl in (GOLDEN, GOLDEN.replace("|", "&"))
        )

    assert {one.subject: one.reason for one in found.quarantined} == {
        "blind": "weak_testbench",
        "broken": "no_verdict",
        "nothing_to_do": "given_answer",
    }
    assert judged_otherwise(found.suite.problems) == {"testbench_alone": 2}
    assert right.passed
    assert wrong.outcome is Outcome.MISMATCH
