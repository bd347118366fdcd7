"""The forgetting ledger: problem by problem, what a candidate gained and lost against every release before it.

A gate that compares with last night alone lets a skill leak away a little every night. A problem counts as solved by
an arm that passes at least half of its samples.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from ct_retrain.core.record import Record
from ct_retrain.core.records.problem import Scorecard


class Flip(Record):
    """A problem that one release solved and the candidate does not, or the other way round."""

    release: str
    problem: str
    change: Literal["won", "lost"]
    before: float
    """Share of the release's samples that passed."""
    now: float


def flips(candidate: Scorecard, releases: Mapping[str, Scorecard]) -> Iterator[Flip]:
    """Every flip against every one of *releases* that was measured on the same suite in the same way."""
    for name, card in releases.items():
        if not measured_alike(candidate, card):
            continue
        for problem in sorted(candidate.passes):
            before, now = _share(card, problem), _share(candidate, problem)
            if (before >= 0.5) != (now >= 0.5):
                change: Literal["won", "lost"] = "won" if now > before else "lost"
                yield Flip(release=name, problem=problem, change=change, before=before, now=now)


def measured_alike(one: Scorecard, other: Scorecard) -> bool:
    """Same problems, tools and way of drawing answers; how many there were may differ."""
    drawn = [card.sampling.model_dump(exclude={"samples", "seed"}) for card in (one, other)]
    return one.suite_digest == other.suite_digest and one.tools == other.tools and drawn[0] == drawn[1]


def _share(card: Scorecard, problem: str) -> float:
    return card.passes[problem] / card.sampling.samples


def forgotten(found: Iterable[Flip]) -> tuple[str, ...]:
    """Problems that at least one release solved and the candidate does not, sorted."""
    return tuple(sorted({flip.problem for flip in found if flip.change == "lost"}))
