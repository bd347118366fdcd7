"""The inputs of each stage of a night, and the call that fills its directory."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from ct_retrain import disk
from ct_retrain.core.configuration.loading import recordable
from ct_retrain.core.configuration.recipes import SCHEDULING, recipe_digest
from ct_retrain.core.configuration.settings import BenchmarkSettings, PathSettings, Settings
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.record import digest, drawn_seed
from ct_retrain.core.records.arm import Arm, Role
from ct_retrain.core.records.decision import Promote
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    CollectFacts,
    CurateFacts,
    Facts,
    Manifest,
    NightOutcome,
    NightPlan,
    NightRecord,
    PublishFacts,
    TrainFacts,
)
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.stage import StageName
from ct_retrain.core.workspace import Workspace
from ct_retrain.decontamination.behaviour import BehaviourTools
from ct_retrain.decontamination.protected import protected_suites
from ct_retrain.decontamination.protection import Protection
from ct_retrain.manifests import trained_by
from ct_retrain.nightly.night import Night, Ports
from ct_retrain.nightly.records import index
from ct_retrain.nightly.run import challengers, finish
from ct_retrain.nightly.run.earlier_nights import forgotten_categories, made, sealed_stage
from ct_retrain.nightly.run.keys import benchmark_key
from ct_retrain.nightly.step import Step, content
from ct_retrain.releases import release_name, release_scorecards
from ct_retrain.stages.benchmark import BenchmarkInputs, benchmark
from ct_retrain.stages.collect import CollectInputs, collect
from ct_retrain.stages.curate import CurateInputs, curate
from ct_retrain.stages.publish import PublishInputs, publish
from ct_retrain.stages.train import TrainInputs, adapter_of, train
from ct_retrain.suites.load import load_suite
from ct_retrain.trace import READING

Planned: TypeAlias = tuple[Step, Callable[[Path], Facts]]


def _collect(night: Night, done: list[Manifest]) -> Planned:
    del done
    workspace, settings, plan = night.workspace, night.settings, night.plan
    previous = sealed_stage(workspace, plan.previous, "collect")
    inputs = CollectInputs(
        workspace=workspace.root,
        runs=workspace.runs,
        previous=previous,
        settings=settings.collect,
        cutoff=plan.started,
        never=private(settings.paths),
    )
    key = digest(plan, settings.collect.model_dump(), made(previous))
    return night.step("collect", key), lambda out: collect(out, inputs)


def private(paths: PathSettings) -> tuple[str, ...]:
    """Return the directories that nights write to, whose files no trace may use as training data."""
    return paths.work, paths.models, paths.run_db, paths.archive, paths.reports, paths.experiments


def _curate(night: Night, done: list[Manifest]) -> Planned:
    settings, simulator, appraiser = night.settings, night.ports.simulator, night.ports.appraiser
    protection = protected(night)
    inputs = CurateInputs(
        night=night.plan.night,
        collected=night.directory / "collect",
        previous=sealed_stage(night.workspace, night.plan.previous, "curate"),
        protection=protection,
        settings=settings.curate,
        max_records=settings.max_records,
        workers=settings.judge.workers,
    )
    key = digest(
        content(done[-1]),
        settings.curate.model_dump(),
        str(inputs.max_records),
        made(inputs.previous),
        protection.key,
        READING,
        simulator.tool,
        appraiser.tool,
    )
    return night.step("curate", key), lambda out: curate(
        out, inputs, simulator, appraiser, night.ports.formal
    )


def _train(night: Night, done: list[Manifest]) -> Planned:
    challenge, curated = challengers.challengers_of(night), content(done[-1])
    inputs, trainer = train_inputs(night), night.ports.trainer
    if challenge.recipes:
        own = challengers.seeded(inputs.settings, night.plan.night, Role.CANDIDATE)
        inputs = inputs._replace(settings=own)
    keys = challengers.training_keys(night, curated, inputs, challenge)

    def fill(out: Path) -> Facts:
        night.ports.generators.close()  # training needs the memory of a loaded model or server
        others = challengers.train_challengers(out, night, inputs, challenge, keys)
        facts = train(out, inputs, trainer)
        if facts.held or not (others or challenge.waiting):
            return facts
        recipe = recipe_digest(inputs.settings)
        told = {"recipe": recipe, "challengers": others, "waiting": challenge.waiting}
        return facts.model_copy(update=told)

    return night.step("train", keys.joint), fill


def train_inputs(night: Night) -> TrainInputs:
    """Return the inputs of train."""
    return TrainInputs(
        curated=night.directory / "curate",
        gold=night.workspace.gold,
        general=night.workspace.general,
        base=night.workspace.model(night.settings.train.mainline),
        settings=night.settings.train,
        forgotten=_forgotten(night),
        gold_before=index.gold_before(night.workspace),
        protection=protected(night),
        where=str(night.settings.paths.gold),
    )


def learns(night: Night, curated: CurateFacts) -> bool:
    """Whether the night trains: enough is new, a person or changed settings ask for it, or the last was held early."""
    if curated.examples and (night.plan.again or _newly_set(night)):
        return True
    if curated.new >= night.settings.train.min_new:
        return True
    if not curated.examples or night.plan.previous is None:
        return False
    record = disk.read_record(night.workspace.record(night.plan.previous), NightRecord)
    return record.outcome is NightOutcome.HELD and record.adapter is None


def _newly_set(night: Night) -> bool:
    """Whether settings of a training have changed since a night last trained, and `train.new_settings` is on."""
    if not night.settings.train.new_settings:
        return False
    trained = (one for one in index.newest_first(night.workspace) if one.hyperparameters is not None)
    last = next(trained, None)
    if last is None:
        return False
    before, now = last.provenance.settings, recordable(night.settings)
    aside = {f"train.{name}" for name in SCHEDULING}
    known = {name for name in now if name.startswith("train.") and name in before} - aside
    return any(str(before[name]) != str(now[name]) for name in known)


def protected(night: Night) -> Protection:
    """Return every suite that the workspace knows, and the check whether a row is a problem of one.

    Raise UsageError if a suite cannot be read.
    """
    return protection_of(night.workspace, night.settings, night.ports)


def protection_of(
    workspace: Workspace, settings: Settings, ports: Ports, more: tuple[str, ...] = ()
) -> Protection:
    """Return the same outside a night, with *more* suites than the settings name."""
    named = (settings.benchmark.suite, *more)
    suites = protected_suites(named, settings.decontamination.protect, workspace.root)
    laboratory = BehaviourTools(ports.simulator, ports.same) if ports.same else None
    workers = settings.judge.workers
    return Protection(tuple(suites), settings.decontamination, laboratory, workers, ports.comparisons)


def _forgotten(night: Night) -> frozenset[str]:
    """Return the categories of problems that the last benchmark missed and some release solved, if settings use them."""
    if not night.settings.train.refresh_forgotten or night.plan.previous is None:
        return frozenset()
    suite = load_suite(night.settings.benchmark.suite, night.workspace.root)
    return forgotten_categories(night.workspace, suite, night.plan.previous)


def _benchmark(night: Night, done: list[Manifest]) -> Planned:
    workspace, settings, plan = night.workspace, night.settings, night.plan
    suite = load_suite(settings.benchmark.suite, workspace.root)
    trained = next(one.facts for one in done if isinstance(one.facts, TrainFacts))
    inputs = BenchmarkInputs(
        suite=suite,
        arms=_arms(night, trained),
        settings=_drawn(settings.benchmark, plan, challenged=bool(trained.challengers)),
        gate=settings.gate,
        min_delta=settings.min_delta_score,
        workers=settings.judge.workers,
        stock=workspace.samples,
        releases=_before(night),
    )
    ports = night.ports
    key = benchmark_key(content(done[-1]), inputs, plan.champion or "", settings, ports)
    return night.step("benchmark", key), lambda out: benchmark(out, inputs, ports.generators, ports.simulator)


def _drawn(settings: BenchmarkSettings, plan: NightPlan, *, challenged: bool) -> BenchmarkSettings:
    """Return *settings* with tonight's seed, if every night has its own or challengers were trained.

    Greedy answers do not depend on a seed.
    """
    if not (settings.fresh_seeds or challenged) or settings.temperature == 0:
        return settings
    return settings.model_copy(update={"seed": drawn_seed(str(settings.seed), plan.night)})


def _before(night: Night) -> dict[str, Scorecard]:
    """Return the scorecards of earlier releases; a resumed night leaves out its own."""
    mine = release_name(night.plan.night)
    return {name: card for name, card in release_scorecards(night.workspace.models).items() if name != mine}


def _arms(night: Night, trained: TrainFacts) -> tuple[Arm, ...]:
    """Return tonight's adapters, the champion if there is one, and mainline, in the order in which they are loaded."""
    tonight = (Role.CANDIDATE.value, *challengers.arms_of(trained))
    champion = night.plan.champion
    return (
        *(Arm(name, adapter_of(night.directory / "train", name)) for name in tonight),
        *([Arm(Role.CHAMPION.value, night.workspace.models / champion)] if champion else []),
        Arm(Role.MAINLINE.value),
    )


