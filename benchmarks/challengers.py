"""Simulated nights with challengers: how often the gate publishes what is no better, and when a recipe is told to have won.

Run it as `python benchmarks/challengers.py`; `--runs 20` takes a minute or two. Nothing is trained: the rates of arms
are drawn from pass rates that real models had (`benchmarks/data/pass_rates.json`), a training moves all problems
together by a normal draw, and answers are drawn from the rates. Every decision is that of the code of a night:
`contenders.decide_arms` and `recipe_evidence.recipe_evidence`. Beside them stand what each would be without its care:
the gate at the whole level for every arm, and the evidence with problems as units, as the rule for mainline has them.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import _rates
from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.record import digest
from ct_retrain.core.records.arm import ArmId, Role, challenger, recipe_of_arm
from ct_retrain.core.records.decision import Promote
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.records.recipe import ComparedNight
from ct_retrain.core.rules.contenders import decide_arms
from ct_retrain.core.rules.eprocess import e_process
from ct_retrain.core.rules.gate import decide
from ct_retrain.core.rules.recipe_evidence import recipe_evidence
from gate import MIN_DELTA, PROBLEMS, card

SAMPLES = 10
NIGHTS = 90
TRAINING_SD = 4.0
"""Points by which equal recipes differ from one training to the next, as measured on the embedded model."""
ANSWER_SD = 1.3
"""Points by which 10 answers to each problem move the score of one adapter."""
GAIN = 5.0
"""Points by which the default recipe is better than mainline."""
SETTINGS = GateSettings(floors={}, bootstrap=200)
"""The defaults, without floors and with fewer resamples, for speed."""
USUAL = "default"
BETTER, EQUAL, WORSE = 3.0, 0.0, -3.0
SCENARIOS: tuple[tuple[str, Mapping[str, float]], ...] = (
    ("none", {}),
    ("1 equal", {"a": EQUAL}),
    ("1 worse", {"a": WORSE}),
    ("1 better", {"a": BETTER}),
    ("3 equal", {"a": EQUAL, "b": EQUAL, "c": EQUAL}),
    ("1 better, 1 equal, 1 worse", {"a": EQUAL, "b": BETTER, "c": WORSE}),
)
Rates = NDArray[np.float64]


class Plan(NamedTuple):
    """What is simulated."""

    models: list[_rates.Model]
    runs: int
    churn: float
    seed: int


class Course(NamedTuple):
    """What came of one run."""

    promoted: int
    wrongly: int
    """Promotions of what is truly no better than what was served."""
    adopted: int | None
    """Night of the first recipe change; None if there was none."""
    falsely: bool
    """Whether a recipe was told to have won that is truly no better than the default."""
    naively: bool
    """The same with problems as units of evidence."""


class Incumbents(NamedTuple):
    """True rates of what tonight's arms are compared with."""

    mainline: Rates
    champion: Rates | None = None

    @property
    def served(self) -> Rates:
        """What the pipeline writes with."""
        return self.mainline if self.champion is None else self.champion


class Tonight(NamedTuple):
    """True rates and scorecards of the arms."""

    rates: dict[ArmId, Rates]
    cards: list[Scorecard]


def drawn(rates: Mapping[ArmId, Rates], random: np.random.Generator) -> Tonight:
    """The answers of one night."""
    return Tonight(
        dict(rates), [card(arm, random.binomial(SAMPLES, of), SAMPLES) for arm, of in rates.items()]
    )


