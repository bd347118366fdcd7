"""Two nights side by side: the arm that each was decided on, on the problems that both asked."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Record
from ct_retrain.core.records.night import BenchmarkFacts, NightRecord
from ct_retrain.core.records.problem import Estimate, Scorecard
from ct_retrain.core.rules.comparable import other_tool, sampled_otherwise
from ct_retrain.core.rules.statistics import Resampling, paired
from ct_retrain.core.workspace import Workspace
from ct_retrain.manifests import facts_of


class NightDifference(Record):
    """Second night minus first, in pass share; paired by problem."""

    value: float
    low: float
    high: float
    confidence: float
    p_value: float
    """One-sided p-value of the test of "not better"."""
    minimum_detectable: float


class MovedProblem(Record):
    """A problem whose pass share changed, from what to what."""

    problem: str
    first: float
    second: float


class NightComparison(Record):
    """What distinguishes two nights."""

    first: str
    second: str
    problems: int
    """Problems that both nights asked."""
    alone: int
    """Problems that only one of them asked, which count nowhere here."""
    functional: tuple[Estimate, Estimate]
    """pass@1 of each on its own problems."""
    categories: dict[str, tuple[float | None, float | None]]
    """Category → pass@1 of each; None where a night did not ask it."""
    difference: NightDifference | None
    why_none: str = ""
    """Why there is no difference with an interval."""
    won: tuple[MovedProblem, ...]
    """Problems that the second night solved more often, biggest rise first."""
    lost: tuple[MovedProblem, ...]
    cautions: tuple[str, ...]
    """What else differs between the two measurements, a sentence each."""
    settings: dict[str, tuple[JsonValue, JsonValue]]
    """Setting → its value in each night, where they differ; None where a night did not have it."""


def compare_nights(
    workspace: Workspace, gate: GateSettings, first: NightRecord, second: NightRecord
) -> NightComparison:
    """Compare *second* with *first*; raise UsageError for a night that was not measured or is no longer on disk.

    Each night drew its answers with a seed of its own, so only problems are paired, not single answers.
    """
    cards = _measured(workspace, first), _measured(workspace, second)
    shares = tuple(
        {name: count / card.sampling.samples for name, count in card.passes.items()} for card in cards
    )
    shared = sorted(shares[0].keys() & shares[1].keys())
    moved = [MovedProblem(problem=name, first=shares[0][name], second=shares[1][name]) for name in shared]
    moved.sort(key=lambda one: (-abs(one.second - one.first), one.problem))
    difference, why_none = _difference(cards, shared, gate)
    names = sorted(cards[0].categories.keys() | cards[1].categories.keys())
    return NightComparison(
        first=first.night,
        second=second.night,
        problems=len(shared),
        alone=len(shares[0].keys() ^ shares[1].keys()),
        functional=(cards[0].functional, cards[1].functional),
        categories={name: (_share(cards[0], name), _share(cards[1], name)) for name in names},
        difference=difference,
        why_none=why_none,
        won=tuple(one for one in moved if one.second > one.first),
        lost=tuple(one for one in moved if one.second < one.first),
        cautions=tuple(_cautions(*cards)),
        settings=_differing(first.provenance.settings, second.provenance.settings),
    )


def _measured(workspace: Workspace, record: NightRecord) -> Scorecard:
    facts = facts_of(workspace, record, BenchmarkFacts)
    if facts is None or facts.decided is None:
        lost = f"the benchmark of night {record.night} is no longer there"
        raise UsageError(
            lost if record.decision else f"night {record.night} was not measured: {record.reason}"
        )
    return facts.decided


def _difference(
    cards: tuple[Scorecard, Scorecard], shared: list[str], gate: GateSettings
) -> tuple[NightDifference | None, str]:
    first, second = cards
    samples = second.sampling.samples
    if not shared:
        return None, "the nights asked no problem in common"
    if samples != first.sampling.samples:
        return None, f"the nights drew {first.sampling.samples} and {samples} answers a problem"
    how = Resampling.of(gate)
    ours, theirs = ({name: card.passes[name] for name in shared} for card in (second, first))
    found = paired(ours, theirs, samples, how)
    return NightDifference(
        value=found.difference,
        low=found.low,
        high=found.high,
        confidence=gate.confidence,
        p_value=found.p_value,
        minimum_detectable=found.minimum_detectable,
    ), ""


def _share(card: Scorecard, category: str) -> float | None:
    found = card.categories.get(category)
    return found.value if found else None


def _cautions(first: Scorecard, second: Scorecard) -> Iterator[str]:
    if first.suite != second.suite:
        yield f"the second night asked another suite, {second.suite} instead of {first.suite}"
    elif first.suite_digest != second.suite_digest:
        yield f"the suite {first.suite} was changed in between"
    for name, was, now in sampled_otherwise(first.sampling, second.sampling):
        if name != "samples":  # then there is no difference, and why is said
            yield f"the second night drew its answers with {name} {now} instead of {was}"
    for was, now in zip(first.tools, second.tools, strict=False):
        if was != now:
            yield f"the second night was measured with {other_tool(was, now)}"


def _differing(
    first: Mapping[str, JsonValue], second: Mapping[str, JsonValue]
) -> dict[str, tuple[JsonValue, JsonValue]]:
    names = sorted(first.keys() | second.keys())
    return {
        name: (first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)
    }
