"""A synthesizable design is clean; everything that speaks, stops, reaches out or hides is named with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.verilog.guard import approve, guard
from ct_retrain.verilog.parse_limits import too_much

CLEAN = """`timescale 1ns/1ps
`define W 4
`ifndef GUARD
`define GUARD
module sub #(parameter W = `W) (input clk, input [W-1:0] a, output reg [W-1:0] q);
  initial q = 0;
  always @(posedge clk) q <= #1 a;
  always @(negedge clk) q <= #1 4'd0;
endmodule
`endif
package p; localparam X = 3; endpackage
typedef enum logic {OFF, ON} power_t;
localparam power_t START = OFF;
import p::*;
function automatic logic inverted(input logic v); return ~v; endfunction
interface bus; logic v; modport from (output v); modport to (input v); endinterface
module source (bus.from b, input logic a); assign b.v = inverted(a); endmodule
module m import p::*; (input clk, input [3:0] a, output logic [3:0] y, output logic z);
  typedef enum logic [1:0] {A, B} state_t;
  struct packed { logic [3:0] v; logic w; } s;
  state_t state;
  reg [3:0] mem [0:3];
  integer i;
  wire [3:0] q;
  sub #(.W(4)) u (.clk(clk), .a(a), .q(q));
  function [3:0] f(input [3:0] v); f = v + $clog2(8); endfunction
  task t(input [3:0] v); s.v = v; endtask
  initial for (i = 0; i < 4; i = i + 1) mem[i] = 0;
  always @* begin : search
    y = f(q) ^ mem[0] ^ s.v ^ p::X;
    for (i = 0; i < 4; i = i + 1) if (a[i]) disable search;
  end
  always_ff @(posedge clk) begin s.w <= a[0]; case (state) A: state <= B; default: state <= A; endcase end
  always_comb begin t(a); z = $signed(a) > 0 ? s.w : ^a; end
  generate genvar g; for (g = 0; g < 2; g = g + 1) begin : bank wire w = a[g]; end endgenerate
  wire peek = bank[0].w;
  bus link(); source feed(.b(link), .a(a[0]));
  power_t power = START;
  and (o, a[0], a[1]);
endmodule
"""


def test_a_design_of_every_legal_kind_is_clean() -> None:
    report = guard(CLEAN)

    assert report == ((), ())


ILLEGAL = {
    'initial $display("%d", $random);': "system task $random",
    "initial $finish;": "system task $finish",
    "wire w = 0; if (0) initial $stop;": "system task $stop",
    "`define E $finish\ninitial `E;": "system task $finish",
    'integer f; initial f = $fopen("/etc/passwd");': "system task $fopen",
    "wire r = $random;": "system task $random",
    "wire t = $time;": "system task $time",
    "initial force tb.errors = 0;": "procedural force",
    "reg r; initial assign r = 1;": "procedural assign",
    "initial release tb.errors;": "procedural release",
    "assign q = tb.expected;": "tb is declared outside",
    "generate if (0) assign q = tb.expected; endgenerate": "tb is declared outside",
    "assign q = $root.tb.expected;": "reaches out",
    "initial disable checker_block;": "checker_block is declared outside",
    "initial report_pass;": "report_pass is declared outside",
    "initial report_pass(1);": "report_pass is declared outside",
    "defparam tb.N = 0;": "tb is declared outside",
    "final q = 0;": "final block",
    "initial forever q = ~q;": "forever",
    "initial begin #5 q = 1; end": "initial block that waits",
    "initial @(posedge clk) q = 1;": "initial block that waits",
    "initial wait (clk) q = 1;": "wait",
    'import "DPI-C" function int system(string s);': "dpiimport",
    "bind tb spy s();": "bind",
    "covergroup c; endgroup": "covergroup",
    "RefModule r(.*);": "an instance of the testbench's RefModule",
    "initial fork q = 1; join_none": "parallel block",
    "`ifdef __ICARUS__\nassign q = 1;\n`endif": "__ICARUS__",
    "`ifndef IVERILOG\nassign q = 1;\n`endif": "IVERILOG",
    '`include "/etc/passwd"': "include",
    '`line 1 "tb.v" 1': "line",
    "`pragma protect": "pragma",
    "class c; endclass": "class",
    "event e; initial -> e;": "trigger",
    "virtual interface bus b;": "virtual interface",
}


@pytest.mark.parametrize(("code", "reason"), ILLEGAL.items(), ids=[code[:30] for code in ILLEGAL])
def test_what_is_not_allowed_is_named_with_its_line(code: str, reason: str) -> None:
    report = guard(f"module m(input clk, output reg q);\n{code}\nendmodule\n", frozenset({"RefModule", "tb"}))

    found = [refusal for refusal in report.refused if reason in refusal.reason]
    assert found, report
    assert found[0].line in {2, 3}


@pytest.mark.parametrize(
    "code",
    [
        "module tb; endmodule",
        "interface tb; endinterface",
        "primitive tb(q, a); output q; input a; table 0 : 1; endtable endprimitive",
    ],
)
def test_the_names_of_the_testbench_are_taken(code: str) -> None:
    assert "the testbench's" in str(guard(code, frozenset({"tb"})).refused)


