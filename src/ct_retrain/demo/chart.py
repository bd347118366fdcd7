"""The demo's picture: pass rate on held-out problems, night by night, with intervals over clusters of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from ct_retrain import disk
from ct_retrain.core.records.arm import Role
from ct_retrain.core.records.night import NightOutcome
from ct_retrain.core.records.problem import Estimate
from ct_retrain.demo.flywheel import DemoNight

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("#0b6e4f", "#6b7280")


def draw(turns: Sequence[DemoNight], target: Path) -> Path:
    """Draw *turns* into the SVG file *target* and return it; the figures are those of the NightRecords."""
    import io

    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    measured = [turn for turn in turns if turn.measured]
    labels = ["mainline", *(f"night {number}" for number, _ in enumerate(measured, 1))]
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for nights, colour in zip(zip(*(turn.groups for turn in measured), strict=True), cycle(_COLOURS)):
        first = nights[0]
        if not first.shares:
            continue
        estimates = [first.shares[Role.MAINLINE], *(one.shares[Role.CANDIDATE] for one in nights)]
        asked = f"{first.problems} problems in {first.clusters} clusters"
        _line(axes, estimates, f"{first.name} ({asked})", colour)
    for place, turn in enumerate(measured, 1):
        if turn.record.outcome is NightOutcome.PUBLISHED:
            axes.annotate("published", (place, 0.02), ha="center", color=_COLOURS[0], fontsize=9)
        else:
            axes.annotate(turn.record.outcome.value, (place, 0.02), ha="center", color="#b91c1c", fontsize=9)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_ylim(0, 1.05)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_ylabel("held-out problems passed, by simulation")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 0.08))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    disk.write_bytes(target, buffer.getvalue())
    return target


def _line(axes: Axes, estimates: Sequence[Estimate], name: str, colour: str) -> None:
    places = range(len(estimates))
    values = [one.value for one in estimates]
    spread = [[one.value - one.low for one in estimates], [one.high - one.value for one in estimates]]
    axes.errorbar(places, values, yerr=spread, color=colour, marker="o", capsize=3, linewidth=2, label=name)
    for place, value in zip(places, values, strict=True):
        axes.annotate(
            f"{value:.0%}",
            (place, value),
            textcoords="offset points",
            xytext=(8, 6 if value < 0.1 else -14),
            color=colour,
        )
