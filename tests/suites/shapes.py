"""Answers in the shapes that models and people write them: each with a hole for an expression of a and b."""

HOLE = "EXPR"
HEAD = "module TopModule (\n\tinput a,\n\tinput b,\n\toutput y\n);\n"
TOP = f"{HEAD}\tassign y = {HOLE};\nendmodule\n"
BODY = f"\tassign y = {HOLE};\nendmodule\n"
HELPER = f"module helper (input a, input b, output y);\n  assign y = {HOLE};\nendmodule\n"
USES_HELPER = f"{HEAD}  helper u (.a(a), .b(b), .y(y));\nendmodule\n"
TESTBENCH = """`timescale 1ns/1ps
module TopModule_tb;
  reg a, b;
  wire y;
  TopModule dut (.a(a), .b(b), .y(y));
  initial begin
    $dumpfile("tb.vcd");
    a = 0; b = 1;
    #10 if (y !== (a & b)) $display("FAIL"); else $display("Mismatches: 0 in 20 samples");
    $finish;
  end
endmodule
"""
PACKAGE = f"package ops;\n  function automatic logic f(input logic a, input logic b);\n    return {HOLE};\n  endfunction\nendpackage\n"


CLOCK = """module clock_generator (output reg clk);
  initial clk = 0;
  always #5 clk = ~clk;
endmodule
"""


def fenced(code: str, language: str = "verilog", fence: str = "```") -> str:
    """*code* in a fence."""
    return f"{fence}{language}\n{code}{fence}\n"


def _calls(name: str) -> str:
    return f"{HEAD}  assign y = {name}(a, b);\nendmodule\n"


_FUNCTION = f"function automatic logic f(input logic a, input logic b);\n  return {HOLE};\nendfunction\n"
_DRAFT = TOP.replace(HOLE, "1'b0")

