"""When a release may replace mainline: an anytime-valid test over nights, by betting against "no better".

A release is compared with mainline every night, and a fixed-level test repeated until it says yes will always
say yes. An e-process does not: under "no release so far is better than mainline" its value exceeds 1/α in at
most a share α of all infinite sequences of nights (Ville 1939), however often it is looked at.

The bets: a stake λ in (0, 1) multiplies the capital by ∏(1 + λ·dᵢ), with dᵢ the difference of problem *i*'s
pass shares. Given the two models, answers to different problems are independent, so its expectation is ∏(1 +
λ·μᵢ), which by the inequality of arithmetic and geometric means is at most (1 + λ·mean μ) to the number of
problems, hence at most 1 when the mean difference is not positive. Nothing is assumed about how problems
differ. The capital is spread evenly over a fixed set of stakes, which is predictable by construction:
Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting", JRSS B 86 (arXiv
2010.09686), §§4-5.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field

from ct_retrain.core.record import Record
from ct_retrain.core.records.arm import Role, role_of
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.rules.comparable import incomparable

_STAKES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 0.95)
"""Stakes, from small (for small differences over many nights) to large (for a large difference at once)."""


class ServedNight(Record):
    """One night's comparison of the served release with mainline."""

    night: str
    release: str
    """Digest of the release."""
    mainline: str
    """Digest of the mainline."""
    seed: int
    """Seed of the answers: nights with equal seeds draw the same answers of mainline, so only one counts."""
    differences: tuple[Annotated[float, Field(ge=-1, le=1)], ...]
    """Release minus mainline, in pass share, for each problem."""


class MainlineEvidence(Record):
    """Evidence of all nights together on replacing mainline."""

    e_value: float
    """Evidence against "no release is better than mainline"; 1 is none."""
    needed: float
    """Evidence needed: 1/α."""
    nights: tuple[str, ...]
    """Nights that count."""
    may_replace: bool
    explanation: str


def served_night(night: str, scorecards: Sequence[Scorecard]) -> ServedNight | None:
    """Return a night's evidence on mainline from its *scorecards*.

    None if only mainline was served, or if the two are not comparable.
    """
    cards = [card for card in scorecards if not role_of(card.arm).contends]
    arms = {card.arm: card for card in cards}
    if len(cards) != 2 or len(arms) != 2 or incomparable(cards):
        return None
    champion, mainline = arms[Role.CHAMPION], arms[Role.MAINLINE]
    if champion.model_digest == mainline.model_digest:
        return None
    samples = champion.sampling.samples
    return ServedNight(
        night=night,
        release=champion.model_digest,
        mainline=mainline.model_digest,
        seed=champion.sampling.seed,
        differences=tuple(
            (champion.passes[name] - mainline.passes[name]) / samples for name in sorted(champion.passes)
        ),
    )


def mainline_evidence(nights: Sequence[ServedNight], alpha: float) -> MainlineEvidence:
    """Weigh *nights*, oldest first, for replacing mainline by the release of the last one.

    Only nights against the last one's mainline count, and of nights with equal seeds only the first. The
    release must also be ahead over its own nights, because the process speaks of all releases together.
    """
    counted = _counted(nights)
    values = e_process([night.differences for night in counted])
    e_value = values[-1] if values else 1.0
    ahead = _ahead(counted, nights[-1].release) if nights else None
    may = e_value >= 1 / alpha and ahead is not None and ahead > 0
    own = (
        "none of them had this release"
        if ahead is None
        else f"this release differs by {ahead * 100:+.1f} points"
    )
    explanation = (
        f"The release {'may' if may else 'may not yet'} replace mainline: evidence {e_value:.3g} of {1 / alpha:.3g} "
        f"needed over nights with a new seed ({len(counted)}); {own}."
    )
    return MainlineEvidence(
        e_value=e_value,
        needed=1 / alpha,
        nights=tuple(night.night for night in counted),
        may_replace=may,
        explanation=explanation,
    )


def e_process(nights: Sequence[Sequence[float]]) -> list[float]:
    """Return the capital after each night of per-problem differences in [−1, 1]; it starts at 1.

    Raise ValueError for a difference outside that range.
    """

    def growth(night: Sequence[float]) -> list[float]:
        if not all(-1 <= one <= 1 for one in night):
            message = "a difference of pass shares lies in [−1, 1]"
            raise ValueError(message)
        return [math.fsum(math.log1p(stake * one) for one in night) for stake in _STAKES]

    return capital(growth(night) for night in nights)


def capital(growths: Iterable[Sequence[float]]) -> list[float]:
    """Return the capital after each night, which starts at 1 and is spread evenly over stakes.

    *growths* are the logarithms of what each stake was multiplied by, one sequence a night.
    """
    values: list[float] = []
    logs: Sequence[float] = ()
    for growth in growths:
        logs = [sum(pair) for pair in zip(logs, growth, strict=True)] if logs else growth
        largest = max(logs)
        mean = largest + math.log(math.fsum(math.exp(one - largest) for one in logs) / len(logs))
        # Beyond 1e300 nobody asks how much; infinity would not survive a JSON file.
        values.append(math.exp(min(690.0, mean)))
    return values


def _counted(nights: Sequence[ServedNight]) -> list[ServedNight]:
    counted: list[ServedNight] = []
    for night in nights:
        if night.mainline == nights[-1].mainline and night.seed not in {one.seed for one in counted}:
            counted.append(night)
    return counted


def _ahead(nights: Sequence[ServedNight], release: str) -> float | None:
    """Return the mean difference over the nights of *release*; None if there are none."""
    own = [one for night in nights if night.release == release for one in night.differences]
    return sum(own) / len(own) if own else None
