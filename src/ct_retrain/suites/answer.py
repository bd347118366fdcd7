"""The RTL in an answer to a problem: whole modules, or the rest of the module whose header the problem gave."""

import re

from ct_retrain.core.problem import Problem
from ct_retrain.core.thoughts import split_thoughts
from ct_retrain.verilog.extract import find_rtl

_FENCE = re.compile(
    r"^[ \t]*(?:```|~~~)[^\n]*\n(?P<code>.*?)(?:^[ \t]*(?:```|~~~)|\Z)", re.MULTILINE | re.DOTALL
)
_MARKED = re.compile(r"\[BEGIN\](?P<code>.*?)(?:\[DONE\]|\Z)", re.DOTALL)
_MODULE = re.compile(r"^[ \t]*(?:macro)?module\b", re.MULTILINE)
_END = re.compile(r"\bendmodule\b")


def rtl_of(problem: Problem, answer: str) -> str:
    """The RTL of *answer*; "" when it holds none.

    Where the problem gives the header, an answer without one is taken for what follows it, up to `endmodule`.
    """
    whole = find_rtl(answer)
    if whole or not problem.interface:
        return whole
    text = split_thoughts(answer.replace("\r\n", "\n")).answer
    code = next((found["code"] for mark in (_MARKED, _FENCE) if (found := mark.search(text))), text)
    end = _END.search(code)
    if end is None or _MODULE.search(code):
        return ""
    return f"{problem.interface.rstrip()}\n{code[: end.end()]}\n"