def _publish(night: Night, done: list[Manifest]) -> Planned:
    facts = done[-1].facts
    if not isinstance(facts, BenchmarkFacts) or not isinstance(facts.decision, Promote):
        message = f"night {night.plan.night} reached publish without a Promote: this is a bug, nothing was published"
        raise CorruptStateError(message)
    decision = facts.decision
    trained = next(manifest.facts for manifest in done if isinstance(manifest.facts, TrainFacts))
    curated = next(manifest.facts for manifest in done if isinstance(manifest.facts, CurateFacts))
    ports, directory = night.ports, night.directory / "train"
    inputs = PublishInputs(
        night=night.plan.night,
        models=night.workspace.models,
        adapter=adapter_of(directory, decision.arm),
        base=night.settings.train.mainline,
        metrics=finish.metrics(done),
        suite=load_suite(night.settings.benchmark.suite, night.workspace.root),
        trained=trained_by(directory, trained, decision.arm),
        curated=curated,
        measured=facts,
    )
    step = night.step("publish", digest(*(content(one) for one in done[-2:])))
    return step, lambda out: publish(out, inputs, decision, ports.generators, ports.simulator)


STEPS: Mapping[StageName, Callable[[Night, list[Manifest]], Planned]] = {
    "collect": _collect,
    "curate": _curate,
    "train": _train,
    "benchmark": _benchmark,
    "publish": _publish,
}


