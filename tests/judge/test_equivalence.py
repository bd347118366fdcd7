"""What is proved alike is alike, what is refuted differs, and everything else is unknown; by every engine."""

from collections.abc import Iterator

import pytest
from tests.judge.engines import ENGINES, judged_by

from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.judge.confined.formal.equivalence import EquivalenceQuestion
from ct_retrain.judge.judge import Judge


@pytest.fixture(scope="module", params=ENGINES)
def prover(request: pytest.FixtureRequest) -> Iterator[Judge]:
    with judged_by(request.param) as judge:
        yield judge


def comb(expression: str) -> str:
    return f"module m(input [3:0] a, b, output [3:0] y); assign y = {expression}; endmodule"


def chosen(body: str) -> str:
    return f"module m(input [3:0] a, b, output reg [3:0] y);\n  always @* {body}\nendmodule"


def clocked(body: str, edges: str = "posedge clk", reset: str = "rst") -> str:
    return f"module m(input clk, {reset}, d, output reg [1:0] q);\n  always @({edges}) {body}\nendmodule"


def stack(full: int) -> str:
    """Fills by one word a clock; what *full* says is seen after that many clocks only."""
    return f"""module m(input clk, rst, push, pop, output full);
  reg [3:0] level;
  assign full = level == {full};
  always @(posedge clk)
    if (rst) level <= 0;
    else if (push && !pop && !full) level <= level + 1;
    else if (pop && !push && level != 0) level <= level - 1;
endmodule"""


def memory(address: str) -> str:
    return f"""module m(input clk, rst, we, wa, ra, wd, output reg rd);
  reg [0:0] kept [0:1];
  always @(posedge clk) begin
    if (we) kept[wa] <= wd;
    if (rst) rd <= 0; else rd <= kept[{address}];
  end
endmodule"""


def signed(expression: str) -> str:
    return f"module m(input signed [3:0] a, b, output signed [4:0] y); assign y = {expression}; endmodule"


COUNT = "if (rst) q <= 0; else q <= q + 1;"

PAIRS = {
    "commuted": (comb("a + b"), comb("b + a"), True),
    "two's complement": (comb("a - b"), comb("a + ~b + 4'd1"), True),
    "or is not xor": (comb("a ^ b"), comb("a | b"), False),
    "minus three is plus one": (clocked(COUNT), clocked("q <= rst ? 0 : q - 3;"), True),
    "needs its input": (clocked(COUNT), clocked("q <= rst ? 0 : q + d;"), False),
    "asynchronous reset": (clocked(COUNT), clocked(COUNT, "posedge clk or posedge rst"), False),
    "other edge": (clocked(COUNT), clocked(COUNT, "negedge clk"), False),
    "low reset": (
        clocked("if (!rst_n) q <= 1; else q <= {q[0], q[1]};", reset="rst_n"),
        clocked("if (!rst_n) q <= 1; else q <= ~q;", reset="rst_n"),
        True,
    ),
    "unreachable state": (
        clocked("if (rst) q <= 2; else case (q) 0: q <= 3; 1: q <= 1; default: q <= 5 - q; endcase"),
        clocked("if (rst) q <= 2; else case (q) 0: q <= 2; 1: q <= 1; default: q <= 5 - q; endcase"),
        True,
    ),
    "signed shift": (signed("a >>> 1"), signed("{{2{a[3]}}, a[3:1]}"), True),
    "unsigned shift": (signed("a >>> 1"), signed("$unsigned(a) >> 1"), False),
    "signed comparison": (signed("a < b"), signed("$unsigned(a) < $unsigned(b)"), False),
    "signed by offset": (signed("a < b"), signed("{~a[3], a[2:0]} < {~b[3], b[2:0]}"), True),
    "memory": (memory("ra"), memory("~(ra ^ 1'b1)"), True),
    "memory, other address": (memory("ra"), memory("~ra"), False),
    "full at twelve": (stack(12), stack(12).replace("level - 1", "level + 4'hf"), True),
    "full one too late": (stack(12), stack(13), False),
    "no reset to start from": (clocked("q <= q + 1;", reset="x"), clocked("q <= q + 2;", reset="x"), None),
    "open outputs": (comb("a == 0 ? 4'bxxxx : b"), comb("b & {4{|a}}"), None),
    "open where the golden is not": (comb("0"), comb("4'bxxxx"), False),
    "open where nobody comes": (
        comb("a[0] ? b : a"),
        chosen("case (a[0]) 0: y = a; 1: y = b; default: y = 'bx; endcase"),
        True,
    ),
    "a design's assumptions are not believed": (comb("a + b"), comb("a - b; always @* assume (0)"), False),
    "nor are its assertions": (comb("a + b"), comb("a + b; always @* assert (0)"), True),
    "cut as synthesis cuts it": (
        comb("a"),
        comb("a // synopsys translate_off\n ^ b // synopsys translate_on\n"),
        True,
    ),
    "other ports": (comb("a"), comb("a").replace("b,", "c,"), None),
    "not synthesizable": (comb("a"), comb("a; initial $finish"), None),
    "not Verilog": (comb("a"), "module m(", None),
}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs_whose_answer_is_known(prover: Judge, name: str) -> None:
    golden, other, answer = PAIRS[name]
    found = prover.prover.prove(EquivalenceQuestion(golden, other, "m", bounded=False))

    assert found.answer is answer, found


