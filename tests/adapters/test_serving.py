"""The server of `endpoint.command`: up before the first question, gone afterwards whatever happens, and heard when it dies."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.command_line_workspace import alive, descendants
from tests.loopback import free_port, listens

from ct_retrain.adapters.endpoint import EndpointGenerators, ServerPaths
from ct_retrain.core.configuration.settings import EndpointSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.problem import Prompt, Sampling

SAMPLING = Sampling(samples=2, temperature=0.0, top_p=1.0, max_new_tokens=64, seed=0)
PROMPTS = [Prompt(id="a", text="an inverter")]
SERVER = """\
import http.server, json, os, subprocess, sys, time, urllib.parse
port, mood = int(sys.argv[1]), sys.argv[2]
engine = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("the engine is", engine.pid, flush=True)
if mood == "dies":
    sys.exit("CUDA out of memory")
if mood == "babbles":
    print("(Worker) ERROR worker.py:1 RuntimeError: no kernel for this card", flush=True)
    sys.exit("\\n".join(f"leaked function {number}" for number in range(40)))
if mood == "sleeps":
    time.sleep(600)
time.sleep(0.5)
began = time.monotonic()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        loading = time.monotonic() - began < 0.5
        self.say(503 if loading else 200, {"data": [{"id": "m"}]})
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if mood == "crashes":
            print("illegal memory access", flush=True)
            os._exit(7)
        choice = {"message": {"content": os.getcwd()}, "finish_reason": "stop"}
        self.say(200, {"choices": [choice], "usage": None})
    def say(self, code, value):
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def port() -> int:
    return free_port()


def command(root: Path, port: int, mood: str) -> str:
    (root / "serve it.py").write_text(SERVER)
    return f"'{sys.executable}' '{root}/serve it.py' {port} {mood}"


