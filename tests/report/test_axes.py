"""Axes: round ticks that differ, marks where their values are, and nothing lost or broken by odd figures."""

import re

import pytest

from ct_retrain.core.records.training import LossPoint
from ct_retrain.report.axes import Axes, Ink, Pen
from ct_retrain.report.plots import curves


def _words(svg: str) -> list[str]:
    return re.findall(r">([^<>]+)</text>", svg)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-30, 90, ["−20", "0", "20", "40", "60", "80"]),
        (0, 0.012, ["0.000", "0.002", "0.004", "0.006", "0.008", "0.010", "0.012"]),
        (0, 1500, ["0", "250", "500", "750", "1000", "1250", "1500"]),
        (0.1, 0.25, ["0.100", "0.125", "0.150", "0.175", "0.200", "0.225", "0.250"]),
    ],
)
def test_ticks_are_round_and_tell_apart(low: float, high: float, ticks: list[str]) -> None:
    axes = Axes()
    axes.x.limits = (low, high)

    assert [words for _, words in axes.x.marked()] == ticks


def test_shares_are_written_as_percentages() -> None:
    axes = Axes()
    axes.y.limits, axes.y.percent = (-0.1, 1.04), True

    assert [words for _, words in axes.y.marked()] == ["0%", "20%", "40%", "60%", "80%", "100%"]


def test_a_mark_lies_where_its_value_is_and_y_grows_upwards() -> None:
    axes = Axes()
    axes.marks([(0, 0), (1, 1), (2, 4)], Ink("--good"))
    places = re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', axes.svg(200))
    (x0, y0), (x1, y1), (x2, y2) = ((float(x), float(y)) for x, y in places)

    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.02)
    assert (y0 - y2) == pytest.approx(4 * (y0 - y1), abs=0.05)
    assert 0 < y2 < y1 < y0 < 200


def test_rows_are_named_from_the_top() -> None:
    axes = Axes()
    axes.rows(["first", "second"], 1.5, -0.5)
    axes.marks([(3, 0), (4, 1)], Ink("--good"))
    first, second = (float(y) for y in re.findall(r'cy="([\d.]+)"', axes.svg(100)))

    assert first < second
    assert {"first", "second"} <= set(_words(axes.svg(100)))


def test_a_long_legend_takes_more_lines_and_none_is_wider_than_the_chart() -> None:
    axes = Axes()
    for number in range(6):
        axes.line([(0, number), (1, number)], Pen("--good"), f"an arm with the name {number}")
    places = re.findall(r'<text x="([\d.]+)" y="([\d.]+)">an arm', axes.svg(200))

    assert len(places) == 6
    assert len({y for _, y in places}) > 1
    assert max(float(x) for x, _ in places) + len("an arm with the name 0") * 7 <= 380


def test_what_a_user_named_is_escaped() -> None:
    axes = Axes()
    axes.words("<script>", (0, 0), (0, 0))
    axes.rows(["a & b"], 0.5, -0.5)

    assert "&lt;script&gt;" in axes.svg(100)
    assert "a &amp; b" in axes.svg(100)


def test_a_loss_that_is_no_number_leaves_the_others_drawn() -> None:
    steps = [
        LossPoint(step=step, loss=loss, learning_rate=1e-4)
        for step, loss in enumerate((0.5, 0.4, float("nan"), 0.3, float("inf")))
    ]
    found = curves(steps, ())

    assert "nan" not in found.svg.partition("</title>")[2]
    assert "inf" not in found.svg.partition("</title>")[2]
    assert [row[1] for row in found.rows] == ["0.5", "0.4", "nan", "0.3", "inf"]


def test_charts_of_one_value_or_none_have_axes() -> None:
    for losses in ([0.0], [0.5], [float("nan")]):
        steps = [LossPoint(step=1, loss=loss, learning_rate=1e-4) for loss in losses]
        assert "optimizer step" in _words(curves(steps, ()).svg)
