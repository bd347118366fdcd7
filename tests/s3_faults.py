"""A real S3 server (moto's, over HTTP), and a proxy before it that can cut, damage, refuse and lie."""

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

_ERROR = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>{code}</Code><Message>{code}</Message><RequestId>1</RequestId></Error>"""


class Request(NamedTuple):
    """What a fault may look at."""

    method: str
    path: str
    body: bytes


class Answer(NamedTuple):
    """An error that the proxy gives instead of the server."""

    status: int
    code: str


class Cut:
    """The connection ends here."""


Fault = Callable[[Request], "Answer | Cut | bytes | None"]
"""An error, a cut, another body to pass on, or None to pass on what came."""


class Weather(ThreadingHTTPServer):
    """A reverse proxy to *target*; `fault` decides about each request, `damaged` about bodies that come back."""

    daemon_threads = True

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.fault: Fault | None = None
        self.requests: list[Request] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address) -> None:
        """A client that goes away is weather too."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Weather

    def _pass(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        request = Request(self.command, self.path, b"")
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        request = request._replace(body=self.rfile.read(length))
        self.server.requests.append(request)
        verdict = self.server.fault(request) if self.server.fault else None
        match verdict:
            case Cut():
                self.close_connection = True
                self.connection.close()
            case Answer(status, code):
                self._answer(status, _ERROR.format(code=code).encode(), {"Content-Type": "application/xml"})
            case bytes():
                self._forward(verdict)
            case None:
                self._forward(request.body)

    def _forward(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection(*self.server.target, timeout=20)
        kept = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "expect")}
        upstream.request(self.command, self.path, body=body, headers=kept)
        answer = upstream.getresponse()
        data = answer.read()
        dropped = ("connection", "transfer-encoding", "content-length", "server", "date")
        headers = {k: v for k, v in answer.getheaders() if k.lower() not in dropped}
        if self.command == "HEAD":
            headers["Content-Length"] = answer.getheader("Content-Length", "0")
        upstream.close()
        self._answer(answer.status, data, headers)

    def _answer(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in ({"Content-Length": str(len(data))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass  # noqa: N815 - as the base class has them

    def log_message(self, *args: object) -> None:
        """Quiet."""
