"""Floors and guards: limits for a candidate, however much better it is on average."""

import math
from collections.abc import Iterator, Sequence

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.decision import Check
from ct_retrain.core.records.problem import Estimate, Scorecard

DIFFERING = "answers differ from mainline"
LOADS = "adapter loads"
BUILT_IN = "behavioural"
"""The suite on which a floor without a suite's name is an absolute number."""


def floors(candidate: Scorecard, incumbents: Sequence[Scorecard], settings: GateSettings) -> Iterator[Check]:
    """Check every floor that applies to the candidate's suite.

    - A category's name alone is absolute on the built-in suite, and ratcheted on others, for whose difficulty
      the number was not chosen.
    - `suite/category` is absolute on that suite and replaces the name alone.
    - An absolute floor without problems is broken, but not surely; a ratcheted one holds.
    """
    for key, bound in sorted(settings.floors.items()):
        suite, _, name = key.rpartition("/")
        if suite not in {"", candidate.suite}:
            continue
        if suite:
            yield _absolute(key, _measured(candidate, name), bound)
        elif f"{candidate.suite}/{name}" not in settings.floors:
            if candidate.suite == BUILT_IN and settings.floor_rule == "absolute":
                yield _absolute(name, _measured(candidate, name), bound)
            else:
                yield _ratcheted(name, candidate, incumbents, settings)


def guards(candidate: Scorecard, settings: GateSettings) -> Iterator[Check]:
    """Check what a pass rate hides: how many answers compile, end by themselves, or forge a verdict."""
    total = candidate.sampling.samples * len(candidate.passes)
    for name, value, bound in (
        ("compile rate", candidate.compile_rate, settings.min_compile_rate),
        ("finished rate", candidate.finished_rate, settings.min_finished_rate),
    ):
        low, high = _exact(value, total, settings.confidence)
        yield Check(name=name, value=value, bound=bound, holds=value >= bound, low=low, high=high, n=total)
    share = candidate.forged / total
    low, high = _exact(share, total, settings.confidence)
    yield Check(
        name="forged verdicts",
        value=share,
        bound=0.0,
        holds=candidate.forged == 0,
        low=low,
        high=high,
        n=total,
        note=f"{candidate.forged} passes without the evidence of one",
    )


def loading(loads: bool, samples: int) -> Check:  # noqa: FBT001 - the evidence is a yes or a no
    """Check that the adapter loads; *samples* is the number of answers drawn from it."""
    return Check(name=LOADS, value=float(loads), bound=1.0, holds=loads, n=samples)


def differing(candidate: Scorecard, mainline: Scorecard) -> Check | None:
    """Check that some answer differs from mainline's; None if a scorecard has no digest of its answers.

    Answers are drawn from equal seeds, so all are equal only if the adapter changed nothing, or the server
    ignored it. Not covered: a server whose answers to one seed differ from call to call.
    """
    if not candidate.answers or not mainline.answers:
        return None
    differ = candidate.answers != mainline.answers
    total = sum(candidate.outcomes.values())
    note = "" if differ else f"all {total} answers are mainline's, letter for letter"
    return Check(name=DIFFERING, value=float(differ), bound=1.0, holds=differ, n=total, note=note)


def breach_of(check: Check) -> str:
    """Return a clause on a broken check: the value, its bound, and the number of samples."""
    if not check.n:
        return f"{check.name} was not measured: {check.note}"
    where = f"{check.name} is {check.value:.1%}, bound {check.bound:.1%}"
    n = f"n = {check.n}, interval {check.low:.1%} to {check.high:.1%}"
    return f"{where} ({n})" if check.sure else f"{where} ({n}), but within what chance explains"


def _measured(card: Scorecard, name: str) -> Estimate | None:
    return card.functional if name == "functional" else card.categories.get(name)


def _absolute(name: str, measured: Estimate | None, bound: float) -> Check:
    if measured is None or not measured.samples:
        holds = bound == 0
        return Check(
            name=f"floor {name}",
            value=0.0,
            bound=bound,
            holds=holds,
            sure=holds,
            n=0,
            note="the suite has no such problems",
        )
    return Check(
        name=f"floor {name}",
        value=measured.value,
        bound=bound,
        holds=measured.value >= bound,
        low=measured.low,
        high=measured.high,
        n=measured.samples,
        note=f"{measured.problems} problems",
    )


def _ratcheted(
    name: str, candidate: Scorecard, incumbents: Sequence[Scorecard], settings: GateSettings
) -> Check:
    measured = _measured(candidate, name)
    reached = [found for card in incumbents if (found := _measured(card, name)) is not None]
    if measured is None or not reached or not measured.samples:
        note = "ratcheted; the suite has no such problems"
        return Check(name=f"floor {name}", value=0.0, bound=0.0, holds=True, n=0, note=note)
    best = max(reached, key=lambda one: one.value)
    bound = max(0.0, best.value - settings.ratchet_margin)
    # The variance of a share is an upper bound, whatever the difficulty of the problems.
    variance = sum(one.value * (1 - one.value) / one.samples for one in (measured, best))
    from scipy.stats import norm  # a second of processor time that looking at a workspace does not need

    chance = float(norm.ppf(settings.confidence)) * math.sqrt(variance)
    return Check(
        name=f"floor {name}",
        value=measured.value,
        bound=bound,
        holds=measured.value >= bound,
        sure=measured.value >= bound or measured.value < bound - chance,
        low=measured.low,
        high=measured.high,
        n=measured.samples,
        note=f"ratcheted below {best.value:.1%}; {measured.problems} problems",
    )


def _exact(share: float, total: int, confidence: float) -> tuple[float, float]:
    """Return the Clopper-Pearson interval, which takes answers as independent; those to one problem are not."""
    successes = round(share * total)
    tail = (1 - confidence) / 2
    from scipy.stats import beta

    low = float(beta.ppf(tail, successes, total - successes + 1)) if successes else 0.0
    high = float(beta.ppf(1 - tail, successes + 1, total - successes)) if successes < total else 1.0
    return low, high
