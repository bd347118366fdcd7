"""How many answers a problem gets: a fixed number, or as many as needed, without inflating the error of the
test.

Looking at the data several times and stopping at the first "better" promotes unchanged models more often than
the test's level says. So each look has a share of the level; by the union bound the chance that any look is
wrong stays below the whole level, however the looks depend on each other.
"""

from typing import NamedTuple

from ct_retrain.core.configuration.settings import BenchmarkSettings, GateSettings
from ct_retrain.core.records.decision import (
    Decision,
    Hold,
    Promote,
    Reject,
)

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
    """Whether more answers are not needed: better beyond chance, or surely worse.

    A floor or guard that is broken on few answers may hold on more.
    """
    match decision:
        case Promote():
            return True
        case Reject(evidence=evidence):
            return any(one.high < 0 for one in evidence.comparisons)
        case Hold():
            return False
