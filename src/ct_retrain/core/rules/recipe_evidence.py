"""When a challenger has beaten the default recipe: an anytime-valid test over nights, like that for replacing mainline.

The unit is a night and not a problem: one training moves all problems together, so that problems of one night are no
independent evidence of a recipe. Each night both recipes are trained on the same examples with seeds of their own. If
the recipes are interchangeable, swapping the two adapters changes nothing that could be foreseen, so the night's
difference D is as likely as its opposite; then 2 / (1 + exp(−2·λ·D)) has expectation 1 for every stake λ, given all
nights before. It grows with D, so for a challenger that is worse it has less. The product over nights, spread over
fixed stakes, is an e-process: it ever exceeds 1/α with a chance of at most α (Ville 1939), however often it is looked at.

Not covered: a challenger whose differences are no larger on average and lean to one side, such as one that gains a
little on most nights and loses much on few.

All challengers share one α. The j-th recipe ever tried has α / (j·(j + 1)), which add up to α; a recipe compared with
another default counts as another.
"""

import math
from collections.abc import Iterator, Sequence

from ct_retrain.core.records.arm import Role, challenger, of_arm
from ct_retrain.core.records.night import TrainFacts
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.records.recipe import ComparedNight, RecipeEvidence
from ct_retrain.core.rules.comparable import incomparable
from ct_retrain.core.rules.eprocess import capital

_STAKES = (4.0, 8.0, 16.0, 32.0, 64.0)
"""The best stake is the mean difference over its variance: 4 for 10 points that vary by 15, 64 for 2.5 that vary by 2."""


def recipe_evidence(nights: Sequence[ComparedNight], alpha: float) -> tuple[RecipeEvidence, ...]:
    """Weigh *nights*, oldest first, for every recipe in the order in which they were first tried."""
    pairs: dict[tuple[str, str], list[ComparedNight]] = {}
    for night in nights:
        pairs.setdefault((night.recipe, night.default), []).append(night)
    return tuple(_weighed(of, number * (number + 1) / alpha) for number, of in enumerate(pairs.values(), 1))


def comparisons_of(
    night: str, trained: TrainFacts, scorecards: Sequence[Scorecard]
) -> Iterator[ComparedNight]:
    """Yield what *night* shows of each challenger; one that was not trained or not measured is left out."""
    usual = of_arm(scorecards, Role.CANDIDATE)
    for one in trained.challengers:
        card = of_arm(scorecards, challenger(one.name))
        if usual and card and trained.recipe and not incomparable((usual, card)):
            yield ComparedNight(
                night=night,
                challenger=one.name,
                recipe=one.recipe,
                default=trained.recipe,
                difference=card.functional.value - usual.functional.value,
            )


def _weighed(nights: Sequence[ComparedNight], needed: float) -> RecipeEvidence:
    values = capital(_growth(night.difference) for night in nights)
    last = nights[-1]
    return RecipeEvidence(
        challenger=last.challenger,
        recipe=last.recipe,
        default=last.default,
        e_value=values[-1],
        needed=needed,
        reached=next((one.night for one, value in zip(nights, values, strict=True) if value >= needed), None),
        difference=sum(night.difference for night in nights) / len(nights),
        nights=tuple(night.night for night in nights),
    )


def _growth(difference: float) -> list[float]:
    return [math.log(2 / (1 + math.exp(-2 * stake * difference))) for stake in _STAKES]
