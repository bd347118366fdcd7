"""Right designs in the styles in which people write RTL: one computation each, under one testbench that checks itself.

A style is a text with `{F}` where the computation of `a` and `b` goes; five computations make it five designs.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ct_retrain.verilog.assembly import File, assembled
from ct_retrain.verilog.roms import filled


class Styled(NamedTuple):
    """A design, and what its testbench expects."""

    name: str
    rtl: str
    testbench: str


COMPUTATIONS = {
    "sum": "a + b",
    "difference": "a - b",
    "larger": "(a > b ? a : b)",
    "mixed": "((a ^ (b >> 1)) & 8'h7f)",
    "swapped": "{b[3:0], a[7:4]}",
}
HEADER = File(
    "inc/defs.vh",
    "`ifndef DEFS_VH\n`define DEFS_VH\n`define WIDTH 8\n`define MASK(x) ((x) & 8'hff)\n`endif\n",
)
ROM = "\n".join(f"{(7 * n + 3) & 255:02x}" for n in range(256))
_PORTS = "input wire clk, input wire [7:0] a, input wire [7:0] b, output"
STYLES = {
    "parameterised": "module dut #(parameter W = 8, parameter [W-1:0] INIT = {{W{{1'b0}}}}) (input clk, input [W-1:0] a,"
    " input [W-1:0] b, output reg [W-1:0] y);\n initial y = INIT;\n always @(posedge clk) y <= {F};\nendmodule\n",
    "package": "package ops; typedef logic [7:0] word_t; localparam int N = 8; endpackage\n"
    "module dut import ops::*; (input logic clk, input word_t a, b, output word_t y);\n"
    " always_ff @(posedge clk) y <= word_t'({F});\nendmodule\n",
    "struct": f"module dut ({_PORTS} logic [7:0] y);\n typedef struct packed {{{{ logic [7:0] l; logic [7:0] r; }}}} pair_t;\n"
    " pair_t p;\n function automatic logic [7:0] f(input logic [7:0] a, input logic [7:0] b); return {F}; endfunction\n"
    " assign p.l = a; assign p.r = b;\n always_ff @(posedge clk) y <= f(p.l, p.r);\nendmodule\n",
    "states": f"module dut ({_PORTS} logic [7:0] y);\n typedef enum logic [1:0] {{{{IDLE, RUN, DONE}}}} state_t;\n"
    " state_t state = IDLE;\n always_ff @(posedge clk) begin\n  unique case (state) IDLE: state <= RUN; RUN: state <= DONE;"
    " default: state <= RUN; endcase\n  y <= {F};\n end\nendmodule\n",
    "interface": "interface bus_if #(parameter W = 8); logic [W-1:0] a, b, y; modport s (input a, b, output y); endinterface\n"
    "module unit (bus_if.s p);\n wire [7:0] a = p.a, b = p.b;\n assign p.y = {F};\nendmodule\n"
    f"module dut ({_PORTS} logic [7:0] y);\n bus_if bus ();\n assign bus.a = a; assign bus.b = b;\n unit u (.p(bus));\n"
    " always_ff @(posedge clk) y <= bus.y;\nendmodule\n",
    "generate": f"module bit_reg (input clk, input d, output reg q); always @(posedge clk) q <= d; endmodule\n"
    f"module dut ({_PORTS} wire [7:0] y);\n wire [7:0] d = {{F}};\n genvar i;\n generate for (i = 0; i < 8; i = i + 1)"
    " begin : g\n  bit_reg r (.clk(clk), .d(d[i]), .q(y[i]));\n end endgenerate\nendmodule\n",
    "assertions": f"module dut ({_PORTS} logic [7:0] y);\n always_ff @(posedge clk) y <= {{F}};\n"
    "`ifdef FORMAL\n always @(posedge clk) assume (a != 0);\n`endif\n"
    ' property p_known; @(posedge clk) disable iff (!clk) a == a; endproperty\n assert property (p_known) else $error("a");\n'
    "endmodule\n",
    "synthesis": f"module dut ({_PORTS} reg [7:0] y);\n always @(posedge clk) y <= {{F}};\n"
    '`ifndef SYNTHESIS\n initial $display("dut %m");\n`endif\n // synthesis translate_off\n initial $timeformat(-9, 0, "ns", 8);\n'
    " // synthesis translate_on\nendmodule\n",
    "parameter_check": "module dut #(parameter W = 8) (input clk, input [W-1:0] a, b, output reg [W-1:0] y);\n"
    ' initial begin if (W < 1) begin $error("W too small (instance %m)"); $finish; end end\n'
    ' generate if (W > 64) begin : g $fatal(1, "too wide"); end endgenerate\n always @(posedge clk) y <= {F};\nendmodule\n',
    "header": '`include "defs.vh"\n`default_nettype none\nmodule dut (input wire clk, input wire [`WIDTH-1:0] a,'
    " input wire [`WIDTH-1:0] b, output reg [`WIDTH-1:0] y);\n always @(posedge clk) y <= `MASK({F});\nendmodule\n`default_nettype wire\n",
    "rom": f'module dut #(parameter INIT = "rom.hex") ({_PORTS} reg [7:0] y);\n reg [7:0] rom [0:255];\n'
    ' initial if (INIT != "") $readmemh(INIT, rom);\n wire [7:0] f = {F};\n always @(posedge clk) y <= rom[f];\nendmodule\n',
    "hierarchy": f"module core #(parameter W = 8) (input [W-1:0] a, b, output [W-1:0] f);\n assign f = {{F}};\nendmodule\n"
    f"module stage #(parameter W = 8) (input clk, input [W-1:0] d, output reg [W-1:0] q); always @(posedge clk) q <= d; endmodule\n"
    f"module dut ({_PORTS} wire [7:0] y);\n wire [7:0] f;\n core #(.W(8)) u_core (.a(a), .b(b), .f(f));\n"
    " stage #(8) u_stage (clk, f, y);\nendmodule\n",
}
_BENCH = """`timescale 1ns/1ps
module tb;
  reg clk = 0; reg [7:0] a = 0, b = 0, want; wire [7:0] y; integer i, passed = 0, failed = 0;
  dut uut (.clk(clk), .a(a), .b(b), .y(y));
  always #5 clk = ~clk;
  initial begin
    for (i = 0; i < 60; i = i + 1) begin
      @(negedge clk); a = $random; b = $random; want = {F};
      @(posedge clk); #1;
      if (y === {WANT}) passed = passed + 1;
      else begin failed = failed + 1; $display("[FAIL] %0d: got %h", i, y); end
    end
    $display("PASS: %0d FAIL: %0d", passed, failed);
    $finish;
  end
endmodule
"""


def styled() -> Iterator[Styled]:
    """Every style with every computation."""
    for style, text in STYLES.items():
        for name, computation in COMPUTATIONS.items():
            raw = text.replace("{F}", computation).replace("{{", "{").replace("}}", "}")
            made = assembled([File("rtl/dut.sv", raw)], lambda file, _: HEADER if file == "defs.vh" else None)
            want = "((7 * want + 3) & 8'hff)" if style == "rom" else "want"
            bench = _BENCH.replace("{F}", computation).replace("{WANT}", want)
            yield Styled(f"{style}-{name}", filled(made.text, {"rom.hex": ROM}, bench).text, bench)
