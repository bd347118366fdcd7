"""No text becomes longer than was said of it, and libraries of macros as people write them are within the bound."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyslang.syntax import SyntaxTree

from ct_retrain.verilog.macro_bound import expansion
from ct_retrain.verilog.parse_limits import too_much

NAMES = ("A", "B", "C$", "D")
WORDS = (
    *("x", "y", "z ", "(", ")", "(x)", ",", ";", " ", "\n", "\r", "\\\n", '"', '`"', "``", '"("', "// ( \n"),
    *("/* ) */", "\\( ", "`A", "`B", "`C$", "`D", "`A(", "`B(", "`C$(", "`D(", "`A(x)", "`B(x, y)", "`D(z)"),
)
HEADS = ("", "(x)", "(x, y)", "(x = 1, y = `A(2))", "(x,\n y = (3))", "/**/(x)")
bodies = st.lists(st.sampled_from(WORDS), max_size=8).map("".join)
definitions = st.builds(
    "`define {}{} {}\n".format,
    st.sampled_from(NAMES),
    st.sampled_from(HEADS),
    bodies.map(lambda body: body + "x"),
)
texts = st.builds(
    "{}{}\n{}".format, st.lists(definitions, min_size=1, max_size=5).map("".join), bodies, bodies
)


def grown(text: str) -> int:
    """How many characters of tokens the parser sees more than *text* has."""
    seen = 0

    def visit(item: object) -> None:
        nonlocal seen
        seen += len(getattr(item, "rawText", ""))

    SyntaxTree.fromText(text).root.visit(visit)
    return seen - len(text)


@example("`define A(x) x x\n`define B `A\n`B((`B(1+2+3+4+5+6)))\n")
@example("`define A(x) x x x\nm;`A(1;`A(2;`A(3;`A(4))))\n")
@example('`define A(x) x x\n`A(""" " ) " `A(1234567890) """)\n')
@example("`define A(x) `B(x) `B(x)\n`define B(x) x x x\n`A(0123456789)\n")
@example("`define AB(x) x x x x\n`define P(m) `A``m(0123456789)\n`P(B)`P(B)`P(B)`P(B)`P(B)\n")
@settings(max_examples=1500, deadline=None)
@given(texts)
def test_nothing_becomes_longer_than_was_said(text: str) -> None:
    if too_much(text) == "":
        assert grown(text) <= expansion(text)


def nested(macros: str, use: str) -> str:
    return f"{macros}\nmodule m; wire a = {use}; endmodule\n"


def test_what_would_never_end_is_refused_before_it_is_read() -> None:
    double = "`define A(x) x x\n"
    chain = double + "".join(f"`define A{n}(x) `A{n - 1 or ''}(x) `A{n - 1 or ''}(x)\n" for n in range(1, 40))
    for text in (
        nested(double, "`A(" * 40 + "1" + ")" * 40),
        nested(double, "`A(1;" * 40 + "1" + ")" * 40),
        nested(double.replace("A", "A$"), "`A$(" * 40 + "1" + ")" * 40),
        nested(double.replace("(x)", "(x,\n y)"), "`A(" * 40 + "1" + ",2)" * 40),
        nested(double.replace("define A", "define /* */ A"), "`A(" * 40 + "1" + ")" * 40),
        nested(double.replace("define A", "define \\A "), "`\\A (" * 40 + "1" + ")" * 40),
        nested(chain, "`A39(1)"),
        nested(double, '"""a" ) " """ ' + "`A(" * 40 + '""" " ) " """' + ")" * 40),
    ):
        assert too_much(text).startswith(("macros expand", "macros, and beside them")), text[:200]


TWICE = "".join(f"`define A{n + 1} {{0}}{n} {{0}}{n} \n" for n in range(22))


@pytest.mark.parametrize(
    "text",
    [
        "`define H(x) x\n`define F(x) `H(`\\F (x))\n`F(1)",
        "`define\fF(x=`F()) x x\n`F()",
        "`define A0 xxxxxxxx\n" + TWICE.format("`A``") + "`A22",
        "`define A0 xxxxxxxx\n" + TWICE.format("`\\A") + "`A22",
        "`define A0 xxxxxxxx\n" + TWICE.replace("`define", "`define\v").format("`A") + "`A22",
        "`define A0 xxxxxxxx\n" + TWICE.replace("`define", "\\x\u00e9`define").format("`A") + "`A22",
        "`define A0 xxxxxxxx\n" + TWICE.replace("{0}", '``" "{0}', 1).format("`A") + "`A22",
        "`define X // /*\n`define A0 xxxxxxxx\n" + TWICE.format("`A") + "`A22",
        "`define X(1\n`define A0 xxxxxxxx\n" + TWICE.format("`A") + "`A22",
        "`define A0 xxxxxxxx\n" + TWICE.replace(" {0}", "\u00e9 {0}", 1).format("`A") + "`A22",
        "`define M `define A1 `A0 `A0\n`define A0 xxxxxxxx\n`M\n",
        "`define U(x) `x\n`define A0 xxxxxxxx\n`U(A0)",
        "`define F(\\x ) \\x \\x \n" + "`F(" * 22 + "1" + ")" * 22,
        "`define F(x) x\u00e9 x\u00e9\n" + "`F(" * 22 + "1" + ")" * 22,
        "`define F(x) x x\n" + "`F( [ ) " * 22 + "yyyyyyyy" + "])" * 22,
    ],
)
def test_what_the_parser_may_read_otherwise_is_refused_beside_macros(text: str) -> None:
    assert too_much(f"module m; endmodule\n{text}\n")


def test_chains_and_elements_without_an_end_are_refused() -> None:
    assert too_much("class c;" * 3000)
    assert too_much("module m; " + "if(1);else " * 20_000 + "; endmodule")
    assert too_much("module m; always @* " + "if (a) b = 1; else " * 2000 + "b = 0; endmodule") == ""


def test_a_library_of_macros_and_many_uses_beside_each_other_are_read() -> None:
    library = "".join(
        f"`define CHECK_{n}(name_, prop_, clk_ = `CLK, rst_ = `RST) \\\n"
        f"  name_``_{n}: assert property (@(posedge clk_) disable iff (rst_) (prop_)) // of `CHECK( \\\n"
        f'    else $error(`"name_`", "%m (");\n'
        for n in range(30)
    )
    uses = "".join(f"`CHECK_{n}(c{n}, (a == 2'd{n % 4}) |-> !(b && `MAX(a, 3)))\n" for n in range(30))
    macros = f"`define CLK clk\n`define RST rst\n`define MAX(x, y) ((x) > (y) ? (x) : (y))\n{library}"
    text = f"{macros}module m(input clk, rst, b, input [1:0] a);\n{uses}{uses}endmodule\n"
    assert grown(text) <= expansion(text) < 30_000
    assert too_much(text) == ""
