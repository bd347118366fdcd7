"""Write the self-checking testbench of a task; the renamed golden RTL is the reference."""

import re

from ct_retrain.demo.families.render import bit_range
from ct_retrain.demo.families.task import Port, Task

REFERENCE = "ct_golden"


def testbench(task: Task, cycles: int = 400, seed: int = 1) -> str:  # noqa: PT028 - a testbench is no pytest test
    """Write module `tb` for *task*: directed reset, then random stimulus with a 4-state compare.

    The first half of a clocked run has only the directed reset, so that long counts are reached. The verdict
    line is printed last and starts with the `CT_VERDICT` macro, which the judge redefines.
    """
    reference = re.sub(rf"\bmodule {re.escape(task.module)}\b", f"module {REFERENCE}", task.rtl, count=1)
    return "\n".join(
        (
            '`ifndef CT_VERDICT\n`define CT_VERDICT "CT_VERDICT"\n`endif',
            "`timescale 1ns/1ps",
            reference,
            "module tb;",
            f"  integer cycle, checks = 0, errors = 0, seed = {seed};",
            *_signals(task),
            *_instances(task),
            *_stimulus(task),
            *_check(task),
            *(_clocked_run(task, cycles) if task.clock else _combinational_run(cycles)),
            "endmodule",
            "",
        )
    )


def _signals(task: Task) -> list[str]:
    inputs = [f"  reg {bit_range(width)}in_{name};" for name, width in task.inputs]
    return inputs + [
        f"  wire {bit_range(width)}{side}_{name};" for name, width in task.outputs for side in ("dut", "ref")
    ]


def _instances(task: Task) -> list[str]:
    inputs = [f".{name}(in_{name})" for name, _ in task.inputs]
    lines: list[str] = []
    for module, side in ((task.module, "dut"), (REFERENCE, "ref")):
        ports = ", ".join([*inputs, *(f".{name}({side}_{name})" for name, _ in task.outputs)])
        lines.append(f"  {module} {side}_module({ports});")
    return lines


def _stimulus(task: Task) -> list[str]:
    free = [port for port in task.inputs if port[0] not in {task.clock, task.reset}]
    lines = ["  task drive;", "    begin"]
    for index, port in enumerate(free):
        lines += _drive(port, [name for name, width in free[:index] if width == port[1]])
    return [*lines, "    end", "  endtask"]


def _drive(port: Port, equals: list[str]) -> list[str]:
    """Drive inputs with zero, ones, small values and equality too, because random values rarely meet a
    corner.
    """
    name, width = port
    words = ", ".join(["$random(seed)"] * ((width + 31) // 32))
    if width == 1:
        return [f"      in_{name} = {{{words}}};"]
    same = f"in_{equals[-1]}" if equals else f"~in_{name}"
    return [
        "      case ({$random(seed)} % 10)",
        f"        0: in_{name} = 0;",
        f"        1: in_{name} = {{{width}{{1'b1}}}};",
        f"        2: in_{name} = {{$random(seed)}} % 4;",
        f"        3: in_{name} = {same};",
        f"        default: in_{name} = {{{words}}};",
        "      endcase",
    ]


def _check(task: Task) -> list[str]:
    lines = ["  task check;", "    begin"]
    for name, _ in task.outputs:
        lines += ["      checks = checks + 1;", f"      if (dut_{name} !== ref_{name}) errors = errors + 1;"]
    return [*lines, "    end", "  endtask"]


def _verdict() -> list[str]:
    return [
        '    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);',
        "    $finish;",
        "  end",
    ]


def _combinational_run(cycles: int) -> list[str]:
    return [
        "  initial begin",
        f"    for (cycle = 0; cycle < {cycles}; cycle = cycle + 1) begin drive; #1 check; end",
        *_verdict(),
    ]


def _clocked_run(task: Task, cycles: int) -> list[str]:
    clock = f"in_{task.clock}"
    settle = f"repeat (2) begin #5 {clock} = 1; #5 {clock} = 0; end"
    begin = ["  initial begin", f"    {clock} = 0; drive;"]
    again: list[str] = []
    if task.reset:
        reset, active, idle = f"in_{task.reset}", int(not task.reset_active_low), int(task.reset_active_low)
        begin.append(f"    {reset} = {idle}; #2 {reset} = {active}; #1 check;")
        settle = f"{settle} {reset} = {idle};"
        again = [
            f"      {reset} = (cycle > {cycles // 2} && {{$random(seed)}} % 16 == 0) ? {active} : {idle};"
        ]
    return [
        *begin,
        f"    {settle}",
        f"    for (cycle = 0; cycle < {cycles}; cycle = cycle + 1) begin",
        "      drive;",
        *again,
        "      #1 check;",
        f"      #4 {clock} = 1; #1 check;",
        f"      #4 {clock} = 0;",
        "    end",
        *_verdict(),
    ]
