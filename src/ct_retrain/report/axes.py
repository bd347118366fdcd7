"""The axes of a chart: lines, marks and words at values, as SVG whose colours are the page's variables.

Written out, because drawing the charts with matplotlib was nine tenths of what a page costs. Equal figures give equal
bytes. The browser sets the text, so the room for it is estimated.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from markupsafe import escape

INK, MUTED, GRID = "--ink", "--muted", "--grid"
WIDTH = 380.0
"""Units, so that a phone shows text at its normal size."""
_SIZE = 11
_CHARACTER = 7.0
"""Width of a character of text, on the wide side."""
_LINE = 15.0
"""Height of a line of text."""
_HANDLE = 22.0
"""Width of a legend's sample with its gap."""
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)

Mark: TypeAlias = Literal["o", "s", "D", "^", "v", "X"]
"""Circle, square, diamond, triangle up and down, cross."""
Point: TypeAlias = tuple[float, float]
_Paint: TypeAlias = Callable[[Callable[[Point], Point]], str]
_SHAPES: dict[str, Sequence[Point]] = {
    "s": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "D": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "^": ((0, -1), (1, 1), (-1, 1)),
    "v": ((0, 1), (1, -1), (-1, -1)),
    "X": tuple(
        (x / 2, y / 2)
        for x, y in (
            (-2, -1), (-1, -2), (0, -1), (1, -2), (2, -1), (1, 0), (2, 1), (1, 2), (0, 1), (-1, 2), (-2, 1), (-1, 0),
        )
    ),
}  # fmt: skip


class Pen(NamedTuple):
    """How a line is drawn."""

    colour: str
    width: float = 1.0
    dashes: str = ""
    """Lengths of dashes and gaps, in units."""
    opacity: float = 1.0


class Ink(NamedTuple):
    """How a mark is drawn."""

    colour: str
    mark: Mark = "o"
    size: float = 6.0
    hollow: bool = False


class Scale:
    """One direction: the values it spans, and the ticks on it."""

    def __init__(self) -> None:
        """As wide as what is drawn, with a margin."""
        self.limits: tuple[float | None, float | None] = (None, None)
        """The values at its ends; None is what is drawn. Those of y begin at the bottom."""
        self.margin = 0.05
        """Share of the span that is left free at an end that is not set."""
        self.label = ""
        self.grid = False
        self.ticks: Sequence[tuple[float, str]] | None = None
        """Value and words; None chooses round values."""
        self.percent = False
        """Whether round values are shares."""
        self._seen: list[float] = []

    def see(self, *values: float) -> None:
        """Be wide enough for *values*."""
        self._seen += values

    @property
    def span(self) -> tuple[float, float]:
        """The values at its ends."""
        least, most = min(self._seen, default=0.0), max(self._seen, default=1.0)
        if least == most:
            least, most = least - abs(least or 1) * 0.05, most + abs(most or 1) * 0.05
        room = (most - least) * self.margin
        low, high = self.limits
        return least - room if low is None else low, most + room if high is None else high

    def marked(self) -> list[tuple[float, str]]:
        """The ticks within the span."""
        low, high = sorted(self.span)
        found = list(_round(low, high, percent=self.percent)) if self.ticks is None else self.ticks
        return [one for one in found if low <= one[0] <= high]


