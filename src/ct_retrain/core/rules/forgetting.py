"""Forgetting: the problems that a candidate gained and lost against every earlier release.

A comparison with the last night alone lets a skill decay slowly. An arm solves a problem if it passes at
least half of its samples.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from ct_retrain.core.record import Record
from ct_retrain.core.records.problem import Scorecard


class Flip(Record):
    """A problem that one release solved and the candidate does not, or the reverse."""

    release: str
    problem: str
    change: Literal["won", "lost"]
    before: float
    """Share of the release's samples that passed."""
    now: float


def flips(candidate: Scorecard, releases: Mapping[str, Scorecard]) -> Iterator[Flip]:
    """Return every flip against each of *releases* measured on the same suite in the same way."""
    for name, card in releases.items():
        if not measured_alike(candidate, card):
            continue
        for problem in sorted(candidate.passes):
            before, now = _share(card, problem), _share(candidate, problem)
            if (before >= 0.5) != (now >= 0.5):
                change: Literal["won", "lost"] = "won" if now > before else "lost"
                yield Flip(release=name, problem=problem, change=change, before=before, now=now)


def measured_alike(one: Scorecard, other: Scorecard) -> bool:
    """Whether problems, tools and sampling are equal; the number of samples may differ."""
    drawn = [card.sampling.model_dump(exclude={"samples", "seed"}) for card in (one, other)]
    return one.suite_digest == other.suite_digest and one.tools == other.tools and drawn[0] == drawn[1]


def _share(card: Scorecard, problem: str) -> float:
    return card.passes[problem] / card.sampling.samples


def forgotten(found: Iterable[Flip]) -> tuple[str, ...]:
    """Return the problems that some release solved and the candidate does not, sorted."""
    return tuple(sorted({flip.problem for flip in found if flip.change == "lost"}))
