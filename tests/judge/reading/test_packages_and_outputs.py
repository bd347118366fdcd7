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
    assert (
        f"under Icarus Verilog {judge.tool.version}, whatever the design: testbench.v:8: syntax"
        in verdict.detail
    )


PLAIN = """module tb; reg a = 0; wire y; integer errors = 0;
  inverter dut ({PORTS});
  initial begin #1 errors = errors + (y !== 1); {MORE}
    $display("Mismatches: %0d in %0d samples", errors, 1); $finish; end
endmodule
"""
INVERTER = "module inverter(input a, output y); assign y = ~a; endmodule\n"
NAMED = ".a(a), .y(y)"


@pytest.mark.parametrize("more", ["errors = nowhere;", "nowhere = 1;", "nowhere(1);", "errors = nowhere(1);"])
def test_a_name_that_the_testbench_lacks_is_not_asked_of_the_design(judge: Judge, more: str) -> None:
    testbench = PLAIN.replace("{PORTS}", NAMED).replace("{MORE}", more)
    verdict = judge.check(Design(rtl=INVERTER, testbench=testbench))

    assert verdict.outcome is Outcome.NO_EVIDENCE
    assert verdict.detail.startswith("the testbench does not compile under Icarus Verilog")
    assert verdict.detail.endswith("mend it, or judge with a version that compiles it")


@pytest.mark.parametrize(
    ("ports", "more", "rtl"),
    [
        (NAMED, "errors = dut.state;", INVERTER),
        (NAMED, "dut.state = 1;", INVERTER),
        (NAMED, "dut.clear(1);", INVERTER),
        (f"{NAMED}, .z(a)", "", INVERTER),
        (".*", "", INVERTER.replace("(input a", "(input a, input more")),
        (".a(a), .y(made)", "errors = made;", INVERTER.replace("inverter", "other")),
    ],
)
def test_no_design_excuses_itself_by_the_testbench(judge: Judge, ports: str, more: str, rtl: str) -> None:
    testbench = PLAIN.replace("{PORTS}", ports).replace("{MORE}", more)

    assert judge.check(Design(rtl=rtl, testbench=testbench)).outcome is Outcome.COMPILE_ERROR


def test_a_package_that_lacks_a_type_is_the_design_s_fault(judge: Judge) -> None:
    rtl = RTL.replace("op_t", "other_t")

    assert judge.check(Design(rtl=rtl, testbench=BENCH.replace("{CHECK}", EXPECTED))).outcome is (
        Outcome.COMPILE_ERROR
    )


def test_a_design_that_lacks_what_the_testbench_wants_is_at_fault(judge: Judge) -> None:
    design = Design(
        rtl=RTL.replace("module alu", "module other"), testbench=BENCH.replace("{CHECK}", EXPECTED)
    )

    assert judge.check(design).outcome is Outcome.COMPILE_ERROR
