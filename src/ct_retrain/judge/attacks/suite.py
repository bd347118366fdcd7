"""The attack suite: designs that try to pass without being right, to harm the machine, or to hang the job.

All are wrong answers to a small task (a 2-bit counter or an adder), each in a distinct way, and none may ever
pass. `judge.attacks.testbenches` has the testbenches.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.attacks.adders import sums
from ct_retrain.judge.attacks.counters import BODIES, TEXTS
from ct_retrain.judge.attacks.ports import HELD
from ct_retrain.judge.attacks.readers import READERS
from ct_retrain.judge.attacks.testbenches import PASS_LINES, benches
from ct_retrain.judge.evidence.verdict import BREACH
from ct_retrain.judge.parts import JudgeParts

_WRONG = "module counter(input clk, input rst, output reg [1:0] q);\n  initial q = 0;\n{body}\nendmodule\n"


class Attack(NamedTuple):
    """A wrong design and its aim."""

    name: str
    aim: str
    """`forge` a pass, `harm` the machine or `hang` the job."""
    rtl: str
    task: str = "counter"
    """The task, and how the testbench connects the design (`judge.attacks.testbenches`)."""


def attacks() -> tuple[Attack, ...]:
    """Return every attack, ordered by aim and name."""
    inside = [Attack(name, aim, _WRONG.format(body=body)) for (aim, name), body in BODIES.items()]
    whole = [Attack(name, aim, text) for (aim, name), text in {**TEXTS, **READERS}.items()]
    added = [Attack(name, "forge", text, task) for task, name, text in sums()]
    joined = [Attack(name, "forge", text, task) for (task, name), text in HELD.items()]
    return tuple(sorted([*inside, *whole, *added, *joined], key=lambda attack: (attack.aim, attack.name)))


class AttackResult(NamedTuple):
    """Result of an attack."""

    attack: Attack
    style: str
    verdict: Verdict
    layer: str
    """The layer that stopped it; empty if it passed."""
    naive: bool
    """Whether it passes a script that runs the tools and looks for the pass line."""


def results(judge: JudgeParts, chosen: Iterable[Attack], style: str | None = None) -> Iterator[AttackResult]:
    """Run the *chosen* attacks under every style of testbench, or only under *style*."""
    for attack in chosen:
        for name, testbench in benches(attack.task).items():
            if style in {None, name}:
                design = Design(rtl=attack.rtl, testbench=testbench)
                verdict = judge.check(design)
                naive = PASS_LINES[name](judge.icarus.naive(design))
                yield AttackResult(attack, name, verdict, _layer(verdict), naive)


def hanging(judge: Simulator, chosen: Iterable[Attack], style: str | None = None) -> Iterator[str]:
    """Return the names of the *chosen* that pass *judge*, which lacks a layer, under any style or *style*."""
    for attack in chosen:
        used = [testbench for name, testbench in benches(attack.task).items() if style in {None, name}]
        if any(judge.check(Design(rtl=attack.rtl, testbench=testbench)).passed for testbench in used):
            yield attack.name


def _layer(verdict: Verdict) -> str:
    """Return the layer that gave *verdict*."""
    if verdict.detail.startswith(BREACH):
        return "a look at what was compiled"
    return _LAYERS[verdict.outcome]


_LAYERS = {
    Outcome.PASS: "",
    Outcome.FORBIDDEN: "guard",
    Outcome.COMPILE_ERROR: "compiler",
    Outcome.NO_EVIDENCE: "evidence",
    Outcome.MISMATCH: "the testbench's own checks",
    Outcome.DISPUTED: "second opinion",
    Outcome.UNCONFIRMED: "second opinion",
    Outcome.UNPROVEN: "proof",
    Outcome.TIMEOUT: "limits",
    Outcome.RESOURCE_LIMIT: "limits",
}
