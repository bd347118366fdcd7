"""What only speaks or checks is left out of a design, wherever it stands, and nothing else is."""

import pytest

from ct_retrain.verilog.guard import approve
from ct_retrain.verilog.tree import parse

LEFT_OUT = {
    "always @(posedge c) $display(q);": "$display",
    "always @(posedge c) if (q) $display(q); else q <= 1;": "$display",
    "always_comb $write(q);": "$write",
    "function f(input i); $display(i); f = i; endfunction": "$display",
    "always @(posedge c) case (q) 0: $error(q); default: q <= 1; endcase": "$error",
    'always @(posedge c) assert (q) else $error("q");': "assertion",
    "always @(posedge c) named: assert (q) else $warning;": "assertion",
    "assert property (@(posedge c) q |-> c);": "concurrent",
    'named: assert property (@(posedge c) q) else $fatal(1, "q");': "concurrent",
    "property p; @(posedge c) q; endproperty assert property (p);": "property",
    "sequence s; q ##1 c; endsequence cover property (s);": "sequence",
    "if (W < 1) assert property (@(posedge c) q); else assign w = 1;": "concurrent",
    'if (W < 1) $fatal(0, "W");': "check",
    'if (W < 1) $error("W"); else assign w = 1;': "check",
    'case (W) 1: $info("one"); default: $info("other"); endcase': "check",
    'for (genvar i = 0; i < 2; i++) $info("i");': "check",
    'generate if (W > 1) begin $info("W"); end endgenerate': "check",
    "initial if (W < 1) $finish;": "check",
    "if (W > 1) initial if (W < 1) $finish;": "check",
    'initial begin if (W < 1) begin $error("W"); $finish; end else if (W > 99) $stop; end': "check",
    'if (W < 1) begin : none initial begin $display("ERROR: W is %0d", W); $finish; end end': "check",
    'initial begin : fits assert (W > 1) else $fatal(1, "W"); end': "check",
    "initial assert (W > 1) else begin $error; $stop; end": "check",
    "sub #(.K(3)) s();": "check",
    'always @(posedge c) if (q) $fatal(1, "q at %t", $time);': "$fatal",
    "always_comb assert (q || !q) else $fatal;": "assertion",
    "always @(posedge c) cover (q);": "cover",
    "assert final (q || !q);": "assertion",
    'initial begin $dumpfile("x.vcd"); $dumpvars(0, m); end': "$dumpvars",
    "// synopsys translate_off\ninitial $finish;\n// synopsys translate_on": "region",
    "/* pragma translate_off */ initial $finish; /* pragma translate_on */": "region",
    "// synthesis translate_off\n/* \" */ garbage ' \n//synthesis translate_on": "region",
}
SUB = "module sub #(parameter K = 1)(); initial if (K > 3) $finish; endmodule\n"


@pytest.mark.parametrize(("member", "what"), LEFT_OUT.items(), ids=[text[:40] for text in LEFT_OUT])
def test_what_only_speaks_or_checks_is_left_out(member: str, what: str) -> None:
    found = approve(
        f"module m #(parameter W = 8)(input c, output reg q);\nwire w;\n{member}\nassign w = 0;\nendmodule\n{SUB}"
    )

    assert found.report == ((), ()), found
    assert found.illegal == ()
    assert any(what in one.reason for one in found.left_out), found.left_out
    assert "$" not in found.text
    assert "assign w = 0 ;\nendmodule" in found.text
    parsed = parse(found.text)
    assert parsed is not None
    assert not parsed.errors


KEPT = (
    "always @(posedge c) $display(q = c);",
    "always @(posedge c) $display(f(1));",
    "always @(posedge c) $display($random);",
    'always @(posedge c) $fdisplay(1, "PASS");',
    'always @(posedge c) $display("Your Design Passed");',
    'always @(posedge c) $write("Mismatches: 0 in 20 samples");',
    "always @(posedge c) assert (q) else $finish;",
    "assert property (@(posedge c) f(q));",
    "assert property (@(posedge c) q) else q = 1;",
    "initial if (W > 1) $finish;",
    "initial if (q) $finish;",
    "initial assert (W > 9) else $fatal;",
    "initial assert (q) else $fatal;",
    "initial if (q) $fatal;",
    "initial $fatal;",
    "if (W > 1) initial $finish;",
    "if (W < 1) initial $finish;",
    "initial begin if (W < 1) q = 1; $finish; end",
    "initial begin if (W < 1) $finish; q = 1; end",
    "sub #(.K(4)) s();",
    "final $finish;",
    "// synopsys translate_off\n",
    "// synopsys translate_on\n",
    "// synopsys translate_off\n// synopsys translate_off\n// synopsys translate_on\n",
    "(* synthesis, translate_off *) wire v;",
)


@pytest.mark.parametrize("member", KEPT)
def test_what_does_more_is_kept_and_refused(member: str) -> None:
    found = approve(
        f"module m #(parameter W = 8)(input c, output reg q);\nfunction f(input i); f = i; endfunction\n{member}\nendmodule\n{SUB}"
    )

    assert found.report.refused or found.report.unread or found.illegal, found


def test_a_check_of_parameters_that_fails_makes_a_design_illegal() -> None:
    found = approve("module m #(parameter W = 0)(input c);\nif (W < 1) $fatal(0);\nendmodule\n")

    assert [(one.line, "check" in one.reason) for one in found.illegal] == [(2, True)]
