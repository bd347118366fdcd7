"""The dry run: all checks that need no GPU, in a scratch directory, then a plan. It leaves nothing behind."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import Field

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.record import Record, Rejected
from ct_retrain.core.records.arm import RecipeName
from ct_retrain.core.records.dataset import SourceFile
from ct_retrain.core.records.night import (
    CollectFacts,
    CurateFacts,
    Manifest,
)
from ct_retrain.core.records.problem import Prompt, Suite
from ct_retrain.core.records.readiness import SUITE, Finding, Readiness
from ct_retrain.core.records.training import (
    Hyperparameters,
    Outlook,
    Row,
    TrainPlan,
)
from ct_retrain.core.workspace import REJECTED, Workspace
from ct_retrain.nightly.night import Night, Ports
from ct_retrain.nightly.records import index
from ct_retrain.nightly.run import challengers, stages
from ct_retrain.nightly.step import perform
from ct_retrain.stages.gold import remark
from ct_retrain.stages.train import (
    FILES,
    MIXTURE,
    TrainInputs,
    prepare_training,
    read_gold_and_general,
    withheld,
)
from ct_retrain.suites.health import Health, aids_of, health
from ct_retrain.suites.load import load_suite


class DryRun(Record):
    """What a night would do: real counts of the data, and what would be trained and measured."""

    night: str
    collect: CollectFacts
    curate: CurateFacts
    base: str
    hyperparameters: Hyperparameters
    rows: dict[str, int]
    """Source → rows of the mixture; empty if there is nothing new."""
    characters: int
    """Characters of the mixture; a token has about three to four."""
    problems: int
    quarantined: tuple[str, ...]
    generations: int
    """Answers that the benchmark would draw, summed over the arms."""
    champion: str | None
    training: Outlook | None = None
    """Steps, tokens, passes and estimates; None when there is nothing new."""
    challengers: tuple[RecipeName, ...] = ()
    """Recipes that would be trained beside the default one."""
    waiting: dict[RecipeName, str] = Field(default={})
    """Challengers that would not, each with the reason."""
    files: tuple[SourceFile, ...] = ()
    """Gold sets and general data, file by file."""
    gold: str = ""
    """What would be used of the gold set, in a sentence."""
    held: str = ""
    """Why the night would be held before it trains; empty if it would not."""
    examples: tuple[Rejected, ...] = ()
    """The first refusal of each reason in each stage, because a dry run leaves no file that lists them."""
    mainline: Readiness | None = None
    """Whether the model can be trained and measured; None if that is unknown."""
    lacking: tuple[Finding, ...] = ()
    """What a night needs and does not find here, as `ct-retrain doctor` reports it, except mainline."""

    @property
    def would_break(self) -> bool:
        """Whether it is certain already that the night would break."""
        return bool(self.lacking) or bool(self.mainline and self.mainline.faults)


def plan_night(
    workspace: Workspace, settings: Settings, ports: Ports, night: str | None, *, again: bool = False
) -> DryRun:
    """Collect, curate, mix and check the suite in a scratch directory; load no weights, and keep nothing."""
    name = index.night_id(night, settings.timezone)
    if again:
        name = index.next_free_night(workspace, name)
    plan = index.new_plan(workspace, name, again=again)
    with tempfile.TemporaryDirectory(prefix="ct-retrain-dry-") as scratch:
        return _plan(Night(workspace, settings, ports, plan, Path(scratch)))


def _plan(night: Night) -> DryRun:
    collected, curated = _first_stages(night)
    settings, inputs = night.settings, stages.train_inputs(night)
    out = disk.make_directory(night.directory / "train")
    learns = stages.learns(night, curated)
    rows, characters, training = (
        _mixture(inputs, out, night.ports.outlook) if learns else _read_sources(inputs, out)
    )
    files = tuple(disk.read_lines(out / FILES, SourceFile))
    suite = load_suite(settings.benchmark.suite, night.workspace.root)
    lacking = tuple(_lacking(night.ports))
    found = Health(suite, ()) if any(one.what == SUITE for one in lacking) else _health(night, suite)
    challenge = challengers.challengers_of(night) if rows else challengers.ChallengerPlan({}, {})
    arms = len(challenge.recipes) + (3 if night.plan.champion else 2)
    return DryRun(
        night=night.plan.night,
        collect=collected,
        curate=curated,
        base=settings.train.mainline,
        hyperparameters=settings.train.hyperparameters,
        rows=rows,
        characters=characters,
        problems=len(found.suite.problems),
        quarantined=found.names,
        generations=arms * len(found.suite.problems) * settings.benchmark.samples if rows else 0,
        champion=night.plan.champion,
        training=training,
        challengers=tuple(challenge.recipes),
        waiting=challenge.waiting,
        files=files,
        gold=remark(files, settings.train, inputs.where),
        held=withheld(out, inputs) if learns else "",
        examples=tuple(_examples(night)),
        mainline=_ready(night, found.suite),
        lacking=lacking,
    )


def _health(night: Night, suite: Suite) -> Health:
    simulator, settings = night.ports.simulator, night.settings
    aids = aids_of(simulator, second=settings.benchmark.second_simulator)
    return health(suite, simulator, settings.judge.workers, aids)


def _lacking(ports: Ports) -> Iterator[Finding]:
    for one in ports.findings() if ports.findings else ():
        if not one.fine and not (ports.mainline and one.what == "mainline"):
            yield one


def _ready(night: Night, suite: Suite) -> Readiness | None:
    mainline = night.ports.mainline
    questions = [Prompt(id=problem.id, text=problem.question) for problem in suite.problems]
    return mainline.examine(questions) if mainline else None


def _examples(night: Night) -> Iterator[Rejected]:
    """Yield the first refusal of each reason in collect, in curate and in gold sets."""
    for stage in ("collect", "curate", "train"):
        seen: set[str] = set()
        for one in disk.read_lines(night.directory / stage / REJECTED, Rejected):
            if one.reason not in seen:
                seen.add(one.reason)
                yield one


def _first_stages(night: Night) -> tuple[CollectFacts, CurateFacts]:
    done: list[Manifest] = []
    for stage in ("collect", "curate"):
        done.append(perform(*stages.STEPS[stage](night, done), night.ports.effort))
    collected, curated = (manifest.facts for manifest in done)
    if not isinstance(collected, CollectFacts) or not isinstance(curated, CurateFacts):
        raise TypeError(collected.kind, curated.kind)
    return collected, curated


def _read_sources(inputs: TrainInputs, out: Path) -> tuple[dict[str, int], int, Outlook | None]:
    """Read only gold sets and general data, for a night with nothing new; return what `_mixture` returns."""
    read_gold_and_general(out, inputs)
    return {}, 0, None


def _mixture(
    inputs: TrainInputs, out: Path, outlook: Callable[[TrainPlan], Outlook] | None
) -> tuple[dict[str, int], int, Outlook | None]:
    """Return rows by source and characters of the mixture, and the estimated training."""
    plan = prepare_training(out, inputs)
    training = outlook(plan) if outlook else None
    rows = list(disk.read_lines(out / MIXTURE, Row))
    counts = Counter(row.source for row in rows)
    characters = sum(len(row.prompt) + len(row.completion) for row in rows)
    return dict(sorted(counts.items())), characters, training
