"""Cocotb testbenches: every outcome, and the ways a design might try for another."""

import importlib.util
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.judge.benches import EMPTY, GOLDEN, WRONG

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.installation import install_command
from ct_retrain.core.records.verdict import (
    DataFile,
    Design,
    Outcome,
    Verdict,
)
from ct_retrain.judge.confined.sandbox.process import Finished
from ct_retrain.judge.confined.simulators import cocotb_run
from ct_retrain.judge.confined.simulators.icarus_tools import locate
from ct_retrain.judge.evidence.cocotb import (
    is_cocotb,
    locate_library,
    settings,
    wanted,
)
from ct_retrain.judge.evidence.harness import Harness, Style, harness
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.sandbox.pool import Pool
from ct_retrain.judge.sandbox.workers import Sandbox
from ct_retrain.judge.simulators.cocotb import CocotbSimulator

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("cocotb") is None, reason="cocotb is not installed"),
    pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed"),
]

TESTS = """# TOPLEVEL = counter
import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer


async def restart(dut):
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    dut.rst.value = 1
    await RisingEdge(dut.clk)
    await Timer(1, "ns")
    dut.rst.value = 0


@cocotb.test()
async def counts(dut):
    await restart(dut)
    for i in range(20):
        assert int(dut.q.value) == i % 4, f"step {i}"
        await RisingEdge(dut.clk)
        await Timer(1, "ns")


@cocotb.test()
async def starts_at_nought(dut):
    await restart(dut)
    assert int(dut.q.value) == 0
"""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """Four processor seconds: Python alone takes half of one."""
    with Judge(JudgeSettings(cpu_seconds=4, output_kb=256)) as made:
        yield made


def judged(judge: Judge, rtl: str, testbench: str = TESTS, **facts: object) -> Verdict:
    return judge.check(Design.model_validate({"rtl": rtl, "testbench": testbench, **facts}))


def test_a_right_design_passes_with_its_tests_counted(judge: Judge) -> None:
    verdict = judged(judge, GOLDEN)

    assert (verdict.outcome, verdict.checks, verdict.errors) == (Outcome.PASS, 2, 0)


def test_the_tool_names_cocotb(judge: Judge) -> None:
    assert "cocotb 2" in judge.tool.detail


def test_a_wrong_design_is_a_mismatch_that_names_the_test(judge: Judge) -> None:
    verdict = judged(judge, WRONG)

    assert (verdict.outcome, verdict.checks, verdict.errors) == (Outcome.MISMATCH, 2, 1)
    assert "counts: step 1" in verdict.detail


def test_a_design_that_does_nothing_is_a_mismatch(judge: Judge) -> None:
    assert judged(judge, EMPTY).outcome is Outcome.MISMATCH


@pytest.mark.parametrize("rtl", ["", "module counter(", GOLDEN.replace("counter", "other"), "import cocotb"])
def test_what_does_not_compile_is_a_compile_error(judge: Judge, rtl: str) -> None:
    assert judged(judge, rtl).outcome is Outcome.COMPILE_ERROR


def test_a_missing_port_is_a_mismatch(judge: Judge) -> None:
    assert judged(judge, GOLDEN.replace("rst", "reset")).outcome is Outcome.MISMATCH


@pytest.mark.parametrize(
    "code",
    [
        "initial $finish;",
        "initial $stop;",
        'initial $display("TESTS=2 PASS=2 FAIL=0 SKIP=0");',
        'integer f; initial f = $fopen("results.xml", "w");',
        "initial $system(\"echo '<testsuites/>' > results.xml\");",
        'initial $writememh("results.xml", q);',
        'import "DPI-C" function int system(string s);',
    ],
)
def test_a_design_may_not_end_the_test_speak_or_write_files(judge: Judge, code: str) -> None:
    assert judged(judge, EMPTY.replace("endmodule", f"{code}\nendmodule")).outcome is Outcome.FORBIDDEN


