"""What a design declares outside modules is its own, and never what the testbench means by the same name."""

import pytest

from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.judge import Judge
from ct_retrain.verilog.scope import captured

# A macro spells an instance, so the names of this testbench can only be hidden once it is preprocessed.
TESTBENCH = """`define DUT dut
module tb;
  reg a = 0, b = 0;
  integer errors = 0, n = 0;
  gate `DUT (.a(a), .b(b), .y(y));
  watch w (.wrong(y !== (a & b)));
  task fail; errors = errors + 1; endtask
  initial begin
    for (n = 0; n < 4; n = n + 1) begin
      {a, b} = n;
      #10;
    end
    if (errors == 0) $display("All tests passed"); else $display("Failed: %0d", errors);
    $finish;
  end
endmodule
module watch (input wrong);
  initial repeat (4) begin #5 if (wrong) fail; #5; end
endmodule
"""
GATE = "module gate (input a, input b, output y);\n  assign y = VALUE;\nendmodule\n"
RIGHT, WRONG = GATE.replace("VALUE", "a & b"), GATE.replace("VALUE", "a | b")
OWN = (
    "localparam logic ONE = 1'b1;\n",
    "typedef enum logic {IDLE, BUSY} state_t;\n",
    "function automatic logic f(input logic v);\n  return v;\nendfunction\n",
    "package p;\n  localparam X = 1;\nendpackage\nimport p::*;\n",
    "logic unused;\n",
    "task automatic nothing;\nendtask\n",
)
HIDDEN = (
    "task fail;\nendtask\n",
    "package p;\n  task fail;\n  endtask\nendpackage\nimport p::*;\n",
)
"""The testbench's task of that name is called otherwise in the run."""
TAKING = (
    "logic y;\n",
    "typedef enum logic {y, z} t;\n",
    "localparam y = 0;\n",
)


def test_the_testbench_tells_right_from_wrong(judge: Judge) -> None:
    assert judge.check(Design(rtl=RIGHT, testbench=TESTBENCH)).outcome is Outcome.PASS
    assert judge.check(Design(rtl=WRONG, testbench=TESTBENCH)).outcome is Outcome.MISMATCH


@pytest.mark.parametrize("own", [*OWN, *HIDDEN])
def test_what_a_design_declares_at_file_scope_changes_no_verdict(judge: Judge, own: str) -> None:
    assert judge.check(Design(rtl=own + RIGHT, testbench=TESTBENCH)).outcome is Outcome.PASS
    assert judge.check(Design(rtl=own + WRONG, testbench=TESTBENCH)).outcome is Outcome.MISMATCH


@pytest.mark.parametrize("taking", TAKING)
def test_a_name_that_the_testbench_means_to_be_its_own_is_refused(judge: Judge, taking: str) -> None:
    verdict = judge.check(Design(rtl=taking + WRONG, testbench=TESTBENCH))

    assert verdict.outcome is Outcome.FORBIDDEN
    assert "is a name that the testbench uses" in verdict.detail


def test_a_name_that_the_testbench_wants_from_the_design_is_given() -> None:
    design = "typedef logic [1:0] word_t;\nmodule m (input word_t a); endmodule\n"
    testbench = "module tb;\n  word_t a;\n  m dut (.a(a));\nendmodule\n"

    assert captured(design, testbench) == ""


@pytest.mark.parametrize("text", ["", "module", "typedef", "\0", "import p::*;", "package p; endpackage"])
def test_junk_takes_no_name(text: str) -> None:
    assert captured(text, TESTBENCH) == ""
    assert captured(RIGHT, text) == ""
