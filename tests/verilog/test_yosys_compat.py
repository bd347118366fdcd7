"""Designs in newer SystemVerilog, said with less of it: an old yosys reads them, and they mean the same."""

from collections.abc import Iterator

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.judge.confined.formal.equivalence import rewritten
from ct_retrain.judge.judge import Judge
from ct_retrain.verilog.yosys_compat import older

PLAIN = """module m(input [1:0] s, input a, input b, output y);
  assign y = s == 0 ? a : s == 1 ? b : s == 2 ? a & b : a | b;
endmodule
"""
_PORTS = "(input [1:0] s, input a, input b, output y);"
_CHAIN = "if (s == 0) return a; if (s == 1) return b; else if (s == 2) begin return a & b; end return a | b;"
_CASE = "case (s) 0: return a; 1: return b; 2: begin return a & b; end endcase return a | b;"
_ARGUMENTS = "(input [1:0] s, input a, input b)"
NEWER = {
    "a chain of returns": f"module m{_PORTS}\nfunction automatic f{_ARGUMENTS}; {_CHAIN} endfunction\n"
    "assign y = f(s, a, b);\nendmodule\n",
    "a case of returns, at file scope": f"function automatic f{_ARGUMENTS}; {_CASE} endfunction\n"
    f"module m{_PORTS}\nassign y = f(s, a, b);\nendmodule\n",
    "a variable before it returns": f"module m{_PORTS}\nfunction automatic f{_ARGUMENTS};\n"
    "logic t; t = a & b; if (s == 2) return t; t = a | b; if (s == 3) return t; return s == 0 ? a : b;\n"
    "endfunction\nassign y = f(s, a, b);\nendmodule\n",
    "a package, imported": "package p; localparam AND = 2; typedef enum logic [1:0] {A, B} t;\n"
    f"function automatic f{_ARGUMENTS}; {_CASE.replace('2:', 'AND:')} endfunction endpackage : p\n"
    f"module m import p::*; {_PORTS}\nassign y = s == A ? a : f(s, a, b);\nendmodule\n",
    "a package, by its name": "package p; localparam AND = 2; endpackage\n"
    f"module m{_PORTS}\nassign y = s == p::AND ? a & b : s == 0 ? a : s == 1 ? b : a | b;\nendmodule\n",
    "a void function": f"module m{_PORTS.replace('output y', 'output reg y')}\nfunction automatic void f(input v);\n"
    "y = v; endfunction\nalways_comb case (s) 0: f(a); 1: f(b); 2: f(a & b); default: f(a | b); endcase\nendmodule\n",
    "an interface": "interface bus; logic [1:0] s; modport reads(input s); endinterface\n"
    "module inner(bus.reads i, input a, input b, output y);\n"
    "assign y = i.s == 0 ? a : i.s == 1 ? b : i.s == 2 ? a & b : a | b;\nendmodule\n"
    f"module m{_PORTS}\nbus i(); assign i.s = s; inner u(.i(i), .a(a), .b(b), .y(y));\nendmodule\n",
    "packed arrays": "module inner #(parameter N = 4) (input [N-1:0][1:0] t, input [1:0] s, output logic [1:0][0:0] y);\n"
    "assign y = t[s];\nendmodule\n"
    f"module m{_PORTS}\nwire logic [3:0][1:0] t; wire [1:0] w; wire [1:0][3:0][1:0] u [0:0];\n"
    "assign t[0] = {1'b0, a}; assign {t[1][1], t[1][0]} = {1'b0, b}; assign t[3:2] = {1'b0, a | b, 1'b0, a & b};\n"
    "assign u[0][1] = t; inner i(.t(u[0][1]), .s, .y(w)); assign y = u[0][1][s][0] & w[0];\nendmodule\n",
    "selects in selects": f"module m{_PORTS}\nwire [3:0][0:0] t; wire [1:0][1:0] w; wire [1:0][0:0] v;\n"
    "assign t[0] = a; assign t[1] = b; assign t[2 +: 1] = a & b; assign t[4 - 1 -: 1] = a | b;\n"
    "assign v = 0; assign w[0] = s; assign w[1] = ~s; assign y = t[w[v[0] +: 1] +: 1];\nendmodule\n",
    "a variable that nobody reads": f"logic unused;\n{PLAIN}",
    "a lifetime": PLAIN.replace("module m", "module automatic m"),
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(simulator="icarus")) as judge:
        yield judge


@pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")
@pytest.mark.parametrize("text", NEWER.values(), ids=NEWER)
def test_yosys_reads_it_and_proves_that_it_is_the_same(judge: Judge, text: str) -> None:
    assert judge.prover.same(PLAIN, text, "m") is True
    assert judge.prover.same(PLAIN, text.replace("a & b", "a ^ b").replace("? a", "? b"), "m") is not True


@pytest.mark.parametrize(
    "text",
    [
        (
            "module m(input [3:0] a, output y);\nfunction automatic f(input [3:0] v);\n"
            "for (int i = 0; i < 4; i++) if (v[i]) return 1; return 0;\nendfunction\nassign y = f(a);\nendmodule\n"
        ),
        (
            "package p; localparam X = 1; endpackage\npackage q; localparam X = 0; endpackage\n"
            "module m(output y); assign y = p::X ^ q::X; endmodule\n"
        ),
        "package p; localparam X = 1; endpackage\nmodule m(output y); localparam X = 0; assign y = p::X ^ X; endmodule\n",
        "module m(input [0:3][1:0] a, output [1:0] y); assign y = a[2]; endmodule\n",
        "module m(input [3:0][1:0] a, output [31:0] y); assign y = $size(a); endmodule\n",
    ],
    ids=[
        "a return in a loop",
        "one name in two packages",
        "a name of a package and of the module",
        "a packed array that counts upwards",
        "a packed array that is asked for its size",
    ],
)
def test_what_cannot_be_said_with_less_stays_as_it_is(text: str) -> None:
    written = rewritten(text)

    assert written
    assert older(written) == written


def test_a_select_in_a_select_that_counts_downwards_is_flattened_whole() -> None:
    """No proof: yosys does not see that such an index stays within the vector."""
    text = "module m(input [3:0][1:0] x, input [1:0] s, output [1:0][1:0] y); assign y = x[x[s] -: 2]; endmodule\n"

    assert "y = x[((x[(s)*((1)+1) +: ((1)+1)])-(2)+1)*((1)+1) +: (2)*((1)+1)];" in older(text)
