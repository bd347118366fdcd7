"""What a design does only in simulation is noticed, and what nobody can copy gets no second opinion."""

import shutil
from pathlib import Path

import pytest
from tests.judge.benches import EMPTY, GOLDEN, STYLES, WRONG

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.judge.confined.formal.synthesis import SynthesisChoice, SynthesisRequest, resynthesise
from ct_retrain.judge.confined.sandbox.process import Limits
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.second_opinion import Opinion, second_opinion

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


@pytest.mark.parametrize("rtl", [GOLDEN, WRONG, "module"], ids=["pass", "mismatch", "compile error"])
def test_every_verdict_names_the_yosys_that_doubts_a_pass(judge: Judge, rtl: str) -> None:
    yosys = judge.prover.yosys
    assert yosys is not None

    said = judge.check(Design(rtl=rtl, testbench=STYLES["house"])).tool.detail

    assert said.endswith(f", yosys {yosys.version}")


def counted(declarations: str, body: str) -> str:
    """A house testbench with a clock and `check(ok)`; *body* is what it does."""
    return f"""
        `ifndef CT_VERDICT
        `define CT_VERDICT "CT_VERDICT"
        `endif
        module tb;
          reg clk = 0;
          integer checks = 0, errors = 0, i;
          {declarations}
          always #5 clk = ~clk;
          task check(input ok); begin checks = checks + 1; if (ok !== 1) errors = errors + 1; end endtask
          initial begin
            {body}
            $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
            $finish;
          end
        endmodule
    """


RACE = counted(
    """reg [3:0] d = 0, kept = 0; wire [3:0] q;
          sampler dut(.clk(clk), .d(d), .q(q));
          always @(posedge clk) kept <= d ^ 4'd5;
          always @(negedge clk) check(q === kept);""",
    "repeat (2) @(negedge clk); for (i = 0; i < 20; i = i + 1) begin @(posedge clk); d = i; end",
)
SAMPLER = "module sampler(input clk, input [3:0] d, output reg [3:0] q);\n  BODY\nendmodule\n"


def test_inputs_that_change_at_the_clock_edge_are_no_reason_for_a_dispute(judge: Judge) -> None:
    right = SAMPLER.replace("BODY", "always @(posedge clk) q <= d ^ 4'd5;")

    verdict = judge.check(Design(rtl=right, testbench=RACE))

    assert verdict.outcome is Outcome.PASS, verdict


LATCH = """
module pick(input [2:0] a, output reg [2:0] q);
  always @* case (a) 3'd1: q = WAKING; 3'd2: q = 3'd3; 3'd3: q = 3'd4; 3'd4: q = 3'd5; 3'd5: q = 3'd6; endcase
endmodule
"""

KEEPS = counted(
    "reg [2:0] a = 0; wire [2:0] q; pick dut(.a(a), .q(q));",
    """for (i = 1; i < 6; i = i + 1) begin
              a = i; #1 check(q === i + 1); a = 7; #1 check(q === i + 1);
            end""",
)


def test_a_latch_whose_data_changes_as_it_closes_keeps_the_old_value(judge: Judge) -> None:
    right = judge.check(Design(rtl=LATCH.replace("WAKING", "3'd2"), testbench=KEEPS))
    forged = judge.check(Design(rtl=LATCH.replace("WAKING", "q === 3'bxxx ? 3'd2 : 3'd0"), testbench=KEEPS))

    assert right.outcome is Outcome.PASS, right
    assert "latches that close" in right.detail
    assert forged.outcome is Outcome.DISPUTED, forged


MACHINE = """
module machine(input clk, input go, output busy);
  reg [1:0] state;
  assign busy = state != 2'd0;
  always @(posedge clk)
    if (state == 2'd1) state <= 2'd2;
    else if (state == 2'd2) state <= 2'd3;
    else if (state == 2'd3) state <= 2'd0;
    else state <= go ? 2'd1 : 2'd0;
endmodule
"""

