"""The server of `serve`: the pages of one workspace for browsers of this machine."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ct_retrain.core.opened import Opened

LOCAL = "127.0.0.1"
_APART = 10
"""Seconds after which a browser asks again."""


class PageServer(ThreadingHTTPServer):
    """Answers for one workspace."""

    daemon_threads = True

    def __init__(self, opened: Opened, port: int) -> None:
        """Listen on *port* of this machine alone; raise OSError where that cannot be."""
        super().__init__((LOCAL, port), PageHandler)
        self.opened = opened
        self._drawing = threading.Lock()  # what draws charts sets up the whole process for it

    def page(self, name: str) -> bytes | None:
        """The page called *name*, as it would be written now; None where there is none."""
        from ct_retrain.report.pages import INDEX, live_page
        from ct_retrain.report.report_inputs import ReportInputs

        if name in ("", INDEX):
            inputs, running = ReportInputs.of(self.opened.workspace, self.opened.settings), self._running()
            with self._drawing:
                return live_page(inputs, running)
        path = self.opened.workspace.reports / name
        direct = name.endswith(".html") and path.parent == self.opened.workspace.reports
        return path.read_bytes() if direct and path.is_file() and not path.is_symlink() else None

    def _running(self) -> str:
        from ct_retrain.cli.status import running_words
        from ct_retrain.nightly.records.progress import underway

        found = underway(self.opened.workspace)
        return running_words(found) if found else ""


class PageHandler(BaseHTTPRequestHandler):
    """One request: a page, or a plain refusal."""

    server_version = "ct-retrain"
    sys_version = ""

    def do_GET(self) -> None:
        """Send the page that the path names."""
        from ct_retrain.core.errors import CtRetrainError

        if self.headers.get("Host", "").partition(":")[0] not in (LOCAL, "localhost"):
            self.send_error(
                421, "this is served to this machine alone"
            )  # a site elsewhere that calls itself so
            return
        try:
            body = self._page(self.path.partition("?")[0].removeprefix("/"))
        except (CtRetrainError, OSError) as error:
            self.send_error(500, explain=str(error))
            return
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Refresh", str(_APART))
        self.end_headers()
        self.wfile.write(body)

    def _page(self, name: str) -> bytes | None:
        if not isinstance(self.server, PageServer):
            raise TypeError(self.server)
        return self.server.page(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the library gives it
        """Say nothing of each request."""
