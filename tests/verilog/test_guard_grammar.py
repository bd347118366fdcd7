"""Designs drawn from a grammar: with one forbidden construct anywhere they are refused, without it they compile."""

import re
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ct_retrain.verilog.guard import guard

SPACES = st.sampled_from([" ", "  ", "\t", "\n", " /* a $finish; */ ", " // module tb; $stop;\n", "\n\n "])
NAMES = st.sampled_from(["w0", "Sum_1", "\\esc-aped ", "\\finish ", "_x", "endmodul", "\\tb.q "])

EXPRESSIONS = st.recursive(
    st.sampled_from(["clk", "a", "a[0]", "4'b10x1", "8'hff", "P", "$clog2(P)", "{a, 2'd1}", "3"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "^", "&&", "===", "<<", "?1:"]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        inner.map(lambda text: f"(~{text})"),
        inner.map(lambda text: f"$signed({text})"),
    ),
    max_leaves=5,
)


@st.composite
def statements(draw: st.DrawFn, depth: int = 2) -> str:
    """A statement that assigns `r`, however it is wrapped."""
    kinds = ["plain", "if", "case", "block", "for"] if depth else ["plain"]
    inner = draw(statements(depth - 1)) if depth else ""
    value, space = draw(EXPRESSIONS), draw(SPACES)
    return {
        "plain": f"r{space}={space}{value};",
        "if": f"if{space}({value}) {inner} else r = 0;",
        "case": f"case ({value}) 1:{space}{inner} default: ; endcase",
        "block": f"begin{space}r = a; {inner} end",
        "for": f"for (i = 0; i < 2; i = i + 1){space}{inner}",
    }[draw(st.sampled_from(kinds))]


@st.composite
def items(draw: st.DrawFn, number: int) -> str:
    """A member of a module; *number* keeps its names apart from those of others."""
    space, value = draw(SPACES), draw(EXPRESSIONS)
    name = draw(NAMES).strip()
    name = f"{name}_{number} " if name[0] == "\\" else f"{name}_{number}"
    statement = draw(statements())
    return draw(
        st.sampled_from(
            [
                f"wire{space}[3:0]{space}{name} = {value};",
                f"reg {name};{space}initial {name} = 0;",
                f"always @(posedge clk){space}begin : b{number} reg [3:0] r; integer i; {statement} end",
                f"always @* begin : b{number} reg [3:0] r; integer i; {statement} end",
                f"function [3:0] f{number}(input [3:0] a);{space}f{number} = a + 1; endfunction",
                f"localparam L{number}{space}= 3;",
                f"assign{space}y[{number}] = {value};",
                f"generate if (P > {number}) begin : g{number} wire {name} = {value}; end endgenerate",
                f"for (genvar v = 0; v < 2; v = v + 1) begin : l{number}{space}wire {name} = a[v]; end",
            ]
        )
    )


FORBIDDEN_STATEMENTS = (
    "$finish;",
    "$stop(0);",
    'r = $sformatf("%m");',
    '$fdisplay(1, "PASS");',
    "force tb.errors = 0;",
    "release tb.errors;",
    "r = tb.expected;",
    "tb.report_pass;",
    "$root.tb.report_pass;",
    "disable checker_block;",
    "r = $random;",
    "r = $time;",
    "r = $isunknown(clk);",
    'r = $fopen("x", "w");',
    'r = $test$plusargs("x");',
    "assign r = 1;",
    "fork r = 1; join",
    "forever r = 1;",
    "wait (clk) r = 1;",
)
FORBIDDEN_ITEMS = (
    *(f"initial begin : hidden reg [3:0] r; {text} end" for text in FORBIDDEN_STATEMENTS),
    *(f"always @(posedge clk) begin : hidden reg [3:0] r; {text} end" for text in FORBIDDEN_STATEMENTS),
    "final ;",
    "defparam tb.N = 0;",
    "bind tb spy s();",
    "assign y[7] = tb.expected;",
    "assign y[7] = $root.tb.expected;",
    "tb again();",
    "initial #5 ;",
    "initial @(posedge clk) ;",
    "class c; endclass",
    "covergroup g; endgroup",
    'import "DPI-C" function int system(string s);',
    "program p; endprogram",
    "event e; initial -> e;",
    "// pragma translate_off",
)
INLINE = tuple(text for text in FORBIDDEN_ITEMS if "//" not in text)

HIDES = (
    "{}",
    "generate if (0) begin : deep0 {} end endgenerate",
    "generate if (P == 99) begin : deep1 {} end else begin : other1 end endgenerate",
    "generate case (P) 77: begin : deep2 {} end default: ; endcase endgenerate",
    "genvar hv; for (hv = 0; hv < 0; hv = hv + 1) begin : deep3 {} end",
    "`define HIDE_A {}\n`HIDE_A",
    "`define HIDE_B(x) x\n`HIDE_B({})",
    "`define HIDE_C(x=0) {}\n`HIDE_C()",
    "`define NEVER_DEFINED_HERE 1\n`ifdef NEVER_DEFINED_HERE\n{}\n`endif",
    "/* */{}/* */",
)


def module(members: list[str]) -> str:
    body = "\n".join(members)
    return (
        "module m #(parameter P = 4) (input clk, input [3:0] a, output [7:0] y);\n"
        f"{body}\nendmodule\nmodule unused(input clk); wire w = clk; endmodule\n"
    )


CLEAN = st.integers(0, 5).flatmap(lambda count: st.tuples(*(items(number) for number in range(count))))


@st.composite
def hidden(draw: st.DrawFn) -> str:
    """A clean design with one forbidden construct somewhere in it."""
    hide = draw(st.sampled_from(HIDES))
    text = draw(
        st.sampled_from(FORBIDDEN_ITEMS if "`define HIDE" not in hide and "*" not in hide else INLINE)
    )
    members = [*draw(CLEAN)]
    members.insert(draw(st.integers(0, len(members))), hide.replace("{}", text))
    return module(members)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(hidden())
def test_one_forbidden_construct_is_found_wherever_it_hides(text: str) -> None:
    report = guard(text, frozenset({"tb"}))

    assert report.refused or report.unread, text


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(CLEAN)
def test_without_it_nothing_is_refused(members: tuple[str, ...]) -> None:
    text = module([*members])

    assert guard(text, frozenset({"tb"})) == ((), ()), text


OWN = re.compile(r"(?<![\\\\\w$`'])(?:(?:w0|Sum_1|_x|endmodul)_|[bgfLl])\d+\b")
"""Names that the grammar declares."""


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    hidden() | CLEAN.map(lambda members: module([*members])),
    st.sampled_from(["\n\n", "\n\t ", "\r\n", " // $finish;\n", " /* tb.errors = 0; */\n"]),
    st.sampled_from(["_", "2", "_finish", "$x"]),
)
def test_comments_spacing_and_names_change_nothing(text: str, space: str, suffix: str) -> None:
    other = OWN.sub(lambda name: name[0] + suffix, text.replace("\n", space))
    first, second = guard(text, frozenset({"tb"})), guard(other, frozenset({"tb"}))

    assert [{one.reason for one in part} for part in first] == [
        {one.reason for one in part} for part in second
    ], other


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CLEAN)
def test_what_the_grammar_writes_is_verilog(members: tuple[str, ...]) -> None:
    ended = subprocess.run(
        ["iverilog", "-g2012", "-t", "null", "-s", "m", "/dev/stdin"],
        input=module([*members]),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 0, (ended.stderr, module([*members]))
