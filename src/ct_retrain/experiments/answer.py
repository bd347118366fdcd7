"""The state of an experiment, and the result that follows from it."""

from collections.abc import Sequence
from typing import NamedTuple

from ct_retrain.core.configuration.recipes import differences
from ct_retrain.core.records.experiment import CONTROL, ArmDifference, ArmEnd, ExperimentResult
from ct_retrain.experiments.evidence import cost_of, facts_of, row_of, score_of
from ct_retrain.experiments.trial import ExperimentSetup, Trial


class ExperimentState(NamedTuple):
    """State of an experiment."""

    trials: dict[str, list[Trial]]
    """Arm → its trainings so far; the control comes first."""
    ended: dict[str, ArmEnd]
    final: dict[str, tuple[ArmDifference, ...]]
    """Arm that a look stopped → the differences found by that look."""

    @property
    def running(self) -> dict[str, list[Trial]]:
        """The arms that were not stopped, including the control."""
        return {arm: of for arm, of in self.trials.items() if arm not in self.ended}


def result_of(
    setup: ExperimentSetup, course: ExperimentState, found: Sequence[ArmDifference], used: float
) -> ExperimentResult:
    """Return the result after a look that found the differences *found* and has spent *used* of α."""
    asked, plan = setup.asked, setup.plan
    measured = {arm: of for arm, of in course.trials.items() if of}
    control, rows = course.trials[CONTROL], [row_of(one) for of in measured.values() for one in of]
    order = list(setup.arms)
    return ExperimentResult(
        name=plan.name,
        question=asked.question,
        night=plan.night,
        curated=plan.curated,
        base=setup.arms[CONTROL].train.mainline,
        complete=len(control) >= asked.seeds or len(course.running) == 1,
        seeds=asked.seeds,
        confidence=1 - used,
        alpha=asked.alpha,
        detect=asked.detect,
        recipes={arm: differences(of.train, setup.usual.train) for arm, of in setup.arms.items()},
        suites=tuple(facts_of(suite, control[0], asked.cluster) for suite in setup.suites),
        differences=tuple(sorted(found, key=lambda one: (one.suite, order.index(one.arm)))),
        scores=tuple(score_of(suite, arm, of) for suite in setup.suites for arm, of in measured.items()),
        costs=tuple(cost_of(arm, of) for arm, of in measured.items()),
        ended=tuple(course.ended.values()),
        trials=tuple(rows),
        finished=max(one.finished for one in rows),
    )
