"""RTL is found whole, wherever an answer hides it."""

import pytest

from ct_retrain.verilog.extract import find_rtl

A = "module a(input x, output y);\n  assign y = ~x;\nendmodule"
B = "module b(input x, output y);\n  a u(.x(x), .y(y));\nendmodule"


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
    "answer", ["", "I cannot.", "module a(input x", "```verilog\nassign y = x;\n```", "endmodule", "\0"]
)
def test_no_whole_module_is_nothing(answer: str) -> None:
    assert find_rtl(answer) == ""


def test_several_modules_stay_together() -> None:
    assert find_rtl(f"```verilog\n{A}\n\n{B}\n```") == f"{A}\n\n{B}\n"
    assert find_rtl(f"```verilog\n{B}\n```\nand\n```verilog\n{A}\n```") == f"{B}\n\n{A}\n"


def test_directives_before_a_module_stay_with_it() -> None:
    directives = "`timescale 1ns/1ps\n`define N 4"

    assert find_rtl(f"Text\n{directives}\n{A}\nend") == f"{directives}\n{A}\n"


def test_the_models_own_testbench_is_left_out() -> None:
    testbench = "module tb;\n  reg x; wire y;\n  a dut(.x(x), .y(y));\n  initial $finish;\nendmodule"

    assert find_rtl(f"```verilog\n{A}\n```\n```verilog\n{testbench}\n```") == A + "\n"


def test_comments_and_strings_do_not_look_like_code() -> None:
    commented = A.replace("assign", "// endmodule module z(\n  /* endmodule */ assign")

    assert find_rtl(commented) == commented + "\n"
