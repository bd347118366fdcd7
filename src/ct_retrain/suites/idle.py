"""Designs that do nothing, which every problem's testbench must fail: from the golden's ports, or without a golden.

Where the golden is withheld, the ports are those of the header that the problem gives, or of the module that the
question shows. A cocotb harness of which neither is known gets a module with every name that it touches.
"""

import re
from typing import Literal

from ct_retrain.core.records.problem import Problem
from ct_retrain.judge.evidence.cocotb import is_cocotb
from ct_retrain.verilog.extract import find_rtl
from ct_retrain.verilog.modules import defined
from ct_retrain.verilog.stub import Level, stub

Idle = Level | Literal["given"]
"""Value of every output; a module that drives nothing is `z`, and `given` is the design that the question shows."""
LEVELS: tuple[Idle, ...] = ("x", "z", "0", "1", "echo", "given")


def idle(problem: Problem, level: Idle) -> str:
    """Return a design for *problem* that does nothing; "" if there is none of this *level*."""
    if problem.golden:
        return "" if level == "given" else stub(problem.golden, problem.top, level)
    shown = _shown(problem)
    if level == "given":
        return shown
    header = f"{problem.interface}\nendmodule\n" if problem.interface else shown
    found = stub(header, problem.top, level) if header else ""
    return found or (_touched(problem, level) if is_cocotb(problem.testbench) else "")


def _shown(problem: Problem) -> str:
    found = find_rtl(problem.question, problem.top)
    return found if problem.top in defined(found) else ""


_NAME = re.compile(r"\bdut\.([A-Za-z]\w*)")
_EDGES = re.compile(r"\b(?:Clock|ClockCycles|RisingEdge|FallingEdge)\(\s*dut\.([A-Za-z]\w*)")
_WIDTH = 1024
"""Bits of a signal of unknown width, so that every value fits that a test gives it."""


def _touched(problem: Problem, level: Level) -> str:
    """Return a module with the names that the tests read or write; names in capitals are parameters."""
    tests = "\n".join([problem.testbench, *(one.text for one in problem.files if one.name.endswith(".py"))])
    names, edges = dict.fromkeys(_NAME.findall(tests)), set(_EDGES.findall(tests))
    if level == "echo" or not names:
        return ""
    declared = [_declared(name, 1 if name in edges else _WIDTH, level) for name in names]
    return "\n".join([f"module {problem.top};", *declared, "endmodule", ""])


def _declared(name: str, bits: int, level: Level) -> str:
    if name.isupper():
        return f"  parameter {name} = 8;"
    return f"  reg {f'[{bits - 1}:0] ' if bits > 1 else ''}{name} = {{{bits}{{1'b{level}}}}};"
