"""Runs an experiment to its result, or continues it.

In a turn, every arm is trained once. After the second turn and each later one, all arms are compared (a look). An arm
that is worse than the control on every suite is not trained again. Each look spends part of α, see
`core.rules.alpha_spending`. A run that is interrupted anywhere and continued ends with the same result: every part is
a stage with a manifest, and the looks are computed from the manifests.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import NamedTuple

import structlog

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.experiment import (
    CONTROL,
    ArmDifference,
    ArmEnd,
    ExperimentResult,
)
from ct_retrain.core.records.problem import Suite
from ct_retrain.core.rules.alpha_spending import FEWEST, spent
from ct_retrain.core.rules.arm_comparison import ComparisonSpec, compare_arms
from ct_retrain.core.workspace import Workspace
from ct_retrain.experiments.answer import ExperimentState, result_of
from ct_retrain.experiments.definition import (
    ExperimentDefinition,
    definition_file,
    read_definition,
    settings_of_arms,
)
from ct_retrain.experiments.devices import DeviceWorkers, TrialOutcome, require_devices
from ct_retrain.experiments.evidence import table_of
from ct_retrain.experiments.frozen import open_plan
from ct_retrain.experiments.trial import ExperimentSetup, Trial, run_trial
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.records.experiments import RESULT
from ct_retrain.suites.load import load_suite
from ct_retrain.suites.near_duplicates import cluster_names

_LOG = structlog.get_logger("ct_retrain.experiments")

_Turn = Callable[[Sequence[str], int], Iterable[TrialOutcome]]
"""Runs a training, of the number that is given, of each of some arms."""


class ExperimentContext(NamedTuple):
    """A workspace, its settings, and a function that makes the ports for an arm's settings."""

    workspace: Workspace
    settings: Settings
    ports_of: Callable[[Settings], Ports]
    devices: tuple[str, ...] = ()
    """Devices on which arms are trained side by side, as values of CUDA_VISIBLE_DEVICES; none trains them in turn."""


def run_experiment(where: ExperimentContext, name: str) -> ExperimentResult:
    """Run experiment *name*, or continue it; a finished one is only compared again.

    Raise LockedError while another experiment runs, and UsageError if the definition cannot be run.
    """
    workspace = where.workspace
    asked = read_definition(workspace, name)
    arms = settings_of_arms(asked, where.settings, definition_file(workspace, name))
    suites = tuple(
        load_suite(one, workspace.root) for one in asked.suites or (where.settings.benchmark.suite,)
    )
    _comparable(suites, asked.cluster)
    if where.devices:
        require_devices(arms, where.settings, where.devices)
    with (
        disk.lock(workspace.experiments / ".lock", f"{disk.EXPERIMENT} {name}"),
        disk.blamed(workspace.root),
        ExitStack() as opened,
    ):
        ports = {arm: where.ports_of(settings) for arm, settings in arms.items()}
        for one in ports.values():
            opened.enter_context(closing(one.generators))
        plan = open_plan(workspace, where.settings, name, asked)
        directory = workspace.experiments / name
        setup = ExperimentSetup(workspace, where.settings, asked, plan, directory, arms, ports, suites)
        train: _Turn = partial(_in_turn, setup)
        if where.devices:
            train = opened.enter_context(closing(DeviceWorkers(setup, where.devices))).turn
        return _turns(setup, train)


def last_result(workspace: Workspace, name: str) -> ExperimentResult:
    """Return the result of experiment *name* so far; raise UsageError if there is none yet."""
    path = workspace.experiments / name / RESULT
    if not path.exists():
        definition_file(workspace, name)
        raise UsageError(
            f"experiment {name} has no result yet: there is one after two trainings of every arm; "
            f"`ct-retrain experiment run {name}` continues"
        )
    return disk.read_record(path, ExperimentResult)


def _comparable(suites: Sequence[Suite], cluster: str) -> None:
    """Raise UsageError if the results of *suites* could not be distinguished, or could show nothing."""
    for suite in suites:
        if [one.name for one in suites].count(suite.name) > 1:
            raise UsageError(
                f"two suites are called {suite.name}: rename the file or directory of one of them"
            )
        if len(set(cluster_names(suite.problems, cluster).values())) < 2:
            raise UsageError(
                f"{suite.name}: all problems are in one cluster, and one cluster is not enough evidence; correct `cluster`"
            )


def _in_turn(setup: ExperimentSetup, arms: Sequence[str], number: int) -> Iterator[TrialOutcome]:
    for arm in arms:
        try:
            trial: Trial | ToolError = run_trial(setup, arm, number)
        except ToolError as error:
            trial = error
        yield TrialOutcome(arm, trial)


def _turns(setup: ExperimentSetup, train: _Turn) -> ExperimentResult:
    course = ExperimentState({arm: [] for arm in setup.arms}, {}, {})
    result: ExperimentResult | None = None
    for number in range(setup.asked.seeds):
        for outcome in train(list(course.running), number):
            _note(course, outcome, number)
        if number + 1 >= FEWEST:
            result = _look(setup, course)
            if result.differences:
                disk.write_record(setup.directory / RESULT, result)
        if len(course.running) == 1:
            break
    if result is None or not result.differences:
        reasons = "\n".join(f"{one.arm}: {one.reason}" for one in course.ended.values())
        raise ToolError(f"experiment {setup.plan.name}: no arm could be trained and measured\n{reasons}")
    return result


def _note(course: ExperimentState, outcome: TrialOutcome, number: int) -> None:
    """Add a training to *course*. A failure ends the arm, because other recipes may work; one of the control is raised."""
    arm, trial = outcome
    if isinstance(trial, Trial):
        course.trials[arm].append(trial)
        return
    if arm == CONTROL:
        raise trial
    _LOG.warning("arm fails", arm=arm, training=number, reason=str(trial))
    ended = ArmEnd(arm=arm, kind="failed", seeds=len(course.trials[arm]), reason=str(trial))
    course.ended[arm] = ended


def _look(setup: ExperimentSetup, course: ExperimentState) -> ExperimentResult:
    """Compare the trainings so far, and stop arms that are surely worse."""
    asked, gate = setup.asked, setup.usual.gate
    turn, seeds = len(setup.plan.rounds) - 1, len(course.trials[CONTROL])
    used = spent(asked.alpha, turn, seeds, asked.seeds)
    how = ComparisonSpec(used, asked.detect, gate.bootstrap, gate.seed)
    trials = {arm: of for arm, of in course.running.items() if len(of) >= FEWEST}
    found: tuple[ArmDifference, ...] = ()
    if len(trials) > 1:
        found = compare_arms([table_of(suite, trials, asked.cluster) for suite in setup.suites], how)
    before = tuple(one for of in course.final.values() for one in of)
    _stop(course, found, seeds, asked)
    return result_of(setup, course, (*found, *before), used)


def _stop(
    course: ExperimentState, found: tuple[ArmDifference, ...], seeds: int, asked: ExperimentDefinition
) -> None:
    for arm in {one.arm for one in found}:
        of = tuple(one for one in found if one.arm == arm)
        if seeds < asked.seeds and all(one.answer == "worse" for one in of):
            said = "; ".join(f"{one.suite} {one.difference:+.1%}, at most {one.high:+.1%}" for one in of)
            course.final[arm] = of
            course.ended[arm] = ArmEnd(
                arm=arm, kind="stopped", seeds=seeds, reason=f"surely worse than the control: {said}"
            )
            _LOG.info("arm stopped", arm=arm, trainings=seeds, reason=said)