def run(plan: Plan, recipes: Mapping[str, float], number: int, random: np.random.Generator) -> Course:
    """Follow a workspace for NIGHTS nights; a recipe that has won becomes the default and its challenger goes."""
    model = plan.models[number % len(plan.models)]
    incumbents = Incumbents(model.rates(random, (1, PROBLEMS))[0])
    effects, usual, left = {USUAL: 0.0, **recipes}, USUAL, list(recipes)
    compared: list[ComparedNight] = []
    per_problem: dict[tuple[str, str], list[list[float]]] = {}
    promoted = wrongly = 0
    adopted: int | None = None
    falsely = naively = False
    for night in range(NIGHTS):
        tonight = _tonight(plan, incumbents, {name: effects[name] for name in (usual, *left)}, usual, random)
        decision = decide_arms(tonight.cards, SETTINGS, MIN_DELTA)
        if isinstance(decision, Promote):
            rates = tonight.rates[decision.arm]
            promoted, wrongly = promoted + 1, wrongly + bool(rates.mean() <= incumbents.served.mean())
            incumbents = incumbents._replace(champion=rates)
        cards = {one.arm: one for one in tonight.cards}
        for name in left:
            compared.append(_compared(night, name, usual, cards))
            ours, theirs = cards[challenger(name)].passes, cards[Role.CANDIDATE].passes
            differences = [(ours[one] - theirs[one]) / SAMPLES for one in ours]
            per_problem.setdefault((name, usual), []).append(differences)
        for one in recipe_evidence(compared, SETTINGS.recipe_alpha):
            if one.reached == _name(night) and one.challenger in left and one.default == digest(usual):
                adopted = night + 1 if adopted is None else adopted
                falsely = falsely or effects[one.challenger] <= effects[usual]
                usual, left = one.challenger, [name for name in left if name != one.challenger]
                break
    for place, ((name, default), nights) in enumerate(per_problem.items(), 1):
        needed = place * (place + 1) / SETTINGS.recipe_alpha
        naively = naively or (effects[name] <= effects[default] and max(e_process(nights)) >= needed)
    return Course(promoted, wrongly, adopted, falsely, naively)


def _tonight(
    plan: Plan,
    incumbents: Incumbents,
    trained: Mapping[str, float],
    usual: str,
    random: np.random.Generator,
) -> Tonight:
    """Every recipe trained anew and measured beside what is served and mainline."""
    means = np.array([GAIN + effect + random.normal(0, TRAINING_SD) for effect in trained.values()])
    rates = _rates.shifted(np.tile(incumbents.mainline, (len(means), 1)), means, plan.churn, random)
    arms: dict[ArmId, Rates] = {
        Role.CANDIDATE.value if name == usual else challenger(name): rates[row]
        for row, name in enumerate(trained)
    }
    if incumbents.champion is not None:
        arms[Role.CHAMPION.value] = incumbents.champion
    arms[Role.MAINLINE.value] = incumbents.mainline
    return drawn(arms, random)


def _compared(night: int, name: str, usual: str, cards: Mapping[ArmId, Scorecard]) -> ComparedNight:
    difference = cards[challenger(name)].functional.value - cards[Role.CANDIDATE].functional.value
    return ComparedNight(
        night=_name(night), challenger=name, recipe=digest(name), default=digest(usual), difference=difference
    )


def _name(night: int) -> str:
    return (date(2026, 1, 1) + timedelta(days=night)).isoformat()


def unchanged(plan: Plan, arms: int, nights: int) -> tuple[float, float]:
    """Share of nights on which one of *arms* is promoted that are all exactly as good as what is served: ours, and each at the whole level."""
    random = np.random.default_rng([plan.seed, arms])
    ours = whole = 0
    for number in range(nights):
        served = plan.models[number % len(plan.models)].rates(random, (1, PROBLEMS))
        rates = _rates.shifted(np.tile(served, (arms + 1, 1)), np.zeros(arms + 1), plan.churn, random)
        names: list[ArmId] = [Role.CANDIDATE.value, *(challenger(f"c{one}") for one in range(1, arms))]
        found = dict(zip([*names, Role.MAINLINE.value], rates, strict=True)) | {
            Role.CHAMPION.value: served[0]
        }
        cards = drawn(found, random).cards
        ours += isinstance(decide_arms(cards, SETTINGS, MIN_DELTA), Promote)
        whole += any(_alone(cards, name) for name in names)
    return ours / nights, whole / nights


def _alone(cards: Sequence[Scorecard], name: ArmId) -> bool:
    chosen = [one for one in cards if one.arm in {name, Role.CHAMPION, Role.MAINLINE}]
    renamed = [
        one.model_copy(update={"arm": Role.CANDIDATE.value}) if recipe_of_arm(one.arm) else one
        for one in chosen
    ]
    return isinstance(decide(renamed, SETTINGS, MIN_DELTA), Promote)


