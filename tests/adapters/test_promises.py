"""One suite for every way to generate: in this process, from a file, and from servers, of which two are real."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.promises import (
    PROMISES,
    PROMPTS,
    Subject,
    an_adapter_is_another_arm_and_leaves_mainline_as_it_was,
)
from tests.adapters.vllm_cpu import EMBEDDED, random_lora, serving
from tests.loopback import free_port
from tests.scripted_server import Asked, Moody, Reply, answer

from ct_retrain.adapters.endpoint import EndpointGenerators, ServerPaths
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.adapters.recorded import RecordedGenerator, record
from ct_retrain.core.configuration.settings import EndpointSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Generator, Generators
from ct_retrain.core.record import digest
from ct_retrain.core.records.problem import (
    Completion,
    Problem,
    Prompt,
    Sampling,
)


def by_name(promise: object) -> str:
    return getattr(promise, "__name__", str(promise))


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random adapter that changes the embedded model's answers and leaves them text."""
    return random_lora(tmp_path_factory.mktemp("lora") / "adapter")


@pytest.fixture(scope="module")
def reference() -> Iterator[TransformersGenerators]:
    with closing(TransformersGenerators(str(EMBEDDED), 4)) as generators:
        yield generators


def served_by(reference: TransformersGenerators, moody: Moody, *, ignoring: bool = False) -> None:
    """Let *moody* answer as *reference* does; *ignoring* adapters, it answers as mainline whoever was asked for."""

    def special(asked: Asked) -> Reply | None:
        path, body = asked.path.removeprefix("/v1"), asked.body
        if path == "/load_lora_adapter" and not (Path(body["lora_path"]) / "adapter_config.json").exists():
            return Reply({"error": {"message": "No adapter found"}}, 404)
        if path != "/chat/completions" or body["model"] not in moody.models:
            return None
        root = moody.models[body["model"]]
        arm = reference.open(Path(root) if root and not ignoring else None)
        sampling = Sampling(
            samples=1, temperature=body["temperature"], top_p=body["top_p"], max_new_tokens=body["max_tokens"],
            seed=body["seed"],
        )  # fmt: skip
        (one,) = arm.generate([Prompt(id="one", text=body["messages"][0]["content"])], sampling)
        reason = "stop" if one.finished else "length"
        return answer(one.text, reason, usage={"completion_tokens": one.tokens}, model=body["model"])

    moody.special = special


class Taping:
    """Generators that draw into a file with the product's `record`, and give back what the file holds."""

    def __init__(self, inner: Generators, root: Path) -> None:
        self._inner, self._root = inner, root

    def open(self, adapter: Path | None) -> Generator:
        return _Tape(self._inner.open(adapter), self._root)

    def close(self) -> None:
        self._inner.close()


class _Tape:
    def __init__(self, inner: Generator, root: Path) -> None:
        self._inner, self._root = inner, root
        self.tool = inner.tool

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        problems = [
            Problem(id=one.id, spec=one.text, top="top", testbench="-", golden="-", category="-")
            for one in prompts
        ]
        path = self._root / f"{digest(self.tool, sampling, *(one.id for one in prompts))[:16]}.jsonl"
        record(path, problems, self._inner, sampling)
        return RecordedGenerator(path, frozenset(one.id for one in prompts)).generate(prompts, sampling)


@pytest.fixture(params=["in process", "recorded", "a server on loopback"])
def generators(
    request: pytest.FixtureRequest, reference: TransformersGenerators, tmp_path: Path
) -> Iterator[Generators]:
    match request.param:
        case "in process":
            yield TransformersGenerators(str(EMBEDDED), 2)
        case "recorded":
            yield Taping(reference, tmp_path)
        case _:
            with Moody(models=("embedded",)) as moody:
                served_by(TransformersGenerators(str(EMBEDDED), 2), moody)
                settings = EndpointSettings(url=moody.url, model="embedded", adapters="vllm")
                yield EndpointGenerators(settings)


@pytest.mark.parametrize("promise", PROMISES, ids=by_name)
def test_every_way_to_generate_keeps_its_promises(
    promise: Callable[[Subject], None],
    generators: Generators,
    reference: TransformersGenerators,
    lora: Path,
    tmp_path: Path,
) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    promise(Subject(generators, reference, lora, nothing))


