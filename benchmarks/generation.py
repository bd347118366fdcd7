"""Answers a second: transformers in this process beside the same model behind one server, two servers, and so on.

    python benchmarks/generation.py --vllm .venv-vllm/bin/vllm [--servers 2] [--base DIR] [--adapter DIR]
    python benchmarks/generation.py --urls http://a:8000/v1 http://b:8000/v1 --model mainline

With `--vllm` the servers are started here, each on a GPU of its own where there are some; with `--urls` they run
already and serve --base as --model. Every arm draws the same samples; its first answer warms it up and is not
counted. A token is one that the model wrote. Ratios are to the generation in this process.
"""

import argparse
import contextlib
import os
import shlex
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import ct_retrain.demo
from _spent import spent
from ct_retrain.adapters._child_programs import Command
from ct_retrain.adapters.endpoint import EndpointGenerators
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.adapters.serving import Server
from ct_retrain.core.configuration.settings import EndpointSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Generators
from ct_retrain.core.records.problem import Prompt, Sampling
from ct_retrain.suites.load import load_suite

EMBEDDED = Path(ct_retrain.demo.__file__).parent / "model"
CPU = {
    "VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind",
}  # fmt: skip
"""Environment of a vLLM that shares processors with another."""
ON_A_CPU = [
    "--dtype",
    "float32",
    "--enforce-eager",
    "--no-enable-chunked-prefill",
    "--max-num-batched-tokens",
    "8192",
]
"""Options of a vLLM without a GPU; 0.32.0 ends at a seeded request whose prompt it reads in pieces."""
PORT = 18_431


class Work(NamedTuple):
    """What every arm draws."""

    adapter: Path | None
    prompts: Sequence[Prompt]
    sampling: Sampling


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--base", type=Path, default=EMBEDDED)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--vllm", help="program that serves; its servers are started here")
    parser.add_argument("--servers", type=int, default=2)
    parser.add_argument("--urls", nargs="+", default=[])
    parser.add_argument("--model", default="mainline")
    parser.add_argument("--problems", type=int, default=8)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--window", type=int, default=1024, help="longest prompt with its answer, in tokens")
    chosen = parser.parse_args()
    if not chosen.vllm and not chosen.urls:
        parser.error("name a program with --vllm, or servers with --urls")
    problems = load_suite("behavioural", Path()).problems[: chosen.problems]
    prompts = [Prompt(id=one.id, text=one.spec) for one in problems]
    sampling = Sampling(
        samples=chosen.samples, temperature=0.6, top_p=0.95, max_new_tokens=chosen.tokens, seed=0
    )
    work = Work(chosen.adapter, prompts, sampling)
    print(f"{'':24}   answers    tokens   seconds    CPU s   tokens/s        ×", flush=True)
    first = _row("in this process", TransformersGenerators(str(chosen.base), chosen.batch_size), work)
    with _serving(chosen) as urls:
        for count in range(1, len(urls) + 1):
            settings = EndpointSettings(
                url=urls[0], urls=tuple(urls[1:count]), model=chosen.model, adapters="vllm"
            )
            name = f"{count} server{'s' if count > 1 else ''}"
            _row(name, EndpointGenerators(settings), work, first)


def _row(name: str, generators: Generators, work: Work, first: float | None = None) -> float:
    """Draw, print a row, and return the tokens a second; *first* are those of the first row."""
    with contextlib.closing(generators):
        arm = generators.open(work.adapter)
        list(arm.generate(work.prompts[:1], work.sampling.model_copy(update={"samples": 1, "seed": 1})))
        began, before = time.perf_counter(), spent()
        found = list(arm.generate(work.prompts, work.sampling))
        wall, used = time.perf_counter() - began, spent() - before
    tokens = sum(one.tokens for one in found)
    rate = tokens / wall
    print(
        f"{name:24} {len(found):9} {tokens:9} {wall:9.1f} {used:8.1f} {rate:10.0f} {rate / (first or rate):8.2f}",
        flush=True,
    )
    return rate


@contextlib.contextmanager
def _serving(chosen: argparse.Namespace) -> Iterator[list[str]]:
    """The URLs of the servers; those that were started end with the block."""
    if not chosen.vllm:
        yield chosen.urls
        return
    with tempfile.TemporaryDirectory() as logs, contextlib.ExitStack() as stack:
        urls = [f"http://127.0.0.1:{PORT + index}/v1" for index in range(chosen.servers)]
        servers: list[Server] = []
        for index, url in enumerate(urls):
            server = Server(_command(chosen, index), lambda one=index: Path(logs) / f"{one}.log", 900.0)  # type: ignore[misc]
            stack.callback(server.close)
            server.ensure(lambda one=url: _answers(one, chosen.model))  # type: ignore[misc]
            servers.append(server)
        try:
            yield urls
        except ToolError as error:
            died = "; ".join(filter(None, (one.died() for one in servers)))
            raise ToolError(died or str(error)) from error


def _command(chosen: argparse.Namespace, index: int) -> Command:
    import torch

    gpus = torch.cuda.device_count()
    argv = [
        chosen.vllm, "serve", str(chosen.base), "--served-model-name", chosen.model, "--host", "127.0.0.1",
        "--port", str(PORT + index), "--max-model-len", str(chosen.window), "--generation-config", "vllm", "--enable-lora",
        "--max-lora-rank", "64", *([] if gpus else ON_A_CPU),
    ]  # fmt: skip
    own = {"CUDA_VISIBLE_DEVICES": str(index % gpus)} if gpus else CPU
    shared = {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    return Command(shlex.join(argv), "--vllm", Path.cwd(), {**shared, **own})


def _answers(url: str, model: str) -> bool:
    try:
        EndpointGenerators(EndpointSettings(url=url, model=model, patience=0)).open(None)
    except ToolError:
        return False
    return True


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    main()
