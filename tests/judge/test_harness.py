"""A testbench is heard, marked and hidden, and means what it meant before."""

import pytest
from tests.judge.benches import GOLDEN, HOUSE, STYLES, WRONG

from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.evidence.experiment import AS_WRITTEN, Experiment
from ct_retrain.judge.evidence.harness import (
    NAME_BLANK,
    Harness,
    Style,
    harness,
)
from ct_retrain.judge.evidence.verdict import read_verdict
from ct_retrain.judge.judge import Judge

NONCE = "0123456789abcdef"


def made(testbench: str) -> Harness:
    found = harness(testbench)
    assert isinstance(found, Harness)
    return found


@pytest.mark.parametrize(("name", "testbench"), STYLES.items())
def test_styles_are_recognised(name: str, testbench: str) -> None:
    found = made(testbench)

    assert found.style == name
    assert (found.modules, found.wanted, found.ends) == (frozenset({"tb"}), ("counter",), True)
    assert found.tops == (f"tb_{NAME_BLANK}",)


def test_lines_stay_where_they_are() -> None:
    testbench = STYLES["plain"]

    assert made(testbench).source.count("\n") == testbench.count("\n")


def test_names_inside_the_design_are_left_alone(judge: Judge) -> None:
    design = GOLDEN.replace("endmodule", "reg i = 0; reg show = 1;\nendmodule")
    testbench = HOUSE.replace(
        "initial begin",
        'task show; $display("%b %b", dut.show, tb.dut.i); endtask\n  initial begin : dut_block\n    show;',
        1,
    )

    verdict = judge.check(Design(rtl=design, testbench=testbench))

    assert verdict.outcome is Outcome.PASS, verdict
    assert "1 0" in verdict.log


@pytest.mark.parametrize(
    "instance", ["counter counter(", "counter #(.P(1)) counter("], ids=["plain", "parameter"]
)
@pytest.mark.parametrize("style", STYLES)
def test_an_instance_may_be_named_like_its_module(judge: Judge, style: str, instance: str) -> None:
    testbench = STYLES[style].replace("counter dut(", instance)
    right = GOLDEN.replace("endmodule", "parameter P = 0;\nendmodule")

    assert testbench != STYLES[style]
    assert judge.check(Design(rtl=right, testbench=testbench)).outcome is Outcome.PASS
    assert judge.check(Design(rtl=WRONG, testbench=testbench)).outcome is not Outcome.PASS


BY_MACRO = "`define DUT dut\n" + HOUSE.replace("counter dut(", "counter `DUT(")


def test_a_name_that_a_macro_spells_cannot_be_hidden_before_preprocessing() -> None:
    assert "a macro spells the testbench's name dut" in str(harness(BY_MACRO))


SHARED = "integer wrong = 0;\n" + HOUSE


@pytest.mark.parametrize(
    "testbench",
    [BY_MACRO, HOUSE.replace("counter dut(", "counter \\dut[0] ("), SHARED],
    ids=["macro", "escaped", "unit"],
)
def test_every_name_of_a_testbench_is_hidden(judge: Judge, testbench: str) -> None:
    right = judge.check(Design(rtl=GOLDEN, testbench=testbench))
    spy = GOLDEN.replace(
        "endmodule", "parameter P = 0; generate if (P != 0) always @(q) wrong = 1; endgenerate\nendmodule"
    )
    told = judge.check(Design(rtl=spy, testbench=testbench.replace("counter ", "counter #(.P(1)) ")))

    assert right.passed, right
    assert told.outcome is Outcome.COMPILE_ERROR, told


