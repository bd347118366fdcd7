"""RTL is found whole, wherever an answer hides it, and nothing else is found."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ct_retrain.verilog.extract import find_rtl

A = "module a(input x, output y);\n  assign y = ~x;\nendmodule"
B = "module b(input x, output y);\n  a u(.x(x), .y(y));\nendmodule"
TESTBENCH = "module tb;\n  reg x; wire y;\n  a dut(.x(x), .y(y));\n  initial $finish;\nendmodule"


@pytest.mark.parametrize(
    "answer",
    [
        A,
        f"```verilog\n{A}\n```",
        f"```\n{A}\n```",
        f"Sure! This module inverts (it is short):\n\n```systemverilog\n{A}\n```\nThe module a (a wire; b) does it.",
        f"Here is the module:\n{A}\nI hope it helps.",
        f"```verilog\n{A}",
        f"<think>\nmodule a(input x, output y); endmodule\n</think>\n{A}",
        f"first try\n```verilog\nmodule a(input x, output y);\nendmodule\n```\nbetter:\n```verilog\n{A}\n```",
    ],
)
def test_one_module_is_found(answer: str) -> None:
    assert find_rtl(answer) == A + "\n"


@pytest.mark.parametrize(
    "answer",
    [
        *("", "I cannot.", "module a(input x", "```verilog\nassign y = x;\n```", "endmodule", "\0"),
        *("```sh\niverilog a.v; vvp a.out\n```", "`define` is a directive.", "Enjoy it;", TESTBENCH),
        *("localparam X = 1;", '{"code": "I do not know"}', "class c; endclass", "/*" * 1000),
    ],
)
def test_no_whole_module_is_nothing(answer: str) -> None:
    assert find_rtl(answer) == ""


def test_several_modules_stay_together() -> None:
    assert find_rtl(f"```verilog\n{A}\n\n{B}\n```") == f"{A}\n\n{B}\n"
    assert find_rtl(f"```verilog\n{B}\n```\nand\n```verilog\n{A}\n```") == f"{B}\n\n{A}\n"


def test_directives_before_a_module_stay_with_it() -> None:
    directives = "`timescale 1ns/1ps\n`define N 4"

    assert find_rtl(f"Text\n{directives}\n{A}\nend") == f"{directives}\n{A}\n"


UNITS = {
    "include guard": f"`ifndef A_V\n`define A_V\n{A}\n`endif // A_V",
    "declarations": f"typedef logic bit_t;\nlocalparam N = 4,\n  M = 5;\n\n{A}",
    "function": f"function automatic logic f(input logic v);\n  return v;\nendfunction\n{A}",
    "package and import": f"package p;\n  localparam X = 1;\nendpackage\n\nimport p::*;\n{A}",
    "interface": f"interface bus;\n  logic v;\n  modport in (input v);\nendinterface\n{A}",
    "primitive": f"primitive n (y, a);\n  output y; input a;\n  table 0 : 1; 1 : 0; endtable\nendprimitive\n{A}",
    "nested module": A.replace("  assign", "  module inner(input p);\n  endmodule\n  assign"),
    "comments": f"// Licence\n/* of\n   many lines */\n\n{A} // a\n// end",
    "between modules": f"{A}\n\ntypedef logic [1:0] t;\n\n{B}",
    "macro with a module": f"`define M(n) \\\n  module n; \\\n  endmodule\n{A}",
    "macro in use": f"`define T logic\n`T unused;\n{A}",
    "extern": f"extern module c(input x);\n{A}",
    "attributes": f"(* top, keep = 1 *)\n{A}",
    "label": f"{A} : a",
    "default nettype": f"`default_nettype none\n{A}\n`default_nettype wire",
    "net": f"wire shared;\n{A}",
    "unknown directive inside": A.replace("  assign", "  `FOO\n  assign"),
    "syntax error inside": A.replace("~x", "~"),
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
@pytest.mark.parametrize(
    "answer", ["{}", "```verilog\n{}\n```", "Here:\n\n```\n{}\n```\n\nIt is `a`, as asked."]
)
def test_a_compilation_unit_stays_as_it_is_written(unit: str, answer: str) -> None:
    assert find_rtl(answer.replace("{}", unit)) == unit + "\n"


@pytest.mark.parametrize("unit", [UNITS[name] for name in UNITS if name != "macro in use"])
def test_a_compilation_unit_is_found_between_prose(unit: str) -> None:
    answer = f"`a` inverts: it is a gate.\n\n{unit}\n\nThe module a (see above) ends with `endmodule`.\n"

    assert find_rtl(answer) == unit + "\n"


def test_the_models_own_testbench_is_left_out() -> None:
    assert find_rtl(f"```verilog\n{A}\n```\n```verilog\n{TESTBENCH}\n```") == A + "\n"
    assert find_rtl(f"```verilog\n{A}\n\n// Test\n{TESTBENCH} // tb\n```") == A + "\n"


def test_a_module_without_ports_is_no_testbench_if_it_is_the_one_that_is_wanted() -> None:
    assert find_rtl(f"{A}\n\n{TESTBENCH}", "tb") == f"{A}\n\n{TESTBENCH}\n"


def test_the_module_that_is_wanted_is_sought_outside_the_fences_too() -> None:
    assert find_rtl(f"{A}\nCompare:\n```verilog\n{B}\n```", "a") == A + "\n"


def test_a_draft_with_a_syntax_error_replaces_nothing() -> None:
    wrong = A.replace("assign", "asign y")

    assert find_rtl(f"{A}\n\n{wrong}") == A + "\n"
    assert find_rtl(f"{wrong}\n\n{A}") == A + "\n"


def test_comments_and_strings_do_not_look_like_code() -> None:
    commented = A.replace("assign", "// endmodule module z(\n  /* endmodule */ assign")

    assert find_rtl(commented) == commented + "\n"


PROSE = (
    *("Here is the module:", "`x` is the input, `y` the output.", "The module a (a gate) inverts."),
    *("It ends with `endmodule`.", "1. First, declare the ports;", "- `define` is not needed", "Enjoy!"),
    *("import the file into your project.", "parameter N sets the width, function f the rest;", "> quoted"),
    *(
        "# Design",
        "| a | b |",
        "package it as you like.",
        "typedef and localparam are used.",
        "end of it",
        "**Note**",
    ),
)
FRAMES = (
    "{}",
    "```verilog\n{}\n```",
    "~~~\n{}\n~~~",
    "[BEGIN]\n{}\n[DONE]",
    "<code>\n{}\n</code>",
    "````\n{}",
)
CODE = st.sampled_from(
    [*UNITS.values(), TESTBENCH, f"{A}\n{TESTBENCH}", B, "assign y = x;", "`timescale 1ns/1ps"]
)
FRAMED = st.tuples(st.sampled_from(FRAMES), CODE).map(lambda pair: pair[0].replace("{}", pair[1]))
ANSWERS = st.lists(st.one_of(FRAMED, st.sampled_from(PROSE)), max_size=6).map("\n\n".join)
TOPS = st.sampled_from(["", "a", "b", "tb"])


@settings(deadline=None)
@given(ANSWERS, TOPS)
def test_what_was_found_is_found_again(answer: str, top: str) -> None:
    found = find_rtl(answer, top)

    assert find_rtl(found, top) == found


@settings(deadline=None)
@given(ANSWERS, TOPS)
def test_no_line_of_prose_is_ever_found(answer: str, top: str) -> None:
    code = "\n".join([*UNITS.values(), TESTBENCH, B, "`timescale 1ns/1ps"])

    assert set(find_rtl(answer, top).splitlines()) <= {"", *code.splitlines()}


WORDS = st.sampled_from(
    [
        *(
            "module",
            "endmodule",
            "module a(",
            ");",
            "module a;",
            "`",
            "```",
            "`define X ",
            "`endif",
            "\n",
            "//",
            "/*",
        ),
        *(
            "*/",
            '"',
            "\\",
            "(*",
            "*)",
            "function",
            "endfunction",
            ";",
            "{",
            "}",
            '{"a": "',
            "[BEGIN]",
            "</code>",
        ),
        *(
            "package p;",
            "endpackage",
            "typedef",
            ":",
            "import",
            "<think>",
            "</think>",
            "\r\n",
            "extern",
            "é",
            "\0",
        ),
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=60).map(" ".join)), TOPS)
def test_any_text_is_survived_and_what_is_found_is_found_again(text: str, top: str) -> None:
    found = find_rtl(text, top)

    assert find_rtl(found, top) == found


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "/*",
            '"',
            '\\"',
            "module a(",
            "module a(x); endmodule ",
            "```\n",
            "(*",
            "[[",
            '{"a":',
            "`define A B\\\n",
        ),
        *(
            "function f;\n",
            "typedef {\n",
            "endmodule\n",
            "import x;\n",
            "// c\n",
            "<code>",
            "> ",
            "module m import ",
        ),
    ],
)
def test_a_long_answer_takes_no_long_time(piece: str) -> None:
    text = piece * (40_000 // len(piece))
    began = time.process_time()

    find_rtl(text)

    assert time.process_time() - began < 5
