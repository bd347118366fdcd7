"""What a design does only in simulation is noticed, and what nobody can copy gets no second opinion."""

import pytest
from tests.judge.benches import EMPTY, GOLDEN, STYLES, WRONG

from ct_retrain.core.verdict import Design, Outcome
from ct_retrain.judge.equivalence import locate_yosys
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.opinion import second_opinion

pytestmark = pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")


@pytest.mark.parametrize("testbench", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("rtl", [GOLDEN, WRONG], ids=["right", "wrong"])
def test_a_synthesizable_design_gets_the_same_verdict_twice(judge: Judge, rtl: str, testbench: str) -> None:
    found = second_opinion(judge.plain, judge.prover, Design(rtl=rtl, testbench=testbench))

    assert found.agrees is True, found
    assert found.second is not None


def test_a_design_that_works_only_in_simulation_is_found_out(judge: Judge) -> None:
    latched = "module gate(input a, b, output reg y);\n  always @(a) y = a & b;\nendmodule\n"
    testbench = """
        `ifndef CT_VERDICT
        `define CT_VERDICT "CT_VERDICT"
        `endif
        module tb;
          reg a = 0, b = 0;
          wire y;
          integer errors;
          gate dut(.a(a), .b(b), .y(y));
          initial begin
            #1 a = 1;
            #1 b = 1;
            #1 errors = y !== 0;
            $display("%0s checks=%0d errors=%0d", `CT_VERDICT, 1, errors);
            $finish;
          end
        endmodule
    """

    found = second_opinion(judge.plain, judge.prover, Design(rtl=latched, testbench=testbench))

    assert (found.agrees, found.first.outcome) == (False, Outcome.PASS)
    assert found.second is not None
    assert found.second.outcome is Outcome.MISMATCH


def test_a_forbidden_design_gets_no_second_opinion(judge: Judge) -> None:
    found = second_opinion(
        judge.plain,
        judge.prover,
        Design(rtl=EMPTY.replace("endmodule", "initial $finish;\nendmodule"), testbench=STYLES["house"]),
    )

    assert (found.agrees, found.second) == (None, None)
