"""A design's outputs for fixed stimuli, which distinguish most different designs without a proof.

Stimuli are assigned to inputs by width and by rank among those of equal width, so names do not matter. Ranks
are taken in three orders: by position, by name, and by first use in the text. Three instances run side by
side, one per order. Agreement in every sample proves nothing. A difference counts as one, although an unknown
bit may have caused it.
"""

import hashlib
import re
from collections import defaultdict
from typing import NamedTuple

from ct_retrain.core.records.verdict import Design
from ct_retrain.verilog.modules import Module, Port

ORDERS = ("position", "name", "first use")
_STEPS = 160
_CHARACTERS = 3000
"""Maximum characters of output, fewer than a verdict's log holds by default."""
_BLOCK = 6
"""Number of steps in which a one-bit input mostly stays: a reset at random would leave no time to count."""
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_EDGE = re.compile(r"\b(?:pos|neg)edge\s+([A-Za-z_]\w*)")


class TracedModule(NamedTuple):
    """A top module and the text that contains it."""

    top: Module
    text: str
    clocked: bool


def question(subject: TracedModule) -> Design | None:
    """Return the simulation that traces *subject*; None if ports cannot be driven or names are unusual."""
    top, steps = subject.top, _steps(subject)
    usable = all(
        port.direction in {"input", "output"} and port.width and _PLAIN.fullmatch(port.name)
        for port in top.ports
    )
    if not usable or steps < 4 or not _of(subject, "output") or not _PLAIN.fullmatch(top.name):
        return None
    return Design(rtl=subject.text, testbench=_bench(subject, steps))


def read_trace(log: str) -> tuple[str, ...]:
    """Return the samples that the simulation of `question` printed, one text per order; empty if none."""
    lines = [line.split()[1:] for line in log.splitlines() if line.startswith(_MARK)]
    whole = [line for line in lines if len(line) == len(ORDERS)]
    return tuple("".join(column) for column in zip(*whole, strict=True)) if whole else ()


def agree(one: str, other: str) -> bool:
    """Whether two traces of one order agree; an unknown digit agrees with any other."""
    return len(one) == len(other) and all(
        first == second or first in _UNKNOWN or second in _UNKNOWN
        for first, second in zip(one, other, strict=True)
    )


def matching(golden: TracedModule, other: TracedModule, order: int) -> dict[str, str]:
    """Return the golden's ports → the other's, paired by rank in *order*; clocks are paired with each other."""
    sides = [_ranked(subject, order) for subject in (golden, other)]
    theirs = {place: port.name for port, place in sides[1].items()}
    pairs = {port.name: theirs.get(place, "") for port, place in sides[0].items()}
    clocks = [_clock(subject) for subject in (golden, other)]
    return {**pairs, **({clocks[0]: clocks[1]} if clocks[0] else {})}


_MARK = "~"
_UNKNOWN = frozenset("xXzZ")
_Place = tuple[str, int | None, int]


def _of(subject: TracedModule, direction: str) -> list[Port]:
    return [port for port in subject.top.ports if port.direction == direction]


def _steps(subject: TracedModule) -> int:
    digits = sum(-(-(port.width or 1) // 4) for port in _of(subject, "output"))
    samples = 2 if subject.clocked else 1
    return min(_STEPS, _CHARACTERS // max(1, (digits * len(ORDERS) + len(_MARK) + 4) * samples))


def _clock(subject: TracedModule) -> str:
    """Return the one-bit input whose edge is waited for first; "" if there is none."""
    narrow = {port.name for port in _of(subject, "input") if port.width == 1}
    return next((name for name in _EDGE.findall(subject.text) if name in narrow), "")


def _ranked(subject: TracedModule, order: int) -> dict[Port, _Place]:
    """Return every port but the clock → (direction, width, rank)."""
    clock = _clock(subject)
    ports = [port for port in subject.top.ports if port.name != clock or port.direction != "input"]
    if ORDERS[order] == "name":
        ports.sort(key=lambda port: port.name)
    elif ORDERS[order] == "first use":
        text = subject.text
        body = text.find(";") + 1
        places = {port: re.compile(rf"\b{port.name}\b").search(text, body) for port in ports}
        ports.sort(key=lambda port: found.start() if (found := places[port]) else len(text))
    seen: defaultdict[tuple[str, int | None], int] = defaultdict(int)
    ranks: dict[Port, _Place] = {}
    for port in ports:
        kind = (port.direction, port.width)
        ranks[port] = (*kind, seen[kind])
        seen[kind] += 1
    return ranks


def _bench(subject: TracedModule, steps: int) -> str:
    places = [_ranked(subject, order) for order in range(len(ORDERS))]
    inputs = sorted({place for place in places[0].values() if place[0] == "input"}, key=_sorting)
    outputs = sorted({place for place in places[0].values() if place[0] == "output"}, key=_sorting)
    shown = " ".join("%h" * len(outputs) for _ in ORDERS)
    samples = ", ".join(_name(place, order) for order in range(len(ORDERS)) for place in outputs)
    clocked = bool(_clock(subject))
    return "\n".join(
        (
            '`ifndef CT_VERDICT\n`define CT_VERDICT "CT_VERDICT"\n`endif',
            "module ct_bench;",
            "  reg ct_clock = 0;",
            *(f"  reg [{(place[1] or 1) - 1}:0] {_name(place)} = 0;" for place in inputs),
            *(
                f"  wire [{(place[1] or 1) - 1}:0] {_name(place, order)};"
                for order in range(len(ORDERS))
                for place in outputs
            ),
            *(_instance(subject, ranks, order) for order, ranks in enumerate(places)),
            f'  task ct_show; $display("{_MARK} {shown}", {samples}); endtask',
            "  initial begin",
            *(_step(inputs, step, clocked=clocked) for step in range(steps)),
            '    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, 1, 1);',
            "    $finish;",
            "  end",
            "endmodule",
            "",
        )
    )


def _sorting(place: _Place) -> tuple[int, int]:
    return place[1] or 0, place[2]


def _name(place: _Place, order: int = -1) -> str:
    return f"ct_{'i' if order < 0 else f'o{order}'}_{place[1]}_{place[2]}"


def _instance(subject: TracedModule, ranks: dict[Port, _Place], order: int) -> str:
    links = [
        f".{port.name}({_name(place, order if port.direction == 'output' else -1)})"
        for port, place in ranks.items()
    ]
    clock = _clock(subject)
    links += [f".{clock}(ct_clock)"] if clock else []
    return f"  {subject.top.name} ct_dut{order}({', '.join(links)});"


def _step(inputs: list[_Place], step: int, *, clocked: bool) -> str:
    values = " ".join(f"{_name(place)} = {place[1]}'h{_stimulus(place, step):x};" for place in inputs)
    clock = " ct_clock = 1; #5 ct_show; ct_clock = 0; #5 ct_show;" if clocked else " ct_show;"
    return f"    {values} #5{clock}"


def _stimulus(place: _Place, step: int) -> int:
    """Return an input's value in *step*: a bit stays for a block or is random; wide ones vary in size."""
    _, width, rank = place
    bits = width or 1
    block = step // _BLOCK
    if bits == 1:
        mode = block if block < 2 else _chance("mode", rank, block) % 4
        return mode if mode < 2 else _chance("bit", rank, step) % 2
    full = (1 << bits) - 1
    value = _chance("word", bits, rank, step)
    return {0: value % 4, 1: full}.get(value % 7, value >> 3) & full


def _chance(*seed: object) -> int:
    return int.from_bytes(hashlib.shake_128(repr(seed).encode()).digest(160), "big")
