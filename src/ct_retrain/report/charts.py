"""Charts as inline SVG in the page's colours, light or dark, with a title and a table for who cannot see them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import escape

from ct_retrain.core.records.arm import Role
from ct_retrain.report.axes import WIDTH, Axes, Mark
from ct_retrain.report.formatting import line

ARM_COLOURS = {role: f"--{role}" for role in Role}
GOOD, BAD = "--good", "--bad"
ARM_MARKS: dict[Role, Mark] = {
    Role.CANDIDATE: "o",
    Role.CHALLENGER: "^",
    Role.CHAMPION: "s",
    Role.MAINLINE: "D",
}
"""Markers that differ without colour, too."""


class Chart(NamedTuple):
    """A picture and its figures."""

    key: str
    """Id, unique on its page."""
    title: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The figures as text, for readers who cannot see the chart."""


class Table(NamedTuple):
    """The figures of a chart."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def chart(key: str, title: str, height: float, paint: Callable[[Axes], None], table: Table) -> Chart:
    """Return a Chart, *height* units high, that *paint* draws."""
    axes = Axes()
    paint(axes)
    svg = (
        f'<svg class="chart" role="img" aria-labelledby="{key}-title" viewBox="0 0 {WIDTH:.0f} {height:.0f}">'
        f'<title id="{key}-title">{escape(title)}</title>{axes.svg(height)}</svg>'
    )
    return Chart(key, title, svg, table.columns, tuple(table.rows))


def label(name: str) -> str:
    """Shorten a name that a user chose to fit an axis."""
    return line(name, 24)
