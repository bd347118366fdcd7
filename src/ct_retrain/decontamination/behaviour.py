"""Decide whether a row's design behaves like a golden, whatever the names of its modules and ports.

Both are simulated with the same stimuli. If all samples agree, the prover compares the golden with a wrapper
that gives the row's design the golden's name and ports. An unknown answer is not "equal".
"""

import threading
from enum import StrEnum
from typing import NamedTuple, Protocol

from ct_retrain.core.ports import Simulator
from ct_retrain.decontamination.traces import ORDERS, TracedModule, agree, matching, question, read_trace
from ct_retrain.verilog.modules import Module
from ct_retrain.verilog.rename import with_suffix


class Equivalence(Protocol):
    """Proves two designs equivalent; `judge.prover.Prover.same` is one."""

    def __call__(self, golden: str, other: str, top: str) -> bool | None:
        """Whether module *top* behaves alike in both texts; None if undecided."""
        ...


class BehaviourTools(NamedTuple):
    """Simulator and prover; if one is missing, only texts are compared."""

    simulator: Simulator
    same: Equivalence


class BehaviourAnswer(StrEnum):
    """Result of one comparison."""

    EQUAL = "equal"
    """Equivalence was proved."""
    DIFFERENT = "different"
    """The samples differ, or a difference was proved."""
    UNPROVED = "unproved"
    """The samples agree, and there is no proof."""
    UNSEEN = "unseen"
    """One of the two cannot be simulated."""


class Behaviour:
    """Compares behaviours and caches traces; thread-safe."""

    def __init__(self, laboratory: BehaviourTools) -> None:
        """Use the tools of *laboratory*."""
        self._laboratory = laboratory
        self._traces: dict[tuple[str, str], tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def candidates(self, golden: TracedModule, other: TracedModule) -> tuple[int, ...] | None:
        """Return the port orders in which the samples of both agree; None if one cannot be simulated."""
        traces = [self._trace(subject) for subject in (golden, other)]
        if not all(traces):
            return None
        return tuple(order for order in range(len(ORDERS)) if agree(traces[0][order], traces[1][order]))

    def compare(self, golden: TracedModule, other: TracedModule, orders: tuple[int, ...]) -> BehaviourAnswer:
        """Ask for a proof in each of *orders*, the result of `candidates`."""
        inner = with_suffix(other.text, _INNER)
        if not inner:
            return BehaviourAnswer.UNPROVED
        tried: list[dict[str, str]] = []
        refuted = True
        for order in orders:
            matched = matching(golden, other, order)
            if matched in tried or not all(matched.values()):
                continue
            tried.append(matched)
            text = f"{_wrapper(golden.top, other.top, matched)}{inner}"
            answer = self._laboratory.same(golden.text, text, golden.top.name)
            if answer:
                return BehaviourAnswer.EQUAL
            refuted = refuted and answer is False
        return BehaviourAnswer.DIFFERENT if refuted else BehaviourAnswer.UNPROVED

    def _trace(self, subject: TracedModule) -> tuple[str, ...]:
        key = (subject.text, subject.top.name)
        with self._lock:
            known = self._traces.get(key)
        if known is None:
            asked = question(subject)
            known = read_trace(self._laboratory.simulator.check(asked).log) if asked else ()
            with self._lock:
                self._traces[key] = known
        return known


_INNER = "_of_row"


def _wrapper(golden: Module, other: Module, matched: dict[str, str]) -> str:
    ports = ", ".join(f"{port.direction} {port.dimension}{port.name}" for port in golden.ports)
    links = ", ".join(f".{theirs}({ours})" for ours, theirs in matched.items())
    return f"module {golden.name}({ports});\n  {other.name}{_INNER} ct_row({links});\nendmodule\n"
