"""Which of tonight's arms is published, if any: the gate for several arms at one level.

Every arm that contends is tested at its share of the level. By the union bound the chance that any arm is wrongly
found better stays below the whole level, however the arms depend on each other; the looks of an adaptive benchmark
have divided the level before (`core.rules.interim_looks`). At most one arm is promoted.
"""

from collections.abc import Iterator, Mapping, Sequence

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.arm import ArmId, Role, recipe_of_arm, role_of
from ct_retrain.core.records.decision import ArmDecision, Decision, Promote
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.rules.gate import against, decide
from ct_retrain.core.rules.guards import LOADS


def decide_arms(
    scorecards: Sequence[Scorecard],
    settings: GateSettings,
    min_delta: float,
    unloadable: Mapping[ArmId, str] | None = None,
) -> Decision:
    """Judge every arm that contends, and promote the one furthest ahead of those that pass the gate.

    *unloadable* names arms whose adapter could not be used, and why. Where no arm passes, the decision is the one on
    the candidate. What the others would have come to is in `others`. Raise nothing: doubt is a Hold.
    """
    refused = unloadable or {}
    contending = [card for card in scorecards if role_of(card.arm).contends]
    incumbents = [card for card in scorecards if not role_of(card.arm).contends]
    share = _shared(settings, len(contending))
    found = {card.arm: decide([_alone(card), *incumbents], share, min_delta) for card in contending}
    found |= {arm: _refused(why, settings, min_delta) for arm, why in refused.items()}
    if Role.CANDIDATE not in found:
        found[Role.CANDIDATE.value] = decide(incumbents, share, min_delta)
    if len(found) == 1:
        return found[Role.CANDIDATE]
    return _told(found, _furthest(found), len(contending))


def unloadable_in(decision: Decision) -> dict[ArmId, str]:
    """Return the arms of *decision* that were rejected because they do not load, each with the reason."""
    return {
        one.arm: one.evidence.explanation
        for one in (decision, *decision.others)
        if any(check.name == LOADS and not check.holds for check in one.evidence.checks)
    }


def arm_words(arm: ArmId) -> str:
    """Return how people are told of a contending *arm*."""
    recipe = recipe_of_arm(arm)
    return f"challenger {recipe}" if recipe else "the default recipe"


def _shared(settings: GateSettings, arms: int) -> GateSettings:
    if arms < 2:
        return settings
    return settings.model_copy(update={"confidence": 1 - (1 - settings.confidence) / arms})


def _alone(card: Scorecard) -> Scorecard:
    """*card* as the gate takes it, which knows one candidate."""
    return card.model_copy(update={"arm": Role.CANDIDATE.value})


def _refused(why: str, settings: GateSettings, min_delta: float) -> Decision:
    decision = decide((), settings, min_delta, loads=False)
    explanation = f"{decision.evidence.explanation} {why}"
    evidence = decision.evidence.model_copy(update={"explanation": explanation})
    return decision.model_copy(update={"evidence": evidence})


def _furthest(found: Mapping[ArmId, Decision]) -> ArmId:
    """The arm to decide on: of those that pass the one furthest ahead, else the candidate."""
    passing = {
        arm: one.evidence.comparisons[0].difference for arm, one in found.items() if isinstance(one, Promote)
    }
    return max(passing, key=lambda arm: passing[arm]) if passing else Role.CANDIDATE.value


def _told(found: Mapping[ArmId, Decision], chosen: ArmId, arms: int) -> Decision:
    """The decision on *chosen*, with the others and a line on each of them."""
    decision = found[chosen]
    outcome, *lines = decision.evidence.explanation.splitlines()
    verb, _, reason = outcome.partition(":")
    first = f"{verb.rstrip('.')}, {arm_words(chosen)}{f':{reason}' if reason else '.'}"
    others = {arm: one for arm, one in found.items() if arm != chosen}
    explanation = "\n".join([first, *lines, *_lines(others), *_level(arms)])
    return decision.model_copy(
        update={
            "arm": chosen,
            "evidence": decision.evidence.model_copy(update={"explanation": explanation}),
            "others": tuple(
                ArmDecision(arm=arm, kind=one.kind, evidence=one.evidence) for arm, one in others.items()
            ),
        }
    )


def _lines(others: Mapping[ArmId, Decision]) -> Iterator[str]:
    for arm, one in others.items():
        outcome = one.evidence.explanation.splitlines()[0]
        said = "passes the gate too, and is less far ahead." if isinstance(one, Promote) else outcome
        figures = "; ".join(against(found) for found in one.evidence.comparisons)
        words = arm_words(arm)
        yield f"{words[:1].upper()}{words[1:]} – {said}{f' {figures}' if figures else ''}"


def _level(arms: int) -> Iterator[str]:
    if arms > 1:
        yield f"{arms} arms contended: each was tested at 1/{arms} of the level, so that all of them cost one level."
