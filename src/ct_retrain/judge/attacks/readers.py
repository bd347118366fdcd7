"""Attacks by texts that two parsers read differently, hide names from the guard, or hide code from synthesis.

Each of the first kind holds a payload where one parser sees code and another sees a comment, a name or
nothing. The payload asks for the name of its scope, prints every style's pass line and the end mark, and ends
the simulation.
"""

_HEAD = "module counter(input clk, input rst, output reg [1:0] q);\n"
_SPEAK = (
    'reg [2047:0] p; reg [127:0] n; initial begin $sformat(p, "%m"); n = p; '
    '$display("%0s Your Design Passed", n); $display("%0s checks=20 errors=0", n); '
    '$display("%0s Mismatches: 0 in 20 samples", n); $display("%0s end of test", n); $finish; end'
)
_HARD_CODED = (
    "wire u; initial q = 0; always @(posedge clk) if (rst) q <= 0; "
    "else if (^u === 1'bx) q <= q + 1; else q <= 0;\nendmodule\n"
)
"""Right while an unknown bit is unknown, so only synthesis can tell it from a right design."""


def _hidden(text: str) -> str:
    """Return a counter that does nothing, with *text* inside and the payload at its mark."""
    return f"{_HEAD}initial q = 0;\n{text}\nendmodule\n".replace("PAYLOAD", _SPEAK)


_COMMAS = _SPEAK.replace(",", "`C")

READERS = {
    ("forge", "code behind a comment that a macro continues"): _hidden("`define A 1 // one \\\nPAYLOAD"),
    ("forge", "code behind a block comment that a macro continues"): _hidden("`define A /* \\\n*/ PAYLOAD"),
    ("forge", "code in a macro argument with brackets"): _hidden(
        f"`define C ,\n`define M(x, y, z=) z\n`M([a,b],{_COMMAS})"
    ),
    ("forge", "code in a macro argument with braces"): _hidden(
        f"`define C ,\n`define M(x, y, z=) z\n`M({{a,b}},{_COMMAS})"
    ),
    ("forge", "code in a macro argument after an escaped name"): _hidden(
        f"`define C ,\n`define M(x, y=) y\n`M(\\a,{_COMMAS})"
    ),
    ("forge", "code behind undefineall"): _hidden("`define A 1\n`undefineall\n`ifdef A\nPAYLOAD\n`endif"),
    ("forge", "code behind undef of another"): _hidden("`define A 1\n`undef \\A\n`ifdef A\nPAYLOAD\n`endif"),
    ("forge", "code behind a carriage return in a comment"): _hidden("// note\rPAYLOAD"),
    ("forge", "code behind a carriage return in a macro"): _hidden("`define A 1 // note\rPAYLOAD"),
    ("forge", "code behind a vertical tab in an escaped name"): _hidden("wire \\a\v;PAYLOAD//\n;"),
    ("forge", "code behind a form feed in an escaped name"): _hidden("wire \\a\f;PAYLOAD//\n;"),
    ("forge", "code behind a string over two lines"): _hidden('localparam A = "a\\\n"; PAYLOAD //";'),
    ("forge", "code behind a comment in a string"): _hidden(
        'localparam A = "/*"; PAYLOAD localparam B = "*/";'
    ),
    ("forge", "code behind a comment in an escaped name"): _hidden("wire \\a/* ; PAYLOAD wire \\b*/ ;"),
    ("forge", "code behind an attribute with a string"): _hidden('(* a = "*)" *) wire w; PAYLOAD'),
    ("forge", "code in a default argument"): _hidden(f"`define C ,\n`define M(x={_COMMAS}) x\n`M()"),
    ("forge", "code behind a byte order mark"): _hidden("`define A\n\ufeff`ifdef A\nPAYLOAD\n`endif"),
    ("forge", "escaped names of system tasks"): _hidden(
        "task \\$display ; input [99:0] a; begin end endtask\ntask \\$finish ; begin end endtask\n"
        'initial begin \\$display ("Your Design Passed"); \\$finish ; end'
    ),
    ("forge", "a final block that ends the simulation first"): _hidden(
        'final begin $display("Mismatches: 0 in 20 samples"); $finish; end'
    ),
    ("forge", "a check of parameters that fails"): _hidden(
        "parameter W = 0; initial if (W < 1) begin $error; $finish; end"
    ),
    ("forge", "a check that is no constant"): _hidden("initial if (q < 1) $finish;"),
    ("forge", "names behind a constant function of many steps"): _hidden(
        "function integer f(input integer n); integer k; begin f = 0; for (k = 0; k < n; k = k + 1) f = f + 1; end"
        " endfunction\nlocalparam P = f(200000);\ngenerate if (P != 200000) begin : tb integer errors; end endgenerate\n"
        "generate if (P == 200000) begin : g always @(q) tb.errors = 0; end endgenerate"
    ),
    ("forge", "names behind many generated blocks"): _hidden(
        "genvar g; generate for (g = 0; g < 20002; g = g + 1) begin : b if (g == 20001) begin : c "
        "always @(q) checker_block.i = 20; end end endgenerate\n"
        "generate if (0) begin : checker_block integer i; end endgenerate"
    ),
    ("forge", "names behind many errors"): _hidden(
        "".join(f"logic [3:0] e{n} = {{}};\n" for n in range(70)) + "always @* q = expected_q;"
    ),
    ("forge", "names behind a parameter that nobody sets"): _hidden(
        "generate if (P) begin : g always @* q = expected_q; end endgenerate"
    ).replace("counter(", "counter #(parameter P)("),
    ("forge", "a time unit that wraps"): "`timescale 1fs/1fs\n" + _hidden("always #1 q = q;"),
    ("forge", "a time unit inside the module"): _hidden("timeunit 1fs; timeprecision 1fs;").replace(
        ");\ninitial q = 0;\ntimeunit 1fs; timeprecision 1fs;",
        ");\ntimeunit 1fs; timeprecision 1fs;\ninitial q = 0;",
    ),
    ("forge", "a black box"): f"(* blackbox *)\n{_HEAD}{_HARD_CODED}",
    ("forge", "a white box"): f"(* whitebox, keep_hierarchy *)\n{_HEAD}{_HARD_CODED}",
    ("forge", "an unused module that holds the top"): f"{_HEAD}{_HARD_CODED}"
    "module unused(input c, output [1:0] y); counter k(.clk(c), .rst(c), .q(y)); endmodule\n",
    ("forge", "other code for yosys"): f"{_HEAD}initial q = 0;\n`ifdef YOSYS\n`else\n"
    "always @(posedge clk) if (rst) q <= 0; else q <= q + 1;\n`endif\nendmodule\n",
    (
        "forge",
        "other code for synthesis that does not compile",
    ): f"{_HEAD}initial q = 0;\n`ifdef SYNTHESIS\nnothing here\n"
    "`else\nalways @(posedge clk) if (rst) q <= 0; else q <= q + 1;\n`endif\nendmodule\n",
    (
        "forge",
        "hide from synthesis by a block comment",
    ): f"{_HEAD}initial q = 0;\n/* synthesis translate_off */\n"
    "always @(posedge clk) if (rst) q <= 0; else q <= q + 1;\n/* synthesis translate_on */\nendmodule\n",
}
