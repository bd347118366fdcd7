"""Contents of the history page: what is served and since when, all nights, and every move of
`latest_nightly`.
"""

from collections import Counter
from typing import Any, NamedTuple

from ct_retrain.core.records.night import NightRecord
from ct_retrain.report import plots
from ct_retrain.report.charts import Chart
from ct_retrain.report.formatting import (
    OUTCOMES,
    duration,
    moment,
    points,
    share,
    words,
)
from ct_retrain.report.night_page import Tile
from ct_retrain.report.report_inputs import History, ReportInputs
from ct_retrain.report.trend import trend_points

_TRENDS = {"functional": "All problems (functional)", "fsm": "State machines (fsm)"}


class Trend(NamedTuple):
    """A chart with its heading."""

    name: str
    chart: Chart


class HistoryRow(NamedTuple):
    """A night in the table."""

    record: NightRecord
    cells: tuple[str, ...]


def history_context(inputs: ReportInputs, history: History) -> dict[str, Any]:
    """Return everything that the template of the history page needs."""
    last = history.records[-1] if history.records else None
    return {
        "serving": history.serving or "mainline",
        "since": _since(history),
        "last": last,
        "tone": OUTCOMES[last.outcome.value][1] if last else "idle",
        "missing": history.missing,
        "tiles": [Tile(name, str(count)) for name, count in _counts(history).items()],
        "trends": list(_trends(inputs, history)),
        "rows": [_row(record) for record in reversed(history.records)],
        "moves": list(reversed(history.moves)),
        "where": inputs.workspace.relative(inputs.workspace.records),
    }


def _since(history: History) -> str:
    """Return when and by whom `latest_nightly` was moved to its target."""
    if not history.moves or history.moves[-1].target != history.serving:
        return ""
    move = history.moves[-1]
    who = f"the night of {move.night}" if move.who == "night" and move.night else f"a {move.who}"
    return f"Since {moment(move.at)}, by {who}; before that {move.source or 'mainline'}."


def _counts(history: History) -> dict[str, int]:
    found = Counter(record.outcome.value for record in history.records)
    return {"nights": len(history.records), **{words(name): found[name] for name in OUTCOMES}}


def _trends(inputs: ReportInputs, history: History) -> list[Trend]:
    row = trend_points(inputs, history)
    return [
        Trend(said, plots.trend(name, row))
        for name, said in _TRENDS.items()
        if any(name in one.candidate for one in row)
    ]


def _row(record: NightRecord) -> HistoryRow:
    figures = record.metrics
    delta = figures.get("delta.champion", figures.get("delta.mainline"))
    shares = ("candidate.functional", "champion.functional", "mainline.functional")
    cells = (
        *(share(figures[name]) if name in figures else "–" for name in shares),
        f"{points(delta)} pp" if delta is not None else "–",
        share(figures["candidate.fsm"]) if "candidate.fsm" in figures else "–",
        f"{figures['curate.examples']:,.0f}" if "curate.examples" in figures else "–",
        f"{figures['curate.new']:,.0f}" if "curate.new" in figures else "–",
        duration((record.finished - record.started).total_seconds()),
    )
    return HistoryRow(record, cells)