STARTS = counted(
    "reg go = 0; wire busy; machine dut(.clk(clk), .go(go), .busy(busy));",
    """repeat (5) @(negedge clk);
            check(busy === 0); go = 1; @(negedge clk);
            check(busy === 1); go = 0; repeat (3) @(negedge clk);
            check(busy === 0);""",
)


def test_a_machine_that_finds_its_way_from_any_state_passes_with_a_note(judge: Judge) -> None:
    verdict = judge.check(Design(rtl=MACHINE, testbench=STARTS))

    assert verdict.outcome is Outcome.PASS, verdict
    assert "unknown bits" in verdict.detail


@pytest.mark.parametrize(
    "start",
    [
        "reg never; always @* if (never) q = ~d; else q = d;",
        "reg never; always @* q = never === 1'bx ? d : ~d;",
        "reg one, two; always @* if (one != two) q = ~d; else q = d;",
    ],
    ids=["an unknown condition", "a comparison with x", "two unknowns that are not always equal"],
)
def test_what_passes_by_virtue_of_unknowns_is_disputed(judge: Judge, start: str) -> None:
    bench = counted(
        "reg [3:0] d = 0; wire [3:0] q; sampler dut(.clk(clk), .d(d), .q(q));",
        "for (i = 0; i < 16; i = i + 1) begin d = i + 1; #1 check(q === d); end",
    )

    verdict = judge.check(Design(rtl=SAMPLER.replace("BODY", start), testbench=bench))

    assert verdict.outcome is Outcome.DISPUTED, verdict


UNREADABLE = SAMPLER.replace("BODY", "real never; always @* q = d;")
"""Right as it is, and beyond yosys."""
SAMPLES = counted(
    "reg [3:0] d = 0; wire [3:0] q; sampler dut(.clk(clk), .d(d), .q(q));",
    "for (i = 0; i < 16; i = i + 1) begin d = i + 1; #1 check(q === d); end",
)


def test_what_yosys_cannot_read_is_unconfirmed_with_its_reason(judge: Judge) -> None:
    verdict = judge.check(Design(rtl=UNREADABLE, testbench=SAMPLES))

    assert verdict.outcome is Outcome.UNCONFIRMED, verdict
    assert not verdict.passed
    assert "yosys cannot read it" in verdict.detail


def test_it_passes_where_the_settings_say_so_and_as_another_verdict() -> None:
    with Judge(JudgeSettings(cpu_seconds=10, unconfirmed="accept")) as accepting:
        verdict = accepting.check(Design(rtl=UNREADABLE, testbench=SAMPLES))

    assert verdict.outcome is Outcome.PASS, verdict
    assert "no second opinion" in verdict.detail
    assert "or none" in verdict.tool.detail


def test_several_modules_that_a_testbench_wants_are_copied_each(judge: Judge) -> None:
    two = SAMPLER.replace("BODY", "always @* q = d;")
    both = two + two.replace("sampler", "second").replace("q = d", "q = ~d")
    bench = counted(
        "reg [3:0] d = 0; wire [3:0] q, r; sampler dut(.clk(clk), .d(d), .q(q));"
        " second other(.clk(clk), .d(d), .q(r));",
        "for (i = 0; i < 16; i = i + 1) begin d = i + 1; #1 check(q === d); check(r === ~d); end",
    )

    assert judge.check(Design(rtl=both, testbench=bench)).outcome is Outcome.PASS
    wrong = both.replace("always @* q = ~d", "reg u; always @* q = u === 1'bx ? ~d : d")
    assert not judge.check(Design(rtl=wrong, testbench=bench)).passed


SHIFTS = "module shift #(parameter N = 1, W = 4) (input [W-1:0] d, output reg [W-1:0] q);\nBODY\nendmodule\n"
BY_ONE_AND_BY_TWO = counted(
    "reg [7:0] d = 0; wire [7:0] a; wire [3:0] b;"
    " shift #(.W(8)) one(.d(d), .q(a)); shift #(.N(2)) two(.d(d[3:0]), .q(b));",
    "for (i = 7; i < 256; i = i + 7) begin"
    " d = i; #1 check(a === d << 1); check(b === ((d[3:0] << 2) & 4'hf)); end",
)


