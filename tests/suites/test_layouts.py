"""Layouts of other suites: read as published, their health checked and answers judged by real tools."""

from pathlib import Path
from typing import Any

import pytest
from tests.suites.layouts import (
    TOLD,
    archxbench,
    chipbench,
    gate,
    plain_row,
    resbench,
    resbench_row,
    vgen,
    write_lines,
)

from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.problem import Suite
from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge.judge import Judge
from ct_retrain.suites.answer import rtl_of
from ct_retrain.suites.health import Health, health
from ct_retrain.suites.load import load_suite
from ct_retrain.suites.official import Official


def reasons(found: Suite | Health) -> dict[str, str]:
    refused = found.rejected if isinstance(found, Suite) else found.quarantined
    return {one.subject: one.reason for one in refused}


def outcomes(judge: Judge, suite: Suite, answers: dict[str, str]) -> dict[str, Outcome]:
    by_id = {one.id: one for one in suite.problems}
    return {
        name: judge.check(by_id[name].design(rtl_of(by_id[name], answer))).outcome
        for name, answer in answers.items()
    }


@pytest.mark.parametrize(
    ("directory", "name", "category"),
    [
        ("dataset_self_contain", "chipbench-self-contain", "combinational"),
        ("dataset_debug_one_shot_timing", "chipbench-debug-one-shot-timing", "timing"),
        ("dataset_debug_zero_shot_state_machine", "chipbench-debug-zero-shot-state-machine", "fsm"),
    ],
)
def test_chipbench_is_told_from_verilogeval_by_its_directories(
    judge: Judge, tmp_path: Path, directory: str, name: str, category: str
) -> None:
    suite = load_suite(str(chipbench(tmp_path, directory, ["Prob001_and"])), tmp_path)

    assert (suite.kind, suite.name) == ("chipbench", name)
    assert [one.category for one in suite.problems] == [category]
    assert not health(suite, judge).quarantined
    assert (
        Official(judge.icarus, "chipbench").check(suite.problems[0].design(gate("TopModule", "a | b"))).detail
        == "R"
    )


def test_each_level_of_vgen_is_a_suite_and_its_answers_may_be_bodies(judge: Judge, tmp_path: Path) -> None:
    root = vgen(tmp_path / "vgen", ["prompts/basic2", "prompts/advanced3"])
    (root / "prompts" / "advanced3" / "answer_and.v").unlink()
    usual, low = load_suite("vgen", tmp_path), load_suite("vgen-low:vgen", tmp_path)

    assert (usual.kind, usual.name, low.name) == ("vgen", "vgen-medium", "vgen-low")
    assert "said 2 times" in usual.problems[0].question
    assert "said 1 times" in low.problems[0].question
    found = health(usual, judge)
    assert not found.quarantined
    judged = {one.id: (one.category, one.judged_by) for one in found.suite.problems}
    assert judged == {
        "basic2_and": ("basic", "testbench"),
        "advanced3_and": ("advanced", "testbench_alone"),
    }
    body = "  assign y = a & b;\nendmodule\n"
    answers = {"basic2_and": body, "advanced3_and": body.replace("&", "|")}
    assert outcomes(judge, found.suite, answers) == {
        "basic2_and": Outcome.PASS,
        "advanced3_and": Outcome.MISMATCH,
    }
    official = Official(judge.icarus, "vgen")
    assert official.check(usual.problems[0].design(gate("and_gate"))).passed


def test_resbench_has_no_goldens_and_each_testbench_must_fail_stubs(judge: Judge, tmp_path: Path) -> None:
    blind = TOLD.replace("errors = errors + 1", "errors = 0")
    mute = TOLD.replace("$display", "$sformat")
    told = {**resbench_row("told"), "Module header": gate("told")}
    path = resbench(
        tmp_path,
        {
            "Finite State Machines": [resbench_row("right"), resbench_row("blind", blind)],
            "Climate": [resbench_row("mute", mute), resbench_row("cased", header="Module Header")],
            "Physics": [{"module": "headless"}, told],
        },
    )
    suite = load_suite(str(path), tmp_path)

    assert load_suite(str(tmp_path), tmp_path) == suite
    assert (suite.kind, suite.name) == ("resbench", "resbench")
    assert reasons(suite) == {"problems.json: Physics 1": "bad_field"}
    found = health(suite, judge, 2)
    assert reasons(found) == {
        **reasons(suite),
        "blind": "weak_testbench",
        "mute": "no_verdict",
        "told": "given_answer",
    }
    assert {one.id: one.category for one in found.suite.problems} == {"right": "fsm", "cased": "climate"}
    answers = {"right": gate("right"), "cased": gate("cased", "a ^ b")}
    assert outcomes(judge, found.suite, answers) == {"right": Outcome.PASS, "cased": Outcome.MISMATCH}


def test_a_json_file_that_is_no_resbench_is_the_callers_fault(tmp_path: Path) -> None:
    (tmp_path / "problems.json").write_text("[1]")

    with pytest.raises(UsageError, match="no object of lists of problems"):
        load_suite("problems.json", tmp_path)


def test_archxbench_takes_its_header_from_the_specifications(judge: Judge, tmp_path: Path) -> None:
    root = archxbench(
        tmp_path / "arch", ["level-0/and-gate", "level-0/bare", "level-0/old", "level-5/conv", "level-2/odd"]
    )
    scripts = root / "level-5" / "conv" / "scripts"
    scripts.mkdir()
    (scripts / "compare_outputs.py").write_text("")
    (root / "level-2" / "odd" / "tb.v").unlink()
    (root / "level-0" / "bare" / "design-specs.txt").write_text("No signature.\n")
    ports = "module old(a, b, y);\n  input a;\n  input b;\n  output y;\nendmodule\n"
    (root / "level-0" / "old" / "design-specs.txt").write_text(ports)
    suite = load_suite("arch", tmp_path)

    assert (suite.kind, suite.name) == ("archxbench", "archxbench")
    assert reasons(suite) == {"level-2/odd": "missing_file", "level-5/conv": "script_judged"}
    found = health(suite, judge)
    assert reasons(found)["level-0_bare"] == "unknown_interface"
    assert [(one.id, one.category) for one in found.suite.problems] == [
        ("level-0_and-gate", "level-0"),
        ("level-0_old", "level-0"),
    ]
    wrong = gate("and_gate", "a ^ b")
    assert outcomes(judge, found.suite, {"level-0_and-gate": wrong}) == {"level-0_and-gate": Outcome.MISMATCH}
    assert judge.check(found.suite.problems[0].design(gate("and_gate"))).passed


def proof_row(name: str, **changes: Any) -> dict[str, Any]:
    row = plain_row(name, **changes)
    return {key: value for key, value in row.items() if key != "testbench" or key in changes}


def test_a_row_with_a_testbench_is_no_row_of_a_suite_judged_by_proof(tmp_path: Path) -> None:
    rows = [proof_row("right"), plain_row("tested"), proof_row("bare", golden="")]
    suite = load_suite(str(write_lines(tmp_path / "mine.jsonl", rows)), tmp_path)

    assert (suite.kind, [one.judged_by for one in suite.problems]) == ("proof", ["proof"])
    assert reasons(suite) == {"mine.jsonl:2": "bad_field", "mine.jsonl:3": "missing_golden"}
