"""Results of experiments, and their form for a tracker: one run per training of every arm."""

import re

from ct_retrain import disk
from ct_retrain.core.records.experiment import ExperimentResult, TrialRow
from ct_retrain.core.records.tracked import TrackedExperiment, TrackedNight
from ct_retrain.core.workspace import Workspace

RESULT = "result.json"
"""Name of the file with the result of an experiment."""


def results(workspace: Workspace) -> list[ExperimentResult]:
    """Return every experiment that has a result, by name."""
    paths = sorted(workspace.experiments.glob(f"*/{RESULT}"))
    return [disk.read_record(path, ExperimentResult) for path in paths]


def experiment_rows(result: ExperimentResult) -> TrackedExperiment:
    """Return *result* as runs; each contains the result of its arm."""
    return TrackedExperiment(name=result.name, rows=tuple(_row(result, one) for one in result.trials))


def _row(result: ExperimentResult, trial: TrialRow) -> TrackedNight:
    answers = {f"answer.{one.suite}": one.answer for one in result.differences if one.arm == trial.arm}
    measured = {f"{suite}.functional": value for suite, value in trial.scores.items()}
    if trial.loss is not None:
        measured["train.loss"] = trial.loss
    return TrackedNight(
        night=f"{trial.arm}/{trial.seed}",
        started=trial.started,
        finished=trial.finished,
        base=result.base,
        parameters={"arm": trial.arm, "seed": str(trial.seed), **result.recipes[trial.arm]},
        metrics={metric_name(name): value for name, value in measured.items()},
        curves={},
        tags={
            "experiment": result.name,
            "night": result.night,
            "sha256.curate": result.curated,
            "sha256.adapter": trial.adapter_sha256,
            "mlflow.note.content": result.question,
            **answers,
        },
        adapter=None,
    )


def metric_name(name: str) -> str:
    """Return *name* in letters that MLflow allows: `candidate.pass@1` becomes `candidate.pass_at_1`."""
    return re.sub(r"[^\w\-. /:]", "_", name.replace("@", "_at_"), flags=re.ASCII)
