"""The same promises from a real server as from this process, and clear words when the server breaks its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import pytest
from pydantic import SecretStr

from ct_retrain.adapters.endpoint import EndpointGenerators
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.ports import Generators
from ct_retrain.core.problem import Completion, Prompt, Sampling
from ct_retrain.core.settings import EndpointSettings

PROMPTS = [Prompt(id=f"p{number}", text="Write an and gate" + " now" * number) for number in range(3)]
SAMPLING = Sampling(samples=3, temperature=0.8, top_p=0.95, max_new_tokens=12, seed=5)

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`transformers serve` on loopback; it takes paths as names of models, adapters included."""
    port = free_port()
    program = Path(sys.executable).with_name("transformers")
    argv = [str(program), "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    home = tmp_path_factory.mktemp("home")
    (home / "hub").mkdir()
    environment = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{url}/health", process)
        yield f"{url}/v1"
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server does not come up")


@pytest.fixture(scope="module")
def sampled(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base as models are published that want to be sampled from: this server samples from no other."""
    copy = tmp_path_factory.mktemp("sampled") / "base"
    shutil.copytree(base, copy)
    (copy / "generation_config.json").write_text('{"do_sample": true, "top_k": 0}')
    return copy


@pytest.fixture(scope="module")
def whole_adapter(adapter: Path, sampled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The adapter, and the model that it makes of the base: this server serves no adapter by itself."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    directory = tmp_path_factory.mktemp("adapter") / "adapter"
    shutil.copytree(sampled, directory, ignore=shutil.ignore_patterns("*.safetensors"))
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(sampled), str(adapter))
    model.merge_and_unload().save_pretrained(directory)
    shutil.copyfile(adapter / "adapter_model.safetensors", directory / "adapter_model.safetensors")
    shutil.copyfile(adapter / "adapter_config.json", directory / "adapter_config.json")
    return directory


@pytest.fixture(scope="module", params=["in process", "endpoint"])
def generators(request: pytest.FixtureRequest, sampled: Path) -> Generators:
    """Every Generators there is; one request at a time, for this server has one random stream for all."""
    if request.param == "in process":
        return TransformersGenerators(str(sampled), 4)
    url = request.getfixturevalue("server")
    return EndpointGenerators(EndpointSettings(url=url, model=str(sampled), adapters="path", requests=1))


def drawn(
    generators: Generators, adapter: Path | None, prompts: list[Prompt], sampling: Sampling = SAMPLING
) -> dict[tuple[str, int], Completion]:
    found = list(generators.open(adapter).generate(prompts, sampling))
    assert len({(one.prompt_id, one.index) for one in found}) == len(found)
    return {(one.prompt_id, one.index): one for one in found}


@pytest.mark.slow
def test_every_prompt_gets_its_samples(generators: Generators) -> None:
    found = drawn(generators, None, PROMPTS)

    assert set(found) == {(prompt.id, index) for prompt in PROMPTS for index in range(3)}
    assert len({one.text for one in found.values()}) > 5
    assert all(0 < one.tokens <= 12 for one in found.values())
    assert not all(one.finished for one in found.values())


@pytest.mark.slow
def test_a_sample_is_the_same_when_it_is_asked_for_alone(generators: Generators) -> None:
    everything = drawn(generators, None, PROMPTS)
    alone = drawn(generators, None, [PROMPTS[2].model_copy(update={"first": 1})])

    assert set(alone) == {("p2", 1), ("p2", 2)}
    assert alone == {key: everything[key] for key in alone}


@pytest.mark.slow
def test_greedy_samples_are_all_the_same(generators: Generators) -> None:
    greedy = SAMPLING.model_copy(update={"temperature": 0.0})
    found = drawn(generators, None, PROMPTS[:1], greedy)

    assert len(found) == 3
    assert len({one.text for one in found.values()}) == 1


@pytest.mark.slow
def test_an_adapter_is_another_arm(generators: Generators, whole_adapter: Path) -> None:
    arms = generators.open(None), generators.open(whole_adapter)

    assert arms[0].tool != arms[1].tool
    assert drawn(generators, None, PROMPTS) != drawn(generators, whole_adapter, PROMPTS)
    assert generators.open(None).tool == arms[0].tool


@pytest.mark.slow
def test_both_ways_to_generate_say_the_same_when_nothing_is_drawn(server: str, base: Path) -> None:
    greedy = SAMPLING.model_copy(update={"temperature": 0.0, "samples": 1})
    served = EndpointGenerators(EndpointSettings(url=server, model=str(base), requests=1))
    texts = [
        {key: one.text.strip() for key, one in drawn(one, None, PROMPTS, greedy).items()}
        for one in (TransformersGenerators(str(base), 4), served)
    ]

    assert texts[0] == texts[1]


@pytest.mark.slow
def test_what_is_no_adapter_is_a_tool_error(generators: Generators, tmp_path: Path) -> None:
    with pytest.raises(ToolError):
        drawn(generators, tmp_path, PROMPTS)


class Moody:
    """A server on loopback that answers what it is told to, in order, and remembers what it was asked."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        asked: list[tuple[str, str | None, object]] = []
        script = list(answers)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(None)

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, body: object) -> None:
                asked.append((self.path, self.headers["Authorization"], body))
                status, said = script.pop(0) if script else (200, {"data": []})
                data = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return

        self.asked = asked
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def answer(text: str, reason: str) -> tuple[int, object]:
    choice = {"message": {"content": text}, "finish_reason": reason}
    return 200, {"choices": [choice], "usage": {"completion_tokens": 7}}


ONE = SAMPLING.model_copy(update={"samples": 1})


def test_a_busy_server_is_asked_again_and_the_key_is_sent() -> None:
    with Moody((200, {"data": []}), (503, {}), (429, {}), answer("module m;", "length")) as moody:
        settings = EndpointSettings(url=moody.url, model="m", api_key=SecretStr("hush"))
        found = list(EndpointGenerators(settings).open(None).generate(PROMPTS[:1], ONE))

    assert [(one.text, one.finished, one.tokens) for one in found] == [("module m;", False, 7)]
    assert [path for path, _, _ in moody.asked] == ["/v1/models", *["/v1/chat/completions"] * 3]
    assert {key for _, key, _ in moody.asked} == {"Bearer hush"}


def test_vllm_is_told_to_load_the_adapter(tmp_path: Path) -> None:
    (tmp_path / "adapter_model.safetensors").write_bytes(b"weights")
    with Moody((200, {"data": []}), (200, b"Success: adapter added"), answer("x", "stop")) as moody:
        arm = EndpointGenerators(EndpointSettings(url=moody.url, model="m", adapters="vllm")).open(tmp_path)
        list(arm.generate(PROMPTS[:1], ONE))

    loaded, asked = moody.asked[1][2], moody.asked[2][2]
    assert isinstance(loaded, dict)
    assert isinstance(asked, dict)
    assert loaded["lora_path"] == str(tmp_path)
    assert asked["model"] == loaded["lora_name"]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([(404, {"error": "no such model"})], "404: .*no such model"),
        ([(200, b"{half")], "no JSON"),
        ([(200, {"choices": []})], "no chat completion"),
    ],
)
def test_what_the_server_breaks_is_a_tool_error(answers: list[tuple[int, object]], says: str) -> None:
    with Moody((200, {"data": []}), *answers) as moody, pytest.raises(ToolError, match=says):
        list(
            EndpointGenerators(EndpointSettings(url=moody.url, model="m"))
            .open(None)
            .generate(PROMPTS[:1], ONE)
        )


def test_an_arm_with_an_adapter_needs_a_server_that_takes_one(tmp_path: Path) -> None:
    with Moody() as moody, pytest.raises(UsageError, match=r"endpoint\.adapters"):
        EndpointGenerators(EndpointSettings(url=moody.url, model="m")).open(tmp_path)
