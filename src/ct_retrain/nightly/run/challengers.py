"""Tonight's challengers: recipes that are trained beside the default one, on the same examples, each on its own.

A challenger's training is the train stage with other settings in `train/challengers/NAME/`, a step with a key of its
own: a night that dies in one of them goes on in that one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import structlog

from ct_retrain import disk
from ct_retrain.core.configuration.recipes import challenger_settings, differences, recipe_digest
from ct_retrain.core.configuration.settings import TrainSettings
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.record import digest
from ct_retrain.core.records.arm import ArmId, RecipeName, challenger
from ct_retrain.core.records.night import BenchmarkFacts, ChallengerFacts, Manifest, TrainFacts
from ct_retrain.core.records.recipe import RecipeEvidence
from ct_retrain.core.rules.recipe_evidence import compared, recipe_evidence
from ct_retrain.core.rules.rotation import choose_challengers
from ct_retrain.core.workspace import MANIFEST
from ct_retrain.manifests import read_manifest
from ct_retrain.nightly.night import Night, Ports
from ct_retrain.nightly.records.challengers import compared_nights, turns_of
from ct_retrain.nightly.run.keys import train_key
from ct_retrain.nightly.step import Step, perform
from ct_retrain.stages.train import TrainInputs, train, training_of

_LOG = structlog.get_logger("ct_retrain.nightly")


_ADOPTED = "it is the default recipe by now: take it out of train.challengers"


class Challenge(NamedTuple):
    """The challengers that are trained tonight, and why the others are not."""

    recipes: dict[RecipeName, TrainSettings]
    waiting: dict[RecipeName, str]


def tonights(night: Night) -> Challenge:
    """Choose tonight's challengers from the records of earlier nights; a resumed night chooses the same."""
    settings = night.settings.train
    every = challenger_settings(settings)
    if not every:
        return Challenge({}, {})
    usual = recipe_digest(settings)
    same = {name: _ADOPTED for name, recipe in every.items() if recipe_digest(recipe) == usual}
    turns = turns_of(night.workspace, [name for name in every if name not in same])
    chosen, waiting = choose_challengers(turns, settings.challenger_minutes)
    recipes = {name: seeded(every[name], night.plan.night, challenger(name)) for name in chosen}
    return Challenge(recipes, same | waiting)


def seeded(train_settings: TrainSettings, night: str, arm: ArmId) -> TrainSettings:
    """*train_settings* with a seed of tonight's: trainings that share a seed are no independent evidence of their recipes."""
    knobs = train_settings.hyperparameters
    seed = int(digest(str(knobs.seed), night, arm)[:7], 16)
    return train_settings.model_copy(update={"hyperparameters": knobs.model_copy(update={"seed": seed})})


def challenge_key(night: Night, curated: str, usual: TrainInputs, challenge: Challenge) -> str:
    """Key of a train stage that trains the default recipe, which works from *usual*, and *challenge*."""
    own = train_key(curated, usual, night.ports)
    if not challenge.recipes:
        return own
    keys = (
        f"{name} {train_key(curated, usual._replace(settings=settings), _ports_of(settings, night))}"
        for name, settings in challenge.recipes.items()
    )
    return digest(own, *keys)


def train_challengers(
    out: Path, night: Night, curated: str, usual: TrainInputs, challenge: Challenge
) -> tuple[ChallengerFacts, ...]:
    """Train every challenger in its place below *out*; one that cannot be trained is told, and ends nothing else.

    *usual* is what the default recipe works from, *curated* the digest of its examples.
    """
    return tuple(
        _train_one(out, night, curated, usual._replace(settings=settings), name)
        for name, settings in challenge.recipes.items()
    )


def trained_by(train_directory: Path, facts: TrainFacts, arm: ArmId) -> TrainFacts:
    """What the training of *arm* left in the night's *train_directory*; *facts* are those of the stage itself."""
    directory = training_of(train_directory, arm)
    return facts if directory == train_directory else _facts_of(read_manifest(directory / MANIFEST))


def evidence_after(night: Night, done: Sequence[Manifest]) -> tuple[RecipeEvidence, ...]:
    """The evidence on challengers against tonight's default recipe, with tonight's; empty if tonight had none."""
    trained = next((one.facts for one in done if isinstance(one.facts, TrainFacts)), None)
    measured = next((one.facts for one in done if isinstance(one.facts, BenchmarkFacts)), None)
    if trained is None or measured is None or not trained.challengers:
        return ()
    tonight = compared(night.plan.night, trained, measured.scorecards)
    every = recipe_evidence([*compared_nights(night.workspace), *tonight], night.settings.gate.recipe_alpha)
    return tuple(one for one in every if one.default == trained.recipe)


def arms_of(facts: TrainFacts) -> Sequence[ArmId]:
    """The challengers among *facts* that have an adapter."""
    return [challenger(one.name) for one in facts.challengers if not one.failed]


def _train_one(
    out: Path, night: Night, curated: str, inputs: TrainInputs, name: RecipeName
) -> ChallengerFacts:
    changed = differences(inputs.settings, night.settings.train)
    changed.pop("hyperparameters.seed", None)
    told = ChallengerFacts(name=name, recipe=recipe_digest(inputs.settings), differs=changed)
    directory = training_of(out, challenger(name))
    _LOG.info("challenger starts", challenger=name)
    try:
        manifest = _made(directory, night, curated, inputs)
    except (ToolError, UsageError) as error:
        disk.remove_tree(directory)
        _LOG.warning("challenger fails", challenger=name, reason=str(error))
        return told.model_copy(update={"failed": str(error)})
    facts = _facts_of(manifest)
    took = (manifest.finished - manifest.started).total_seconds()
    loss = facts.fit.losses[-1].loss if facts.fit.losses else None
    return told.model_copy(
        update={"failed": facts.held, "seconds": max(took, facts.fit.seconds), "loss": loss}
    )


def _facts_of(manifest: Manifest) -> TrainFacts:
    if not isinstance(manifest.facts, TrainFacts):
        raise CorruptStateError(f"a training of night {manifest.night} left {manifest.facts.kind} facts")
    return manifest.facts


def _made(directory: Path, night: Night, curated: str, inputs: TrainInputs) -> Manifest:
    ports = _ports_of(inputs.settings, night)
    step = Step("train", night.plan.night, directory, train_key(curated, inputs, ports))
    return perform(step, lambda out: train(out, inputs, ports.trainer), ports.effort)


def _ports_of(settings: TrainSettings, night: Night) -> Ports:
    """The night's ports, with another trainer where the recipe names one."""
    ports = night.ports
    if settings.command == night.settings.train.command or ports.trainer_of is None:
        return ports
    return ports._replace(trainer=ports.trainer_of(settings))
