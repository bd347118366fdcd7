"""Runs an experiment to its answer, or what is left of it.

One training of every arm is a turn; after two turns and each one more there is a look at all of them. An arm that a
look finds worse than the control on every suite is not trained again. What looking costs is paid from α, see
`core.rules.alpha_spending`. Dying anywhere and running again ends in the same result: every part is a stage with a
manifest, and the looks are computed anew from them.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
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
from ct_retrain.core.rules.arm_comparison import Asked, compare_arms
from ct_retrain.core.workspace import Workspace
from ct_retrain.experiments.answer import Course, result_of
from ct_retrain.experiments.definition import (
    ExperimentDefinition,
    definition_file,
    read_definition,
    settings_of_arms,
)
from ct_retrain.experiments.evidence import cluster_names, table_of
from ct_retrain.experiments.frozen import open_plan
from ct_retrain.experiments.trial import ExperimentSetup, run_trial
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.records.experiments import RESULT
from ct_retrain.suites.load import load_suite

_LOG = structlog.get_logger("ct_retrain.experiments")


class Experimenting(NamedTuple):
    """A workspace, its settings, and the ports that an arm's settings ask for."""

    workspace: Workspace
    settings: Settings
    ports_of: Callable[[Settings], Ports]


def run_experiment(where: Experimenting, name: str) -> ExperimentResult:
    """Run experiment *name*, or what is left of it; a finished one is looked at again, and nothing of it is redone.

    Raise LockedError while another experiment runs, UsageError where what it asks cannot be asked.
    """
    workspace = where.workspace
    asked = read_definition(workspace, name)
    arms = settings_of_arms(asked, where.settings, definition_file(workspace, name))
    suites = tuple(
        load_suite(one, workspace.root) for one in asked.suites or (where.settings.benchmark.suite,)
    )
    _comparable(suites, asked.cluster)
    with (
        disk.lock(workspace.experiments / ".lock", f"{disk.EXPERIMENT} {name}"),
        disk.blamed(workspace.root),
        ExitStack() as opened,
    ):
        plan = open_plan(workspace, where.settings, name, asked)
        ports = {arm: where.ports_of(settings) for arm, settings in arms.items()}
        for one in ports.values():
            opened.enter_context(closing(one.generators))
        directory = workspace.experiments / name
        setup = ExperimentSetup(workspace, where.settings, asked, plan, directory, arms, ports, suites)
        return _turns(setup)


def last_result(workspace: Workspace, name: str) -> ExperimentResult:
    """The answer of experiment *name* as far as it has run; raise UsageError where it has none yet."""
    path = workspace.experiments / name / RESULT
    if not path.exists():
        definition_file(workspace, name)
        raise UsageError(
            f"experiment {name} has no result yet: there is one after two trainings of every arm; "
            f"`ct-retrain experiment run {name}` goes on"
        )
    return disk.read_record(path, ExperimentResult)


def _comparable(suites: Sequence[Suite], cluster: str) -> None:
    """Raise UsageError where results of *suites* could not be told apart, or would tell nothing."""
    for suite in suites:
        if [one.name for one in suites].count(suite.name) > 1:
            raise UsageError(
                f"two suites are called {suite.name}: rename the file or directory of one of them"
            )
        if len(set(cluster_names(suite.problems, cluster).values())) < 2:
            raise UsageError(
                f"{suite.name}: all problems are one cluster, and one piece of evidence tells nothing; look at `cluster`"
            )


def _turns(setup: ExperimentSetup) -> ExperimentResult:
    course = Course({arm: [] for arm in setup.arms}, {}, {})
    result: ExperimentResult | None = None
    for number in range(setup.asked.seeds):
        for arm in list(course.running):
            _try(setup, course, arm, number)
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


def _try(setup: ExperimentSetup, course: Course, arm: str, number: int) -> None:
    """One training more of *arm*; one that fails ends the arm, for another recipe may do, but not the control's."""
    try:
        course.trials[arm].append(run_trial(setup, arm, number))
    except ToolError as error:
        if arm == CONTROL:
            raise
        _LOG.warning("arm fails", arm=arm, training=number, reason=str(error))
        ended = ArmEnd(arm=arm, kind="failed", seeds=len(course.trials[arm]), reason=str(error))
        course.ended[arm] = ended


def _look(setup: ExperimentSetup, course: Course) -> ExperimentResult:
    """Compare what there is, and stop what is surely worse."""
    asked, gate = setup.asked, setup.usual.gate
    turn, seeds = len(setup.plan.rounds) - 1, len(course.trials[CONTROL])
    used = spent(asked.alpha, turn, seeds, asked.seeds)
    how = Asked(used, asked.detect, gate.bootstrap, gate.seed)
    trials = {arm: of for arm, of in course.running.items() if len(of) >= FEWEST}
    found: tuple[ArmDifference, ...] = ()
    if len(trials) > 1:
        found = compare_arms([table_of(suite, trials, asked.cluster) for suite in setup.suites], how)
    before = tuple(one for of in course.final.values() for one in of)
    _stop(course, found, seeds, asked)
    return result_of(setup, course, (*found, *before), used)


def _stop(course: Course, found: tuple[ArmDifference, ...], seeds: int, asked: ExperimentDefinition) -> None:
    for arm in {one.arm for one in found}:
        of = tuple(one for one in found if one.arm == arm)
        if seeds < asked.seeds and all(one.answer == "worse" for one in of):
            said = "; ".join(f"{one.suite} {one.difference:+.1%}, at most {one.high:+.1%}" for one in of)
            course.final[arm] = of
            course.ended[arm] = ArmEnd(
                arm=arm, kind="stopped", seeds=seeds, reason=f"surely worse than the control: {said}"
            )
            _LOG.info("arm stopped", arm=arm, trainings=seeds, reason=said)
