"""Whether scorecards may be compared: measured alike, on the same problems, in full."""

from collections.abc import Iterator, Sequence

from ct_retrain.core.record import Tool
from ct_retrain.core.records.problem import Sampling, Scorecard
from ct_retrain.core.rules.endings import NOT_ATTEMPTED


def incomparable(cards: Sequence[Scorecard]) -> str:
    """Return why *cards* are not comparable; empty if they are."""
    first = cards[0]
    for card in cards:
        same = (card.suite_digest, card.sampling, card.tools) == (
            first.suite_digest,
            first.sampling,
            first.tools,
        )
        if not same or card.passes.keys() != first.passes.keys():
            return f"{card.arm} was measured on another suite, with other sampling or tools than the {first.arm}."
        if not card.passes:
            return "no problem of the suite could be used tonight."
        if _partial(card):
            return f"the evidence of {card.arm} is partial: not every problem has its {card.sampling.samples} answers."
    return ""


def sampled_otherwise(one: Sampling, other: Sampling) -> Iterator[tuple[str, object, object]]:
    """Yield every setting but the seed that differs, with both values: paired are problems, and not single answers."""
    ours, theirs = one.model_dump(exclude={"seed"}), other.model_dump(exclude={"seed"})
    for name in ours:
        if ours[name] != theirs[name]:
            yield name, ours[name], theirs[name]


def other_tool(first: Tool, other: Tool) -> str:
    """Say what *other* is, and has that *first* has not."""
    if (other.name, other.version) != (first.name, first.version):
        return f"{other.name} {other.version} instead of {first.name} {first.version}"
    ours, theirs = (one.detail.split("; ") for one in (other, first))
    here = "; ".join(one for one in ours if one not in theirs) or "nothing"
    there = "; ".join(one for one in theirs if one not in ours) or "nothing"
    return f"{other.name} {other.version} with {here} instead of {there}"


def _partial(card: Scorecard) -> bool:
    """Whether answers are missing or exceed those drawn."""
    samples = card.sampling.samples
    whole = sum(card.outcomes.values()) == samples * len(card.passes)
    return (
        not whole
        or bool(card.outcomes.get(NOT_ATTEMPTED))
        or not all(0 <= count <= samples for count in card.passes.values())
    )
