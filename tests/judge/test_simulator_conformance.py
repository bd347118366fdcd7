"""What every simulator promises, run on each of them: the same designs, the same outcomes."""

import shutil
from collections.abc import Iterator
from typing import Literal

import pytest
from tests.judge.benches import EMPTY, GOLDEN, HOUSE, PLAIN, STYLES, VERILOGEVAL, WRONG

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import (
    DataFile,
    Design,
    Outcome,
    Verdict,
)
from ct_retrain.judge.confined.simulators.verilator_build import find_verilator
from ct_retrain.judge.judge import Judge

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

needs_verilator = pytest.mark.skipif(
    find_verilator() is None, reason="Verilator or a C++ compiler is not installed"
)
bench = pytest.mark.parametrize("testbench", STYLES.values(), ids=STYLES)


@pytest.fixture(
    scope="module",
    params=["icarus", pytest.param("verilator", marks=[needs_verilator, pytest.mark.slow])],
)
def simulator(request: pytest.FixtureRequest) -> Iterator[Judge]:
    name: Literal["icarus", "verilator"] = request.param
    settings = JudgeSettings(simulator=name, cpu_seconds=2, memory_mb=256, output_kb=64, second_opinion=False)
    with Judge(settings) as judge:
        yield judge


def judged(judge: Judge, rtl: str, testbench: str) -> Verdict:
    return judge.check(Design(rtl=rtl, testbench=testbench))


@bench
def test_a_right_design_passes_and_the_verdict_says_how_much_was_compared(
    simulator: Judge, testbench: str
) -> None:
    verdict = judged(simulator, GOLDEN, testbench)

    assert verdict.outcome is Outcome.PASS, verdict
    assert verdict.checks == (1 if testbench == PLAIN else 20)
    assert verdict.errors == 0
    assert verdict.tool.name == simulator.tool.name


@bench
@pytest.mark.parametrize("rtl", [WRONG, EMPTY], ids=["wrong", "idle"])
def test_a_wrong_design_and_an_idle_one_are_mismatches(simulator: Judge, testbench: str, rtl: str) -> None:
    verdict = judged(simulator, rtl, testbench)

    assert verdict.outcome is Outcome.MISMATCH, verdict
    assert verdict.errors > 0


@bench
@pytest.mark.parametrize(
    "rtl",
    [
        "",
        "hello",
        "module counter(",
        "\x01\x02",
        GOLDEN.replace("counter", "other"),
        GOLDEN.replace("rst,", "reset,").replace("(rst)", "(reset)"),
        GOLDEN.replace("output reg", "output"),
    ],
    ids=["nothing", "prose", "half", "binary", "another module", "another port", "a wire that is assigned"],
)
def test_what_is_wrong_in_the_design_is_a_compile_error(simulator: Judge, testbench: str, rtl: str) -> None:
    assert judged(simulator, rtl, testbench).outcome is Outcome.COMPILE_ERROR


@bench
@pytest.mark.parametrize("code", ["initial $finish;", 'initial $display("Your Design Passed");'])
def test_speaking_and_ending_are_the_testbenchs_alone(simulator: Judge, testbench: str, code: str) -> None:
    forging = EMPTY.replace("endmodule", f"{code}\nendmodule")

    assert judged(simulator, forging, testbench).outcome is Outcome.FORBIDDEN


def test_what_never_ends_is_a_timeout_by_processor_time(simulator: Judge) -> None:
    assert judged(simulator, GOLDEN, HOUSE.replace("$finish;", "")).outcome is Outcome.TIMEOUT


def test_a_loop_without_end_is_a_timeout_although_nothing_depends_on_it(simulator: Judge) -> None:
    loop = "reg x = 0; initial while (1) x = ~x;"
    looping = GOLDEN.replace("endmodule", f"{loop}\nendmodule")

    assert judged(simulator, looping, HOUSE).outcome is Outcome.TIMEOUT


def test_what_never_comes_to_rest_is_a_timeout(simulator: Judge) -> None:
    restless = HOUSE.replace("$finish;", "").replace("endmodule", "initial while (1) #0 ;\nendmodule")

    assert judged(simulator, GOLDEN, restless).outcome is Outcome.TIMEOUT


@pytest.mark.parametrize(
    "testbench",
    ["", "not verilog", "module tb", "module tb; initial $finish; endmodule"],
    ids=["nothing", "prose", "half", "without a verdict"],
)
def test_what_is_no_testbench_gives_no_evidence(simulator: Judge, testbench: str) -> None:
    assert judged(simulator, GOLDEN, testbench).outcome is Outcome.NO_EVIDENCE


