"""A testbench's ports give a design stimulus and nothing else: no expectation, no tally, no reference of its own."""

import shutil

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.evidence.connections import objection
from ct_retrain.judge.judge import Judge

ADD = "module add(input [7:0] a, input [7:0] b, output [8:0] sum); assign sum = a + b; endmodule\n"
ASKS = "module add(input [7:0] a, input [7:0] b, PORT, output [8:0] sum); assign sum = NAME; endmodule\n"


def wild(body: str, declared: str = "") -> str:
    return (
        f"module tb; reg [7:0] a, b; wire [8:0] sum; reg [8:0] expected; {declared}\n"
        f"integer i, errors = 0; add dut(.*);\n{body}\nendmodule\n"
    )


LOOP = "initial begin for (i = 0; i < 20; i = i + 1) begin a = $random; b = $random; STEP end end"
EXPECTED = {
    "compared": LOOP.replace("STEP", "expected = a + b; #1 if (sum !== expected) errors = errors + 1;"),
    "compared in parts": LOOP.replace(
        "STEP", "expected = a + b; #1 if (sum[3:0] !== expected[3:0]) errors = 1;"
    ),
    "compared by exclusive or": LOOP.replace(
        "STEP", "expected = a + b; #1 if (|(sum ^ expected)) errors = 1;"
    ),
    "compared by difference": LOOP.replace("STEP", "expected = a + b; #1 if (sum - expected) errors = 1;"),
    "copied first": "reg [8:0] e; reg [8:0] got;"
    + LOOP.replace("STEP", "expected = a + b; #1 e = expected; got = sum; if (got != e) errors = 1;"),
    "handed to a task that compares": "task check(input [8:0] is, input [8:0] should); if (is !== should) errors = 1;"
    " endtask " + LOOP.replace("STEP", "expected = a + b; #1 check(sum, expected);"),
    "handed to a module that compares": "same judge(.is(sum), .should(expected), .bad());"
    + LOOP.replace("STEP", "expected = a + b; #1;"),
    "kept in a queue": "logic [8:0] kept [$];"
    + LOOP.replace(
        "STEP", "expected = a + b; kept.push_back(expected); #1 if (sum != kept.pop_front()) errors = 1;"
    ),
    "from a table": "reg [24:0] t [0:19];"
    + LOOP.replace("STEP", "{a, b, expected} = t[i]; #1 if (sum !== expected) errors = 1;"),
    "in an assertion": LOOP.replace(
        "STEP", "expected = a + b; #1 assert (sum === expected) else errors = 1;"
    ),
}


@pytest.mark.parametrize("body", EXPECTED.values(), ids=EXPECTED)
def test_a_wildcard_gives_no_expectation(body: str) -> None:
    asks = ASKS.replace("PORT", "input [8:0] expected").replace("NAME", "expected")

    assert "expected" in objection(asks, wild(body), ("add",))
    assert objection(ADD, wild(body), ("add",)) == ""


@pytest.mark.parametrize(
    ("port", "name"),
    [
        ("input [31:0] i", "i"),
        ("input integer errors", "errors"),
        ("output integer errors", "errors"),
        ("output [8:0] expected", "expected"),
        ("inout [8:0] expected", "expected"),
    ],
)
def test_a_wildcard_gives_nothing_to_count_with_and_nothing_to_write(port: str, name: str) -> None:
    asks = ASKS.replace("PORT", port).replace("NAME", "0")

    assert name in objection(asks, wild(EXPECTED["compared"]), ("add",))


def test_stimulus_that_is_drawn_may_be_compared() -> None:
    keeps = "module add(input [7:0] a, input [7:0] b, output [8:0] sum); assign sum = a; endmodule\n"

    assert objection(keeps, wild(LOOP.replace("STEP", "#1 if (sum !== a) errors = 1;")), ("add",)) == ""


def test_a_reference_in_the_same_file_writes_names_of_its_own() -> None:
    bench = wild(EXPECTED["compared"]) + ADD.replace("add", "Ref").replace(
        "assign sum", "reg sum; always @* sum"
    )

    assert objection(ADD, bench, ("add",)) == ""