@pytest.mark.parametrize(
    ("output", "outcome"),
    [
        ("N checks=3 errors=0\nN end of test 5\n", Outcome.PASS),
        ("N checks=3 errors=1\nN end of test 5\n", Outcome.MISMATCH),
        ("N checks=0 errors=0\nN end of test 5\n", Outcome.NO_EVIDENCE),
        ("N checks=3 errors=0\n", Outcome.NO_EVIDENCE),
        ("CT_VERDICT checks=3 errors=0\nN end of test 5\n", Outcome.NO_EVIDENCE),
        ("N checks=3 errors=0\nN checks=3 errors=0\nN end of test 5\n", Outcome.NO_EVIDENCE),
        ("N checks=3 errors=0\nCT_VERDICT checks=3 errors=0\nN end of test 5\n", Outcome.NO_EVIDENCE),
        ("N checks=3 errors=0\nN end of test 5\nt.v:9: $finish called at 5 (1ps)\n", Outcome.PASS),
        (
            "N checks=3 errors=0\nN end of test 5\nt.v:9: $finish called at 5 (1ps)\nmore\n",
            Outcome.NO_EVIDENCE,
        ),
        ("N checks=3 errors=0\nmore\nN end of test 5\n", Outcome.NO_EVIDENCE),
        ("N checks=3 errors=1\nmore\nN end of test 5\n", Outcome.MISMATCH),
        ("before\nN checks=3 errors=0\nN end of test 5\n", Outcome.PASS),
        ("N checks=3 errors=0 \x1b[0m\nN end of test 5\n", Outcome.NO_EVIDENCE),
        ("", Outcome.NO_EVIDENCE),
    ],
)
def test_exactly_one_verdict_of_the_house_counts(output: str, outcome: Outcome) -> None:
    assert read_verdict(made(STYLES["house"]), NONCE, output.replace("N ", f"{NONCE} "), 0).outcome is outcome


def test_a_fatal_error_of_the_testbench_is_a_mismatch() -> None:
    assert (
        read_verdict(made(STYLES["plain"]), NONCE, "FATAL: testbench.v:9: wrong\n", 1).outcome
        is Outcome.MISMATCH
    )


def test_a_simulator_that_fails_gives_no_evidence() -> None:
    output = f"{NONCE} 0 TEST PASSED\n{NONCE} end of test\n"

    assert read_verdict(made(STYLES["plain"]), NONCE, output, 1).outcome is Outcome.NO_EVIDENCE


@pytest.mark.parametrize(
    ("testbench", "reason"),
    [
        ("", "no top module"),
        ("module tb; endmodule", "never says"),
        ("module a; b u(); endmodule module b; a u(); endmodule", "no top module"),
        ("x" * 3_000_000, "too large"),
    ],
)
def test_what_cannot_give_evidence_says_why(testbench: str, reason: str) -> None:
    assert reason in str(harness(testbench))


def test_verilogeval_keeps_its_name() -> None:
    assert made(STYLES["verilogeval"]).style is Style.VERILOGEVAL


SILENT = """module tb;
  reg clk = 0, rst = 1; wire [1:0] q; reg [1:0] want = 0;
  counter dut(.clk(clk), .rst(rst), .q(q));
  always #5 clk = ~clk;
  initial begin #12 rst = 0; repeat (20) begin @(negedge clk); want = want + 1;
    if (q !== want) begin $display("Error: q is %b, not %b", q, want); $finish; end end $finish; end
  DUMPS
endmodule
"""


@pytest.mark.parametrize("dumps", ["", 'initial begin $dumpfile("waves/tb.vcd"); #40 $dumpvars(0, tb); end'])
def test_waveforms_make_no_difference(judge: Judge, dumps: str) -> None:
    testbench = SILENT.replace("DUMPS", dumps)

    assert judge.check(Design(rtl=GOLDEN, testbench=testbench)).outcome is Outcome.PASS
    assert judge.check(Design(rtl=WRONG, testbench=testbench)).outcome is Outcome.MISMATCH


EARLY = "initial $dumpvars(1, dut.q, late, want, late2 ); wire late = clk; reg [1:0] late2;"


def test_a_signal_that_is_dumped_above_its_declaration_is_named_with_its_module(judge: Judge) -> None:
    testbench = SILENT.replace("DUMPS", EARLY)
    module = f"tb_{NAME_BLANK}"

    assert (
        f"$dumpvars(1, dut_{NAME_BLANK}.q, {module} .late, want, {module} .late2 )" in made(testbench).source
    )
    assert judge.check(Design(rtl=GOLDEN, testbench=testbench)).outcome is Outcome.PASS
    assert judge.check(Design(rtl=WRONG, testbench=testbench)).outcome is Outcome.MISMATCH


def test_a_change_to_a_testbench_is_not_seen_in_the_next() -> None:
    drawing = HOUSE.replace("$finish;", "i = $random; $finish;")
    changes = [
        AS_WRITTEN,
        Experiment(stops=True),
        Experiment(strict=True),
        Experiment(apart=True),
        Experiment(stream="1"),
    ]
    first = [harness(drawing, changed=change) for change in changes]

    assert len({str(one) for one in first}) == len(changes) - 1  # it compares strictly as it is
    assert [harness(drawing, changed=change) for change in reversed(changes)] == first[::-1]