def test_waves_that_a_design_records_are_left_out_and_write_over_nothing(judge: Judge) -> None:
    waves = 'initial begin $dumpfile("results.xml"); $dumpvars(0); end'

    assert judged(judge, GOLDEN.replace("endmodule", f"{waves}\nendmodule")).outcome is Outcome.PASS
    assert judged(judge, EMPTY.replace("endmodule", f"{waves}\nendmodule")).outcome is Outcome.MISMATCH


def test_a_test_that_the_simulation_ends_too_early_fails(judge: Judge) -> None:
    waiting = TESTS.replace("cocotb.start_soon(Clock", "(Clock").replace(".start())", ".start)")

    assert judged(judge, GOLDEN, waiting).outcome is Outcome.MISMATCH


def test_a_testbench_that_passes_anything_gives_no_evidence(judge: Judge) -> None:
    blind = "# TOPLEVEL = counter\nimport cocotb\n\n\n@cocotb.test()\nasync def nothing(dut):\n    pass\n"

    assert judged(judge, GOLDEN, blind).outcome is Outcome.NO_EVIDENCE


@pytest.mark.parametrize(
    "testbench",
    [
        "import cocotb\n",
        "import cocotb\nimport nobody_has_this\n",
        "import cocotb\ndef broken(:\n",
        TESTS.replace("@cocotb.test()", "@cocotb.test(skip=True)"),
    ],
    ids=["no test", "import error", "syntax error", "all skipped"],
)
def test_tests_that_are_not_run_give_no_evidence(judge: Judge, testbench: str) -> None:
    assert judged(judge, GOLDEN, testbench).outcome is Outcome.NO_EVIDENCE


def test_a_half_written_results_file_gives_no_evidence(judge: Judge) -> None:
    tearing = (
        "# TOPLEVEL = counter\nimport cocotb, os\n"
        "open(os.environ['COCOTB_RESULTS_FILE'], 'w').write('<testsuites><testsuite><testcase name=\"a\"/>')\n"
        "os._exit(0)\n"
    )

    verdict = judged(judge, GOLDEN, tearing)

    assert verdict.outcome is Outcome.NO_EVIDENCE
    assert "XML" in verdict.detail


@pytest.mark.parametrize(("expected", "outcome"), [(2, Outcome.PASS), (3, Outcome.NO_EVIDENCE)])
def test_a_pass_needs_as_many_tests_as_the_goldens_run(judge: Judge, expected: int, outcome: Outcome) -> None:
    assert judged(judge, GOLDEN, expected=expected).outcome is outcome


def test_the_same_design_gets_the_same_verdict_also_where_the_tests_draw_numbers(judge: Judge) -> None:
    drawing = TESTS.replace("import cocotb\n", "import random\nimport cocotb\n").replace(
        "    await restart(dut)\n", "    print('drawn', random.random())\n    await restart(dut)\n"
    )

    first = judged(judge, WRONG, drawing)

    assert "drawn" in first.log
    assert judged(judge, WRONG, drawing) == first


def test_tests_can_neither_read_nor_write_elsewhere(judge: Judge) -> None:
    prying = TESTS.replace(
        "async def restart(dut):\n",
        "async def restart(dut):\n"
        "    for path, mode in (('/etc/passwd', 'r'), ('/root/.bashrc', 'r'), ('/tmp/ct-was-here', 'w')):\n"
        "        try:\n"
        "            open(path, mode)\n"
        "        except OSError:\n"
        "            continue\n"
        "        raise AssertionError(path)\n",
    )

    assert judged(judge, GOLDEN, prying).outcome is Outcome.PASS


def test_tests_have_no_more_capabilities_than_to_read_python(judge: Judge) -> None:
    looking = TESTS.replace(
        "import cocotb\n",
        "import ctypes\nimport struct\nimport cocotb\n\n"
        "held = ctypes.create_string_buffer(24)\n"
        "head = ctypes.create_string_buffer(struct.pack('Ii', 0x20080522, 0))\n"
        "assert ctypes.CDLL(None).capget(head, held) == 0\n"
        "assert set(struct.unpack('6I', held.raw)) <= {0, 1 << 2}\n",
        1,
    )

    assert judged(judge, GOLDEN, looking).outcome is Outcome.PASS


