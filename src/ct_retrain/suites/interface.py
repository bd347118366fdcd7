"""Check that the parts of a problem fit together: golden, testbench, and the requested interface."""

from functools import lru_cache

from ct_retrain.core.records.problem import Problem
from ct_retrain.judge.evidence.cocotb import is_cocotb
from ct_retrain.verilog.modules import Module, instantiated, modules


@lru_cache(maxsize=1024)  # a night loads its suites several times
def misfit(problem: Problem) -> str:
    """Return what does not fit, in a sentence; "" if nothing is known to.

    Not covered: ports that a testbench connects and the golden lacks, which the compiler reports.
    """
    defined = {module.name: module for module in modules(problem.golden)}
    golden = defined.get(problem.top)
    if golden is None and (problem.golden or not problem.testbench):
        return f"the golden defines {', '.join(defined) or 'no module'}, not {problem.top}"
    wanted = () if is_cocotb(problem.testbench) else instantiated(problem.testbench)
    if wanted and problem.top not in wanted:
        return f"the testbench instantiates {', '.join(wanted)}, not {problem.top}"
    return _header(problem, golden) if problem.interface else ""


def _header(problem: Problem, golden: Module | None) -> str:
    asked = next(iter(modules(f"{problem.interface}\nendmodule\n")), None)
    if asked is None or asked.name != problem.top:
        return f"the interface is no header of {problem.top}"
    if golden is None or {port[:2] for port in asked.ports} == {port[:2] for port in golden.ports}:
        return ""
    odd = sorted({port.name for port in {*asked.ports} ^ {*golden.ports}})
    return f"interface and golden differ in {', '.join(odd)}"