@pytest.mark.parametrize(
    "testbench",
    [HOUSE.replace("checks = checks + 1", ""), PLAIN.replace("q !== expected", "0")],
    ids=["compares nothing", "passes anything"],
)
def test_a_testbench_that_does_not_look_gives_no_evidence(simulator: Judge, testbench: str) -> None:
    assert judged(simulator, GOLDEN, testbench).outcome is Outcome.NO_EVIDENCE


def test_a_flood_of_output_is_a_resource_limit(simulator: Judge) -> None:
    flood = 'initial forever #1 repeat (10000) $display("flood");'
    flooding = HOUSE.replace("initial begin", f"{flood} initial begin", 1)

    verdict = judged(simulator, GOLDEN, flooding)

    assert verdict.outcome is Outcome.RESOURCE_LIMIT
    assert len(verdict.log) < 5000


def test_a_design_that_needs_too_much_memory_is_a_resource_limit(simulator: Judge) -> None:
    memory = "reg [63:0] {0} [0:16777215]; always @(posedge clk) {0}[{{q, q, q}}] <= {0}[q] + 1;\n"
    greedy = GOLDEN.replace("endmodule", "".join(map(memory.format, "mno")) + "endmodule")
    looking = greedy.replace("q + 1", "q + 1 + m[9][0] + n[9][0] + o[9][0]")

    assert judged(simulator, looking, HOUSE).outcome is Outcome.RESOURCE_LIMIT


@pytest.mark.parametrize("testbench", [HOUSE, PLAIN], ids=["house", "plain"])
def test_the_same_design_gets_the_same_verdict(simulator: Judge, testbench: str) -> None:
    random = testbench.replace("expected + 1;", "expected + 1; if ($random % 7 == 0) #10 ;")

    first = judged(simulator, WRONG, random)

    assert first.outcome is Outcome.MISMATCH
    assert [judged(simulator, WRONG, random) for _ in range(2)] == [first, first]


def test_logs_are_printable_and_hold_no_nonce(simulator: Judge) -> None:
    testbench = VERILOGEVAL.replace("$finish;", '$display("a\\033[31mred\\015b"); $finish;')

    logs = {judged(simulator, GOLDEN, testbench).log for _ in range(2)}

    assert logs == {"ared\nb\nMismatches: 0 in 20 samples\n"}


def test_warnings_of_the_compiler_are_counted(simulator: Judge) -> None:
    assert judged(simulator, GOLDEN.replace("q + 1", "q[3:0] + 1"), HOUSE).warnings > 0


READING = HOUSE.replace(
    "initial begin", 'reg [1:0] m [0:0]; initial begin $readmemh("want.hex", m);', 1
).replace("expected = 0", "expected = m[0]")


@pytest.mark.parametrize(("text", "outcome"), [("0", Outcome.PASS), ("2", Outcome.MISMATCH)])
def test_a_testbench_reads_the_files_that_come_with_it(simulator: Judge, text: str, outcome: Outcome) -> None:
    files = (DataFile(name="want.hex", text=text),)

    assert simulator.check(Design(rtl=GOLDEN, testbench=READING, files=files)).outcome is outcome


def test_a_data_file_may_not_take_the_place_of_the_design(simulator: Judge) -> None:
    files = (DataFile(name="design.v", text=GOLDEN),)

    assert simulator.check(Design(rtl=WRONG, testbench=HOUSE, files=files)).outcome is Outcome.NO_EVIDENCE


@pytest.mark.parametrize(
    ("testbench", "expected", "outcome"),
    [
        (HOUSE, 20, Outcome.PASS),
        (HOUSE, 19, Outcome.PASS),
        (HOUSE, 21, Outcome.NO_EVIDENCE),
        (VERILOGEVAL, 20, Outcome.PASS),
        (VERILOGEVAL, 19, Outcome.NO_EVIDENCE),
    ],
)
def test_a_pass_on_other_checks_than_the_goldens_is_none(
    simulator: Judge, testbench: str, expected: int, outcome: Outcome
) -> None:
    design = Design(rtl=GOLDEN, testbench=testbench, expected=expected)

    assert simulator.check(design).outcome is outcome


def test_macros_and_units_of_the_design_do_not_reach_the_testbench(simulator: Judge) -> None:
    testbench = HOUSE.replace("module tb", "`ifndef N\n`define N 20\n`endif\nmodule tb").replace(
        "< 20", "< `N"
    )
    leaking = "`timescale 1s/1s\n`default_nettype none\n`define N 0\n" + GOLDEN

    assert judged(simulator, leaking, testbench).checks == 20


def test_a_failed_assertion_of_the_testbench_is_a_mismatch(simulator: Judge) -> None:
    asserting = HOUSE.replace("#1 expected =", '#1 assert (q != 3) else $error("three"); expected =')

    assert judged(simulator, GOLDEN, asserting).outcome is Outcome.MISMATCH