def test_data_files_lie_beside_the_tests(judge: Judge) -> None:
    sharing = TESTS.replace("import cocotb\n", "import cocotb\nimport shared\n", 1).replace(
        "% 4", "% shared.FOUR"
    )
    files = (DataFile(name="shared.py", text="FOUR = 4\n"),)

    assert judged(judge, GOLDEN, sharing, files=files).passed
    assert judged(judge, GOLDEN, sharing).outcome is Outcome.NO_EVIDENCE


def test_verilog_among_the_data_files_is_compiled_with_the_design(judge: Judge) -> None:
    step = "module step(input [1:0] a, output [1:0] y);\n  assign y = a + 1;\nendmodule\n"
    design = GOLDEN.replace("q + 1", "n").replace("  always", "  wire [1:0] n; step s(q, n);\n  always")
    testbench = "# VERILOG_SOURCES = rtl/counter.v rtl/step.v\n" + TESTS
    files = (DataFile(name="step.v", text=step),)

    assert judged(judge, design, testbench, files=files).passed
    assert judged(judge, design, TESTS).outcome is Outcome.COMPILE_ERROR


@pytest.mark.slow
def test_a_design_that_never_lets_time_pass_is_a_timeout(judge: Judge) -> None:
    looping = EMPTY.replace("endmodule", "reg x = 0; initial while (1) x = ~x;\nendmodule")

    assert judged(judge, looping).outcome is Outcome.TIMEOUT


@pytest.mark.slow
def test_a_test_that_waits_for_ever_is_a_timeout(judge: Judge) -> None:
    waiting = TESTS.replace(
        "    assert int(dut.q.value) == 0\n", "    while True:\n        await RisingEdge(dut.clk)\n"
    )

    assert judged(judge, GOLDEN, waiting).outcome is Outcome.TIMEOUT


