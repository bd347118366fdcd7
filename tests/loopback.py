"""Real servers on loopback that keep what they are sent: one for HTTP, one for mail."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller


class Post(NamedTuple):
    """A request as it came in."""

    path: str
    body: bytes


class Webhook:
    """What an HTTP server heard; it answers the codes it was given, then 200."""

    def __init__(self, url: str, answers: list[int]) -> None:
        self.url = url
        self.address = url.removeprefix("http://")
        self.answers = answers
        self.posts: list[Post] = []

    @property
    def paths(self) -> list[str]:
        return [post.path for post in self.posts]


@contextlib.contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve with *handler* until the end of the block; the URL of the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def webhook(*answers: int) -> Iterator[Webhook]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            heard.posts.append(Post(self.path, self.rfile.read(size)))
            self.send_response(heard.answers.pop(0) if heard.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Quietly."""

    with served(Handler) as url:
        heard = Webhook(url, list(answers))
        yield heard


class Mailbox:
    """What an SMTP server accepted."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 kept"


@contextlib.contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Serve until the end of the block."""
    import socket

    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens on *port* of this machine."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
