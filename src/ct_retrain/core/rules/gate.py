"""Promote, Hold or Reject: a pure function of scorecards measured the same night on the same problems.

Fails closed: missing, stale, partial or incomparable evidence is a Hold that says so, never a Promote.
"""

from collections.abc import Sequence
from typing import Literal

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.arm import Role
from ct_retrain.core.records.decision import (
    Check,
    Comparison,
    Decision,
    Evidence,
    Hold,
    Promote,
    Reject,
)
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.rules.comparable import incomparable
from ct_retrain.core.rules.guards import (
    breach_of,
    differing,
    floors,
    guards,
    loading,
)
from ct_retrain.core.rules.statistics import (
    Paired,
    Resampling,
    paired,
    samples_to_detect,
)

_NAMED = 5
"""Maximum number of problems named in an explanation."""
_SMALLEST_P = 0.001
"""Smaller p-values are printed as "< this"."""
_UNTAUGHT = (
    "The adapter changes nothing, or the server ignores it: check the loss curve and the learning rate of the train "
    "stage, and with a server endpoint.adapters and the server's log."
)


def decide(
    scorecards: Sequence[Scorecard], settings: GateSettings, min_delta: float, *, loads: bool = True
) -> Decision:
    """Judge the candidate against champion (if there is one) and mainline.

    *min_delta* is the smallest gain worth publishing, in pass@1. *loads* is False when the adapter's files were
    opened and could not be used. Raise nothing: doubt is a Hold.

    >>> from ct_retrain import Estimate, GateSettings, Sampling, Scorecard, Tool, decide
    >>> sampling = Sampling(samples=4, temperature=0.6, top_p=0.95, max_new_tokens=512, seed=0)
    >>> def card(arm, passed):
    ...     share = Estimate(value=passed / 4, low=0.0, high=1.0, problems=50, samples=200)
    ...     return Scorecard(
    ...         arm=arm,
    ...         model=arm,
    ...         model_digest=arm,
    ...         suite="mine",
    ...         suite_digest="0" * 64,
    ...         sampling=sampling,
    ...         tools=(Tool(name="icarus", version="12.0"),),
    ...         functional=share,
    ...         pass_at_k={"1": share},
    ...         categories={},
    ...         outcomes={"pass": 50 * passed, "mismatch": 200 - 50 * passed},
    ...         compile_rate=1.0,
    ...         finished_rate=1.0,
    ...         passes={f"problem_{number}": passed for number in range(50)},
    ...     )
    >>> settings = GateSettings(floors={})
    >>> better = decide([card("candidate", 3), card("mainline", 2)], settings, min_delta=0.01)
    >>> better.kind, better.evidence.comparisons[0].difference
    ('promote', 0.25)
    >>> decide([card("candidate", 2), card("mainline", 2)], settings, min_delta=0.01).kind
    'hold'
    >>> decide([card("candidate", 3)], settings, min_delta=0.01).evidence.explanation
    'Held: mainline has no scorecard.'
    """
    arms = {card.arm: card for card in scorecards}
    candidate = arms.get(Role.CANDIDATE)
    if not loads:
        check = loading(loads, sum(candidate.outcomes.values()) if candidate else 0)
        return Reject(evidence=_evidence((), (check,), "Rejected: the adapter does not load."))
    doubt = _doubt(scorecards)
    if doubt or candidate is None:
        return Hold(evidence=_evidence((), (), f"Held: {doubt}"))
    incumbents = [arms[role] for role in (Role.CHAMPION, Role.MAINLINE) if role in arms]
    differs = differing(candidate, arms[Role.MAINLINE])
    checks = (
        *floors(candidate, incumbents, settings),
        *guards(candidate, settings),
        loading(loads, sum(candidate.outcomes.values())),
    )
    found = [_compare(candidate, incumbent, settings) for incumbent in incumbents]
    decision = _decision(found, checks, settings, min_delta)
    return _with(decision, differs) if differs else decision


def _with(decision: Decision, differs: Check) -> Decision:
    """Turn Promote into Hold if all answers equal mainline's, and add that check to *decision*."""
    checks = (*decision.evidence.checks, differs)
    evidence = decision.evidence.model_copy(update={"checks": checks})
    if differs.holds:
        return decision.model_copy(update={"evidence": evidence})
    if isinstance(decision, Reject):
        explanation = f"{evidence.explanation}\nAlso {differs.note}. {_UNTAUGHT}"
        return Reject(evidence=evidence.model_copy(update={"explanation": explanation}))
    explanation = f"Held: {differs.note}. {_UNTAUGHT}"
    return Hold(evidence=evidence.model_copy(update={"explanation": explanation, "samples_needed": None}))


def _doubt(cards: Sequence[Scorecard]) -> str:
    """Return why there is nothing to decide on; empty if there is."""
    arms = [card.arm for card in cards]
    for role, told in ((Role.CANDIDATE, "the candidate"), (Role.MAINLINE, "mainline")):
        if role not in arms:
            return f"{told} has no scorecard."
    if len(set(arms)) < len(arms):
        return "an arm has more than one scorecard."
    ordered = sorted(cards, key=lambda card: card.arm)
    candidate, *others = ordered
    for card in others:
        if card.model_digest == candidate.model_digest:
            return f"the candidate is the same model as {card.arm}."
    return incomparable(ordered)


