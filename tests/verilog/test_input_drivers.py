"""Nothing in a design drives an input of its own module; names that only look so are left alone."""

import pytest

from ct_retrain.verilog.guard import guard

HEAD = "module m #(parameter P = 0) (input clk, input [3:0] a, output reg [3:0] q);\n"
BELOW = (
    "module sub(input i, output o, inout io); assign o = i; endmodule\n"
    "module old(i, o); input i; output o; assign o = i; endmodule\n"
    "module same(output clk); assign clk = 1; endmodule\n"
)

DRIVEN = [
    "assign clk = 1;",
    "assign a[2] = 1;",
    "wire w; assign {w, a[1:0]} = 3'b1;",
    "initial clk = 0;",
    "always @(posedge clk) a <= q;",
    "always @* begin : b a[0]++; end",
    "buf b(clk, q[0]);",
    "not b(q[1], clk, q[0]);",
    "nand b(clk, q[0], q[1]);",
    "bufif1 b(a[0], q[0], q[1]);",
    "tran t(q[0], clk);",
    "rtranif0 t(clk, q[0], q[1]);",
    "pullup p(clk);",
    "pulldown p(a[3]);",
    "sub u(q[0], clk, w);",
    "sub u(q[0], w, clk);",
    "sub u(.i(q[0]), .o(a[1]), .io());",
    "sub u(.io({clk, w}));",
    "sub u[1:0](.o(a[1:0]));",
    "old u(q[0], clk);",
    "old u(.o(clk));",
    "same u(.clk);",
    "same u(.*);",
    "sub u(.i(clk)); assign u.i = 1;",
    "generate if (P) begin : g assign clk = 1; end endgenerate",
    "generate genvar k; for (k = 0; k < P; k = k + 1) begin : g sub u(.o(clk)); end endgenerate",
    "generate if (0) wire clk; endgenerate assign clk = 1;",
    "always @* begin : b reg clk; clk = 1; end assign clk = 1;",
    "function f(input clk); f = clk; endfunction assign clk = f(1);",
]


@pytest.mark.parametrize("code", DRIVEN)
def test_whatever_drives_an_input_is_refused(code: str) -> None:
    refused = guard(f"{HEAD}{code}\nendmodule\n{BELOW}").refused

    assert any("its own input" in one.reason or "by name" in one.reason for one in refused), refused


@pytest.mark.parametrize(
    "text",
    [
        "module m(input supply0 a, output q); endmodule",
        "module m(a, q); input a; output q; supply1 a; endmodule",
        "module m(a, q); input a; output q; wire a = 1; endmodule",
        "module m(input .a(n), output q); wire n; assign n = 1; endmodule",
        "module m(.a(n), .q(n)); inout n; endmodule",
        "module m(inout supply0 a); endmodule",
        "module m(input a); module inner; assign a = 1; endmodule inner i(); endmodule",
    ],
)
def test_ports_that_are_something_else_are_refused(text: str) -> None:
    assert guard(text).refused


@pytest.mark.parametrize(
    "code",
    [
        "function [3:0] f(input [3:0] a); begin a = a + 1; f = a; end endfunction always @* q = f(a);",
        "function [3:0] f; input [3:0] a; begin a = a + 1; f = a; end endfunction always @* q = f(a);",
        "task t(input [3:0] a); begin a = ~a; q = a; end endtask always @* t(a);",
        "always @* begin : b reg [3:0] a; a = 1; q = a; end",
        "always @* begin q = 0; for (int a = 0; a < 4; a++) q = q + 1; end",
        "generate if (1) begin : g wire [3:0] a; assign a = 1; always @* q = a; end endgenerate",
        "wire o; sub u(.i(clk), .o(o), .io()); always @* q = o;",
        "wire o; sub u(clk, o); always @* q = {a[3:1], o};",
        "wire o; and g(o, clk, a[0]); always @* q = o;",
        "always @(posedge clk) q[a] <= 1;",
        "reg [3:0] mem [0:15]; always @(posedge clk) begin mem[a] <= q; q <= mem[a + 1]; end",
    ],
)
def test_what_only_reads_an_input_is_not(code: str) -> None:
    assert guard(f"{HEAD}{code}\nendmodule\n{BELOW}").refused == ()


def test_an_inout_may_be_driven_and_let_go() -> None:
    pad = "module pad(input oe, input d, output q, inout io); assign io = oe ? d : 1'bz; assign q = io; endmodule"

    assert guard(pad) == ((), ())
