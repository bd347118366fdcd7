"""Charts of the pages: differences and scores with intervals, training curves, the trend over nights."""

from collections.abc import Sequence

from ct_retrain.core.records.arm import ArmId, Role, role_of
from ct_retrain.core.records.decision import Comparison
from ct_retrain.core.records.night import NightOutcome
from ct_retrain.core.records.problem import Estimate, Scorecard
from ct_retrain.core.records.training import LossPoint
from ct_retrain.report.axes import MUTED, Axes, Ink, Mark, Pen
from ct_retrain.report.charts import ARM_COLOURS, ARM_MARKS, BAD, GOOD, Chart, Table, chart, label
from ct_retrain.report.formatting import arm_name, points, share, span, words
from ct_retrain.report.trend import TrendPoint

_MOST_POINTS = 400
"""Maximum points of a curve, as many as a page can show apart."""
_MANY = 30
"""Number of nights above which their dots are smaller."""
_ENDED: dict[NightOutcome, tuple[Mark, bool]] = {
    NightOutcome.PUBLISHED: ("o", False),
    NightOutcome.HELD: ("o", True),
    NightOutcome.REJECTED: ("X", False),
}
"""Outcome → mark, and whether it is hollow."""
_PUBLISHED, _OTHERWISE = Ink(GOOD, "^", 7), Ink(BAD, "v", 7)
"""How a move of `latest_nightly` is marked."""


def difference_plot(comparisons: Sequence[Comparison], margins: dict[str, float], needed: float) -> Chart:
    """Draw tonight minus each incumbent, with interval, non-inferiority margin and required gain."""

    def paint(axes: Axes) -> None:
        axes.upright(0, Pen(MUTED))
        axes.upright(needed * 100, Pen(GOOD, 1.2, "5 4"), "gain asked for")
        axes.rows([f"vs {arm_name(one.incumbent)}" for one in comparisons], len(comparisons) - 0.4, -0.6)
        axes.x.margin, axes.x.label = 0.08, "points of pass@1"
        for place, one in enumerate(comparisons):
            _difference(axes, place, one, -margins[one.incumbent])

    rows = [
        (
            arm_name(one.incumbent),
            points(one.difference),
            f"{points(one.low)} to {points(one.high)}",
            points(-margins[one.incumbent]),
        )
        for one in comparisons
    ]
    table = Table(("against", "difference", "interval", "margin"), rows)
    said = "; ".join(f"{row[1]} points against {row[0]}, {row[2]}" for row in rows)
    title = f"Tonight minus last nightly and mainline: {said}"
    return chart("differences", title, 90 + 40 * len(rows), paint, table)


def _difference(axes: Axes, place: int, one: Comparison, margin: float) -> None:
    edge = [(margin * 100, place - 0.32), (margin * 100, place + 0.32)]
    axes.line(edge, Pen(BAD, 1.6, "2 2.5"), "" if place else "margin to stay right of")
    colour, at = ARM_COLOURS[Role.CANDIDATE], (one.difference * 100, place)
    axes.line([(one.low * 100, place), (one.high * 100, place)], Pen(colour, 3))
    axes.marks([at], Ink(colour, size=9))
    axes.words(points(one.difference), at, (0, -9), middle=True)


def scores(cards: Sequence[Scorecard]) -> Chart:
    """Draw every category of every arm with intervals, all problems first."""
    names = sorted({name for card in cards for name in card.categories})
    groups = [("all problems", {card.arm: card.functional for card in cards})]
    groups += [
        (name, {card.arm: card.categories[name] for card in cards if name in card.categories})
        for name in names
    ]

    def paint(axes: Axes) -> None:
        offset = 0.6 / max(1, len(cards))
        axes.rows([label(name) for name, _ in groups], len(groups) - 0.5, -0.5)
        axes.x.limits, axes.x.percent, axes.x.label = (-0.03, 1.03), True, "pass@1"
        for place in range(1, len(groups)):
            axes.across(place - 0.5, Pen(MUTED, 0.4 if place > 1 else 1))
        for turn, card in enumerate(cards):
            shown = [(place, arms[card.arm]) for place, (_, arms) in enumerate(groups) if card.arm in arms]
            places = [place + (turn - (len(cards) - 1) / 2) * offset for place, _ in shown]
            _dots(axes, places, [one for _, one in shown], card.arm)

    rows = [
        (name, arm_name(arm), share(one.value), span(one.low, one.high), str(one.problems))
        for name, arms in groups
        for arm, one in arms.items()
    ]
    table = Table(("category", "arm", "pass@1", "interval", "problems"), rows)
    said = ", ".join(f"{arm_name(card.arm)} {share(card.functional.value)}" for card in cards)
    height = 72 + 9.4 * (len(cards) + 1) * len(groups)
    return chart("categories", f"pass@1 of all problems and by category: {said}", height, paint, table)