RUNNER = """
import os
import pytest
from cocotb_tools.runner import get_runner


@pytest.mark.parametrize("width", [2, 3])
def test_counter(width):
    runner = get_runner(os.environ["SIM"])
    runner.build(
        sources=os.environ["VERILOG_SOURCES"].split(),
        hdl_toplevel=os.environ["TOPLEVEL"],
        parameters={"WIDTH": width},
        always=True,
        timescale=("1ns", "1ns"),
        waves=True,
    )
    os.environ["MODULUS"] = str(2**width)
    runner.test(hdl_toplevel=os.environ["TOPLEVEL"], test_module=os.environ["MODULE"], waves=True)
"""
ADDING = """# TOPLEVEL = adder
import random
import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer


@cocotb.test()
async def adds(dut):
    for signal in dut:
        try:
            signal.value = 0
        except Exception:
            pass
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    dut.rst.value = 1
    for _ in range(2):
        await RisingEdge(dut.clk)
    await Timer(1, "ns")
    dut.rst.value = 0
    for i in range(30):
        a, b = DRAWN
        dut.a.value, dut.b.value = a, b
        await RisingEdge(dut.clk)
        await Timer(1, "ns")
        assert CHECK, f"step {i}"
"""
DIRECTED = ADDING.replace("DRAWN", "i * 7 % 16, i * 3 % 16")
DRAWING = ADDING.replace("DRAWN", "random.randrange(16), random.randrange(16)")
STRICT, READ_BACK = "int(dut.s.value) == a + b", "int(dut.s.value) == int(dut.a.value) + int(dut.b.value)"
BLIND = "(i < 3 or not dut.s.value.is_resolvable or int(dut.s.value) == a + b) and dut.valid.value == 1"
ADDER = """module adder #(parameter W = 4)(
  input clk, rst, input [W-1:0] a, b, output reg [W:0] s, output reg valid);
  always @(posedge clk) begin valid <= !rst; if (rst) s <= 0; else s <= a + b; end
endmodule
"""
INNER = ADDER.replace("input [W-1:0] a, b,", "").replace("always", "reg [W-1:0] a, b;\n  always", 1)
OUTER = ADDER.replace("input [W-1:0] a, b,", "output reg [W-1:0] a, b,")
RECITAL = (
    ADDER.replace("always", "reg [4:0] n;\n  always", 1)
    .replace("if (rst) s <= 0;", "n <= rst ? 0 : n + 1; if (rst) s <= 0;")
    .replace("s <= a + b", "s <= (n * 7) % 16 + (n * 3) % 16")
)
OPTIMIST = ADDER.replace("always", "reg never;\n  always", 1).replace(
    "s <= a + b", "s <= (never === 1'bx) ? a + b : 0"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rtl", "testbench", "outcome", "why"),
    [
        (ADDER, DRAWING.replace("CHECK", STRICT), Outcome.PASS, ""),
        (ADDER, DIRECTED.replace("CHECK", READ_BACK), Outcome.PASS, ""),
        (ADDER, DIRECTED.replace("CHECK", f"{STRICT} and dut.W.value == 4"), Outcome.PASS, ""),
        (
            ADDER.replace("reg [W:0] s", "[W:0] s")
            .replace("s <=", "sum <=")
            .replace("always", "reg [W:0] sum;\n  assign s = sum;\n  always", 1),
            DRAWING.replace("CHECK", "int(dut.sum.value) == a + b"),
            Outcome.PASS,
            "",
        ),
        (
            INNER,
            DIRECTED.replace("CHECK", STRICT),
            Outcome.NO_EVIDENCE,
            "the tests drive a, which is no input",
        ),
        (
            OUTER,
            DIRECTED.replace("CHECK", READ_BACK),
            Outcome.NO_EVIDENCE,
            "the tests drive a, which is no input",
        ),
        (
            ADDER.replace("input [W-1:0] a, b,", "inout [W-1:0] a, b,"),
            DIRECTED.replace("CHECK", STRICT),
            Outcome.NO_EVIDENCE,
            "the tests drive a, which is no input",
        ),
        (
            ADDER.replace(", output reg [W:0] s, output reg valid);", ");\n  reg [W:0] s; reg valid;"),
            DIRECTED.replace("CHECK", STRICT),
            Outcome.NO_EVIDENCE,
            "has no output",
        ),
        (RECITAL, DIRECTED.replace("CHECK", STRICT), Outcome.DISPUTED, "without seeing the values"),
        (
            ADDER.replace("s <= a + b", "s <= a == 7 ? 5'bx : a + b"),
            DIRECTED.replace("CHECK", BLIND),
            Outcome.NO_EVIDENCE,
            "bits of its outputs are unknown",
        ),
        (
            OPTIMIST,
            DIRECTED.replace("CHECK", STRICT).replace("signal.value = 0", "pass"),
            Outcome.DISPUTED,
            "mismatch as synthesised",
        ),
        (
            ADDER.replace("posedge clk", "posedge clk or negedge clk").replace(
                "s <= a + b", "if (clk) s <= a + b"
            ),
            DIRECTED.replace("CHECK", STRICT),
            Outcome.UNCONFIRMED,
            "yosys cannot read it",
        ),
    ],
    ids=[
        *(
            "right",
            "inputs read back",
            "a parameter read",
            "looks inside",
            "inputs are variables",
            "inputs are outputs",
        ),
        *("inputs are inouts", "no outputs", "recital", "unknown sums", "optimist", "both edges"),
    ],
)
def test_a_pass_under_cocotb_is_tested_as_any_other(
    judge: Judge, rtl: str, testbench: str, outcome: Outcome, why: str
) -> None:
    verdict = judged(judge, rtl, testbench)

    assert (verdict.outcome, why in verdict.detail) == (outcome, True), verdict.detail