def test_a_server_that_ignores_adapters_does_not_keep_them(
    reference: TransformersGenerators, lora: Path
) -> None:
    with Moody(models=("embedded",)) as moody:
        served_by(TransformersGenerators(str(EMBEDDED), 2), moody, ignoring=True)
        settings = EndpointSettings(url=moody.url, model="embedded", adapters="vllm")
        subject = Subject(EndpointGenerators(settings), reference, lora, lora)
        with pytest.raises(AssertionError):
            an_adapter_is_another_arm_and_leaves_mainline_as_it_was(subject)


def keep_all(subject: Subject) -> None:
    """All promises on one server, which is dear to start; those that are broken are named together."""
    broken: dict[str, Exception | AssertionError] = {}
    for promise in PROMISES:
        try:
            promise(subject)
        except (Exception, AssertionError) as error:  # noqa: BLE001 - every one of them is told
            broken[by_name(promise)] = error
    assert not broken, "\n\n".join(f"{name}: {error!r}" for name, error in broken.items())


def started(
    root: Path, port: int, environment: dict[str, str], argv: list[str], **settings: Any
) -> EndpointGenerators:
    """Generators that start *argv* as `endpoint.command` does."""
    words = ["env", *(f"{name}={value}" for name, value in environment.items()), *argv]
    command = " ".join(f"'{word}'" for word in words)
    given = EndpointSettings(
        url=f"http://127.0.0.1:{port}/v1", command=command, start_timeout=400, **settings
    )
    return EndpointGenerators(given, ServerPaths(root, lambda: root / "server.log"))


@pytest.mark.slow
def test_vllm_keeps_every_promise(reference: TransformersGenerators, lora: Path, tmp_path: Path) -> None:
    port = free_port()
    environment, argv = serving(port)
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    with closing(started(tmp_path, port, environment, argv, model="embedded", adapters="vllm")) as generators:
        keep_all(Subject(_Kept(generators), reference, lora, nothing))
        settings = generators.settings.model_copy(update={"command": "", "model": "no-such-model"})
        with pytest.raises(ToolError, match=r"'no-such-model' that endpoint\.model names; it has: embedded"):
            EndpointGenerators(settings).open(None)
        again = generators.settings.model_copy(update={"command": ""})
        beside = EndpointGenerators(again).open(lora)
        assert (
            len(
                list(
                    beside.generate(
                        PROMPTS[:1], Sampling(samples=1, temperature=0, top_p=1, max_new_tokens=4, seed=0)
                    )
                )
            )
            == 1
        )


class _Kept:
    """Generators whose server outlives `close`: to start it twice would take another minute."""

    def __init__(self, inner: EndpointGenerators) -> None:
        self._inner = inner

    def open(self, adapter: Path | None) -> Generator:
        return self._inner.open(adapter)

    def close(self) -> None:
        for replica in self._inner.replicas:
            replica.http.close()


@pytest.fixture
def sampled(tmp_path: Path) -> Path:
    """The embedded model as models are published that want to be sampled from: this server samples from no other."""
    import torch
    from transformers import AutoModelForCausalLM

    copy = tmp_path / "sampled"
    shutil.copytree(EMBEDDED, copy, ignore=shutil.ignore_patterns("*.safetensors"))
    AutoModelForCausalLM.from_pretrained(EMBEDDED, dtype=torch.float32).save_pretrained(copy)
    ends = {"do_sample": True, "top_k": 0, "eos_token_id": 2, "pad_token_id": 0}
    (copy / "generation_config.json").write_text(json.dumps(ends))
    return copy


@pytest.fixture
def whole(lora: Path, sampled: Path, tmp_path: Path) -> Path:
    """The adapter in a directory with mainline, to which this server applies what else it finds there."""
    directory = tmp_path / "whole"
    shutil.copytree(sampled, directory)
    for path in lora.glob("adapter_*"):
        shutil.copyfile(path, directory / path.name)
    return directory


@pytest.mark.slow
def test_transformers_serve_keeps_every_promise(
    reference: TransformersGenerators, sampled: Path, whole: Path, tmp_path: Path
) -> None:
    """One request at a time, for this server has one random stream for all; it takes paths as names of models."""
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    port, home, nothing = free_port(), tmp_path / "home", tmp_path / "nothing"
    (home / "hub").mkdir(parents=True)
    nothing.mkdir()
    environment = {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    program = Path(sys.executable).with_name("transformers")
    argv = [str(program), "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    settings = {"model": str(sampled), "adapters": "path", "requests": 1}
    with closing(started(tmp_path, port, environment, argv, **settings)) as generators:
        keep_all(Subject(_Kept(generators), reference, whole, nothing))
