"""Put scorecards side by side, and compare only those of the same problems, judge and sampling."""

from collections.abc import Sequence
from typing import NamedTuple

from ct_retrain.core.record import Tool
from ct_retrain.core.records.leaderboard import Leaderboard, LeaderboardTable, PairedDifference, Standing
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.rules.comparable import other_tool, sampled_otherwise
from ct_retrain.core.rules.statistics import Resampling, paired, two_sided

BASE = "the base"
_NAMED = 3
"""Problems named in a sentence at most."""


class NamedScorecard(NamedTuple):
    """A scorecard and what readers call it."""

    name: str
    card: Scorecard


def leaderboard(entries: Sequence[NamedScorecard], how: Resampling, base: str = "") -> Leaderboard:
    """Return a table for each suite and judge; scorecards of different tables are not compared.

    The base of a table is the entry called *base*, or its first; the base's digest decides what "same" is.
    """
    groups: dict[tuple[str, str, Tool], list[NamedScorecard]] = {}
    for entry in entries:
        card = entry.card
        groups.setdefault((card.suite, card.suite_digest, card.tools[0]), []).append(entry)
    tables = [_table(group, how, base) for group in groups.values()]
    apart = tuple(_apart(tables[0], other) for other in tables[1:])
    return Leaderboard(confidence=how.confidence, tables=tuple(tables), apart=apart)


def _table(entries: Sequence[NamedScorecard], how: Resampling, base: str) -> LeaderboardTable:
    chosen = next((one for one in entries if one.name == base), entries[0])
    rows = [_standing(one, chosen, how) for one in entries]
    card = chosen.card
    return LeaderboardTable(
        suite=card.suite,
        suite_digest=card.suite_digest,
        judge=card.tools[0],
        base=chosen.name,
        standings=tuple(sorted(rows, key=lambda one: -one.card.functional.value)),
    )


def _standing(entry: NamedScorecard, base: NamedScorecard, how: Resampling) -> Standing:
    otherwise = sampled_otherwise(entry.card.sampling, base.card.sampling)
    remarks = [f"not compared: {name} {ours}, the base {theirs}" for name, ours, theirs in otherwise]
    remark = BASE if entry is base else "; ".join(remarks)
    if remark:
        return Standing(name=entry.name, card=entry.card, remark=remark)
    ours, theirs, samples = entry.card.passes, base.card.passes, base.card.sampling.samples
    found = paired(ours, theirs, samples, how)
    difference = PairedDifference(
        value=found.difference,
        low=found.low,
        high=found.high,
        p_value=two_sided(ours, theirs, samples),
        minimum_detectable=found.minimum_detectable,
    )
    return Standing(name=entry.name, card=entry.card, difference=difference)


def _apart(first: LeaderboardTable, other: LeaderboardTable) -> str:
    """Return in a sentence why *other* is not compared with *first*."""
    title = f"{', '.join(one.name for one in other.standings)}: not compared with {first.base}"
    if other.suite != first.suite:
        return f"{title}: another suite, {other.suite} instead of {first.suite}"
    if other.suite_digest != first.suite_digest:
        return f"{title}: {other.suite} is not the same, {_other_problems(first, other)}"
    return f"{title}: another judge, {other_tool(first.judge, other.judge)}"


def _other_problems(first: LeaderboardTable, other: LeaderboardTable) -> str:
    here, there = set(other.standings[0].card.passes), set(first.standings[0].card.passes)
    sides = [(sorted(here - there), "only here"), (sorted(there - here), "only there")]
    said = [
        f"{len(names)} problems {where}: {', '.join(names[:_NAMED])}{' …' if len(names) > _NAMED else ''}"
        for names, where in sides
        if names
    ]
    return "; ".join(said) or "its problems have the same names and other texts"