def summary(manifest: Manifest) -> dict[str, object]:
    """Return the few figures of a stage for a log line."""
    match manifest.facts:
        case CollectFacts() as facts:
            return {
                "runs": facts.runs,
                "collected": facts.collected,
                "rejected": sum(facts.rejected.values()),
            }
        case CurateFacts() as facts:
            return {"examples": facts.examples, "new": facts.new, "rejected": facts.rejected}
        case TrainFacts() as facts:
            loss = facts.fit.losses[-1].loss if facts.fit.losses else None
            told: dict[str, object] = {
                "rows": facts.rows,
                "steps": facts.fit.steps,
                "loss": loss,
                "gold": facts.gold,
            }
            others = {one.name: one.failed or "trained" for one in facts.challengers} | facts.waiting
            return told | ({"challengers": others} if others else {})
        case BenchmarkFacts() as facts:
            scores = {str(card.arm): round(card.functional.value, 3) for card in facts.scorecards}
            return {"decision": facts.decision.kind, **scores}
        case PublishFacts() as facts:
            return {"latest": facts.latest}


def judging(manifest: Manifest) -> dict[str, object]:
    """Return the work of a stage's judge for its log line; empty if it did not judge."""
    effort = manifest.effort
    if effort is None or not effort.known + effort.simulated:
        return {}
    return {
        "verdicts_known": effort.known,
        "simulated": effort.simulated,
        "credibility_seconds": effort.seconds,
    }
