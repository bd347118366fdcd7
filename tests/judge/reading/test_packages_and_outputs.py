"""A testbench may take types and constants from a package of the design, and may look inside it; no answers, though."""

from collections.abc import Iterator

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.judge import Judge

RTL = """package p;
  typedef enum logic [1:0] {ADD, SUB, AND} op_t;
  localparam int W = 8;
  function automatic [7:0] want(input [7:0] a, b); want = a + b; endfunction
endpackage
module alu import p::*; (input clk, input op_t op, input [W-1:0] a, b, output logic [W-1:0] y, output logic done);
  logic [W-1:0] held;
  always_ff @(posedge clk) begin held <= op == ADD ? a + b : op == SUB ? a - b : a & b; done <= 1; end
  assign y = held;
endmodule
"""
BENCH = """module tb; import p::*;
  logic clk = 0; op_t op; logic [W-1:0] a, b, y; logic done; int errors = 0, checks = 0;
  alu dut (.clk, .op, .a, .b, .y, .done);
  always #5 clk = ~clk;
  initial begin
    for (int i = 0; i < 30; i++) begin
      case (i % 3) 0: op = ADD; 1: op = SUB; default: op = AND; endcase a = i * 7; b = i * 3; @(posedge clk); #1;
      {CHECK}
    end
    if (errors == 0) $display("PASS: %0d checks", checks); else $display("FAIL: %0d errors", errors);
    $finish;
  end
endmodule
"""
EXPECTED = "checks++; if (y !== (op == ADD ? a + b : op == SUB ? a - b : a & b)) errors++;"


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(simulator="icarus", second_opinion=False, workers=1)) as made:
        yield made


def test_types_and_constants_of_the_designs_package_are_the_testbenchs(judge: Judge) -> None:
    design = Design(rtl=RTL, testbench=BENCH.replace("{CHECK}", EXPECTED))

    assert judge.check(design).outcome is Outcome.PASS
    wrong = design.model_copy(update={"rtl": RTL.replace("a - b :", "a + b :")})
    assert judge.check(wrong).outcome is Outcome.MISMATCH


def test_a_function_of_the_designs_package_is_no_answer(judge: Judge) -> None:
    check = "checks++; op = ADD; if (y !== want(a, b) && 0) errors++;"
    verdict = judge.check(Design(rtl=RTL, testbench=BENCH.replace("{CHECK}", check)))

    assert verdict.outcome is Outcome.NO_EVIDENCE
    assert "p::want" in verdict.detail


def test_a_testbench_that_looks_inside_is_asked_with_the_outputs_held(judge: Judge) -> None:
    inside = f"{EXPECTED} if (dut.held === 'x) errors++;"
    verdict = judge.check(Design(rtl=RTL, testbench=BENCH.replace("{CHECK}", inside)))

    assert (verdict.outcome, "PASS: 30" in verdict.detail) == (Outcome.PASS, True)


def test_one_that_looks_inside_and_at_nothing_else_is_no_evidence(judge: Judge) -> None:
    inside = "checks++; if (dut.held === 'z) errors++;"
    verdict = judge.check(Design(rtl=RTL, testbench=BENCH.replace("{CHECK}", inside)))

    assert verdict.outcome is Outcome.NO_EVIDENCE


def test_a_testbench_that_does_not_compile_is_at_fault_itself(judge: Judge) -> None:
    verdict = judge.check(Design(rtl=RTL, testbench=BENCH.replace("{CHECK}", "if (y !== ) errors++;")))

    assert verdict.outcome is Outcome.NO_EVIDENCE
    assert verdict.detail.startswith("the testbench does not compile: testbench.v:8: syntax error")


def test_a_design_that_lacks_what_the_testbench_wants_is_at_fault(judge: Judge) -> None:
    design = Design(
        rtl=RTL.replace("module alu", "module other"), testbench=BENCH.replace("{CHECK}", EXPECTED)
    )

    assert judge.check(design).outcome is Outcome.COMPILE_ERROR