def product(expression: str) -> str:
    return f"module m(input [7:0] a, b, c, output [15:0] y); assign y = {expression}; endmodule"


def sums(expression: str) -> str:
    return f"""module m(input clk, rst, input [15:0] a, b, output reg [31:0] y);
  always @(posedge clk) if (rst) y <= 0; else y <= {expression};
endmodule"""


WORDS = {
    "distributed": (product("(a + b) * c"), product("a * c + b * c")),
    "square": (product("(a + b) * (a + b)"), product("a * a + 2 * a * b + b * b")),
    "multiply and add": (sums("y + a * b"), sums("y + b * (a - 1) + b")),
}


@pytest.mark.skipif(not getattr(locate_yosys(), "smtbmc", ""), reason="yosys-smtbmc, or z3, is missing")
@pytest.mark.parametrize("name", WORDS)
def test_what_is_alike_by_words_is_proved_by_induction(judge: Judge, name: str) -> None:
    found = judge.prover.prove(EquivalenceQuestion(*WORDS[name], "m", bounded=True))

    assert (found.answer, found.method, found.engine) == (True, "k-induction", "z3"), found


def test_what_differs_by_words_is_not_proved(judge: Judge) -> None:
    found = judge.prover.prove(
        EquivalenceQuestion(product("(a + b) * c"), product("a * c + b * b"), "m", bounded=True)
    )

    assert found.answer is False, found


@pytest.mark.parametrize("engine", ENGINES)
def test_a_bounded_search_misses_what_lies_deeper_and_says_how_far_it_looked(engine: str) -> None:
    with judged_by(engine) as judge:
        far = (stack(12), stack(13))
        deep = judge.prover.prove(EquivalenceQuestion(*far, "m", bounded=True))
        bounded = judge.prover.prove(EquivalenceQuestion(*HARD, "m", bounded=True, depth=2))

    assert deep.answer is False
    assert deep.depth > 20
    assert (bounded.answer, bounded.method, bounded.depth) == (None, "bmc", 2)


HARD = (sums("y + a * b"), sums("y + b * (a - 1) + b"))
"""Alike, but abc does not see why."""


def test_the_answer_names_its_assumptions(prover: Judge) -> None:
    found = prover.prover.prove(EquivalenceQuestion(clocked(COUNT), clocked(COUNT), "m", bounded=False))

    assert found.assumptions[0] == "rst is 1 for the first two clocks"
