"""Promote, Hold or Reject: a pure function of scorecards measured the same night on the same problems.

Fails closed: whatever is missing, stale or not comparable is a Hold that says so, never a Promote.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from ct_retrain.core.decision import Check, Comparison, Decision, Evidence, Hold, Promote, Reject
from ct_retrain.core.problem import Scorecard
from ct_retrain.core.settings import GateSettings
from ct_retrain.core.stats import Resampling, paired

_NAMED = 5
"""How many problems an explanation names."""
_SMALLEST_P = 0.001
"""Smaller ones are printed as smaller."""


def decide(scorecards: Sequence[Scorecard], settings: GateSettings, min_delta: float) -> Decision:
    """Judge the candidate against champion (if there is one) and mainline.

    *min_delta* is the smallest gain worth publishing, in pass@1. Raise nothing: doubt is a Hold.
    """
    arms = {card.arm: card for card in scorecards}
    doubt = _not_comparable(arms.get("candidate"), list(arms.values()))
    if doubt:
        return Hold(evidence=Evidence(comparisons=(), checks=(), explanation=doubt))
    candidate = arms["candidate"]
    comparisons = tuple(
        _compare(candidate, arms[name], settings) for name in ("champion", "mainline") if name in arms
    )
    checks = tuple(_checks(candidate, settings))
    return _decision(comparisons, checks, settings, min_delta)


def _decision(
    comparisons: tuple[Comparison, ...], checks: tuple[Check, ...], settings: GateSettings, min_delta: float
) -> Decision:
    broken = [check for check in checks if not check.holds]
    first = comparisons[0]
    margins = {"champion": settings.margin_champion, "mainline": settings.margin_mainline}
    worse = [one for one in comparisons if one.high < 0 or one.difference < -margins[one.incumbent]]
    unsure = [one for one in comparisons if one.low <= -margins[one.incumbent]]
    head = _headline(comparisons)
    if broken:
        why = "; ".join(f"{check.name} is {check.value:.1%}, bound {check.bound:.1%}" for check in broken)
        return Reject(evidence=_evidence(comparisons, checks, f"Rejected: {why}. {head}"))
    if worse:
        names = " and ".join(one.incumbent for one in worse)
        return Reject(evidence=_evidence(comparisons, checks, f"Rejected: worse than {names}. {head}"))
    better = first.difference >= min_delta and first.p_value <= 1 - settings.confidence
    if better and not unsure:
        return Promote(evidence=_evidence(comparisons, checks, f"Promoted. {head}"))
    advice = _advice(first, unsure, min_delta, 1 - settings.confidence)
    return Hold(evidence=_evidence(comparisons, checks, f"Held: {advice} {head}"))


def _evidence(comparisons: tuple[Comparison, ...], checks: tuple[Check, ...], explanation: str) -> Evidence:
    return Evidence(comparisons=comparisons, checks=checks, explanation=explanation)


def _not_comparable(candidate: Scorecard | None, cards: Sequence[Scorecard]) -> str:
    """Why the scorecards may not be compared; empty when they may."""
    if candidate is None:
        return "Held: the candidate has no scorecard."
    if all(card.arm != "mainline" for card in cards):
        return "Held: mainline has no scorecard."
    for card in cards:
        same = (card.suite_digest, card.sampling, card.tools) == (
            candidate.suite_digest,
            candidate.sampling,
            candidate.tools,
        )
        if not same or card.passes.keys() != candidate.passes.keys():
            return f"Held: {card.arm} was measured on another suite, with other sampling or tools than the candidate."
    if not candidate.passes:
        return "Held: no problem of the suite could be used tonight."
    return ""


def _compare(candidate: Scorecard, incumbent: Scorecard, settings: GateSettings) -> Comparison:
    name: Literal["champion", "mainline"] = "champion" if incumbent.arm == "champion" else "mainline"
    samples = candidate.sampling.samples
    how = Resampling(settings.confidence, settings.bootstrap, settings.seed)
    result = paired(candidate.passes, incumbent.passes, samples, how)
    change = {problem: candidate.passes[problem] - incumbent.passes[problem] for problem in candidate.passes}
    won = sorted((problem for problem in change if change[problem] > 0), key=lambda one: (-change[one], one))
    lost = sorted((problem for problem in change if change[problem] < 0), key=lambda one: (change[one], one))
    return Comparison(
        incumbent=name,
        difference=result.difference,
        low=result.low,
        high=result.high,
        confidence=settings.confidence,
        p_value=result.p_value,
        minimum_detectable=result.minimum_detectable,
        problems=len(change),
        samples=samples,
        won=tuple(won),
        lost=tuple(lost),
    )


def _checks(candidate: Scorecard, settings: GateSettings) -> Iterator[Check]:
    total = sum(candidate.outcomes.values())
    for name, bound in sorted(settings.floors.items()):
        measured = candidate.functional if name == "functional" else candidate.categories.get(name)
        if measured is None:
            yield Check(
                name=f"floor {name}", value=0.0, bound=bound, holds=bound == 0, n=0, note="no such problems"
            )
        else:
            note = f"interval {measured.low:.1%} to {measured.high:.1%}, {measured.problems} problems"
            holds = measured.value >= bound
            yield Check(
                name=f"floor {name}",
                value=measured.value,
                bound=bound,
                holds=holds,
                n=measured.samples,
                note=note,
            )
    for name, value, bound in (
        ("compile rate", candidate.compile_rate, settings.min_compile_rate),
        ("finished rate", candidate.finished_rate, settings.min_finished_rate),
    ):
        yield Check(name=name, value=value, bound=bound, holds=value >= bound, n=total)


def _headline(comparisons: Sequence[Comparison]) -> str:
    return " ".join(_sentence(one) for one in comparisons)


def _sentence(one: Comparison) -> str:
    flips = f"{len(one.won)} problems won{_some(one.won)}, {len(one.lost)} lost{_some(one.lost)}"
    return (
        f"Against {one.incumbent}: {one.difference * 100:+.1f} points "
        f"({one.confidence:.0%} interval {one.low * 100:+.1f} to {one.high * 100:+.1f}, {_p(one.p_value)}) "
        f"on {one.problems} problems × {one.samples} samples; {flips}."
    )


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= _SMALLEST_P else f"p < {_SMALLEST_P}"


def _some(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    more = ", …" if len(problems) > _NAMED else ""
    return f" ({', '.join(problems[:_NAMED])}{more})"


def _advice(first: Comparison, unsure: Sequence[Comparison], min_delta: float, level: float) -> str:
    if first.difference < min_delta:
        return (
            f"{first.difference * 100:+.1f} points is less than the {min_delta * 100:.1f} that publishing needs "
            f"(smallest difference this benchmark can show: {first.minimum_detectable * 100:.1f})."
        )
    needed = int(first.samples * (first.minimum_detectable / max(first.difference, 1e-9)) ** 2) + 1
    more = f"about {max(needed, first.samples + 1)} samples a problem would tell."
    if first.p_value > level:
        return f"the gain may be chance (p = {first.p_value:.3f}, needed {level:.3f}); {more}"
    names = " and ".join(one.incumbent for one in unsure)
    return f"the interval against {names} still reaches past the margin; {more}"
