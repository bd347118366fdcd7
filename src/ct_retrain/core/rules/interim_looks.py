"""How many answers a problem gets: a fixed number, or as many as needed, without inflating the error of the
test.

Looking at the data several times and stopping at the first "better" promotes unchanged models more often than
the test's level says. So each look has a share of the level; by the union bound the chance that any look is
wrong stays below the whole level, however the looks depend on each other.
"""

from typing import NamedTuple

from ct_retrain.core.configuration.settings import BenchmarkSettings, GateSettings
from ct_retrain.core.records.decision import (
    ArmDecision,
    Decision,
    Promote,
)
from ct_retrain.core.rules.guards import LOADS

_ADAPTIVE = ((4, 0.1), (8, 0.2), (16, 0.3), (32, 0.4))
"""(samples per problem, share of the level) of each look; the last has the most data and the largest share.
"""


class Look(NamedTuple):
    """One look at the evidence."""

    samples: int
    """Answers per problem until then."""
    gate: GateSettings
    """Gate settings with this look's confidence."""
    last: bool


def looks(benchmark: BenchmarkSettings, gate: GateSettings) -> tuple[Look, ...]:
    """Return the looks of one benchmark, in order."""
    if not benchmark.adaptive:
        return (Look(benchmark.samples, gate, last=True),)
    level = 1 - gate.confidence
    return tuple(
        Look(samples, gate.model_copy(update={"confidence": 1 - level * share}), samples == _ADAPTIVE[-1][0])
        for samples, share in _ADAPTIVE
    )


def clear(decision: Decision) -> bool:
    """Whether more answers are not needed: an arm is better beyond chance, or every arm is surely worse.

    A floor or guard that is broken on few answers may hold on more; an adapter that does not load is not asked.
    """
    if isinstance(decision, Promote):
        return True
    return all(_surely_worse(one) for one in (decision, *decision.others))


def _surely_worse(one: Decision | ArmDecision) -> bool:
    evidence = one.evidence
    loads = all(check.holds for check in evidence.checks if check.name == LOADS)
    return one.kind == "reject" and (not loads or any(found.high < 0 for found in evidence.comparisons))
