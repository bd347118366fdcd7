"""Requests are spread over equal servers, and one that fails costs nothing but its share of the speed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs
from tests.adapters.test_endpoint import written
from tests.adapters.vllm_cpu import random_lora, serving
from tests.loopback import free_port
from tests.scripted_server import Asked, Moody, Reply, answer

from ct_retrain.adapters.doctor_checks import examine
from ct_retrain.adapters.endpoint import EndpointGenerators, ServerPaths
from ct_retrain.compose import generators_of
from ct_retrain.core.configuration.settings import EndpointSettings, JudgeSettings, Settings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.problem import Prompt, Sampling
from ct_retrain.core.workspace import Workspace
from ct_retrain.judge.judge import Judge

PROMPTS = [Prompt(id=f"p{number}", text=f"Write circuit {number}") for number in range(4)]
SAMPLING = Sampling(samples=25, temperature=0.8, top_p=0.95, max_new_tokens=12, seed=5)
LeftOut = Callable[[], list[MutableMapping[str, Any]]]
SERVER = """\
import hashlib, http.server, json, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.say({"data": [{"id": "m"}]})
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(0.02)
        choice = {"message": {"content": hashlib.sha256(body).hexdigest()}, "finish_reason": "stop"}
        self.say({"choices": [choice]})
    def say(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *arguments):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
"""Its answer is made of the request alone, as that of a batch-invariant server is."""


def settings_of(servers: Sequence[Moody], **changes: object) -> EndpointSettings:
    first, *others = (one.url for one in servers)
    chosen = {"url": first, "urls": others, "model": "m", "patience": 0.5, "requests": 4, **changes}
    return EndpointSettings.model_validate(chosen)


def echo(asked: Asked) -> Reply | None:
    """An answer that is made of the request alone."""
    return answer(json.dumps(asked.body, sort_keys=True)) if "chat" in asked.path else None


@pytest.fixture
def servers() -> Iterator[list[Moody]]:
    with ExitStack() as stack:
        three = [stack.enter_context(Moody(models=("m",), version="0.32.0")) for _ in range(3)]
        for one in three:
            one.special = echo
        yield three


@pytest.fixture
def left_out(quiet_logs: None) -> Iterator[LeftOut]:
    """The log entries about servers that were left out until now."""
    structlog.reset_defaults()
    with capture_logs() as logs:
        yield lambda: [one for one in logs if one["event"] == "server left out"]


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return written(tmp_path / "adapter", "weights")


def drawn(generators: EndpointGenerators, adapter: Path | None = None) -> dict[tuple[str, int], str]:
    found = list(generators.open(adapter).generate(PROMPTS, SAMPLING))
    assert len(found) == 100
    return {(one.prompt_id, one.index): one.text for one in found}


def test_every_server_answers_its_share_and_the_answers_are_those_of_one(servers: list[Moody]) -> None:
    alone = drawn(EndpointGenerators(settings_of(servers[:1])))
    servers[0].asked.clear()
    together = drawn(EndpointGenerators(settings_of(servers)))

    assert together == alone
    assert sum(len(one.chats) for one in servers) == 100
    assert all(len(one.chats) >= 20 for one in servers)


def test_the_same_tool_is_recorded_however_many_servers_there_are(servers: list[Moody]) -> None:
    tools = {EndpointGenerators(settings_of(servers[:count])).open(None).tool for count in (1, 2, 3)}

    assert [tool.detail for tool in tools] == [
        "m, owned by moody, version 0.32.0, revision unnamed, adapter none"
    ]


def test_an_adapter_is_loaded_on_every_server_and_unloaded_from_every_one(
    servers: list[Moody], adapter: Path
) -> None:
    with closing(EndpointGenerators(settings_of(servers, adapters="vllm"))) as generators:
        drawn(generators, adapter)
        (name,) = {one.body["model"] for server in servers for one in server.chats}
        assert [server.models.get(name) for server in servers] == [str(adapter)] * 3

    assert [set(server.models) for server in servers] == [{"m"}] * 3


