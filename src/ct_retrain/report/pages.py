"""Write the pages, history first, so that the existence of a night's page means that both exist.

A page is one file without scripts or network access; equal input gives equal bytes. Untrusted text (answers,
logs, names, reasons) is escaped by the template and stripped of unprintable characters.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ct_retrain import disk
from ct_retrain.breakdowns import broken_nights
from ct_retrain.core.record import digest
from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.core.records.night import NightRecord
from ct_retrain.core.workspace import Workspace
from ct_retrain.report import formatting
from ct_retrain.report.history_page import history_context
from ct_retrain.report.night_page import night_context
from ct_retrain.report.report_inputs import History, ReportInputs, read_history

if TYPE_CHECKING:
    from jinja2 import Environment

INDEX = "index.html"
_HEAD = 1024
"""Bytes at the start of a page that hold a digest of its input."""


def write_pages(inputs: ReportInputs, nights: Sequence[NightRecord | Breakdown]) -> list[Path]:
    """Write the history page and the pages of *nights*; return the paths of the latter."""
    history, broken = read_history(inputs), broken_nights(inputs.workspace)
    pages = _there(inputs.workspace, broken) | {one.night for one in nights}
    disk.make_directory(inputs.workspace.reports)
    disk.write_bytes(inputs.workspace.reports / INDEX, _history(inputs, history, broken, pages))
    return [
        _write_broken(inputs, one)
        if isinstance(one, Breakdown)
        else _write_night(inputs, history, one, pages)
        for one in nights
    ]


def live_page(inputs: ReportInputs, running: str) -> bytes:
    """The history page as it would be written now, with what is *running*, if anything is; nothing is written."""
    broken = broken_nights(inputs.workspace)
    return _history(inputs, read_history(inputs), broken, _there(inputs.workspace, broken), running)


def _history(
    inputs: ReportInputs, history: History, broken: Sequence[Breakdown], pages: set[str], running: str = ""
) -> bytes:
    context = history_context(inputs, history)
    more = {"broken": broken, "running": running, "pages": pages, "source": "history"}
    return rendered("history.html.j2", {**context, **more})


def _write_broken(inputs: ReportInputs, one: Breakdown) -> Path:
    path, said = page(inputs.workspace, one.night), one.said.splitlines() or [one.kind]
    disk.write_bytes(path, rendered("broken.html.j2", {"broken": one, "said": said, "source": digest(one)}))
    return path


def _write_night(inputs: ReportInputs, history: History, record: NightRecord, pages: set[str]) -> Path:
    path = page(inputs.workspace, record.night)
    context = night_context(inputs, history, record)
    for name in ("before", "after"):
        context[name] = context[name] if context[name] in pages else None
    disk.write_bytes(path, rendered("night.html.j2", {**context, "pages": pages, "source": digest(record)}))
    return path


def page(workspace: Workspace, night: str) -> Path:
    """Return the path of the page of *night*."""
    return workspace.reports / f"{night}.html"


def is_written(workspace: Workspace, record: NightRecord) -> bool:
    """Whether the page of *record* exists and was made from that record."""
    path = page(workspace, record.night)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return f'content="{digest(record)}"'.encode() in file.read(_HEAD)


def _there(workspace: Workspace, broken: Sequence[Breakdown]) -> set[str]:
    """Nights, on record or *broken*, that have a page."""
    named = {path.stem for path in workspace.records.glob("*.json")} | {one.night for one in broken}
    found = {path.stem for path in workspace.reports.glob("*.html")}
    return named & found


def rendered(template: str, context: dict[str, Any]) -> bytes:
    """The page that *template* makes of *context*, which must have every name that it asks for."""
    text = _environment().get_template(template).render({**context, "outcomes": formatting.OUTCOMES})
    return text.encode("utf-8", "replace")


def _shown(value: object) -> object:
    """Return *value* as the template shows it: text stripped and cut, our own markup unchanged."""
    return formatting.shown(value) if type(value) is str else value


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    """Return the template environment, which reads a template once: everything is escaped, and an undefined name is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("ct_retrain.report"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    named = (
        formatting.words,
        formatting.one_line,
        formatting.line,
        formatting.comma_list,
        formatting.moment,
        formatting.opening,
    )
    found.filters.update({one.__name__: one for one in named})
    return found
