"""A chat-completions server on loopback that answers what it is told to, in order, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self


class Asked(NamedTuple):
    """A request as it came in."""

    path: str
    key: str | None
    body: Any


class Reply(NamedTuple):
    """What to answer: a body as JSON or as it is, under a status; or a connection that is cut."""

    said: object = None
    status: int = 200
    headers: Mapping[str, str] = {}
    cut: str = ""
    """`before` closes the connection without a word, `body` in the middle of the body, `chunk` in that of a chunk."""


def answer(content: object = "module m;", reason: object = "stop", **changes: object) -> Reply:
    """A chat completion; *changes* replace keys of it."""
    choice = {"message": {"role": "assistant", "content": content}, "finish_reason": reason}
    return Reply({"choices": [choice], "usage": {"completion_tokens": 7}, **changes})


Script = Callable[[Asked], Reply | None]


class Moody:
    """Serves *answers* to chats in order, then *always*; models and adapters are listed and loaded as vLLM does it."""

    def __init__(
        self, *answers: Reply, always: Reply | None = None, models: tuple[str, ...] = (), version: str = ""
    ) -> None:
        self.asked: list[Asked] = []
        self.models: dict[str, str] = dict.fromkeys(models, "")
        """Name → the directory it was loaded from; empty for what was there from the start."""
        self.version = version
        """What it says at /version, beside its API; a server without one has no such page."""
        self.script = list(answers)
        self.always = always
        self.special: Script = lambda _: None
        """Answers before anything else does, where it answers at all."""
        self.in_flight = self.most = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def chats(self) -> list[Asked]:
        """What it was asked to answer."""
        return [one for one in self.asked if one.path == "/v1/chat/completions"]

    def reply(self, asked: Asked) -> Reply:
        """What is answered to *asked*."""
        with self._lock:
            self.asked.append(asked)
            special = self.special(asked)
            if special is not None:
                return special
            match asked.path.removeprefix("/v1"):
                case "/models":
                    cards = [
                        {"id": name, "owned_by": "moody", "root": root} for name, root in self.models.items()
                    ]
                    return Reply({"object": "list", "data": cards})
                case "/version":
                    return Reply({"version": self.version}) if self.version else Reply({}, 404)
                case "/load_lora_adapter":
                    return self._load(asked.body["lora_name"], asked.body["lora_path"])
                case "/unload_lora_adapter":
                    self.models.pop(asked.body["lora_name"])
                    return Reply(b"Success: removed")
                case _:
                    return self._chat(asked.body["model"])

    def _load(self, name: str, path: str) -> Reply:
        if name in self.models:
            return Reply({"error": {"message": f"The lora adapter '{name}' has already been loaded."}}, 400)
        self.models[name] = path
        return Reply(b"Success: LoRA adapter added successfully.")

    def _chat(self, model: str) -> Reply:
        if self.models and model not in self.models:
            return Reply({"error": {"message": f"The model `{model}` does not exist."}}, 404)
        if self.script:
            return self.script.pop(0)
        return self.always or answer()


def _handler(moody: Moody) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: Any) -> None:
            moody.in_flight += 1
            moody.most = max(moody.most, moody.in_flight)
            reply = moody.reply(Asked(self.path, self.headers["Authorization"], body))
            data = reply.said if isinstance(reply.said, bytes) else json.dumps(reply.said).encode()
            moody.in_flight -= 1
            if reply.cut == "before":
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.cut == "chunk":
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"40\r\n" + data[:10])
            else:
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[:10] if reply.cut else data)
            self.close_connection = bool(reply.cut)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
