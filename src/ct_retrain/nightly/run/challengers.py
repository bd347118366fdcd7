"""Tonight's challengers: recipes that are trained beside the default one, on the same examples, each on its own.

A challenger's training is the train stage with other settings in `train/challengers/NAME/`, a step with a key of its
own: a night that dies in one of them goes on in that one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import structlog

from ct_retrain import disk
from ct_retrain.core.configuration.recipes import (
    challenger_settings,
    differences,
    recipe_digest,
    same_trainer,
)
from ct_retrain.core.configuration.settings import TrainSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.record import digest, drawn_seed
from ct_retrain.core.records.arm import ArmId, RecipeName, challenger
from ct_retrain.core.records.night import BenchmarkFacts, ChallengerFacts, Manifest, TrainFacts
from ct_retrain.core.records.recipe import RecipeEvidence
from ct_retrain.core.rules.recipe_evidence import comparisons_of, recipe_evidence
from ct_retrain.core.rules.rotation import choose_challengers
from ct_retrain.manifests import training_facts, training_of
from ct_retrain.nightly.night import Night, Ports
from ct_retrain.nightly.records.challengers import compared_nights, turns_of
from ct_retrain.nightly.run.keys import source_digests, train_key
from ct_retrain.nightly.step import Step, perform
from ct_retrain.stages.train import TrainInputs, train

_LOG = structlog.get_logger("ct_retrain.nightly")


_ADOPTED = "it is the default recipe by now: take it out of train.challengers"
_TWICE = "it is the same recipe as {}: take one of them out of train.challengers"


class ChallengerPlan(NamedTuple):
    """The challengers that are trained tonight, and why the others are not."""

    recipes: dict[RecipeName, TrainSettings]
    waiting: dict[RecipeName, str]


def challengers_of(night: Night) -> ChallengerPlan:
    """Choose tonight's challengers from the records of earlier nights; a resumed night chooses the same."""
    settings = night.settings.train
    every = challenger_settings(settings)
    if not every:
        return ChallengerPlan({}, {})
    known = {recipe_digest(settings): _ADOPTED}
    same: dict[RecipeName, str] = {}
    for name, recipe in every.items():
        key = recipe_digest(recipe)
        if key in known:
            same[name] = known[key]
        known.setdefault(key, _TWICE.format(name))
    turns = turns_of(night.workspace, [name for name in every if name not in same])
    chosen, waiting = choose_challengers(turns, settings.challenger_minutes, settings.challenger_tokens)
    recipes = {name: seeded(every[name], night.plan.night, challenger(name)) for name in chosen}
    return ChallengerPlan(recipes, same | waiting)


def seeded(train_settings: TrainSettings, night: str, arm: ArmId) -> TrainSettings:
    """*train_settings* with a seed of tonight's: trainings that share a seed are no independent evidence of their recipes."""
    knobs = train_settings.hyperparameters
    seed = drawn_seed(str(knobs.seed), night, arm)
    return train_settings.model_copy(update={"hyperparameters": knobs.model_copy(update={"seed": seed})})


class TrainingKeys(NamedTuple):
    """The keys of tonight's trainings."""

    own: str
    """That of the default recipe."""
    others: dict[RecipeName, str]

    @property
    def joint(self) -> str:
        """The key of the stage that holds all of them."""
        return (
            digest(self.own, *(f"{name} {key}" for name, key in self.others.items()))
            if self.others
            else self.own
        )


def training_keys(night: Night, curated: str, usual: TrainInputs, challenge: ChallengerPlan) -> TrainingKeys:
    """Return the keys of the default recipe, which works from *usual*, and of *challenge*; *curated* is curate's digest."""
    sources = source_digests(usual)
    return TrainingKeys(
        train_key(curated, usual, night.ports, sources),
        {
            name: train_key(curated, usual._replace(settings=settings), _ports_of(settings, night), sources)
            for name, settings in challenge.recipes.items()
        },
    )


def train_challengers(
    out: Path, night: Night, usual: TrainInputs, challenge: ChallengerPlan, keys: TrainingKeys
) -> tuple[ChallengerFacts, ...]:
    """Train every challenger in its place below *out*; one that cannot be trained is told, and ends nothing else.

    *usual* is what the default recipe works from.
    """
    return tuple(
        _train_one(out, night, usual._replace(settings=settings), name, keys.others[name])
        for name, settings in challenge.recipes.items()
    )


def evidence_after(night: Night, done: Sequence[Manifest]) -> tuple[RecipeEvidence, ...]:
    """The evidence on challengers against tonight's default recipe, with tonight's; empty if tonight had none."""
    trained = next((one.facts for one in done if isinstance(one.facts, TrainFacts)), None)
    measured = next((one.facts for one in done if isinstance(one.facts, BenchmarkFacts)), None)
    if trained is None or measured is None or not trained.challengers:
        return ()
    tonight = comparisons_of(night.plan.night, trained, measured.scorecards)
    every = recipe_evidence([*compared_nights(night.workspace), *tonight], night.settings.gate.recipe_alpha)
    return tuple(one for one in every if one.default == trained.recipe)


def arms_of(facts: TrainFacts) -> Sequence[ArmId]:
    """The challengers among *facts* that have an adapter."""
    return [challenger(one.name) for one in facts.challengers if not one.failed]


def _train_one(out: Path, night: Night, inputs: TrainInputs, name: RecipeName, key: str) -> ChallengerFacts:
    changed = differences(inputs.settings, night.settings.train)
    changed.pop("hyperparameters.seed", None)
    told = ChallengerFacts(name=name, recipe=recipe_digest(inputs.settings), differs=changed)
    directory = training_of(out, challenger(name))
    _LOG.info("challenger starts", challenger=name)
    try:
        manifest = _made(directory, night, inputs, key)
    except (ToolError, UsageError) as error:
        disk.remove_tree(directory)
        _LOG.warning("challenger fails", challenger=name, reason=str(error))
        return told.model_copy(update={"failed": str(error)})
    facts = training_facts(manifest)
    took = (manifest.finished - manifest.started).total_seconds()
    loss = facts.fit.losses[-1].loss if facts.fit.losses else None
    return told.model_copy(
        update={
            "failed": facts.held,
            "seconds": max(took, facts.fit.seconds),
            "tokens": facts.fit.all_tokens,
            "loss": loss,
        }
    )


def _made(directory: Path, night: Night, inputs: TrainInputs, key: str) -> Manifest:
    ports = _ports_of(inputs.settings, night)
    step = Step("train", night.plan.night, directory, key)
    return perform(step, lambda out: train(out, inputs, ports.trainer), ports.effort)


def _ports_of(settings: TrainSettings, night: Night) -> Ports:
    """The night's ports, with another trainer where the recipe names one."""
    ports = night.ports
    if same_trainer(settings, night.settings.train) or ports.trainer_of is None:
        return ports
    return ports._replace(trainer=ports.trainer_of(settings))
