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


THROUGH_INTERFACES = [
    "interface ib(output wire q); assign q=1; endinterface module m(input wire a, output wire y); ib i(a); assign y=a; endmodule",
    "interface ib(output wire q); assign q=1; endinterface module m(input wire a, output wire y); ib i(.q(a)); assign y=a; endmodule",
    "interface ib(output wire a); assign a=1; endinterface module m(input wire a, output wire y); ib i(.*); assign y=a; endmodule",
    "interface ib(output wire a); assign a=1; endinterface module m(input wire a, output wire y); ib i(.a); assign y=a; endmodule",
    "interface ib(inout wire q); assign q=1; endinterface module m(input wire a, output wire y); ib i[0:0](a); assign y=a; endmodule",
    "interface ib(input wire q); endinterface module m(input wire a, output wire y); ib i(a); assign i.q=1; assign y=a; endmodule",
    "interface ib(input wire q); assign q=1; endinterface module m(input wire a, output wire y); ib i(a); assign y=a; endmodule",
    "interface ib(input wire q); endinterface module ch(ib b); assign b.q=1; endmodule module m(input wire a, output wire y); ib i(a); ch c(i); assign y=a; endmodule",
    "interface ib(input wire q); modport w(inout q); endinterface module ch(ib.w b); assign b.q=1; endmodule module m(input wire a, output wire y); ib i(a); ch c(i); assign y=a; endmodule",
    "interface ib(input wire q); modport w(output q); endinterface module ch(ib.w b); buf(b.q,1); endmodule module m(input wire a, output wire y); ib i(a); ch c(i.w); assign y=a; endmodule",
    "interface ib(input wire q); endinterface module leaf(output o); assign o=1; endmodule module ch(ib b); leaf l(b.q); endmodule module m(input wire a, output wire y); ib i(a); ch c(i); assign y=a; endmodule",
    "interface ib(input wire q); endinterface module ch(ib b); leaf l(.o(b.q)); endmodule module leaf(output o); assign o=1; endmodule module m(input wire a, output wire y); ib i(a); ch c(i); assign y=a; endmodule",
    "interface ib(input wire q); alias q = z; wire z; endinterface module m(input wire a, output wire y); ib i(a); assign i.z=1; assign y=a; endmodule",
    "interface inner(output wire o); assign o=1; endinterface interface ib(input wire q); inner n(q); endinterface module m(input wire a, output wire y); ib i(a); assign y=a; endmodule",
    "interface ib(input wire q); initial force q=1; endinterface module m(input wire a, output wire y); ib i(a); assign y=a; endmodule",
    "interface ib(input wire q); function void w(); q=1; endfunction endinterface module m(input wire a, output wire y); ib i(a); assign y=a; endmodule",
    "interface bus; endinterface module m(input wire a, bus s, input wire t, output y); assign t=1; endmodule",
]
"""Each writes the input `a` of its top by way of an interface with ports, or an input that follows an interface."""


@pytest.mark.parametrize("text", THROUGH_INTERFACES)
def test_whatever_drives_an_input_through_an_interface_is_refused(text: str) -> None:
    assert any("own input" in one.reason for one in guard(text).refused)


@pytest.mark.parametrize(
    "text",
    [
        "interface bus; logic d; modport w(output d); endinterface module m(input wire a, bus s, output y); assign s.d=a; assign y=a; endmodule",
        "interface bus(input logic clk); logic d; modport w(input clk, output d); endinterface module m(bus.w s); always_ff @(posedge s.clk) s.d<=1; endmodule",
        "interface bus(input logic clk); logic d; endinterface module ff(input logic c, output logic q); always_ff @(posedge c) q<=1; endmodule module m(input logic clk, output logic y); bus b(clk); ff f(.c(clk), .q(b.d)); assign y=b.d; endmodule",
        (
            "interface bus(input logic clk); logic d; endinterface\n"
            "module ff(input logic c, output logic q); always_ff @(posedge c) q <= 1; endmodule\n"
            "module m(input logic clk, output logic y);\n"
            "bus b(clk); ff f(.c(b.clk), .q(b.d)); assign y = b.d; endmodule"
        ),
    ],
)
def test_interfaces_as_designs_use_them_are_not(text: str) -> None:
    assert guard(text).refused == ()