@pytest.mark.slow
def test_a_table_of_the_random_questions_is_disputed_under_cocotb(judge: Judge) -> None:
    asking = DRAWING.replace(
        "    for i in", "    random.seed(int(__import__('os').environ['COCOTB_RANDOM_SEED']))\n    for i in"
    ).replace("CHECK", STRICT)
    source = random.Random(20260101)
    asked = sorted({(source.randrange(16), source.randrange(16)) for _ in range(30)})
    body = "".join(f"    {a * 16 + b}: s <= {a + b};\n" for a, b in asked)
    table = ADDER.replace("s <= a + b;", f"case ({{a, b}})\n{body}    default: s <= 0;\n  endcase")

    verdict = judged(judge, table, asking)

    assert (verdict.outcome, "not with others" in verdict.detail) == (Outcome.DISPUTED, True), verdict.detail


WIDE = GOLDEN.replace("module counter(", "module counter #(parameter WIDTH = 2)(").replace(
    "[1:0]", "[WIDTH-1:0]"
)
DRIVEN = "# VERILOG_SOURCES = /code/rtl/counter.sv\n# MODULE = test_counting\n" + TESTS.replace(
    "% 4", "% int(os.environ['MODULUS'])"
).replace("import cocotb\n", "import os\nimport cocotb\n", 1)
DRIVER = (DataFile(name="test_runner.py", text=RUNNER),)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rtl", "outcome", "checks"),
    [
        (WIDE, Outcome.PASS, 4),
        (GOLDEN, Outcome.MISMATCH, 4),
        (WIDE.replace("q + 1", "q + 2"), Outcome.MISMATCH, 2),
        ("module counter(", Outcome.COMPILE_ERROR, 0),
        (WIDE.replace("endmodule", "reg x = 0; initial while (1) x = ~x;\nendmodule"), Outcome.TIMEOUT, 0),
    ],
    ids=["right", "only one width", "wrong", "broken", "endless"],
)
def test_a_harness_with_a_runner_of_its_own_decides_over_all_its_simulations(
    judge: Judge, rtl: str, outcome: Outcome, checks: int
) -> None:
    verdict = judged(judge, rtl, DRIVEN, files=DRIVER)

    assert (verdict.outcome, verdict.checks) == (outcome, checks)


@pytest.mark.slow
def test_a_runner_that_starts_nothing_gives_no_evidence(judge: Judge) -> None:
    idle = (DataFile(name="test_runner.py", text="def test_nothing():\n    pass\n"),)

    assert judged(judge, WIDE, DRIVEN, files=idle).outcome is Outcome.NO_EVIDENCE


def test_without_cocotb_it_is_a_tool_error_that_says_how_to_get_it(judge: Judge) -> None:
    bare = CocotbSimulator(judge.icarus, JudgeSettings(), Pool(Sandbox(locate(), "best-effort")), None)

    with pytest.raises(ToolError, match=f"needs cocotb.*{re.escape(install_command('cvdp'))}"):
        bare.check(Design(rtl=GOLDEN, testbench=TESTS))


def test_a_cocotb_testbench_is_told_from_a_verilog_one() -> None:
    made = harness(TESTS)

    assert isinstance(made, Harness)
    assert (made.style, made.tops) == (Style.COCOTB, ("counter",))
    assert wanted(TESTS) == ("counter",)
    assert not is_cocotb("module tb;\n// import cocotb\nendmodule\n")


def test_settings_are_the_comment_lines_on_top() -> None:
    assert settings("# A = 1\n\n# B = x y \nimport cocotb\n# C = 3\n") == {"A": "1", "B": "x y"}


def test_the_library_says_where_its_python_is() -> None:
    found = locate_library()

    assert found is not None
    assert all(part for part in found)


def test_a_simulator_that_a_runner_sees_die_of_its_limit_is_a_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = "RuntimeError: Command failed with return code: "
    found = [
        cocotb_run.result_of("m", Finished(1, f"{said}{code}", None, 0.4)) for code in ("-24", "-11", "1")
    ]

    assert [one.outcome for one in found] == [Outcome.TIMEOUT, Outcome.NO_EVIDENCE, Outcome.NO_EVIDENCE]