def test_an_adapter_that_one_server_lost_is_loaded_there_again(servers: list[Moody], adapter: Path) -> None:
    generators = EndpointGenerators(settings_of(servers, adapters="vllm"))
    arm = generators.open(adapter)
    lost = servers[1]
    lost.models = {"m": ""}
    lost.special = lambda asked: (
        None if asked.body and asked.body.get("model") not in lost.models else echo(asked)
    )
    found = list(arm.generate(PROMPTS, SAMPLING))

    assert len(found) == 100
    assert len([one for one in lost.asked if one.path == "/v1/load_lora_adapter"]) == 2


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (Moody(models=("m",), version="0.31.0"), r"version 0\.31\.0; serve the same"),
        (Moody(models=("m",)), r"says owned by moody;"),
        (Moody(models=("other",), version="0.32.0"), "does not serve the model 'm'"),
    ],
    ids=["another version", "none", "another model"],
)
def test_a_server_that_runs_something_else_is_refused(servers: list[Moody], odd: Moody, words: str) -> None:
    with odd, pytest.raises(ToolError, match=words):
        EndpointGenerators(settings_of([*servers, odd])).open(None)


@pytest.mark.parametrize("fact", ["root", "max_model_len", "owned_by"])
def test_a_server_whose_model_differs_in_one_fact_is_refused(servers: list[Moody], fact: str) -> None:
    card = {"id": "m", "owned_by": "vllm", "root": "/a/Qwen-7B", "max_model_len": 8192}
    cards = [
        card,
        {**card, "root": "/b/Qwen-7B"},
        {**card, fact: 4096 if fact == "max_model_len" else "Qwen-3B"},
    ]
    for server, one in zip(servers, cards, strict=True):
        server.special = lambda asked, one=one: (
            Reply({"data": [one]}) if "models" in asked.path else echo(asked)
        )

    assert len(drawn(EndpointGenerators(settings_of(servers[:2])))) == 100
    with pytest.raises(ToolError, match=r"the servers differ.*(4096|Qwen-3B).*endpoint\.urls"):
        EndpointGenerators(settings_of(servers)).open(None)


def test_a_server_that_is_down_is_left_out_in_words_until_the_next_arm(
    servers: list[Moody], left_out: LeftOut
) -> None:
    down = servers[1]
    down.special = lambda asked: Reply({"error": "loading"}, 503)
    generators = EndpointGenerators(settings_of(servers))
    drawn(generators)
    (event,) = left_out()
    assert (event["url"], event["left"], "503" in event["reason"]) == (down.url, 2, True)
    assert [*generators.left_out] == [down.url]

    down.special = echo
    drawn(generators)
    assert not generators.left_out
    assert down.chats


def test_a_server_that_fails_at_work_is_left_out_once_and_all_answers_come(
    servers: list[Moody], left_out: LeftOut
) -> None:
    alone = drawn(EndpointGenerators(settings_of(servers[:1])))
    servers[2].special = lambda asked: Reply({}, 500) if "chat" in asked.path else None
    together = drawn(EndpointGenerators(settings_of(servers)))

    assert together == alone
    assert [one["url"] for one in left_out()] == [servers[2].url]


def test_no_server_left_is_a_tool_error_that_says_why_of_each(servers: list[Moody]) -> None:
    arm = EndpointGenerators(settings_of(servers)).open(None)
    for server, status in zip(servers, (500, 401, 503), strict=True):
        server.special = lambda asked, status=status: Reply({"error": "so sorry"}, status)
    with pytest.raises(ToolError, match="none of the 3 servers is left") as raised:
        list(arm.generate(PROMPTS, SAMPLING))
    for server, status in zip(servers, (500, 401, 503), strict=True):
        assert f"{server.url}: {server.url}/chat/completions" in str(raised.value)
        assert str(status) in str(raised.value)
    with pytest.raises(ToolError, match=r"none of the 3 servers can be asked: .*so sorry"):
        EndpointGenerators(settings_of(servers)).open(None)


def test_a_caller_that_stops_early_blames_no_server(servers: list[Moody], left_out: LeftOut) -> None:
    for server in servers:
        server.special = lambda asked: (
            Reply({}, 503) if asked.body and "3" in str(asked.body["messages"]) else echo(asked)
        )
    arm = EndpointGenerators(settings_of(servers, patience=60)).open(None)
    answers = arm.generate(PROMPTS, SAMPLING.model_copy(update={"samples": 1}))
    next(answers)
    del answers

    assert not left_out()


def started(root: Path, port: int) -> subprocess.Popen[bytes]:
    (root / "serve.py").write_text(SERVER)
    process = subprocess.Popen([sys.executable, root / "serve.py", str(port)])
    _wait_for(f"http://127.0.0.1:{port}/v1", "m", 30)
    return process


