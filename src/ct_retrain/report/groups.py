"""Groups of categories on a page: pass@1 of each arm over the problems of a group."""

from collections.abc import Iterator, Mapping, Sequence

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.rules.statistics import Resampling, estimate
from ct_retrain.report.formatting import arm_name, share, span

Groups = Mapping[str, Sequence[str]]
"""Name → categories."""


def group_rows(
    cards: Sequence[Scorecard], categories: Mapping[str, str], groups: Groups, gate: GateSettings
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each group: its name, its number of problems, and each card's pass@1 with interval.

    *categories* is problem → category. A group without a problem in *cards* has a row that says so.
    """
    how = Resampling.of(gate)
    for name, wanted in groups.items():
        problems = [one for one in cards[0].passes if categories.get(one) in wanted]
        if not problems:
            yield name, f"0, no problem is of {', '.join(wanted)}", *("–" for _ in cards)
            continue
        found = [
            estimate([card.passes[one] for one in problems if one in card.passes], card.sampling.samples, how)
            for card in cards
        ]
        yield name, str(len(problems)), *(f"{share(one.value)} ({span(one.low, one.high)})" for one in found)


def group_columns(cards: Sequence[Scorecard]) -> tuple[str, ...]:
    """The columns of `group_rows`."""
    return ("group", "problems", *(arm_name(card.arm) for card in cards))
