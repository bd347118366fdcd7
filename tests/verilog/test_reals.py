"""Reals, strings, strengths and primitives of a design's own: only before anything runs, or not at all."""

import pytest

from ct_retrain.verilog.guard import guard

HEAD = "module m(input clk, input [3:0] d, output reg [3:0] q);\n"


@pytest.mark.parametrize(
    "code",
    [
        "real r; always @(posedge clk) r = d;",
        "shortreal r; always @* r = d;",
        "realtime r; always @* q = r;",
        'string s; always @* s = "a";',
        "always @* begin : b real r; r = d; q = r; end",
        "real r; task t; r = d; endtask",
        "typedef real r_t;",
        "wire w; assign (strong0, weak1) w = d[0];",
        "wire (pull0, pull1) w = d[0];",
        "buf (supply0, supply1) b(w, d[0]);",
        "trireg (small) w;",
    ],
)
def test_what_no_synthesiser_reads_is_refused(code: str) -> None:
    assert guard(f"{HEAD}{code}\nendmodule\n").refused


def test_a_primitive_of_its_own_is_refused() -> None:
    own = "primitive own(o, i); output o; input i; table 0 : 1; 1 : 0; endtable endprimitive\n"

    assert guard(own).refused


@pytest.mark.parametrize(
    "code",
    [
        "localparam real F = 1.5; localparam N = $rtoi(F * 2.0); always @* q = d + N;",
        'parameter MODE = "FAST"; always @* q = MODE == "FAST" ? d : ~d;',
        (
            "reg [3:0] t [0:15]; integer i; always @* q = t[d];\n"
            "initial for (i = 0; i < 16; i = i + 1) t[i] = $rtoi(7.0 * $sin(i / 16.0));"
        ),
        "reg [3:0] t; initial begin : b real r; r = 2.5; t = $rtoi(r); end always @* q = t;",
        (
            "function integer f(input integer n); real r; begin r = n * 1.5; f = $rtoi(r); end endfunction\n"
            "localparam N = f(3); always @* q = d + N;"
        ),
    ],
)
def test_constants_and_tables_may_be_computed_with_them(code: str) -> None:
    assert guard(f"{HEAD}{code}\nendmodule\n") == ((), ())
