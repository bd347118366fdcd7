"""Show progress events as bars with rate and time left, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from ct_retrain.core.progress import EVENT

if TYPE_CHECKING:
    from collections.abc import MutableMapping


class Bars:
    """One bar per running step; finished bars disappear."""

    def __init__(self, console: Console | None = None) -> None:
        """Draw on *console*, by default standard error."""
        self._console = console or Console(stderr=True)
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Take progress events, pass every other event on."""
        del logger, name
        if event["event"] != EVENT:
            return event
        self._over(event) if event["over"] else self._draw(event)
        raise structlog.DropEvent

    def _draw(self, event: MutableMapping[str, Any]) -> None:
        if self._progress is None:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TextColumn("{task.fields[pace]}"),
                console=self._console,
                transient=True,
                redirect_stdout=False,
            )
            self._progress.start()
        what = str(event["what"])
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=event["total"], pace="")
        self._progress.update(
            self._tasks[what],
            completed=event["done"],
            total=event["total"],
            refresh=True,
            pace=pace_of(event),
        )

    def _over(self, event: MutableMapping[str, Any]) -> None:
        task = self._tasks.pop(str(event["what"]), None)
        if self._progress is None or task is None:
            return
        self._progress.remove_task(task)
        if not self._tasks:
            self._progress.stop()
            self._progress = None


def pace_of(event: MutableMapping[str, Any]) -> str:
    """Return rate and time left: `12.5/s, 3 min left`."""
    rate, left = event["rate"], event["left"]
    pace = f"{rate:.3g}/s" if rate >= 1 or not rate else f"{1 / rate:.3g} s each"
    return pace if left is None else f"{pace}, {time_left(left)} left"


def time_left(seconds: float) -> str:
    """Return *seconds* in its two largest units: `45 s`, `3 min`, `2 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
