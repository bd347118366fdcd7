"""A workspace that the real command line can run a night in within seconds: a trainer and a server that are quick.

The trainer is a program that writes down what it was taught; the server speaks OpenAI's API and answers what an
adapter was taught. Collecting, judging, deciding and publishing are the real thing.
"""

import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ct_retrain.core.workspace import Workspace
from tests.small_workspace import WIDTHS, found, leave_trace, other_problem, spec

PROBLEMS = range(2, 8)

_TRAINER = """\
import json, pathlib, subprocess, sys, time
plan, out = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])
assistant = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
rows = [json.loads(line) for line in pathlib.Path(plan["mixture"]).read_text().splitlines()]
time.sleep(0.3)
learnt = json.dumps({row["prompt"]: row["completion"] for row in rows}, sort_keys=True)
(out / "adapter").mkdir()
(out / "adapter" / "adapter_config.json").write_text("{}")
(out / "adapter" / "adapter_model.safetensors").write_text(learnt)
(out / "fit.json").write_text(json.dumps({"steps": 1, "epochs": 1.0, "examples": plan["rows"], "skipped": 0,
    "tokens": 10, "seconds": 0.0, "peak_memory": 0, "device": "none", "losses": [], "versions": {}}))
assistant.kill()
"""

_SETTINGS = """\
[paths]
[judge]
simulator = "icarus"
second_opinion = false
workers = 2
[curate]
mutants = 0
[train]
mainline = "base"
command = "{python} {trainer}"
[benchmark]
suite = "suite.jsonl"
samples = 2
temperature = 0.0
[endpoint]
url = "{url}"
model = "base"
adapters = "path"
[gate]
bootstrap = 200
min_compile_rate = 0.0
floors = {{}}
[notices]
min_free_gb = 0.0
[tracking]
store = "off"
"""


def opened(root: Path, trainer: Path, url: str, widths: range) -> Workspace:
    """A workspace at *root* with runs of *widths*, whose nights are trained by *trainer* and answered at *url*."""
    small = found(root, problems=PROBLEMS)
    for width in widths:
        leave_trace(small.workspace, f"run_{width}", width, fails_first=width == 3)
    trainer.write_text(_TRAINER)
    settings = _SETTINGS.format(python=sys.executable, trainer=trainer, url=url)
    (root / "ct-retrain.toml").write_text(settings)
    return small.workspace


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """A client that is killed is what it is here for."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._say({"data": [{"id": "base", "owned_by": "workshop"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = _answer(asked["model"], asked["messages"][0]["content"])
        choice = {"message": {"content": text}, "finish_reason": "stop"}
        self._say({"choices": [choice], "usage": {"completion_tokens": len(text)}})

    def _say(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


def _answer(model: str, prompt: str) -> str:
    weights = Path(model) / "adapter_model.safetensors"
    learnt = weights.read_text() if weights.is_file() else ""
    known = {
        other_problem(width).spec: other_problem(width).golden for width in WIDTHS if spec(width) in learnt
    }
    return known.get(prompt, "module nothing; endmodule\n")


@contextmanager
def answering() -> Iterator[str]:
    """The server; its address."""
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def descendants(pid: int) -> dict[int, str]:
    """Every process below *pid* → when it started, by which it is told from a later one of the same number."""
    parents: dict[int, tuple[int, str]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        fields = _stat(path)
        if fields:
            parents[int(path.parent.name)] = (int(fields[1]), fields[19])
    below = {pid}
    while more := {one for one, (parent, _) in parents.items() if parent in below} - below:
        below |= more
    return {one: parents[one][1] for one in below if one in parents}


def alive(processes: dict[int, str]) -> list[int]:
    """Those of *processes* that still run."""
    return [
        pid
        for pid, started in processes.items()
        if (fields := _stat(Path(f"/proc/{pid}/stat"))) and fields[19] == started and fields[0] not in "ZX"
    ]


def marked(mark: str) -> list[int]:
    """Every process that has *mark* in its environment."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def _stat(path: Path) -> list[str]:
    """State, parent and the rest; empty when the process is gone."""
    try:
        return re.sub(r"^.*\) ", "", path.read_text(errors="replace"), flags=re.DOTALL).split()
    except OSError:
        return []
