"""Writes a testbench that drives a design and its reference alike with random inputs, for a proof to hold in simulation.

A proof starts every register at zero and reads a design as synthesis does. A register that no reset sets, or a process
that wakes too seldom, is then overlooked; a simulator shows both. Bits that the reference leaves unknown are not
compared.
"""

from collections.abc import Iterator

from ct_retrain.judge.confined.formal.equivalence import clock_of, comparable, rewritten, starting
from ct_retrain.verilog.modules import Module, Port, module_of
from ct_retrain.verilog.rename import with_suffix

_CYCLES = 300
_WARM = 4
"""Clock cycles with an active reset before outputs are compared."""


def random_testbench(reference: str, top: str) -> str:
    """Return a testbench of module *top* with *reference* in it; "" if there can be none."""
    module = module_of(reference, top)
    golden = with_suffix(rewritten(reference), "_golden")
    if module is None or not golden or not comparable(module):
        return ""
    return "\n".join([*_lines(module), golden])


def _lines(module: Module) -> Iterator[str]:
    inputs = [port for port in module.ports if port.direction == "input"]
    outputs = [port for port in module.ports if port.direction == "output"]
    clock, start = clock_of(module), starting(module)
    yield "module tb;\n  integer checks = 0, errors = 0, cycle;"
    yield from (f"  reg {port.dimension}{port.name} = 0;" for port in inputs)
    for side, suffix in (("gold", "_golden"), ("gate", "")):
        yield from (f"  wire {port.dimension}{side}_{port.name};" for port in outputs)
        fed = [f".{port.name}({port.name})" for port in inputs]
        fed += [f".{port.name}({side}_{port.name})" for port in outputs]
        yield f"  {module.name}{suffix} u_{side} ({', '.join(fed)});"
    yield "  task drive; begin"
    yield from (f"    {port.name} = {_drawn(port)};" for port in inputs if port.name != clock)
    if start.reset:
        active = f"1'b{int(not start.low)}"
        yield f"    {start.reset} = cycle < {_WARM} || $random % 16 == 0 ? {active} : ~{active};"
    yield "  end endtask\n  task check; begin\n    #1;\n    if (cycle >= WARM) begin checks = checks + 1;".replace(
        "WARM", str(_WARM)
    )
    # x ^ x is x: what the reference leaves unknown is unknown on both sides.
    yield from (
        f"      if ((gold_{name} ^ gold_{name} ^ gold_{name}) !== (gate_{name} ^ gold_{name} ^ gold_{name})) "
        "errors = errors + 1;"
        for name in (port.name for port in outputs)
    )
    yield "    end\n    #1;\n  end endtask"
    edges = [f"{clock} = 1; check; drive; check; {clock} = 0; check;"] if clock else []
    yield f"  initial begin\n    for (cycle = 0; cycle < {_CYCLES}; cycle = cycle + 1) begin"
    yield f"      drive; check; {' '.join(edges)}\n    end"
    yield '    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);\n    $finish;\n  end\nendmodule'


def _drawn(port: Port) -> str:
    return f"{{{', '.join(['$random'] * ((port.width or 1) // 32 + 1))}}}"
