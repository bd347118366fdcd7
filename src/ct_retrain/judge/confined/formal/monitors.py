"""Rewrites properties for a prover, and for a simulator that replays the prover's counterexample.

Both texts are edits of the user's text that keep its line numbers. For the prover, claims become assertions; for the
simulator, each claim sets a flag at the end of a step, which says whether it is false.
"""

from collections.abc import Callable

from ct_retrain.judge.confined.formal.deciding import TOP
from ct_retrain.judge.confined.formal.equivalence import starting
from ct_retrain.judge.confined.formal.properties import Properties, PropertyClaim, Unit
from ct_retrain.judge.confined.formal.replay import (
    ReplayedFailure,
    Steps,
    replay_testbench,
)
from ct_retrain.verilog.edits import Edit, edited
from ct_retrain.verilog.modules import Module

Write = Callable[[int, PropertyClaim], str]


def proving(properties: Properties) -> dict[str, str]:
    """Return the files for the prover, by name, that assert the assertions and assume the assumptions."""

    def written(_: int, claim: PropertyClaim) -> str:
        if claim.kind == "cover":
            return ";"
        return (
            f"assert (!ct_ready || {claim.condition});"
            if claim.kind == "assert"
            else f"assume {claim.condition};"
        )

    return _formal(properties, written)


def reaching(properties: Properties, wanted: int) -> dict[str, str]:
    """Return files that assert that claim *wanted* is never reached (a cover: never true); a failure is a witness."""

    def written(number: int, claim: PropertyClaim) -> str:
        if claim.kind == "assume":
            return f"assume {claim.condition};"
        condition = claim.condition if claim.kind == "cover" else "1"
        return f"assert (!(ct_ready && {condition}));" if number == wanted else ";"

    return _formal(properties, written)


def _formal(properties: Properties, write: Write) -> dict[str, str]:
    module = properties.design
    ports = [f"input {port.dimension}{port.name}" for port in module.ports if port.direction == "input"]
    edits = [Edit(unit.ports_end, unit.ports_end, ", input wire ct_ready") for unit in properties.units]
    edits += [
        _replaced(properties, number, write(number, claim)) for number, claim in enumerate(properties.claims)
    ]
    start = starting(module)
    top = [
        f"module {TOP} ({', '.join(ports)});",
        start.ready,
        start.held,
        _instances(properties, DESIGN, ".ct_ready(ct_ready)"),
        "endmodule",
        "",
    ]
    return {"properties.v": edited(properties.data, edits), "miter.v": "\n".join(top)}


DESIGN = "ct_design"
"""Name that the design has for the prover."""


def replaying(properties: Properties, steps: Steps) -> str:
    """Return a testbench that fails if *steps* make a claim false at their end, and no assumption false before that."""

    def written(number: int, claim: PropertyClaim) -> str:
        if claim.kind == "cover":
            return ";"
        # An unknown value counts as neither true nor false: a register without reset would fail every assertion about it.
        false = f"(!{claim.condition}) === 1'b1"
        return f"ct_false_{number} = {'ct_ready && ' if claim.kind == 'assert' else ''}({false});"

    edits = [
        _replaced(properties, number, written(number, claim))
        for number, claim in enumerate(properties.claims)
    ]
    for block in properties.blocks:
        # A value that was false only in the middle of a step, or in a branch that was left again, does not count.
        cleared = "".join(
            f"{_flag(properties, number)} = 0; " for number in block.claims if _flag(properties, number)
        )
        edits += [Edit(block.start, block.start, f"begin {cleared}"), Edit(block.end, block.end, " end")]
    for unit in properties.units:
        edits += _reporting(properties, unit)
    wires = [f"  wire ct_bad_{number}, ct_odd_{number};" for number in range(len(properties.units))]
    bad, odd = (
        " || ".join(f"ct_{word}_{n} === 1'b1" for n in range(len(properties.units)))
        for word in ("bad", "odd")
    )
    links = ".ct_ready(ct_ready), .ct_bad(ct_bad_{0}), .ct_odd(ct_odd_{0})"
    wiring = [
        starting(properties.design).ready,
        *wires,
        "  reg ct_odd = 0;",
        _instances(properties, properties.design.name, links),
    ]
    scene = ReplayedFailure("\n".join(wiring), f"if ({odd}) ct_odd = 1;", f"!ct_odd && ({bad})")
    return replay_testbench(properties.design, steps, scene) + edited(properties.data, edits)


def _flag(properties: Properties, number: int) -> str:
    return "" if properties.claims[number].kind == "cover" else f"ct_false_{number}"


def _reporting(properties: Properties, unit: Unit) -> list[Edit]:
    """Return edits that add ports and flags to a property module for simulation."""
    kinds = [(properties.claims[number].kind, number) for number in unit.claims]
    flags = [f"reg ct_false_{number} = 0; " for kind, number in kinds if kind != "cover"]
    sums = [
        f"assign {port} = {' || '.join(['0', *(f'ct_false_{number}' for of, number in kinds if of == kind)])}; "
        for port, kind in (("ct_bad", "assert"), ("ct_odd", "assume"))
    ]
    ports = ", input wire ct_ready, output wire ct_bad, output wire ct_odd"
    return [
        Edit(unit.ports_end, unit.ports_end, ports),
        Edit(unit.header_end, unit.header_end, " " + "".join(flags + sums)),
    ]


def _instances(properties: Properties, name: str, links: str) -> str:
    """Instantiate the design and the property modules on the same nets."""
    design = properties.design
    outputs = [port for port in design.ports if port.direction == "output"]
    lines = [f"  wire {port.dimension}{port.name};" for port in outputs]
    lines.append(f"  {name} u_design ({_links(design)});")
    for number, unit in enumerate(properties.units):
        lines.append(
            f"  {unit.module.name} u_properties_{number} ({_links(unit.module)}, {links.format(number)});"
        )
    return "\n".join(lines)


def _links(module: Module) -> str:
    return ", ".join(f".{port.name}({port.name})" for port in module.ports)


def _replaced(properties: Properties, number: int, text: str) -> Edit:
    """Replace the text of claim *number*, keeping its line breaks."""
    claim = properties.claims[number]
    lines = properties.data[claim.start : claim.end].count(b"\n")
    return Edit(claim.start, claim.end, text + "\n" * lines)