def served(root: Path, port: int, mood: str = "well", **settings: object) -> EndpointGenerators:
    chosen = {"url": f"http://127.0.0.1:{port}/v1", "model": "m", "command": command(root, port, mood)}
    given = EndpointSettings.model_validate({**chosen, "start_timeout": 60, **settings})
    return EndpointGenerators(given, ServerPaths(root, lambda: root / "night" / "server.log"))


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Whatever was started below this process has ended by the end of the test."""
    before = set(descendants(os.getpid()))
    yield
    left = {pid: started for pid, started in descendants(os.getpid()).items() if pid not in before}
    assert alive(left) == []


@pytest.mark.usefixtures("nothing_left")
def test_a_server_is_started_when_it_is_needed_and_ended_with_all_that_it_started(
    tmp_path: Path, port: int
) -> None:
    generators = served(tmp_path, port)
    assert not (tmp_path / "night").exists()
    with closing(generators):
        found = list(generators.open(None).generate(PROMPTS, SAMPLING))
        family = descendants(os.getpid())
        generators.open(None)
        assert (tmp_path / "night" / "server.log").read_text().count("the engine is") == 1

    assert [one.text for one in found] == [str(tmp_path)] * 2
    assert len(alive(family)) < len(family)
    assert not listens(port)


@pytest.mark.usefixtures("nothing_left")
def test_a_server_that_was_ended_is_started_again_and_the_log_of_the_first_is_kept(
    tmp_path: Path, port: int
) -> None:
    generators = served(tmp_path, port)
    for _ in range(2):
        with closing(generators):
            generators.open(None)

    logs = [(tmp_path / "night" / name).read_text() for name in ("server.log", "server.log.1")]
    assert all(one.startswith("the engine is") for one in logs)
    assert logs[0] != logs[1]


@pytest.mark.usefixtures("nothing_left")
def test_a_server_that_does_not_come_up_is_a_tool_error_with_its_last_lines(
    tmp_path: Path, port: int
) -> None:
    with (
        closing(served(tmp_path, port, "dies")) as generators,
        pytest.raises(
            ToolError, match=r"ended with exit code 1; the last lines of .*(?s:.*)CUDA out of memory"
        ),
    ):
        generators.open(None)


@pytest.mark.usefixtures("nothing_left")
def test_the_exception_that_a_server_died_of_is_told_with_whatever_it_printed_afterwards(
    tmp_path: Path, port: int
) -> None:
    with (
        closing(served(tmp_path, port, "babbles")) as generators,
        pytest.raises(ToolError, match=r"(?s)RuntimeError: no kernel for this card\n…\n.*function 39"),
    ):
        generators.open(None)


@pytest.mark.usefixtures("nothing_left")
def test_a_server_that_does_not_answer_in_time_is_a_tool_error(tmp_path: Path, port: int) -> None:
    with (
        closing(served(tmp_path, port, "sleeps", start_timeout=3)) as generators,
        pytest.raises(ToolError, match=r"does not answer at endpoint.url after 3 s .*(?s:.*)the engine is"),
    ):
        generators.open(None)


@pytest.mark.usefixtures("nothing_left")
def test_a_server_that_dies_over_a_question_is_a_tool_error_at_once_and_started_again_for_the_next_arm(
    tmp_path: Path, port: int
) -> None:
    with closing(served(tmp_path, port, "crashes", patience=300)) as generators:
        began = time.monotonic()
        with pytest.raises(ToolError, match=r"ended with exit code 7; (?s:.*)illegal memory access"):
            list(generators.open(None).generate(PROMPTS, SAMPLING))
        assert time.monotonic() - began < 60
        generators.open(None)
        assert listens(port)


@pytest.mark.usefixtures("nothing_left")
def test_a_server_is_not_started_where_another_one_answers(tmp_path: Path, port: int) -> None:
    with closing(served(tmp_path, port)) as first, closing(served(tmp_path, port)) as second:
        first.open(None)
        with pytest.raises(ToolError, match=r"something answers at endpoint\.url already"):
            second.open(None)
        assert [one.index for one in first.open(None).generate(PROMPTS, SAMPLING)] == [0, 1]


def test_a_command_that_cannot_be_started_is_a_usage_error(tmp_path: Path, port: int) -> None:
    for text, says in (
        ("no-such-server --fast", "there is no such program"),
        ("serve 'it", "cannot be read"),
    ):
        with (
            closing(served(tmp_path, port, command=text)) as generators,
            pytest.raises(UsageError, match=rf"endpoint\.command.*{says}"),
        ):
            generators.open(None)


def test_the_tool_tells_how_the_server_was_started(tmp_path: Path, port: int) -> None:
    with closing(served(tmp_path, port)) as generators:
        started = generators.open(None).tool
        beside = (
            EndpointGenerators(EndpointSettings(url=f"http://127.0.0.1:{port}/v1", model="m")).open(None).tool
        )

    assert started != beside


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_benchmark_that_is_ended_leaves_no_server(
    tmp_path: Path, port: int, number: signal.Signals
) -> None:
    suite = tmp_path / "suite.jsonl"
    problem = {
        "id": "inv", "spec": "an inverter", "top": "top", "category": "gates",
        "golden": "module top(input a, output y); assign y = ~a; endmodule\n",
        "testbench": "module tb; endmodule\n",
    }  # fmt: skip
    suite.write_text(json.dumps(problem) + "\n")
    settings = {
        "endpoint.url": f"http://127.0.0.1:{port}/v1",
        "endpoint.model": "m",
        "endpoint.command": command(tmp_path, port, "sleeps"),
    }
    options = [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
    argv = [
        sys.executable, "-m", "ct_retrain", "-C", str(tmp_path), *options, "benchmark",
        "--draw", str(tmp_path / "answers.jsonl"), "--suite", str(suite),
    ]  # fmt: skip
    log = tmp_path / "work" / "continuous_retrain" / "server.log"
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait(lambda: log.exists() and "the engine is" in log.read_text())
        family = descendants(process.pid)
        process.send_signal(number)
        process.communicate(timeout=60)
    finally:
        process.kill()

    assert len(family) >= 4, "ct-retrain, the leash, the server and its engine"
    _wait(lambda: not alive(family))


def _wait(is_so, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