_PLAIN = {
    "bare": TOP,
    "prose around": f"Here is the module:\n\n{TOP}\nIt works because y depends on a and b.",
    "fence": fenced(TOP),
    "fence without language": fenced(TOP, ""),
    "fence with a title": fenced(TOP, 'systemverilog title="top.sv"'),
    "fence in Pandoc's words": fenced(TOP, "{.verilog .numberLines}"),
    "four ticks": fenced(TOP, fence="````"),
    "tildes": fenced(TOP, fence="~~~"),
    "a fence inside a fence": fenced(f"# Answer\n{fenced(TOP)}", "markdown", "````"),
    "fence that is never closed": f"```verilog\n{TOP}",
    "fence closed behind the code": f"```verilog\n{TOP.rstrip()}```\nDone.",
    "fence opened before the code": f"```verilog {TOP.rstrip()}\n```\nDone.",
    "fence on one line": f"Use ```{' '.join(TOP.split())}``` for it.",
    "fence in a list": "1. The module:\n\n   " + fenced(TOP).replace("\n", "\n   ") + "\n2. Done.",
    "fence behind a bullet": "- " + fenced(TOP).replace("\n", "\n  "),
    "fence in a quotation": "> " + fenced(TOP).rstrip().replace("\n", "\n> ") + "\n",
    "two fences, the first never closed": f"```verilog\n{TOP.replace(HOLE, '0')}\nBetter:\n```verilog\n{TOP}```\n",
    "prose that begins with inline code": f"`TopModule` drives `y`.\n`a`, `b`: inputs\n\n{TOP}",
    "prose about directives": f"`timescale` is not needed, `define WIDTH 1` neither.\n\n{TOP}\n`y` is the output.\n",
    "inline code behind": f"{TOP}\n`endmodule` ends it.\n",
    "prose that names modules": f"The module TopModule (see below) is a gate; a module gate2 (a; b) is not.\n\n{TOP}",
    "prose with a quotation mark": f'A 5" display and 3/*4 are no code.\n\n{TOP}\n/* */ done\n',
    "marks of VerilogEval": f"[BEGIN]\n{TOP}[DONE]\n",
    "marks and fence": f"[BEGIN]\n{fenced(TOP)}[DONE]\nThat is all.",
    "tags": f"Answer:\n<CODE>\n{TOP}</CODE>\n",
    "tag on the line of the code": f"<answer>{TOP.rstrip()}</answer>",
    "JSON": '{"code": "' + TOP.replace("\n", "\\n").replace("\t", "\\t") + '"}',
    "JSON with an explanation": '```json\n{"explanation": "The module TopModule (a gate) ends with endmodule.",\n"code": "'
    + TOP.replace("\n", "\\n").replace("\t", "\\t")
    + '"}\n```\n',
    "JSON that holds a fence": '{"answer": "Here:\\n```verilog\\n'
    + TOP.replace("\n", "\\n").replace("\t", " ")
    + '```"}',
    "Windows line ends": fenced(TOP).replace("\n", "\r\n"),
    "byte-order mark": "\ufeff" + TOP,
    "prose with smart quotes": f"\u201cTopModule\u201d\u00a0\u2014 here it\u2019s:\n\n{TOP}",
    "thought": f"<think>\n{TOP.replace(HOLE, '0')}</think>\n{TOP}",
    "token of the template behind": f"{TOP.rstrip()}<|im_end|>\n",
}
_UNITS = {
    "include guard": fenced(f"`ifndef TOP_V\n`define TOP_V\n{TOP}`endif // TOP_V\n"),
    "include guard, bare": f"`ifndef TOP_V\n`define TOP_V\n\n{TOP}\n`endif\n",
    "timescale and nettype around": f"`timescale 1ns / 1ps\n`default_nettype none\n{TOP.replace('input ', 'input wire ')}`default_nettype wire\n",
    "macro": fenced(f"`define RESULT (({HOLE}))\n{TOP.replace(HOLE, '`RESULT')}"),
    "macro with parameters": f"`define F(a, b) \\\n  (({HOLE}))\n{TOP.replace(HOLE, '`F(a, b)')}`undef F\n",
    "macro behind prose": f"Macros first.\n`define RESULT (({HOLE}))\n\nThen:\n{TOP.replace(HOLE, '`RESULT')}",
    "conditional of its own": f"`define FAST\n`ifdef FAST\n{TOP}`else\n{TOP.replace(HOLE, '0')}`endif\n",
    "typedef": fenced(f"typedef logic bit_t;\n\n{TOP.replace('input a', 'input bit_t a')}", "systemverilog"),
    "typedef behind prose": f"First a type:\n\ntypedef enum logic {{LOW, HIGH}} level_t;\n\nThen the module.\n{TOP.replace('assign', 'level_t unused; assign')}",
    "localparam": fenced(f"localparam logic ONE = 1'b1;\n\n{TOP.replace(HOLE, f'({HOLE}) & ONE')}"),
    "parameter": fenced(f"parameter ONE = 1'b1;\n{TOP.replace(HOLE, f'({HOLE}) & ONE')}"),
    "variable": fenced(f"logic unused;\n{TOP}"),
    "function": fenced(f"{_FUNCTION}\n{_calls('f')}"),
    "function behind prose": f"It needs a function.\n\n{_FUNCTION}\nand a module:\n\n{_calls('f')}",
    "package": fenced(f"{PACKAGE}\n{_calls('ops::f')}"),
    "import at file scope": fenced(
        f"package one;\n  localparam logic ONE = 1'b1;\nendpackage\n\nimport one::*;\n\n{TOP.replace(HOLE, f'({HOLE}) & ONE')}"
    ),
    "import in the header": f"{PACKAGE}\n{_calls('f').replace('TopModule (', 'TopModule import ops::*; (')}",
    "package behind the module that needs it": f"{fenced(_calls('ops::f'))}\nIts package, ops.sv:\n\n{fenced(PACKAGE)}",
    "header file in a fence of its own": "`defs.vh`:\n"
    + fenced(f"`define RESULT (({HOLE}))\n")
    + "\n`top.v`:\n"
    + fenced('`include "defs.vh"\n' + TOP.replace(HOLE, "`RESULT")),
    "comments before": f"// Company: none\n/* A gate.\n   module of_a_comment; endmodule */\n{TOP}// end of file\n",
    "module in a comment": f"// module TopModule(input a); endmodule\n{TOP}",
    "endmodule in a comment": TOP.replace("assign", "// endmodule\n\tassign"),
    "endmodule in a string": TOP.replace("assign", 'localparam [71:0] S = "endmodule";\n\tassign'),
    "escaped names": TOP.replace("assign y", "wire \\endmodule ;\n\tassign \\endmodule = y;\n\tassign y"),
    "macromodule": TOP.replace("module TopModule", "macromodule TopModule"),
    "automatic": TOP.replace("module TopModule", "module automatic TopModule"),
    "attribute": f"(* top *)\n{TOP}",
    "attribute on its line": f'(* keep_hierarchy = "yes" *) {TOP}',
    "end label": f"{TOP.rstrip()} : TopModule\n",
    "sentence behind endmodule": f"{TOP.rstrip()}: that is all.\n",
    "helper before": fenced(f"{HELPER}\n{USES_HELPER}"),
    "helper behind": fenced(f"{USES_HELPER}\n{HELPER}"),
    "helper that is included": fenced(HELPER)
    + "`TopModule.v`:\n"
    + fenced('`include "helper.v"\n' + USES_HELPER),
    "helper in a second fence": f"{fenced(USES_HELPER)}\nwith\n{fenced(HELPER)}",
    "interface": fenced(
        "interface pair;\n  logic v;\n  modport out (output v);\nendinterface\n\n"
        + TOP.replace(f"assign y = {HOLE};", f"pair p ();\n\tassign p.v = {HOLE};\n\tassign y = p.v;")
    ),
    "module that nobody needs": f"{TOP}\nmodule spare (input a, output y);\n  assign y = a;\nendmodule\n",
}
_DRAFTS = {
    "draft, then final": f"First try:\n{fenced(_DRAFT)}\nThat ignores a. Better:\n{fenced(TOP)}",
    "draft that was cut off": f"{fenced(TOP[:30])}\nLet me start again:\n{fenced(TOP)}",
    "draft with its own type": fenced(f"typedef logic bit_t;\n{_DRAFT}")
    + fenced(f"typedef logic [0:0] bit_t;\n{TOP.replace('input a', 'input bit_t a')}"),
    "final, then one with a syntax error": f"{fenced(TOP)}\nNever write:\n{fenced(TOP.replace('assign', 'asign x'))}",
    "fragment quoted before": f"The core is\n{fenced(f'assign y = {HOLE};')}\nand in full\n{fenced(TOP)}",
    "shell commands behind": f"{fenced(TOP)}\nRun it:\n{fenced('iverilog -g2012 top.v; vvp a.out', 'sh')}",
    "instance quoted behind": f"{fenced(TOP)}\nUse it so:\n{fenced('TopModule u (.a(x), .b(z), .y(w));')}",
    "testbench in the same fence": fenced(f"{TOP}\n// Testbench\n{TESTBENCH}"),
    "testbench before the module": fenced(f"{TESTBENCH}\n{TOP}"),
    "testbench in a second fence": f"{fenced(TOP)}\nA testbench:\n{fenced(TESTBENCH)}",
    "testbench that includes the module": fenced(TOP) + fenced('`include "top.v"\n' + TESTBENCH),
    "testbench with empty brackets": fenced(TOP + TESTBENCH.replace("_tb;", "_tb ();")),
    "testbench with parameters": fenced(TOP + TESTBENCH.replace("_tb;", "_tb #(parameter N = (4)) ();")),
    "testbench called tb": fenced(TOP + TESTBENCH.replace("TopModule_tb", "tb")),
    "testbench with a clock of its own": fenced(
        TOP + CLOCK + TESTBENCH.replace("  wire y;", "  wire y, clk;\n  clock_generator g (.clk(clk));")
    ),
    "testbench in a conditional": fenced(f"{TOP}`ifdef SIMULATE\n{TESTBENCH}`endif\n"),
    "testbench as a program": fenced(f'{TOP}program test;\n  initial $display("ok");\nendprogram\n'),
    "testbench with a class": fenced(
        f"{TOP}class Packet;\n  rand bit a;\n  function new();\n  endfunction\nendclass\n{TESTBENCH}"
    ),
}
_BODIES = {
    "body": BODY,
    "body in a fence": f"The rest:\n{fenced(BODY)}Done.",
    "body between marks": f"[BEGIN]\n{BODY}[DONE]\n",
    "body behind prose": f"Here is the body of the module:\n\n{BODY}\nIt ends with endmodule.",
    "body in JSON": '{"code": "' + BODY.replace("\n", "\\n").replace("\t", "\\t") + '"}',
    "body with a helper behind": BODY.replace(f"assign y = {HOLE}", "helper u (.a(a), .b(b), .y(y))")
    + HELPER,
    "body and a testbench": f"{BODY}\n{TESTBENCH}",
    "header again, in other words": f"module TopModule(input a, b, output y);\n{BODY}",
    "whole module where the rest was asked for": f"Sure:\n{fenced(TOP)}",
}
SHAPES: dict[str, tuple[str, bool]] = {
    **{name: (answer, False) for name, answer in (_PLAIN | _UNITS | _DRAFTS).items()},
    **{name: (answer, True) for name, answer in _BODIES.items()},
}
"""Name → answer, and whether the problem gives the module's header."""
