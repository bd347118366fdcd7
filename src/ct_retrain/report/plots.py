"""Charts of the pages: differences and scores with intervals, training curves, the trend over nights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from ct_retrain.core.records.arm import ArmId, Role, role_of
from ct_retrain.core.records.decision import Comparison
from ct_retrain.core.records.night import NightOutcome
from ct_retrain.core.records.problem import Estimate, Scorecard
from ct_retrain.core.records.training import LossPoint
from ct_retrain.report.charts import (
    ARM_COLOURS,
    ARM_MARKS,
    BAD,
    GOOD,
    MUTED,
    Chart,
    Table,
    chart,
    label,
    named_rows,
)
from ct_retrain.report.formatting import (
    arm_name,
    points,
    share,
    span,
    words,
)
from ct_retrain.report.trend import TrendPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_POINTS = 400
"""Maximum points of a curve, as many as a page can show apart."""
_MANY = 30
"""Number of nights above which their dots are smaller."""
_ENDED: dict[NightOutcome, tuple[str, Literal["full", "none"]]] = {
    NightOutcome.PUBLISHED: ("o", "full"),
    NightOutcome.HELD: ("o", "none"),
    NightOutcome.REJECTED: ("X", "full"),
}


def difference_plot(comparisons: Sequence[Comparison], margins: dict[str, float], needed: float) -> Chart:
    """Draw tonight minus each incumbent, with interval, non-inferiority margin and required gain."""

    def paint(axes: Axes) -> None:
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.axvline(needed * 100, color=GOOD, linewidth=1.2, linestyle=(0, (4, 3)), label="gain asked for")
        for place, one in enumerate(comparisons):
            _difference(axes, place, one, -margins[one.incumbent])
        axes.set_yticks(range(len(comparisons)), [f"vs {arm_name(one.incumbent)}" for one in comparisons])
        axes.set_ylim(len(comparisons) - 0.4, -0.6)
        axes.margins(x=0.08)
        axes.set_xlabel("points of pass@1")
        named_rows(axes)
        _legend(axes, 2)

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
    return chart("differences", title, 1.25 + 0.55 * len(rows), paint, table)


def _difference(axes: Axes, place: int, one: Comparison, margin: float) -> None:
    axes.plot(
        [margin * 100] * 2,
        [place - 0.32, place + 0.32],
        color=BAD,
        linewidth=1.6,
        linestyle=(0, (1, 1.5)),
        label="" if place else "margin to stay right of",
    )
    colour, at = ARM_COLOURS[Role.CANDIDATE], one.difference * 100
    ends = [one.low * 100, one.high * 100]
    axes.plot(ends, [place] * 2, color=colour, linewidth=3, solid_capstyle="butt")
    axes.plot([at], [place], "o", color=colour, markersize=9)
    axes.annotate(
        points(one.difference),
        (at, place),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center",
        weight="bold",
    )


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
        for turn, card in enumerate(cards):
            shown = [(place, arms[card.arm]) for place, (_, arms) in enumerate(groups) if card.arm in arms]
            places = [place + (turn - (len(cards) - 1) / 2) * offset for place, _ in shown]
            _dots(axes, places, [one for _, one in shown], card.arm)
        for place in range(1, len(groups)):
            axes.axhline(place - 0.5, color=MUTED, linewidth=0.4 if place > 1 else 1)
        axes.set_yticks(range(len(groups)), [label(name) for name, _ in groups])
        axes.set_ylim(len(groups) - 0.5, -0.5)
        named_rows(axes)
        _percent(axes, "x")
        axes.set_xlabel("pass@1")
        _legend(axes, 3)

    rows = [
        (name, arm_name(arm), share(one.value), span(one.low, one.high), str(one.problems))
        for name, arms in groups
        for arm, one in arms.items()
    ]
    table = Table(("category", "arm", "pass@1", "interval", "problems"), rows)
    said = ", ".join(f"{arm_name(card.arm)} {share(card.functional.value)}" for card in cards)
    height = 1.0 + 0.13 * (len(cards) + 1) * len(groups)
    return chart("categories", f"pass@1 of all problems and by category: {said}", height, paint, table)


def curves(tonight: Sequence[LossPoint], before: Sequence[LossPoint]) -> Chart:
    """Draw training loss over steps, and that of the night before."""

    def paint(axes: Axes) -> None:
        if before:
            old = _thin(before)
            axes.plot(
                [one.step for one in old],
                [one.loss for one in old],
                color=MUTED,
                linewidth=1.2,
                linestyle=(0, (4, 2)),
                label="the night before",
            )
        new = _thin(tonight)
        mark = "o" if len(new) < 3 else ""
        axes.plot(
            [one.step for one in new],
            [one.loss for one in new],
            color=ARM_COLOURS[Role.CANDIDATE],
            linewidth=1.8,
            marker=mark,
            label="tonight",
        )
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        axes.set_xlabel("optimizer step")
        axes.set_ylabel("loss")
        _legend(axes, 2)

    shown = _thin(tonight, 12)
    rows = [(str(one.step), f"{one.loss:.4g}", f"{one.learning_rate:.3g}") for one in shown]
    table = Table(("step", "loss", "learning rate"), rows)
    title = f"Training loss, from {tonight[0].loss:.3g} at step {tonight[0].step} to {tonight[-1].loss:.3g} at step {tonight[-1].step}"
    return chart("loss", title, 2.6, paint, table)


def trend(name: str, nights: Sequence[TrendPoint]) -> Chart:
    """Draw *name* night by night, with intervals where they are still on disk, and the moves."""
    measured = [(place, one) for place, one in enumerate(nights) if name in one.candidate]

    def paint(axes: Axes) -> None:
        _course(axes, name, measured)
        _moves(axes, nights)
        _percent(axes, "y")
        axes.set_ylim(-0.1, 1.04)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        axes.set_xlim(-0.6, max(1, len(nights)) - 0.4)
        ticks = range(0, len(nights), max(1, (len(nights) + 5) // 6))
        axes.set_xticks(ticks, [nights[place].night[5:] for place in ticks])
        _legend(axes, 4)

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
    return chart(f"trend-{name}", title, 2.7, paint, table)


def _course(axes: Axes, name: str, measured: Sequence[tuple[int, TrendPoint]]) -> None:
    """Draw mainline as a line, and each candidate as a dot that shows how its night ended."""
    base = [(place, one.mainline[name].value) for place, one in measured if name in one.mainline]
    axes.plot(
        [place for place, _ in base],
        [value for _, value in base],
        color=ARM_COLOURS[Role.MAINLINE],
        linewidth=1.2,
        linestyle=(0, (4, 2)),
        label="mainline",
    )
    colour, size = ARM_COLOURS[Role.CANDIDATE], 7 if len(measured) <= _MANY else 4.5
    for place, one in measured:
        found = one.candidate[name]
        axes.plot([place] * 2, [found.low, found.high], color=colour, linewidth=1.6, alpha=0.6)
    for outcome, (mark, fill) in _ENDED.items():
        shown = [(place, one.candidate[name].value) for place, one in measured if one.outcome is outcome]
        if shown:
            axes.plot(
                [place for place, _ in shown],
                [value for _, value in shown],
                mark,
                color=colour,
                fillstyle=fill,
                markersize=size,
                label=words(outcome.value),
            )


def _moves(axes: Axes, nights: Sequence[TrendPoint]) -> None:
    for place, one in enumerate(nights):
        if one.moved_by:
            mark, tint = ("^", GOOD) if one.moved_by == "night" else ("v", BAD)
            axes.plot([place], [-0.06], mark, color=tint, markersize=7, clip_on=False)


def _interval(one: Estimate) -> str:
    return span(one.low, one.high) if one.samples else "no longer on disk"


def _dots(axes: Axes, places: Sequence[float], shown: Sequence[Estimate], arm: ArmId) -> None:
    role = role_of(arm)
    colour = ARM_COLOURS[role]
    for place, one in zip(places, shown, strict=True):
        axes.plot(
            [one.low, one.high], [place] * 2, color=colour, linewidth=2, alpha=0.55, solid_capstyle="butt"
        )
    axes.plot(
        [one.value for one in shown], places, ARM_MARKS[role], color=colour, markersize=6, label=arm_name(arm)
    )


def _percent(axes: Axes, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: f"{value:.0%}")
    if which == "x":
        axes.set_xlim(-0.03, 1.03)


def _legend(axes: Axes, columns: int) -> None:
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        handlelength=1.5,
        columnspacing=1.1,
    )


def _thin(curve: Sequence[LossPoint], most: int = _MOST_POINTS) -> list[LossPoint]:
    """Return evenly chosen points, the first and the last among them."""
    if len(curve) <= most:
        return list(curve)
    return [curve[round(place * (len(curve) - 1) / (most - 1))] for place in range(most)]