def _decision(
    found: Sequence[tuple[Comparison, Paired]],
    checks: tuple[Check, ...],
    settings: GateSettings,
    min_delta: float,
) -> Decision:
    comparisons = tuple(comparison for comparison, _ in found)
    head = "\n".join(_lines(one) for one in comparisons)
    failed = [check for check in checks if not check.holds]
    surely = [check for check in failed if check.sure]
    worse = [one for one in comparisons if one.high < 0]
    if surely:
        why = "; ".join(breach_of(check) for check in surely)
        change = "Only a value on the right side of that bound would change this."
        return Reject(evidence=_evidence(comparisons, checks, f"Rejected: {why}.\n{head}\n{change}"))
    if worse:
        names = " and ".join(one.incumbent for one in worse)
        change = "The whole interval lies below 0: more answers would hardly change this."
        return Reject(
            evidence=_evidence(comparisons, checks, f"Rejected: worse than {names}.\n{head}\n{change}")
        )
    if failed:
        why = "; ".join(breach_of(check) for check in failed)
        change = (
            "More answers would decide."
            if all(one.n for one in failed)
            else "A suite that has such problems, or another floor, would."
        )
        return Hold(evidence=_evidence(comparisons, checks, f"Held: {why}.\n{head}\n{change}"))
    first = comparisons[0]
    better = first.difference >= min_delta and first.p_value <= 1 - settings.confidence
    if better and all(one.low > -_margin(one, settings) for one in comparisons):
        change = (
            f"It would have been held with a gain below {min_delta * 100:.1f} points, p above "
            f"{1 - settings.confidence:.3f}, or an interval past its margin."
        )
        return Promote(evidence=_evidence(comparisons, checks, f"Promoted.\n{head}\n{change}"))
    advice, needed = _advice(found, settings, min_delta)
    explanation = f"Held: {advice}\n{head}"
    return Hold(evidence=_evidence(comparisons, checks, explanation, needed))


def _evidence(
    comparisons: tuple[Comparison, ...],
    checks: tuple[Check, ...],
    explanation: str,
    samples_needed: int | None = None,
) -> Evidence:
    return Evidence(
        comparisons=comparisons, checks=checks, explanation=explanation, samples_needed=samples_needed
    )


def _margin(one: Comparison, settings: GateSettings) -> float:
    return settings.margin_champion if one.incumbent == "champion" else settings.margin_mainline


def _compare(candidate: Scorecard, incumbent: Scorecard, settings: GateSettings) -> tuple[Comparison, Paired]:
    name: Literal["champion", "mainline"] = "champion" if incumbent.arm == Role.CHAMPION else "mainline"
    samples = candidate.sampling.samples
    how = Resampling.of(settings)
    result = paired(candidate.passes, incumbent.passes, samples, how)
    change = {problem: candidate.passes[problem] - incumbent.passes[problem] for problem in candidate.passes}
    won = sorted((problem for problem in change if change[problem] > 0), key=lambda one: (-change[one], one))
    lost = sorted((problem for problem in change if change[problem] < 0), key=lambda one: (change[one], one))
    comparison = Comparison(
        incumbent=name,
        difference=result.difference,
        low=result.low,
        high=result.high,
        confidence=settings.confidence,
        p_value=result.p_value,
        test="McNemar" if samples == 1 else "sign-flip",
        minimum_detectable=result.minimum_detectable,
        problems=len(change),
        samples=samples,
        won=tuple(won),
        lost=tuple(lost),
    )
    return comparison, result


def against(one: Comparison) -> str:
    """Return the difference from one incumbent, its interval and the p-value, in words."""
    return (
        f"Against {one.incumbent}: {one.difference * 100:+.1f} points "
        f"({one.confidence * 100:.3g}% interval {one.low * 100:+.1f} to {one.high * 100:+.1f}, {_p(one.p_value)})"
    )


def _lines(one: Comparison) -> str:
    """Return a line for the difference, and one each for problems won and lost."""
    return "\n".join(
        (
            f"{against(one)} on {one.problems} problems × {one.samples} samples",
            f"  {len(one.won)} {'problem' if len(one.won) == 1 else 'problems'} won{_some(one.won)}",
            f"  {len(one.lost)} lost{_some(one.lost)}",
        )
    )


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= _SMALLEST_P else f"p < {_SMALLEST_P}"


def _some(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    more = ", …" if len(problems) > _NAMED else ""
    return f" ({', '.join(problems[:_NAMED])}{more})"


def _advice(
    found: Sequence[tuple[Comparison, Paired]], settings: GateSettings, min_delta: float
) -> tuple[str, int | None]:
    """Return what is missing for a Promote, and how many answers per problem would decide, if any would."""
    first, result = found[0]
    show = f"smallest difference this benchmark can show: {first.minimum_detectable * 100:.1f}"
    if first.high < min_delta:
        return (
            f"the gain is surely less than the {min_delta * 100:.1f} points that publishing needs ({show}).",
            None,
        )
    level = 1 - settings.confidence
    if first.difference < min_delta or first.p_value > level:
        needed, more = _more(first, result, max(first.difference, min_delta), settings)
        if first.difference < min_delta:
            points = f"{first.difference * 100:+.1f} points is less than the {min_delta * 100:.1f}"
            return f"{points} that publishing needs ({show}); {more}", needed
        return f"the gain may be chance (p = {first.p_value:.3f}, needed {level:.3f}; {show}); {more}", needed
    one, its = min(found, key=lambda pair: pair[0].low + _margin(pair[0], settings))
    needed, more = _more(one, its, max(one.difference, 0.0) + _margin(one, settings), settings)
    return f"the interval against {one.incumbent} still reaches past the margin; {more}", needed


def _more(one: Comparison, result: Paired, target: float, settings: GateSettings) -> tuple[int | None, str]:
    """Return how many answers per problem would show *target*, as a number and in words."""
    if target <= 0:
        return None, "no number of samples would decide."
    needed = samples_to_detect(result, target, one.problems, settings.confidence)
    if needed is None:
        return (
            None,
            f"only more problems, not more samples, would show a difference of {target * 100:.1f} points.",
        )
    needed = max(needed, one.samples + 1)
    return needed, f"about {needed} samples a problem would decide."