@pytest.mark.parametrize("text", ["", "hello", "module m(", "module m; asign a = b; endmodule", "endmodule"])
def test_what_cannot_be_read_is_no_accusation(text: str) -> None:
    assert guard(text).refused == ()


def test_names_nobody_declares_are_left_to_the_compiler() -> None:
    report = guard("module m(output q); assign q = nobody; endmodule")

    assert report.refused == ()
    assert "UndeclaredIdentifier" in str(report.unread)


NAMES = st.from_regex(r"[a-z][a-z0-9_]{3,8}_n", fullmatch=True)
BODIES = st.sampled_from(
    [*ILLEGAL, "assign q = clk;", "always @(posedge clk) q <= ~q;", "reg r; initial r = 0;"]
)


@given(BODIES, NAMES, st.sampled_from([" ", "\n\n", "\t", " // note\n", " /* a $finish; */ "]))
def test_comments_spacing_and_renaming_change_nothing(code: str, name: str, space: str) -> None:
    plain = guard(f"module m(input clk, output reg q);\n{code}\nendmodule\n")
    other = guard(f"module {name}(input clk, output reg q);{space}\n{space}{code}\n{space}endmodule\n")

    assert sorted(refusal.reason for refusal in plain.refused) == sorted(
        refusal.reason for refusal in other.refused
    )


@given(st.text(max_size=300))
def test_junk_is_survived(text: str) -> None:
    guard(text)


WRAPPERS = st.sampled_from(
    [
        "{}",
        "generate if (0) begin : hidden {} end endgenerate",
        "generate if (P == 9) begin {} end else begin end endgenerate",
        "genvar g; for (g = 0; g < 0; g = g + 1) begin : never {} end",
        "`define HIDDEN {}\n`HIDDEN",
        "`define HIDE(x) x\n`HIDE({})",
        "/* */ {} // ",
        "case (P) 7: begin {} end default: ; endcase",
    ]
)
SPEAKING = st.sampled_from(
    [
        "initial $finish;",
        'initial $display("PASS", $random);',
        "always @(posedge clk) $stop;",
        "initial force tb.errors = 0;",
        "assign q = tb.expected;",
        "assign q = $root.tb.expected;",
        "initial begin : b if (0) begin disable tb.checker; end end",
        "initial tb.report_pass;",
        "wire [31:0] r = $random;",
        'initial $fopen("x", "w");',
    ]
)
LEGAL = st.lists(
    st.sampled_from(
        ["wire w0 = clk;", "reg r0; initial r0 = 0;", "always @(posedge clk) q <= ~q;", "// note", ";"]
    ),
    max_size=4,
    unique=True,
)


@given(SPEAKING, st.lists(WRAPPERS, max_size=3), LEGAL, LEGAL)
def test_no_wrapping_hides_what_speaks(
    code: str, wrappers: list[str], before: list[str], after: list[str]
) -> None:
    for wrapper in wrappers:
        if "\n" not in code or "`define" not in wrapper:
            code = wrapper.format(code)
    text = "\n".join(
        ["module m #(parameter P = 1) (input clk, output reg q);", *before, code, *after, "endmodule", ""]
    )

    report = guard(text)

    assert report.refused or report.unread, text


@given(LEGAL, st.lists(WRAPPERS, max_size=1))
def test_no_wrapping_makes_a_legal_design_illegal(code: list[str], wrappers: list[str]) -> None:
    body = "wire w9 = clk;"
    for wrapper in wrappers:
        body = wrapper.format(body)
    text = "\n".join(["module m #(parameter P = 1) (input clk, output reg q);", *code, body, "endmodule", ""])

    assert guard(text) == ((), ()), text


def test_what_is_kept_for_another_simulator_is_no_part_of_the_design() -> None:
    text = (
        "module m(output q);\n`ifdef VERILATOR\ninitial $finish;\n`else\nassign q = 1;\n`endif\nendmodule\n"
    )
    approved = approve(text)

    assert not approved.report.refused
    assert "$finish" not in approved.text


@pytest.mark.parametrize(
    ("text", "endless"),
    [
        ("`define A(x=`B) x\n`define B 1\n", False),
        ("`define CLK clk\n`define P(p, c = `CLK, r = `RST) p c r\n`define RST rst\n", False),
        ("`define A(x=`A) x\n", True),
        ("`define A(x=`B) x\n`define B `A()\n", True),
        ("`define A(x=`B()) x\n`define B(y=`A()) y\n", True),
        ("`define C(x) x\n`define A `C(1)\n", False),
        ("`define C(x) x\n`define A `C(`A)\n", True),
        ("`define C(x) x\n`define A$(y) `C(1 + `A$(y))\n", True),
        ("`define A\n \\\n`C(`A\n`define C(x(x\n", True),
    ],
)
def test_a_macro_in_an_argument_may_not_be_the_macro_itself(text: str, endless: bool) -> None:
    said = too_much(f"{text}module m; endmodule\n")

    assert ("may stand in itself" in said or "without an end" in said) is endless


def test_default_arguments_count_for_what_macros_expand_to() -> None:
    text = "`define E e e e e e e e e e e\n" + "".join(
        f"`define M{n}(x = `{'E' if n == 0 else f'M{n - 1}()'}) {'x ' * 12}\n" for n in range(6)
    )
    assert "expand to more than" in too_much(f"{text}module m; `M5() endmodule\n")
