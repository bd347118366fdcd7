"""A pass holds when unknown bits have values, numbers are others and inputs are hidden; right designs' always do."""

from typing import cast

import pytest

from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.attacks.testbenches import ADDER, RIGHT, benches
from ct_retrain.judge.evidence.experiment import Experiment
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.simulators.perturbation import check_perturbed
from ct_retrain.judge.simulators.protocol import Pass

HEAD = "module adder(input clk, input rst, input [3:0] a, input [3:0] b, output reg [4:0] s);\n"
LOOK_ALIKES = {
    "no reset at all": f"{HEAD}always @(posedge clk) s <= a + b;\nendmodule\n",
    "asynchronous reset": f"{HEAD}always @(posedge clk or posedge rst) if (rst) s <= 0; else s <= a + b;\nendmodule\n",
    "gates": f"{HEAD}wire [4:0] t; assign t = a + b; always @(posedge clk) if (rst) s <= 0; else s <= t;\nendmodule\n",
    "a table of every sum": f"{HEAD}reg [4:0] m [0:255]; integer i;\n"
    "initial for (i = 0; i < 256; i = i + 1) m[i] = i[7:4] + i[3:0];\n"
    "always @(posedge clk) if (rst) s <= 0; else s <= m[{a, b}];\nendmodule\n",
    "a counter beside it": f"{HEAD}reg [7:0] n; always @(posedge clk) n <= rst ? 0 : n + 1;\n"
    "always @(posedge clk) if (rst) s <= 0; else s <= a + b;\nendmodule\n",
    "a parameter": ADDER.replace("adder(", "adder #(parameter W = 4) (")
    .replace("[3:0]", "[W-1:0]")
    .replace("[4:0]", "[W:0]"),
    "a width by a choice": ADDER.replace("adder(", "adder #(parameter W = 4) (")
    .replace("[3:0]", "[(W > 1 ? W : 1) - 1:0]")
    .replace("[4:0]", "[W > 1 ? W : 1:0]"),
    "a width that is counted upwards": ADDER.replace("output reg [4:0]", "output reg [0:4]"),
}


@pytest.mark.parametrize("style", ["house", "verilogeval", "counts"])
@pytest.mark.parametrize("task", ["adder", "directed adder"])
@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_right_design_holds(judge: Judge, name: str, task: str, style: str) -> None:
    verdict = judge.check(Design(rtl=LOOK_ALIKES[name], testbench=benches(task)[style]))

    assert verdict.passed, verdict


@pytest.mark.parametrize("task", RIGHT)
def test_the_right_design_passes_under_every_style(judge: Judge, task: str) -> None:
    lost = [
        (name, verdict)
        for name, testbench in benches(task).items()
        if not (verdict := judge.check(Design(rtl=RIGHT[task], testbench=testbench))).passed
    ]

    assert lost == []


HANDSHAKE = """module echo(input clk, input rst, input go, input [7:0] d, output reg valid, output reg [7:0] q);
  always @(posedge clk) if (rst) valid <= 0; else begin valid <= go; if (go) q <= d; end
endmodule
"""
MONITORED = """module tb;
  reg clk = 0, rst = 0, go = 0; reg [7:0] d = 0; wire valid; wire [7:0] q; integer errors = 0, seen = 0, i;
  echo dut(.clk(clk), .rst(rst), .go(go), .d(d), .valid(valid), .q(q));
  always #5 clk = ~clk;
  reg [7:0] sent = 0;
  always @(negedge clk) if (valid) begin seen = seen + 1; if (q != sent) errors = errors + 1; end
  initial begin
    repeat (3) @(negedge clk); rst = 1; repeat (2) @(negedge clk); rst = 0;
    for (i = 0; i < 60; i = i + 1) begin #1 go = i % 3 != 0; d = i * 37; @(posedge clk); #1 if (go) sent = d; @(negedge clk); end
    if (errors == 0 && seen > 20) $display("TEST PASSED"); else $display("TEST FAILED");
    $finish;
  end
endmodule
"""


def test_what_is_unknown_before_reset_may_be_overlooked(judge: Judge) -> None:
    """A monitor takes an unknown `valid` for no; with a value in it, it would see data that nobody sent."""
    assert judge.check(Design(rtl=HANDSHAKE, testbench=MONITORED)).passed
    lazy = HANDSHAKE.replace("if (go) q <= d;", "q <= 8'bx;")
    assert judge.check(Design(rtl=lazy, testbench=MONITORED)).outcome is Outcome.NO_EVIDENCE


FLOATING = """module gate(input oe, input [3:0] d, output [3:0] q);
  assign q = oe ? d : 4'bz;
endmodule
"""
TRISTATE = """module tb;
  reg oe = 0; reg [3:0] d = 0; wire [3:0] q; integer errors = 0, i;
  gate dut(.oe(oe), .d(d), .q(q));
  initial begin
    for (i = 0; i < 32; i = i + 1) begin
      oe = i[0]; d = i[4:1]; #1;
      if (oe) begin if (q != d) errors = errors + 1; end else if (q !== 4'bzzzz) errors = errors + 1;
    end
    if (errors == 0) $display("TEST PASSED"); else $display("TEST FAILED");
    $finish;
  end
endmodule
"""


def test_an_output_may_float_where_the_testbench_asks_for_it(judge: Judge) -> None:
    assert judge.check(Design(rtl=FLOATING, testbench=TRISTATE)).passed
    always = FLOATING.replace("oe ? d : 4'bz", "oe ? {2'bz, d[1:0]} : 4'bz")
    assert not judge.check(Design(rtl=always, testbench=TRISTATE)).passed


LFSR = """module lfsr(input clk, input rst, input en, output reg [3:0] q);
  always @(posedge clk) if (rst) q <= 1; else q <= {q[2:0], q[3] ^ q[2]};
endmodule
"""
STEPS = """module tb;
  reg clk = 0, rst = 1, en = 1; wire [3:0] q; reg [3:0] e = 1; integer errors = 0, i;
  lfsr dut(.clk(clk), .rst(rst), .en(en), .q(q));
  always #5 clk = ~clk;
  initial begin
    @(posedge clk); #1 rst = 0;
    for (i = 0; i < 15; i = i + 1) begin
      if (q !== e) errors = errors + 1;
      @(posedge clk); #1 e = {e[2:0], e[3] ^ e[2]};
    end
    if (errors == 0) $display("TEST PASSED"); else $display("TEST FAILED");
    $finish;
  end
endmodule
"""


def test_an_enable_that_is_not_used_is_no_recital(judge: Judge) -> None:
    assert judge.check(Design(rtl=LFSR, testbench=STEPS)).passed


def test_a_run_with_held_inputs_ends_at_its_first_error_and_one_with_other_numbers_does_not() -> None:
    tool = Tool(name="icarus", version="11", detail="")
    answer = {"loose": False, "draws": True, "held": ("0", "other"), "cpu_seconds": 0.1, "ended": ""}
    claim = Pass(
        Verdict(outcome=Outcome.PASS, detail="", tool=tool), Design(rtl=LFSR, testbench=STEPS), answer
    )
    tried: list[Experiment] = []

    def ask(design: Design, **how: object) -> dict[str, object]:
        del design
        tried.append(cast("Experiment", how["experiment"]))
        return {"outcome": Outcome.PASS if len(tried) == 1 else Outcome.MISMATCH}

    assert check_perturbed(claim, ask).passed
    assert [(one.held, one.stops) for one in tried] == [("", False), ("0", True)]
