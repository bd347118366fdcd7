"""The suites' own rules, with their faults: what they pass, what they refuse, and where ours differs."""

import gzip
import json
from typing import Any

import pytest
from tests.suites.layouts import (
    DATA,
    chipbench,
    gate,
    published,
    resbench,
    resbench_row,
    rtllm,
    v1,
    v2,
    vgen,
)

from ct_retrain.core.records.verdict import DataFile, Design, Outcome
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge
from ct_retrain.suites.load import load_suite
from ct_retrain.suites.official import RULES, Official, by_rule, disagreements

FORGED = 'initial begin $display("Mismatches: 0 in 20 samples"); $finish; end\nendmodule'
PRINTED = {"rtllm": "Your Design Passed", "resbench": "All tests passed"} | dict.fromkeys(
    ("vgen", "vgen-low", "vgen-high"), "all tests passed"
)
"""What passes by a suite's own rule, where that is no count."""
SUITES = {
    "chipbench": lambda root: chipbench(root, "dataset_self_contain", ["Prob001_and"]),
    "resbench": lambda root: resbench(root, {"Climate": [resbench_row("gate")]}),
    "vgen": lambda root: vgen(root, ["basic2"]),
    "vgen-low": lambda root: vgen(root, ["basic2"]),
    "vgen-high": lambda root: vgen(root, ["basic2"]),
    "verilogeval-v1": lambda root: v1(root, ["andgate"]),
    "verilogeval-v2": lambda root: v2(root, ["Prob001_zero"]),
    "rtllm": lambda root: rtllm(root, ["Memory/One/gate"]),
}


@pytest.fixture(params=sorted(RULES))
def problem(request, tmp_path):
    suite = load_suite(f"{request.param}:{SUITES[request.param](tmp_path)}", tmp_path)
    assert suite.kind == request.param
    return request.param, suite.problems[0]


def test_every_rule_passes_the_golden_and_fails_a_wrong_design(judge, problem):
    kind, one = problem
    official = Official(judge.icarus, kind)

    assert official.check(one.design(one.golden or gate(one.top))).outcome is Outcome.PASS
    assert official.check(one.design(gate(one.top, "a | b"))).outcome is Outcome.MISMATCH
    assert official.check(one.design(gate(one.top, "a &"))).outcome is Outcome.COMPILE_ERROR


def test_a_design_that_prints_the_pass_line_and_ends_the_test_is_where_the_rules_differ(judge, problem):
    kind, one = problem
    said = FORGED.replace("Mismatches: 0 in 20 samples", PRINTED.get(kind, "Mismatches: 0 in 20 samples"))
    forged = gate(one.top, "1'b0").replace("endmodule", said)
    designs = [("golden", one.design(one.golden or gate(one.top))), ("forged", one.design(forged))]

    [found] = disagreements(designs, Official(judge.icarus, kind), judge, 2)

    assert found.subject == "forged"
    assert found.official.passed
    assert not found.hardened.passed


@pytest.mark.parametrize(
    ("rtl", "letter"),
    [
        (gate("TopModule"), "."),
        (gate("TopModule", "a | b"), "R"),
        (gate("TopModule", "a &"), "S"),
        (gate("TopModul"), "m"),
        (gate("TopModule", "0'b0"), "0"),
        (gate("TopModule", "c"), "p"),
        (
            gate("TopModule", "q").replace("endmodule", "reg q;\nalways @(posedge clk) q <= b;\nendmodule"),
            "c",
        ),
        (gate("TopModule").replace("assign y = a & b;", "always @* y = a & b;"), "w"),
        (gate("TopModule").replace("input b", "input c").replace("a & b", "a & c"), "C"),
        (
            gate("TopModule", "q").replace(
                "endmodule", "reg q; wire reset = a;\nalways @(posedge reset) q <= b;\nendmodule"
            ),
            "r",
        ),
        (gate("TopModule").replace("endmodule", 'initial $display("TIMEOUT");\nendmodule'), "T"),
        (gate("TopModule").replace("endmodule", "initial forever #0 ;\nendmodule"), "T"),
    ],
)
def test_v2_gives_its_letters(judge, tmp_path, rtl, letter):
    [problem] = load_suite(str(v2(tmp_path, ["Prob001_zero"])), tmp_path).problems

    assert Official(judge.icarus, "verilogeval-v2").check(problem.design(rtl)).detail == letter


def test_v1_takes_a_warning_for_a_compile_error(judge, tmp_path):
    [problem] = load_suite(str(v1(tmp_path, ["andgate"])), tmp_path).problems
    warned = gate("top_module").replace("endmodule", "wire w; assign w = missing;\nendmodule")

    verdict = Official(judge.icarus, "verilogeval-v1").check(problem.design(warned))

    assert (verdict.outcome, verdict.detail) == (Outcome.COMPILE_ERROR, "failed: compile error.")


def test_only_suites_with_a_rule_of_their_own_have_two(judge: Judge) -> None:
    assert by_rule("official", judge, judge.icarus, "plain") is judge
    assert by_rule("hardened", judge, judge.icarus, "rtllm") is judge
    assert by_rule("official", judge, judge.icarus, "rtllm").tool.name == "official rtllm"


LABELLED = {
    "verilogeval-v1": (
        "labelled_gpt-4o_verilogeval_v1_human",
        "labelled_qwen2.5-14b-base_verilogeval_v1_human",
    ),
    "verilogeval-v2": ("labelled_gemini-2.5-flash_verilogeval_v2",),
    "rtllm": ("labelled_gpt-3.5_rtllm_v2",),
}
PATCHED_SINCE = {"Prob151_review2015_fsm", "Prob099_m2014_q6c"}
"""Their labels are of benches that Icarus 11 could not read or that named ports wrongly; the data here is mended."""
LONG = ("conwaylife", "lfsr32", "count_clock", "fancytimer")


def published_design(kind: str, row: dict[str, Any]) -> Design:
    if kind == "verilogeval-v1":
        return Design(rtl="", testbench=row["test"])
    if kind == "verilogeval-v2":
        return Design(rtl="", testbench=f"{row['test']}\n{row['ref']}")
    files = tuple(DataFile(name=name, text=text) for name, text in (row["files"] or {}).items())
    return Design(rtl="", testbench=row["test"], files=files)


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "README.md").is_file(), reason="the labelled answers are not here")
@pytest.mark.parametrize("kind", sorted(LABELLED))
def test_real_answers_get_the_label_that_the_suites_own_harness_gave(judge, kind):
    name = {"verilogeval-v1": "verilogeval_v1_human", "verilogeval-v2": "verilogeval_v2_spec_to_rtl"}
    benches = {
        row.get("task_id") or row["id"]: published_design(kind, row)
        for row in published(f"{name.get(kind, 'rtllm_v2')}.jsonl")
    }
    answers: list[dict[str, Any]] = []
    for file in LABELLED[kind]:
        with gzip.open(DATA / f"{file}.jsonl.gz", "rt") as lines:
            answers += [json.loads(line) for number, line in enumerate(lines) if number % 40 == 3]
    answers = [row for row in answers if row["id"] not in PATCHED_SINCE and not row["id"].endswith(LONG)]
    official = Official(judge.icarus, kind)
    designs = [benches[row["id"]].model_copy(update={"rtl": row["code"]}) for row in answers]

    found = [verdict.passed for verdict in check_all(official, designs, 2)]
    assert len(found) >= 3
    assert found == [row["passed"] for row in answers]
