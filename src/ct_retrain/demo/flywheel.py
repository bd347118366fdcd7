"""Run several nights of the whole loop: the pipeline writes new specs with the served model, then a night
learns.

Run again in the same workspace, it continues where it stopped.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.record import Record
from ct_retrain.core.records.arm import Role
from ct_retrain.core.records.night import BenchmarkFacts, NightRecord
from ct_retrain.core.records.problem import Problem
from ct_retrain.core.workspace import Workspace
from ct_retrain.demo.nightly_recipe import NightlyRecipe
from ct_retrain.demo.planner import Planner
from ct_retrain.demo.stage_set import SUITE, night_id, specs_file
from ct_retrain.manifests import facts_of
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.pipeline import Tools, load_specs, run_pipeline
from ct_retrain.releases import latest
from ct_retrain.report.groups import Group, grouped
from ct_retrain.stages.benchmark import sampling_of


class Harvest(Record):
    """Results of the pipeline before a night."""

    specs: int
    by_model: int
    """Number of specs that the served model solved itself."""
    by_planner: int
    serving: str | None


class DemoNight(NamedTuple):
    """One night of the demo, in the figures of its NightRecord."""

    night: str
    harvest: Harvest
    record: NightRecord
    groups: tuple[Group, ...]
    """Those of `report.groups`."""

    @property
    def measured(self) -> bool:
        """Whether an adapter of this night was measured."""
        return any(Role.CANDIDATE in one.shares for one in self.groups)


def turn_all(
    workspace: Workspace, settings: Settings, ports: Ports, recipe: NightlyRecipe, say: Callable[[str], None]
) -> Iterator[DemoNight]:
    """Yield every night when it ends."""
    for number in range(1, recipe.nights + 1):
        name = night_id(number)
        over = workspace.record(name).exists()
        doing = "is over" if over else f"the pipeline writes tonight's specs with {_serving(workspace)}"
        say(f"night {number} of {recipe.nights}: {doing}")
        harvest = _harvest(workspace, settings, ports, number)
        say(
            f"  {harvest.by_model} of {harvest.specs} passed as written, {harvest.by_planner} by the planner's repair"
        )
        record = run_night(workspace, settings, ports, Options(night=name, ahead=True))
        if record is None:
            return
        turn = _turn(workspace, settings, name, harvest, record)
        say(f"  {record.outcome.value}: {_progress(turn)}")
        yield turn


def _serving(workspace: Workspace) -> str:
    return latest(workspace.models) or "mainline"


def _harvest(workspace: Workspace, settings: Settings, ports: Ports, number: int) -> Harvest:
    """Run the pipeline on tonight's specs once; after an interruption, start them again."""
    note = workspace.root / f"data/specs/night_{number}.done.json"
    if note.exists():
        return disk.read_record(note, Harvest)
    prefix = f"night{number}"
    for stale in workspace.runs.glob(f"{prefix}-*"):
        shutil.rmtree(stale)
    specs = load_specs(workspace.root / specs_file(number))
    serving = latest(workspace.models)
    adapter = workspace.models / serving if serving else None
    with contextlib.closing(ports.generators) as generators:
        tools = Tools(
            writers=[generators.open(adapter), Planner(specs)],
            simulator=ports.simulator,
            sampling=sampling_of(settings.benchmark),
            workers=settings.judge.workers,
        )
        results = run_pipeline(specs, workspace.runs, prefix, tools)
    harvest = Harvest(
        specs=len(specs),
        by_model=sum(one.passed and one.attempts == 1 for one in results),
        by_planner=sum(one.passed and one.attempts > 1 for one in results),
        serving=serving,
    )
    disk.write_record(note, harvest)
    return harvest


def _turn(
    workspace: Workspace, settings: Settings, name: str, harvest: Harvest, record: NightRecord
) -> DemoNight:
    facts = facts_of(workspace, record, BenchmarkFacts)
    problems = {one.id: one for one in disk.read_lines(workspace.root / SUITE, Problem)}
    groups = grouped(facts.scorecards if facts else (), problems, settings.report.groups, settings.gate)
    return DemoNight(name, harvest, record, tuple(groups))


def _progress(turn: DemoNight) -> str:
    if not turn.measured:
        return turn.record.reason
    return ", ".join(
        f"{one.name} {one.shares[Role.CANDIDATE].value:.0%} (mainline {one.shares[Role.MAINLINE].value:.0%})"
        for one in turn.groups
        if one.shares
    )
