"""Every outcome, and the ways to get a wrong one."""

import pytest
from tests.judge.benches import EMPTY, GOLDEN, HOUSE, PLAIN, STYLES, WRONG

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.judge import Judge

bench = pytest.mark.parametrize("testbench", STYLES.values(), ids=STYLES)


def judged(judge: Judge, rtl: str, testbench: str) -> Verdict:
    return judge.check(Design(rtl=rtl, testbench=testbench))


@bench
def test_a_right_design_passes(judge: Judge, testbench: str) -> None:
    verdict = judged(judge, GOLDEN, testbench)

    assert (verdict.outcome, verdict.errors) == (Outcome.PASS, 0)
    assert verdict.checks > 0


@bench
def test_a_wrong_design_is_a_mismatch(judge: Judge, testbench: str) -> None:
    verdict = judged(judge, WRONG, testbench)

    assert verdict.outcome is Outcome.MISMATCH
    assert verdict.errors > 0


@bench
def test_a_design_that_does_nothing_never_passes(judge: Judge, testbench: str) -> None:
    assert judged(judge, EMPTY, testbench).outcome is Outcome.MISMATCH


@bench
@pytest.mark.parametrize(
    "rtl", ["", "hello", "module counter(", GOLDEN.replace("counter", "other"), "\x01\x02"]
)
def test_what_does_not_compile_is_a_compile_error(judge: Judge, testbench: str, rtl: str) -> None:
    assert judged(judge, rtl, testbench).outcome is Outcome.COMPILE_ERROR


@bench
def test_ending_the_simulation_early_is_forbidden(judge: Judge, testbench: str) -> None:
    finishing = EMPTY.replace("endmodule", "initial $finish;\nendmodule")

    assert judged(judge, finishing, testbench).outcome is Outcome.FORBIDDEN


@bench
@pytest.mark.parametrize("ending", ["", " $finish;"])
def test_printing_a_verdict_is_forbidden(judge: Judge, testbench: str, ending: str) -> None:
    printing = EMPTY.replace(
        "endmodule", f'initial begin $display("Your Design Passed");{ending} end\nendmodule'
    )

    assert judged(judge, printing, testbench).outcome is Outcome.FORBIDDEN


def test_a_nul_character_is_forbidden(judge: Judge) -> None:
    assert judged(judge, GOLDEN + "\0", HOUSE).outcome is Outcome.FORBIDDEN


def test_a_testbench_without_checks_gives_no_evidence(judge: Judge) -> None:
    assert judged(judge, GOLDEN, HOUSE.replace("checks = checks + 1", "")).outcome is Outcome.NO_EVIDENCE


def test_a_testbench_that_passes_anything_gives_no_evidence(judge: Judge) -> None:
    assert judged(judge, GOLDEN, PLAIN.replace("q !== expected", "0")).outcome is Outcome.NO_EVIDENCE


@pytest.mark.parametrize(
    "testbench", ["", "not verilog", "module tb; initial $finish; endmodule", "module tb"]
)
def test_what_is_no_testbench_gives_no_evidence(judge: Judge, testbench: str) -> None:
    assert judged(judge, GOLDEN, testbench).outcome is Outcome.NO_EVIDENCE


def test_a_design_that_never_ends_is_a_timeout_by_processor_time(judge: Judge) -> None:
    looping = EMPTY.replace("endmodule", "reg x = 0; initial while (1) x = ~x;\nendmodule")

    assert judged(judge, looping, HOUSE).outcome is Outcome.TIMEOUT


def test_a_testbench_that_never_ends_is_a_timeout_too(judge: Judge) -> None:
    endless = HOUSE.replace("$finish;", "").replace("endmodule", "initial while (1) #0 ;\nendmodule")

    assert judged(judge, GOLDEN, endless).outcome is Outcome.TIMEOUT


def test_a_testbench_that_ends_by_itself_may_lack_a_finish(judge: Judge) -> None:
    quiet = HOUSE.replace("$finish;", "").replace(
        "always #5 clk = ~clk;", "initial repeat (60) #5 clk = ~clk;"
    )

    assert judged(judge, GOLDEN, quiet).passed


@pytest.mark.parametrize("rtl", [GOLDEN, WRONG, EMPTY])
def test_the_driver_gives_the_verdict_of_the_direct_way(
    judge: Judge, rtl: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for testbench in STYLES.values():
        direct = judged(judge, rtl, testbench)
        with monkeypatch.context() as patch:
            patch.setattr(judge.icarus, "_direct", value=False)

            assert judged(judge, rtl, testbench) == direct


def test_a_sorry_that_is_only_a_warning_is_no_error(judge: Judge) -> None:
    selecting = GOLDEN.replace("endmodule", "reg y; always_comb begin y = q[0]; y = y ^ q[1]; end\nendmodule")

    assert judged(judge, selecting, HOUSE).passed


def test_a_flood_of_output_is_a_resource_limit(judge: Judge) -> None:
    flooding = HOUSE.replace("initial begin", 'initial begin while (1) $display("flood");', 1)

    verdict = judged(judge, GOLDEN, flooding)

    assert verdict.outcome is Outcome.RESOURCE_LIMIT
    assert len(verdict.log) < 5000


def test_a_memory_bomb_is_a_resource_limit(judge: Judge) -> None:
    bomb = EMPTY.replace(
        "endmodule",
        "reg [1023:0] m [0:16777215]; integer i;\ninitial for (i = 0; i < 16777216; i = i + 1) m[i] = 1;\nendmodule",
    )

    assert judged(judge, bomb, HOUSE).outcome is Outcome.RESOURCE_LIMIT


def test_macros_and_units_of_one_side_do_not_reach_the_other(judge: Judge) -> None:
    testbench = HOUSE.replace("module tb", "`ifndef N\n`define N 20\n`endif\nmodule tb").replace(
        "i < 20", "i < `N"
    )
    leaking = "`timescale 1s/1s\n`default_nettype none\n`define N 0\n" + GOLDEN

    assert judged(judge, leaking, testbench).checks == 20


def test_an_open_comment_in_the_design_swallows_nothing_of_the_testbench(judge: Judge) -> None:
    assert judged(judge, "/* open" + GOLDEN, HOUSE).outcome is Outcome.COMPILE_ERROR
    assert judged(judge, "`ifdef X\n" + GOLDEN, HOUSE).outcome is Outcome.COMPILE_ERROR
    assert judged(judge, "`define X\n`ifndef X\n" + GOLDEN, HOUSE).outcome is Outcome.COMPILE_ERROR


def test_warnings_are_counted_and_logs_are_printable(judge: Judge) -> None:
    testbench = HOUSE.replace("$finish;", '$display("a\\033[31mred\\015b"); $finish;')
    verdict = judged(judge, GOLDEN.replace("q + 1", "q[3:0] + 1"), testbench)

    assert verdict.warnings > 0
    assert "\x1b" not in verdict.log
    assert "\r" not in verdict.log


def test_the_same_design_gets_the_same_verdict(judge: Judge) -> None:
    assert judged(judge, WRONG, PLAIN) == judged(judge, WRONG, PLAIN)


def test_a_missing_simulator_is_a_tool_error_that_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(ToolError, match="apt install iverilog"):
        Judge(JudgeSettings())
