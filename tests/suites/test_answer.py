"""An answer may be a whole module, or what follows the header that was given."""

import pytest
from tests.suites.layouts import gate, v1, v2

from ct_retrain.suites.answer import rtl_of
from ct_retrain.suites.load import load_suite

BODY = "\tassign y = a & b;\nendmodule"


@pytest.fixture
def completing(tmp_path):
    [problem] = load_suite(str(v1(tmp_path, ["andgate"])), tmp_path).problems
    return problem


@pytest.mark.parametrize(
    "answer",
    [
        BODY,
        f"{BODY}\n\n// explanation",
        f"Here it is:\n```verilog\n{BODY}\n```\nDone.",
        f"[BEGIN]\n{BODY}\n[DONE]",
        f"<think>\nmodule x; endmodule\n</think>\n{BODY}",
    ],
)
def test_the_rest_of_a_module_gets_its_header(completing, answer):
    rtl = rtl_of(completing, answer)

    assert rtl.startswith(completing.interface)
    assert rtl.rstrip().endswith(BODY)
    assert rtl.count("endmodule") == 1


def test_a_whole_module_stays_as_it_is(completing):
    assert rtl_of(completing, f"```\n{gate('top_module')}```") == gate("top_module")


@pytest.mark.parametrize("answer", ["", "I do not know.", "assign y = a & b;", "module top_module (input a"])
def test_what_does_not_end_a_module_is_no_answer(completing, answer):
    assert rtl_of(completing, answer) == ""


def test_without_a_header_only_whole_modules_count(tmp_path):
    [problem] = load_suite(str(v2(tmp_path, ["Prob001_zero"])), tmp_path).problems

    assert rtl_of(problem, BODY) == ""