class Axes:
    """What is drawn at values of *x* and *y*; it is put to its place when all of it is known."""

    def __init__(self) -> None:
        """Empty."""
        self.x, self.y = Scale(), Scale()
        self._drawn: list[_Paint] = []
        self._legend: list[tuple[str, Callable[[Point], str]]] = []

    def line(self, points: Sequence[Point], pen: Pen, legend: str = "") -> None:
        """Draw a line through *points*."""
        found = self._seen(points)
        self._drawn.append(lambda at: _path([at(one) for one in found], pen))
        self._explain(legend, lambda at: _path([(at[0], at[1]), (at[0] + 16, at[1])], pen))

    def marks(self, points: Sequence[Point], ink: Ink, legend: str = "") -> None:
        """Put a mark at each of *points*."""
        found = self._seen(points)
        self._drawn.append(lambda at: "".join(_mark(at(one), ink) for one in found))
        self._explain(legend, lambda at: _mark((at[0] + 8, at[1]), ink))

    def upright(self, value: float, pen: Pen, legend: str = "") -> None:
        """Draw a line at *value* of x from bottom to top."""
        self.x.see(value)
        self._drawn.append(lambda at: _path([at((value, one)) for one in self.y.span], pen))
        self._explain(legend, lambda at: _path([(at[0], at[1]), (at[0] + 16, at[1])], pen))

    def across(self, value: float, pen: Pen) -> None:
        """Draw a line at *value* of y from left to right."""
        self.y.see(value)
        self._drawn.append(lambda at: _path([at((one, value)) for one in self.x.span], pen))

    def words(self, said: str, at: Point, offset: Point, *, middle: bool = False) -> None:
        """Write *said*, bold where it stands in the *middle* above *at*, else beginning beside it."""
        style = "font-weight: bold; text-anchor: middle" if middle else ""
        self._drawn.append(lambda place: _text(said, _moved(place(at), offset), style))

    def rows(self, names: Sequence[str], low: float, high: float) -> None:
        """Make y a row for each of *names*, from the top, with *low* at the bottom and *high* at the top."""
        self.y.limits, self.y.ticks, self.x.grid = (low, high), list(enumerate(names)), True

    def svg(self, height: float) -> str:
        """Everything drawn, *height* units high, without an element around it."""
        head, top = self._legend_lines()
        named = self.y.ticks is not None
        ticks = self.y.marked()
        beside = max((len(words) for _, words in ticks), default=0) * _CHARACTER + 8
        left = beside + (_LINE if self.y.label else 0)
        right, bottom = WIDTH - 14, height - _LINE - (_LINE if self.x.label else 3)
        (x0, x1), (y0, y1) = self.x.span, self.y.span

        def at(point: Point) -> Point:
            x, y = point
            return left + (x - x0) / (x1 - x0) * (right - left), bottom - (y - y0) / (y1 - y0) * (
                bottom - top
            )

        muted = f"fill: var({MUTED}); text-anchor: "
        parts = [head]
        for value, words in self.x.marked():
            place = at((value, y0))
            if self.x.grid:
                parts.append(_path([place, at((value, y1))], Pen(GRID, 0.7)))
            parts.append(_text(words, _moved(place, (0, 13)), f"{muted}middle"))
        for value, words in ticks:
            place = at((x0, value))
            if self.y.grid:
                parts.append(_path([place, at((x1, value))], Pen(GRID, 0.7)))
            style = "text-anchor: end" if named else f"{muted}end"
            parts.append(_text(words, _moved(place, (-6, 4)), style))
        parts.append(_path([(left, bottom), (right, bottom)], Pen(GRID)))
        if not named:
            parts.append(_path([(left, top), (left, bottom)], Pen(GRID)))
        parts += (paint(at) for paint in self._drawn)
        if self.x.label:
            parts.append(_text(self.x.label, ((left + right) / 2, height - 4), f"{muted}middle"))
        if self.y.label:
            turned = f"{muted}middle; transform: rotate(-90deg)"
            parts.append(_text(self.y.label, (-(top + bottom) / 2, 10), turned))
        return f'<g style="font-size: {_SIZE}px; fill: var({INK})">{"".join(parts)}</g>'

    def _seen(self, points: Sequence[Point]) -> list[Point]:
        """Those of *points* that have a place: a training may end with a loss that is no number."""
        found = [one for one in points if all(map(math.isfinite, one))]
        for x, y in found:
            self.x.see(x)
            self.y.see(y)
        return found

    def _explain(self, legend: str, sample: Callable[[Point], str]) -> None:
        if legend:
            self._legend.append((legend, sample))

    def _legend_lines(self) -> tuple[str, float]:
        """The legend, as many in a line as fit, and where what is drawn begins below it."""
        parts: list[str] = []
        x, y = 2.0, 8.0
        for words, sample in self._legend:
            wide = _HANDLE + len(words) * _CHARACTER
            if x > 2 and x + wide > WIDTH:
                x, y = 2.0, y + _LINE
            parts += (sample((x, y)), _text(words, (x + _HANDLE, y + 4)))
            x += wide + 8
        return "".join(parts), y + 10 if parts else 8.0


def _round(low: float, high: float, *, percent: bool) -> Iterator[tuple[float, str]]:
    """Yield round values from *low* to *high*, at most seven, as text that tells them apart."""
    rough = (high - low) / 6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in _STEPS if one * power >= rough * 0.999)
    places = max(0, math.ceil(-math.log10(step * 1.001)) + (step / power == _STEPS[2]))
    for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        value = number * step
        yield value, f"{value:.{max(0, places - 2)}%}" if percent else f"{value:.{places}f}".replace("-", "−")


def _moved(place: Point, offset: Point) -> Point:
    return place[0] + offset[0], place[1] + offset[1]


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _path(points: Sequence[Point], pen: Pen) -> str:
    """A line through *points*; nothing where they are fewer than two."""
    if len(points) < 2:
        return ""
    dashes = f"; stroke-dasharray: {pen.dashes}" if pen.dashes else ""
    faint = f"; stroke-opacity: {pen.opacity}" if pen.opacity < 1 else ""
    way = "L".join(f"{_number(x)} {_number(y)}" for x, y in points)
    return f'<path d="M{way}" style="fill: none; stroke: var({pen.colour}); stroke-width: {pen.width}{dashes}{faint}"/>'


def _mark(place: Point, ink: Ink) -> str:
    x, y = place
    half = ink.size / 2
    line = f"stroke: var({ink.colour}); stroke-width: 1"
    style = f"fill: none; {line}" if ink.hollow else f"fill: var({ink.colour})"
    if ink.mark == "o":
        return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(half)}" style="{style}"/>'
    way = "L".join(f"{_number(x + a * half)} {_number(y + b * half)}" for a, b in _SHAPES[ink.mark])
    return f'<path d="M{way}z" style="{style}"/>'


def _text(said: str, place: Point, style: str = "") -> str:
    styled = f' style="{style}"' if style else ""
    return f'<text x="{_number(place[0])}" y="{_number(place[1])}"{styled}>{escape(said)}</text>\n'
