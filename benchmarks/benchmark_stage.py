"""One complete benchmark of three arms on the built-in suite with the embedded model, and the same again.

Usage: .venv/bin/python benchmarks/benchmark_stage.py [--samples K]

The arms are two untrained adapters and mainline, which all write the same. The first run draws and judges everything,
the second finds every answer and verdict in the workspace. Beside them the physical limit of the first: generation
alone.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

import ct_retrain.demo
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.core.configuration.settings import BenchmarkSettings, GateSettings, JudgeSettings
from ct_retrain.core.records.arm import Arm
from ct_retrain.core.records.night import BenchmarkFacts
from ct_retrain.core.records.problem import Prompt
from ct_retrain.judge.judge import Judge
from ct_retrain.stages.benchmark import BenchmarkInputs, benchmark, sampling_of
from ct_retrain.suites.load import load_suite

MODEL = Path(ct_retrain.demo.__file__).parent / "model"
T = TypeVar("T")


def adapter(directory: Path, seed: int) -> Path:
    """An adapter that was never trained: it answers as mainline does, and takes as long."""
    torch.manual_seed(seed)
    config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")
    get_peft_model(AutoModelForCausalLM.from_pretrained(MODEL), config).save_pretrained(directory)
    return directory


def timed(what: str, call: Callable[[], T]) -> tuple[T, float]:
    began, spent = time.perf_counter(), sum(os.times()[:4])
    answer = call()
    wall, used = time.perf_counter() - began, sum(os.times()[:4]) - spent
    print(f"{what:34} {wall:7.1f} s wall  {used:7.1f} s processor", flush=True)
    return answer, wall


def run(root: Path, name: str, arms: tuple[Arm, ...], settings: BenchmarkSettings) -> BenchmarkFacts:
    """One night's benchmark stage, with the workspace's memories below *root*."""
    inputs = BenchmarkInputs(
        suite=load_suite("behavioural", root),
        arms=arms,
        settings=settings,
        gate=GateSettings(),
        min_delta=0.01,
        workers=0,
        stock=root / "samples",
        releases={},
    )
    with Judge(JudgeSettings(), root / "verdicts") as judge:
        generators = TransformersGenerators(str(MODEL), settings.batch_size)
        return benchmark(root / name, inputs, generators, judge)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=10)
    settings = BenchmarkSettings(samples=parser.parse_args().samples, max_new_tokens=512, batch_size=64)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        arms: tuple[Arm, ...] = (
            Arm("candidate", adapter(root / "candidate", 1)),
            Arm("champion", adapter(root / "champion", 2)),
            Arm("mainline"),
        )
        (root / "1").mkdir()
        (root / "2").mkdir()
        prompts = [Prompt(id=one.id, text=one.question) for one in load_suite("behavioural", root).problems]
        generators = TransformersGenerators(str(MODEL), settings.batch_size)

        def generate() -> int:
            return sum(
                1 for _, path in arms for _ in generators.open(path).generate(prompts, sampling_of(settings))
            )

        drawn, _ = timed("generation alone, three arms", generate)
        first, cold = timed("benchmark, nothing known", lambda: run(root, "1", arms, settings))
        second, warm = timed("benchmark again, all known", lambda: run(root, "2", arms, settings))
    print(
        f"{drawn} answers; the second run is {cold / warm:.0f} times as fast and says the same: {first == second}"
    )
    print(f"decision: {first.decision.kind}; {first.decision.evidence.explanation}")


if __name__ == "__main__":
    main()