def recipes_alone(
    recipes: Mapping[str, float], runs: int, random: np.random.Generator
) -> tuple[float, float, str]:
    """Share of runs in which a recipe that is no better is told to have won, one that is better, and its median night.

    Without gate and answers: a night's score of a recipe is a normal draw for its training and one for its answers.
    """
    falsely = 0
    won: list[int] = []
    noise = np.hypot(TRAINING_SD, ANSWER_SD)
    for _ in range(runs):
        usual = random.normal(0, noise, NIGHTS)
        scores = {name: random.normal(effect, noise, NIGHTS) for name, effect in recipes.items()}
        compared = [
            ComparedNight(
                night=_name(night),
                challenger=name,
                recipe=digest(name),
                default=digest(USUAL),
                difference=float(np.clip(of[night] - usual[night], -100, 100)) / 100,
            )
            for night in range(NIGHTS)
            for name, of in scores.items()
        ]
        reached = {
            one.challenger: one.nights.index(one.reached) + 1
            for one in recipe_evidence(compared, SETTINGS.recipe_alpha)
            if one.reached
        }
        falsely += any(recipes[name] <= 0 for name in reached)
        won += [night for name, night in reached.items() if recipes[name] > 0]
    median = f"{sorted(won)[len(won) // 2]}" if won else "–"
    return falsely / runs, len(won) / runs, median


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rates", type=Path, default=_rates.COUNTED, help="counts of passes, by problem")
    parser.add_argument("--runs", type=int, default=200, help=f"runs of {NIGHTS} nights")
    parser.add_argument(
        "--nights", type=int, default=2000, help="nights with unchanged arms; 0 leaves them out"
    )
    parser.add_argument("--only", default="", help="one row of the table of runs, by its first cell")
    parser.add_argument("--churn", type=float, default=0.75, help="how differently models do on one problem")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    began = time.process_time()
    plan = Plan(_rates.load(chosen.rates), chosen.runs, chosen.churn, chosen.seed)
    if chosen.nights:
        print_unchanged(plan, chosen.nights)
        print_recipes(plan)
    titles = "challengers | promotions a run | false, of nights | recipe changed | night (median) | falsely | with problems as units"
    print(f"\n| {titles} |\n{'|---' * 7}|")
    for row, (name, recipes) in enumerate(SCENARIOS):
        if chosen.only in {"", name}:
            random = np.random.default_rng([chosen.seed, row, 7])
            courses: list[Course] = []
            for number in range(plan.runs):
                courses.append(run(plan, recipes, number, random))
                if len(courses) % 20 == 0:
                    print(len(courses), told(name, courses), file=sys.stderr, flush=True)
            print(told(name, courses), flush=True)
    spent = time.process_time() - began
    print(
        f"\n{plan.runs} runs of {NIGHTS} nights, {PROBLEMS} problems × {SAMPLES} answers, {spent:.0f} s of processor time"
    )


def print_unchanged(plan: Plan, nights: int) -> None:
    print(f"| arms, all as good as what is served | promoted | each at the whole level |\n{'|---' * 3}|")
    for arms in (1, 2, 4):
        ours, whole = unchanged(plan, arms, nights)
        print(f"| {arms} | {ours:.1%} | {whole:.1%} |", flush=True)


def print_recipes(plan: Plan) -> None:
    print(
        f"\n| recipes alone | told falsely to have won | a better one won | night (median) |\n{'|---' * 4}|"
    )
    for row, (name, recipes) in enumerate(SCENARIOS[1:]):
        wrong, right, median = recipes_alone(
            recipes, 5 * plan.runs, np.random.default_rng([plan.seed, row, 8])
        )
        print(f"| {name} | {wrong:.1%} | {right:.1%} | {median} |", flush=True)


def told(name: str, courses: Sequence[Course]) -> str:
    """A row of the table."""
    runs = len(courses)
    nights = sorted(one.adopted for one in courses if one.adopted is not None)
    median = f"{nights[len(nights) // 2]}" if nights else "–"
    return (
        f"| {name} | {sum(one.promoted for one in courses) / runs:.1f} "
        f"| {sum(one.wrongly for one in courses) / runs / NIGHTS:.2%} | {len(nights) / runs:.1%} | {median} "
        f"| {sum(one.falsely for one in courses) / runs:.1%} | {sum(one.naively for one in courses) / runs:.1%} |"
    )


if __name__ == "__main__":
    main()
