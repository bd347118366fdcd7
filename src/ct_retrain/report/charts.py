"""Charts as inline SVG, drawn by matplotlib in placeholder colours that the page replaces, light or dark.

Equal figures give equal bytes. Text stays text; the title and a table give the figures to readers who cannot
see the chart.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ct_retrain.core.records.arm import Role
from ct_retrain.report.formatting import line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, GRID = "#010101", "#010102", "#010103"
ARM_COLOURS = {
    Role.CANDIDATE: "#010104",
    Role.CHALLENGER: "#010109",
    Role.CHAMPION: "#010105",
    Role.MAINLINE: "#010106",
}
GOOD, BAD = "#010107", "#010108"
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    **{colour: f"--{role}" for role, colour in ARM_COLOURS.items()},
    GOOD: "--good",
    BAD: "--bad",
}
ARM_MARKS = {Role.CANDIDATE: "o", Role.CHALLENGER: "^", Role.CHAMPION: "s", Role.MAINLINE: "D"}
"""Markers that differ without colour, too."""
_WIDTH = 5.3
"""Width in inches: about 375 units, so that a phone shows text at its normal size."""
_STYLE: Any = {
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.labelcolor": MUTED,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.edgecolor": "none",
    "figure.facecolor": "none",
    "font.family": ["sans-serif"],
    "font.size": 11,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "ct-retrain",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}


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
    """Return a Chart of *height* inches that *paint* draws."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the browser supplies glyphs that matplotlib's font lacks
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        paint(figure.add_subplot())
        buffer = io.StringIO()
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata={"Date": None})  # savefig draws twice
    svg = _inline(buffer.getvalue(), key, title)
    return Chart(key, title, svg, table.columns, tuple(table.rows))


def label(name: str) -> str:
    """Shorten a name that a user chose to fit an axis."""
    return line(name, 24)


def _inline(text: str, key: str, title: str) -> str:
    """Return the SVG for embedding: no prologue, no style of its own, the page's colours and ids."""
    from markupsafe import escape

    body = text[text.index("<svg") :].split(">", 1)[1]
    found = re.search(r'viewBox="([^"]+)"', text)
    box = found.group(1) if found else "0 0 1 1"
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", body, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, f"var({variable})")
    body = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", body)
    used = set(re.findall(r"(?:href=\"|url\()#([\w-]+)", body))
    body = re.sub(r' id="([\w.-]+)"', lambda one: f' id="{key}-{one[1]}"' if one[1] in used else "", body)
    body = re.sub(r"(href=\"|url\()#", rf"\1#{key}-", body)
    body = re.sub(r"\n\s*", "\n", body)
    head = (
        f'<svg class="chart" role="img" aria-labelledby="{key}-title" viewBox="{box}" xmlns:xlink='
        f'"http://www.w3.org/1999/xlink"><title id="{key}-title">{escape(title)}</title>'
    )
    return head + body


def named_rows(axes: Axes) -> None:
    """Make every tick of y a row with a name."""
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