def test_a_module_with_different_parameters_is_copied_with_each(judge: Judge) -> None:
    right = Design(rtl=SHIFTS.replace("BODY", "always @* q = d << N;"), testbench=BY_ONE_AND_BY_TWO)
    found = second_opinion(judge.plain, judge.prover, right)

    assert (found.agrees, found.first.outcome) == (True, Outcome.PASS), found
    only_when_looked_at = SHIFTS.replace("BODY", "reg u; always @* q = N == 2 && u !== 1'bx ? d : d << N;")
    assert not judge.check(right.model_copy(update={"rtl": only_when_looked_at})).passed
    assert not judge.check(
        right.model_copy(update={"rtl": SHIFTS.replace("BODY", "always @* q = d << 1;")})
    ).passed


def test_a_copy_has_the_parameters_that_the_testbench_sets(judge: Judge) -> None:
    wide = "module wide #(parameter W = 2, M = -1) (input [W-1:0] a, output [W-1:0] y); assign y = a ^ M; endmodule\n"
    testbench = "module tb; reg [3:0] a; wire [3:0] y; wide #(.W(4), .M(-1)) dut(.a(a), .y(y)); endmodule\n"
    copy = judge.prover.resynthesised(wide, SynthesisRequest(("wide",), testbench))

    assert ("parameter W = 4;" in copy.text, "parameter M = -1;" in copy.text) == (True, True), copy


def test_only_a_testbench_that_looks_inside_may_refuse_the_copy(judge: Judge) -> None:
    class Strict:
        """Refuses every other design, as Icarus does for an *error* in the testbench."""

        tool = judge.tool

        def __init__(self, error: str) -> None:
            self._error = f"testbench.v:3: error: {error}"

        def check(self, design: Design) -> Verdict:
            verdict = judge.plain.check(design)
            refused = {"outcome": Outcome.COMPILE_ERROR, "detail": self._error}
            return verdict if design.rtl == GOLDEN else verdict.model_copy(update=refused)

    def opinion(error: str) -> Opinion:
        design = Design(rtl=GOLDEN, testbench=STYLES["house"])
        return second_opinion(Strict(error), judge.prover, design)

    assert not opinion("Unable to bind wire/reg/memory `dut.state' in `tb'").unread
    assert opinion("parameter `W` not found in `tb.dut`.").unread


def test_a_testbench_may_take_the_design_s_package_beside_the_copy(judge: Judge) -> None:
    package = "package sizes_pkg; localparam int LAST = 15; typedef logic [3:0] word_t; endpackage\n"
    design = package + SAMPLER.replace("BODY", "always @* q = d;")
    bench = counted(
        "import sizes_pkg::*; word_t d = 0; wire [3:0] q; sampler dut(.clk(clk), .d(d), .q(q));",
        "for (i = 0; i <= LAST; i = i + 1) begin d = i + 1; #1 check(q === d); end",
    )

    verdict = judge.check(Design(rtl=design, testbench=bench))
    assert verdict.outcome is Outcome.PASS, verdict


def test_readings_of_one_design_share_its_plain_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = shutil.which("yosys")
    if program is None:
        pytest.skip("yosys is here only as a wheel")
    monkeypatch.chdir(tmp_path)
    counting = tmp_path / "yosys"
    counting.write_text(f'#!/bin/sh\necho once >> runs\nexec {program} "$@"\n')
    counting.chmod(0o755)

    def runs(rtl: str, reading: SynthesisChoice) -> int:
        Path("runs").write_text("")
        resynthesise(rtl, SynthesisRequest(("counter",)), str(counting), Limits(), reading)
        return len(Path("runs").read_text().splitlines())

    other = GOLDEN.replace("endmodule", "  wire more = rst;\nendmodule")
    readings = (
        SynthesisChoice(),
        SynthesisChoice(settled=True),
        SynthesisChoice(unknown="one"),
        SynthesisChoice(unknown="zero"),
    )
    assert [runs(GOLDEN, reading) for reading in readings] == [1, 0, 1, 1]
    assert runs(other, SynthesisChoice()) == 1, "another design has a copy of its own"