REFERENCE = "module tb; reg [7:0] a, b; wire [8:0] s, r; integer errors = 0;\nadd dut(a, b, s); model good(a, b, r);\nBODY endmodule\n"
MIXED = {
    "compared": "always @(a) if (s !== r) errors = 1;",
    "by a net": "wire bad = s !== r;",
    "by exclusive or": "wire bad = |(s ^ r);",
    "copied": "reg [8:0] e; always @(a) begin e = r; if (s !== e) errors = 1; end",
    "in a task": "task check(input [8:0] x, input [8:0] y); if (x !== y) errors = 1; endtask always @(a) check(s, r);",
    "in a module": "same judge(s, r);",
    "as the suites do": "wire match = ({r} === ({r} ^ {s} ^ {r}));",
}


@pytest.mark.parametrize("body", MIXED.values(), ids=MIXED)
def test_no_module_of_a_design_is_another_s_reference(body: str) -> None:
    both = ADD + ADD.replace("add", "model")

    assert "both come with the design" in objection(both, REFERENCE.replace("BODY", body), ("add", "model"))


def test_two_modules_of_a_design_may_be_judged_side_by_side() -> None:
    both = ADD + ADD.replace("add", "model")
    body = "always @(a) begin if (s !== a + b) errors = 1; if (r !== a + b) errors = 1; end"

    assert objection(both, REFERENCE.replace("BODY", body), ("add", "model")) == ""


PAD = (
    "module pad(input oe, input d, output q, inout io); assign io = oe ? d : 1'bz; assign q = io; endmodule\n"
)
NETS = {
    "let go by an assignment": ("wire io; assign io = oe ? 1'bz : d;", True),
    "let go by a variable": ("wire io; reg v; assign io = v; initial begin v = 1; #5 v = 1'bz; end", True),
    "pulled up": ("wire io; pullup p(io);", True),
    "weak": ("tri1 io;", True),
    "a switch": ("wire io, w; tran t(io, w);", True),
    "a pad of the testbench": ("wire io; other u(.io(io));", True),
    "driven by nobody else": ("wire io;", True),
    "always driven": ("wire io; assign io = d;", False),
    "driven where it is declared": ("wire io = d;", False),
    "driven by a module": ("wire io; gen u(.o(io));", False),
}


@pytest.mark.parametrize(("net", "fine"), NETS.values(), ids=NETS)
def test_an_inout_is_for_a_net_that_the_testbench_lets_go(net: str, fine: bool) -> None:
    bench = (
        f"module tb; reg oe, d; wire q; {net} pad dut(.oe(oe), .d(d), .q(q), .io(io)); endmodule\n"
        "module other(inout io); assign io = 1'bz; endmodule\nmodule gen(output o); assign o = 1; endmodule\n"
    )

    assert (objection(PAD, bench, ("pad",)) == "") is fine


BUS = """module tb; reg oe = 0, d = 0, other = 0; wire q; wire io; integer errors = 0, i;
pad dut(.oe(oe), .d(d), .q(q), .io(io)); assign io = oe ? 1'bz : other;
initial begin
  for (i = 0; i < 16; i = i + 1) begin {oe, d, other} = i; #1 if (q !== (oe ? d : other)) errors = errors + 1; end
  if (errors == 0) $display("ALL TESTS PASSED"); else $display("FAILED: %0d errors", errors);
  $finish;
end endmodule
"""
CHECKER = """module tb; reg [7:0] a, b; wire [8:0] sum; wire [31:0] bad; integer i;
add dut(a, b, sum); checks board(a, b, sum, bad);
initial begin for (i = 0; i < 20; i = i + 1) begin a = $random; b = $random; #1; end
  if (bad == 0) $display("ALL TESTS PASSED"); else $display("FAILED: %0d errors", bad);
  $finish; end endmodule
"""


@pytest.fixture(scope="module")
def judge() -> Judge:
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is not installed")
    return Judge(JudgeSettings(simulator="icarus", cpu_seconds=5))


def test_a_pad_that_takes_turns_with_the_testbench_passes(judge: Judge) -> None:
    verdict = judge.check(Design(rtl=PAD, testbench=BUS))

    assert verdict.outcome is Outcome.PASS, verdict


def test_a_checker_that_the_design_brings_is_not_believed(judge: Judge) -> None:
    checks = "module checks(input [7:0] a, b, input [8:0] s, output [31:0] bad); assign bad = s !== a + b; endmodule\n"

    verdict = judge.check(Design(rtl=ADD + checks, testbench=CHECKER))

    assert verdict.outcome is Outcome.NO_EVIDENCE, verdict
    assert "does nothing" in verdict.detail
