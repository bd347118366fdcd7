"""Groups of categories: pass@1 of each arm over the problems of a group, of which near-duplicates count once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.problem import Estimate, Problem, Scorecard
from ct_retrain.core.rules.statistics import Resampling, clustered
from ct_retrain.report.charts import Table
from ct_retrain.report.formatting import arm_name, share, span
from ct_retrain.suites.near_duplicates import cluster_names

Groups = Mapping[str, Collection[str]]
"""Name → categories or tags of problems."""


class Group(NamedTuple):
    """The problems of one group that were asked, and what each arm solved of them."""

    name: str
    wanted: Collection[str]
    problems: int
    clusters: int
    """Clusters of near-duplicates among the problems."""
    shares: Mapping[ArmId, Estimate]
    """Arm → pass@1, with an interval over clusters; empty without problems."""


def grouped(
    cards: Sequence[Scorecard], problems: Mapping[str, Problem], groups: Groups, gate: GateSettings
) -> Iterator[Group]:
    """Yield each of *groups* as *cards* measured it; *problems* are the suite's, by id."""
    passes = cards[0].passes if cards else {}
    clusters = cluster_names(problems[one] for one in passes if one in problems) if groups else {}
    how = Resampling.of(gate)
    for name, wanted in groups.items():
        asked = [one for one in clusters if _is_of(problems[one], wanted)]
        shares = {card.arm: _share(card, asked, clusters, how) for card in cards} if asked else {}
        yield Group(name, wanted, len(asked), len({clusters[one] for one in asked}), shares)


def _is_of(problem: Problem, wanted: Collection[str]) -> bool:
    return not {problem.category, *problem.tags}.isdisjoint(wanted)


def _share(card: Scorecard, asked: Sequence[str], clusters: Mapping[str, str], how: Resampling) -> Estimate:
    measured = [one for one in asked if one in card.passes]
    passes = [card.passes[one] for one in measured]
    return clustered(passes, [clusters[one] for one in measured], card.sampling.samples, how)


def group_table(cards: Sequence[Scorecard], found: Sequence[Group]) -> Table:
    """Return *found* as a table; a group without a problem has a row that says so."""
    columns = ("group", "problems", "clusters", *(arm_name(card.arm) for card in cards))
    return Table(columns, [_row(cards, one) for one in found])


def _row(cards: Sequence[Scorecard], group: Group) -> tuple[str, ...]:
    if not group.problems:
        return group.name, f"0, no problem is of {', '.join(group.wanted)}", "–", *("–" for _ in cards)
    found = [group.shares[card.arm] for card in cards]
    shares = (f"{share(one.value)} ({span(one.low, one.high)})" for one in found)
    return group.name, str(group.problems), str(group.clusters), *shares
