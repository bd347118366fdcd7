"""The demo's picture: pass rate on held-out problems, night by night, with intervals over clusters of them."""

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.records.arm import Role
from ct_retrain.core.records.problem import Estimate
from ct_retrain.demo.flywheel import DemoNight
from ct_retrain.report.axes import MUTED, WIDTH, Axes, Ink, Pen

_HEIGHT = 240
_STYLE = "svg { background: #fff; font-family: sans-serif; --ink: #1b1f24; --muted: #6b7280; --grid: #ccd3da; --new: #0b6e4f }"
_LOOKS = (("--new", 14), (MUTED, -8))
"""Colour of a group, and how far below its marks their figures stand, so that those of two do not meet."""


def draw(turns: Sequence[DemoNight], target: Path) -> Path:
    """Draw *turns* into the SVG file *target* and return it; the figures are those of the NightRecords."""
    measured = [turn for turn in turns if turn.measured]
    axes = Axes()
    axes.x.limits = (-0.3, len(measured) + 0.5)
    axes.x.ticks = list(enumerate(["mainline", *(f"night {place}" for place, _ in enumerate(measured, 1))]))
    axes.y.limits, axes.y.percent, axes.y.grid = (0, 1.05), True, True
    axes.y.label = "held-out problems passed"
    for nights, look in zip(zip(*(turn.groups for turn in measured), strict=True), cycle(_LOOKS)):
        first = nights[0]
        if first.shares:
            estimates = [first.shares[Role.MAINLINE], *(one.shares[Role.CANDIDATE] for one in nights)]
            asked = f"{first.problems} problems in {first.clusters} clusters"
            _line(axes, estimates, f"{first.name} ({asked})", *look)
    for place, turn in enumerate(measured, 1):
        axes.words(turn.record.outcome.value.replace("_", " "), (place, 0), (0, -6), middle=True)
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH:.0f}" viewBox="0 0 {WIDTH:.0f} {_HEIGHT}">'
    disk.write_text(target, f"{drawn}<style>{_STYLE}</style>{axes.svg(_HEIGHT)}</svg>\n")
    return target


def _line(axes: Axes, estimates: Sequence[Estimate], name: str, colour: str, below: float) -> None:
    axes.line([(place, one.value) for place, one in enumerate(estimates)], Pen(colour, 2), name)
    for place, one in enumerate(estimates):
        axes.line([(place, one.low), (place, one.high)], Pen(colour, 1.2))
        axes.marks([(place, one.value)], Ink(colour))
        axes.words(f"{one.value:.0%}", (place, one.value), (6, -6 if one.value < 0.1 else below))