def curves(tonight: Sequence[LossPoint], before: Sequence[LossPoint]) -> Chart:
    """Draw training loss over steps, and that of the night before."""

    def paint(axes: Axes) -> None:
        axes.y.limits, axes.y.grid, axes.y.label = (0, None), True, "loss"
        axes.x.label = "optimizer step"
        old, new = ([(one.step, one.loss) for one in _thin(curve)] for curve in (before, tonight))
        if old:
            axes.line(old, Pen(MUTED, 1.2, "5 2.5"), "the night before")
        pen = Pen(ARM_COLOURS[Role.CANDIDATE], 1.8)
        axes.line(new, pen, "tonight")
        if len(new) < 3:
            axes.marks(new, Ink(pen.colour))

    shown = _thin(tonight, 12)
    rows = [(str(one.step), f"{one.loss:.4g}", f"{one.learning_rate:.3g}") for one in shown]
    table = Table(("step", "loss", "learning rate"), rows)
    title = f"Training loss, from {tonight[0].loss:.3g} at step {tonight[0].step} to {tonight[-1].loss:.3g} at step {tonight[-1].step}"
    return chart("loss", title, 187, paint, table)


def trend(name: str, nights: Sequence[TrendPoint]) -> Chart:
    """Draw *name* night by night, with intervals where they are still on disk, and the moves."""
    measured = [(place, one) for place, one in enumerate(nights) if name in one.candidate]

    def paint(axes: Axes) -> None:
        axes.y.limits, axes.y.grid, axes.y.percent = (-0.1, 1.04), True, True
        axes.x.limits = (-0.6, max(1, len(nights)) - 0.4)
        ticks = range(0, len(nights), max(1, (len(nights) + 5) // 6))
        axes.x.ticks = [(place, nights[place].night[5:]) for place in ticks]
        _course(axes, name, measured)
        _moves(axes, nights)

    rows = [
        (
            one.night,
            words(one.outcome.value),
            share(one.candidate[name].value),
            _interval(one.candidate[name]),
            share(one.mainline[name].value) if name in one.mainline else "–",
        )
        for _, one in measured
    ]
    table = Table(("night", "outcome", "tonight", "interval", "mainline"), rows)
    title = f"{name} by night, the candidate of each against mainline, and the moves of latest_nightly"
    return chart(f"trend-{name}", title, 194, paint, table)


def _course(axes: Axes, name: str, measured: Sequence[tuple[int, TrendPoint]]) -> None:
    """Draw mainline as a line, and each candidate as a dot that shows how its night ended."""
    base = [(place, one.mainline[name].value) for place, one in measured if name in one.mainline]
    axes.line(base, Pen(ARM_COLOURS[Role.MAINLINE], 1.2, "5 2.5"), "mainline")
    colour, size = ARM_COLOURS[Role.CANDIDATE], 7 if len(measured) <= _MANY else 4.5
    for place, one in measured:
        found = one.candidate[name]
        axes.line([(place, found.low), (place, found.high)], Pen(colour, 1.6, opacity=0.6))
    for outcome, (mark, hollow) in _ENDED.items():
        shown = [(place, one.candidate[name].value) for place, one in measured if one.outcome is outcome]
        if shown:
            axes.marks(shown, Ink(colour, mark, size, hollow), words(outcome.value))


def _moves(axes: Axes, nights: Sequence[TrendPoint]) -> None:
    for place, one in enumerate(nights):
        if one.moved_by:
            axes.marks([(place, -0.06)], _PUBLISHED if one.moved_by == "night" else _OTHERWISE)


def _interval(one: Estimate) -> str:
    return span(one.low, one.high) if one.samples else "no longer on disk"


def _dots(axes: Axes, places: Sequence[float], shown: Sequence[Estimate], arm: ArmId) -> None:
    role = role_of(arm)
    colour = ARM_COLOURS[role]
    found = list(zip(places, shown, strict=True))
    for place, one in found:
        axes.line([(one.low, place), (one.high, place)], Pen(colour, 2, opacity=0.55))
    axes.marks([(one.value, place) for place, one in found], Ink(colour, ARM_MARKS[role]), arm_name(arm))


def _thin(curve: Sequence[LossPoint], most: int = _MOST_POINTS) -> list[LossPoint]:
    """Return evenly chosen points, the first and the last among them."""
    if len(curve) <= most:
        return list(curve)
    return [curve[round(place * (len(curve) - 1) / (most - 1))] for place in range(most)]
