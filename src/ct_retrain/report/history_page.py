"""What the history page says: what is served and since when, how the nights went, every move."""

from collections import Counter
from typing import Any, NamedTuple

from ct_retrain.core.records.night import NightRecord
from ct_retrain.report import plots
from ct_retrain.report.charts import Chart
from ct_retrain.report.night_page import Tile
from ct_retrain.report.shelf import Library, Shelf
from ct_retrain.report.trend import nights
from ct_retrain.report.words import OUTCOMES, duration, moment, points, share, words

_TRENDS = {"functional": "All problems (functional)", "fsm": "State machines (fsm)"}


class Trend(NamedTuple):
    """A chart under the name a reader knows it by."""

    name: str
    chart: Chart


class Row(NamedTuple):
    """A night in the table."""

    record: NightRecord
    cells: tuple[str, ...]


def history_context(shelf: Shelf, books: Library) -> dict[str, Any]:
    """Everything the template of the history page asks for."""
    last = books.records[-1] if books.records else None
    return {
        "serving": books.serving or "mainline",
        "since": _since(books),
        "last": last,
        "tone": OUTCOMES[last.outcome.value][1] if last else "idle",
        "missing": books.missing,
        "tiles": [Tile(name, str(count)) for name, count in _counts(books).items()],
        "trends": list(_trends(shelf, books)),
        "rows": [_row(record) for record in reversed(books.records)],
        "moves": list(reversed(books.moves)),
        "where": shelf.workspace.relative(shelf.workspace.records),
    }


def _since(books: Library) -> str:
    """When and by whom the pointer got where it is."""
    if not books.moves or books.moves[-1].target != books.serving:
        return ""
    move = books.moves[-1]
    who = f"the night of {move.night}" if move.who == "night" and move.night else f"a {move.who}"
    return f"Since {moment(move.at)}, by {who}; before it {move.source or 'mainline'}."


def _counts(books: Library) -> dict[str, int]:
    found = Counter(record.outcome.value for record in books.records)
    return {"nights": len(books.records), **{words(name): found[name] for name in OUTCOMES}}


def _trends(shelf: Shelf, books: Library) -> list[Trend]:
    row = nights(shelf, books)
    return [
        Trend(said, plots.trend(name, row))
        for name, said in _TRENDS.items()
        if any(name in one.candidate for one in row)
    ]


def _row(record: NightRecord) -> Row:
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
    return Row(record, cells)
