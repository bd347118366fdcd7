"""The page of an experiment: each arm's difference with its interval, what it gained and forgot, what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ct_retrain import disk
from ct_retrain.core.record import digest
from ct_retrain.core.records.arm import Role
from ct_retrain.core.records.experiment import CONTROL, ArmDifference, ArmScore, ExperimentResult
from ct_retrain.report.axes import MUTED, Axes, Ink, Mark, Pen
from ct_retrain.report.charts import ARM_COLOURS, ARM_MARKS, BAD, GOOD, Chart, Table, chart, label
from ct_retrain.report.formatting import duration, energy, points, share
from ct_retrain.report.pages import rendered

if TYPE_CHECKING:
    from pathlib import Path

    from ct_retrain.core.workspace import Workspace

_COLOURS = {"better": GOOD, "worse": BAD, "cannot_tell": MUTED}
_MARKS: dict[str, Mark] = {"better": "^", "worse": "v", "cannot_tell": "o"}
"""Told apart without colour too."""


class SuiteCharts(NamedTuple):
    """The charts of one suite."""

    suite: str
    forest: Chart | None
    """None where a look compared nothing."""
    balance: Chart


def write_experiment(workspace: Workspace, result: ExperimentResult) -> Path:
    """Write the page of *result*, and return where it is."""
    path = disk.make_directory(workspace.reports) / f"experiment_{result.name}.html"
    context = {**_context(result), "source": digest(result)}
    disk.write_bytes(path, rendered("experiment.html.j2", context))
    return path


def _context(result: ExperimentResult) -> dict[str, Any]:
    return {
        "result": result,
        "charts": [_charts(result, one.suite, place) for place, one in enumerate(result.suites)],
        "answers": [_answer(one, result.detect) for one in result.differences],
        "reached": [_reached(one, result) for one in result.scores],
        "recipes": [
            (arm, "; ".join(f"{name} = {value}" for name, value in recipe.items()) or "as the nights train")
            for arm, recipe in result.recipes.items()
        ],
        "detect": points(result.detect),
        "confidence": share(result.confidence),
        "alpha": share(result.alpha),
        "tone": "good" if any(one.answer == "better" for one in result.differences) else "idle",
    }


def _charts(result: ExperimentResult, suite: str, place: int) -> SuiteCharts:
    found = [one for one in result.differences if one.suite == suite]
    scores = [one for one in result.scores if one.suite == suite]
    return SuiteCharts(
        suite=suite,
        forest=_forest(found, suite, f"forest-{place}") if found else None,
        balance=_balance(scores, suite, f"balance-{place}"),
    )


def _forest(found: list[ArmDifference], suite: str, key: str) -> Chart:
    """Every arm minus the control, with the interval that holds for all of them at once."""

    def paint(axes: Axes) -> None:
        axes.upright(0, Pen(MUTED))
        axes.rows([label(one.arm) for one in found], len(found) - 0.5, -0.5)
        axes.x.margin, axes.x.label = 0.08, "points of pass@1, arm minus control"
        for place, one in enumerate(found):
            colour = _COLOURS[one.answer]
            axes.line([(one.low * 100, place), (one.high * 100, place)], Pen(colour, 2.5))
            axes.marks([(one.difference * 100, place)], Ink(colour, _MARKS[one.answer], 8))

    rows = [
        (
            one.arm,
            points(one.difference),
            f"{points(one.low)} to {points(one.high)}",
            one.answer.replace("_", " "),
        )
        for one in found
    ]
    said = "; ".join(f"{row[0]} {row[1]} points, {row[2]}, {row[3]}" for row in rows)
    table = Table(("arm", "difference", "interval", "answer"), rows)
    return chart(key, f"Arms minus control on {suite}: {said}", 72 + 29 * len(found), paint, table)


def _balance(scores: list[ArmScore], suite: str, key: str) -> Chart:
    """What each arm forgot of what mainline could do, against what it learned of the rest."""

    def paint(axes: Axes) -> None:
        axes.x.margin = axes.y.margin = 0.2
        axes.x.grid = axes.y.grid = True
        axes.x.label, axes.y.label = "points gained where mainline fails", "points lost where it passes"
        axes.across(0, Pen(MUTED))
        axes.upright(0, Pen(MUTED))
        for one in scores:
            role, at = (
                Role.MAINLINE if one.arm == CONTROL else Role.CANDIDATE,
                (one.gained * 100, one.lost * 100),
            )
            axes.marks([at], Ink(ARM_COLOURS[role], ARM_MARKS[role], 8))
            axes.words(label(one.arm), at, (7, -5))

    rows = [(one.arm, points(one.gained), points(one.lost)) for one in scores]
    said = "; ".join(f"{arm} gained {gained} and lost {lost}" for arm, gained, lost in rows)
    return chart(
        key, f"Gain and forgetting on {suite}: {said}", 216, paint, Table(("arm", "gained", "lost"), rows)
    )


def _answer(one: ArmDifference, detect: float) -> tuple[str, ...]:
    needed = f"{one.seeds_needed} trainings an arm" if one.seeds_needed else "none: more problems are needed"
    return (
        one.arm,
        one.suite,
        one.answer.replace("_", " "),
        points(one.difference),
        f"{points(one.low)} to {points(one.high)}",
        str(one.seeds),
        points(one.training_sd).lstrip("+"),
        f"{points(detect)}: {needed}",
    )


def _reached(one: ArmScore, result: ExperimentResult) -> tuple[str, ...]:
    cost = next(cost for cost in result.costs if cost.arm == one.arm)
    return (
        one.arm,
        one.suite,
        share(sum(one.scores) / len(one.scores)),
        ", ".join(map(share, one.scores)),
        share(one.mainline),
        duration(cost.train_seconds),
        duration(cost.measure_seconds),
        f"{cost.trained_tokens:,}",
        f"{cost.answer_tokens:,}",
        energy(cost.joules),
    )