def _wait_for(url: str, model: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            EndpointGenerators(EndpointSettings(url=url, model=model)).open(None)
        except ToolError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        else:
            return


def test_a_server_that_is_killed_at_work_changes_no_answer(tmp_path: Path, left_out: LeftOut) -> None:
    ports = [free_port() for _ in range(3)]
    urls = [f"http://127.0.0.1:{port}/v1" for port in ports]
    processes = [started(tmp_path, port) for port in ports]
    try:
        alone = drawn(EndpointGenerators(EndpointSettings(url=urls[0], model="m", requests=8)))
        several = EndpointSettings(url=urls[0], urls=tuple(urls[1:]), model="m", patience=1, requests=2)
        answers = EndpointGenerators(several).open(None).generate(PROMPTS, SAMPLING)
        first = [next(answers) for _ in range(10)]
        processes[1].kill()
        found = [*first, *answers]
    finally:
        for process in processes:
            process.kill()
            process.wait()

    assert {(one.prompt_id, one.index): one.text for one in found} == alone
    (event,) = left_out()
    assert (event["url"], event["left"]) == (urls[1], 2)
    assert "does not answer" in event["reason"]


@pytest.mark.slow
def test_one_of_two_vllms_is_killed_at_work_and_the_answers_are_those_of_one(
    tmp_path: Path, left_out: LeftOut
) -> None:
    """Greedily, as its sampled answers may depend on what else is in the batch."""
    ports = [free_port() for _ in range(2)]
    lora = random_lora(tmp_path / "adapter")
    greedy = SAMPLING.model_copy(update={"samples": 4, "temperature": 0.0, "max_new_tokens": 40})
    prompts = [Prompt(id=str(number), text=f"Write a {number}-bit counter") for number in range(2, 12)]
    with ExitStack() as stack:
        servers = [stack.enter_context(_running(tmp_path / str(port), port)) for port in ports]
        urls = [f"http://127.0.0.1:{port}/v1" for port in ports]
        for url in urls:
            _wait_for(url, "embedded", 400)
        one, both = (
            EndpointSettings(
                url=urls[0], urls=more, model="embedded", adapters="vllm", patience=1, requests=2
            )
            for more in ((), (urls[1],))
        )
        alone = list(EndpointGenerators(one).open(lora).generate(prompts, greedy))
        arm = EndpointGenerators(both).open(lora)
        answers = arm.generate(prompts, greedy)
        first = [next(answers) for _ in range(4)]
        os.killpg(servers[1].pid, signal.SIGKILL)
        found = [*first, *answers]

    assert "version 0." in arm.tool.detail
    assert found == alone
    assert [event["url"] for event in left_out()] == [urls[1]]


@contextmanager
def _running(root: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A vLLM, all of whose processes end with the block; its output is in *root*."""
    root.mkdir()
    environment, argv = serving(port)
    with (root / "server.log").open("wb") as log:
        process = subprocess.Popen(
            argv, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_batch_invariance_is_told_to_a_started_server_and_recorded_of_every_one(
    servers: list[Moody], tmp_path: Path
) -> None:
    plain, invariant = (
        EndpointGenerators(settings_of(servers, batch_invariant=one)).open(None).tool for one in (False, True)
    )
    assert "batch invariant" not in plain.detail
    assert "batch invariant" in invariant.detail

    command = f"'{sys.executable}' -c 'import os; print(os.environ[\"VLLM_BATCH_INVARIANT\"])'"
    settings = EndpointSettings(
        url=f"http://127.0.0.1:{free_port()}/v1", model="m", command=command, batch_invariant=True
    )
    with pytest.raises(ToolError, match=r"server\.log:\n1$"):
        EndpointGenerators(settings, ServerPaths(tmp_path, lambda: tmp_path / "server.log")).open(None)


def test_further_servers_need_a_first_one(tmp_path: Path) -> None:
    settings = Settings(endpoint=EndpointSettings(urls=("http://127.0.0.1:9/v1",)))
    with pytest.raises(UsageError, match=r"endpoint\.url: set that, too"):
        generators_of(Workspace(tmp_path, settings.paths), settings)


def test_doctor_names_every_server_and_what_is_wrong_with_it(servers: list[Moody], tmp_path: Path) -> None:
    servers[2].special = lambda asked: Reply({"error": "loading"}, 503)
    settings = Settings(endpoint=settings_of(servers))
    with Judge(JudgeSettings(simulator="icarus"), sandbox="off") as judge:
        findings = examine(Workspace(tmp_path, settings.paths), settings, judge)
    found = [one for one in findings if one.what == "endpoint"]

    assert [one.fine for one in found] == [True, True, False]
    assert "503" in found[2].found
