"""What a GPU makes of the defaults, in one run of at most eight minutes: `make gpu`.

    python benchmarks/gpu.py [--size 7b|tiny] [--minutes 8] [--directory DIR] [--results DIR]

NF4 QLoRA of a randomly initialised Qwen2.5-Coder-7B with the built-in trainer: rank 16 and 32, packed with
FlashAttention where it is installed, padded with SDPA, gradient checkpointing on, on every second layer and off,
plain LoRA on bfloat16 weights, and TRL alone. Then the gradient beside that of the dequantised base, GPU memory
before and after a training, the benchmark's own generation, and a training that is killed and goes on.

Every measurement is a process of its own. What no longer fits into the time is named as left out; the most
important come first. The table goes to the terminal, all figures as JSON below benchmarks/results/. The base is
written once (15 GB) below --directory. `--size tiny` tries the script where there is no GPU, and says nothing
about speed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from _random_model import SIZES, make_base, make_mixture
from ct_retrain import disk
from ct_retrain.adapters import _checkpoints, _machine
from ct_retrain.adapters.qlora import QloraTrainer
from ct_retrain.core.records.training import Fit, Hyperparameters, TrainPlan

ARM = Path(__file__).with_name("_gpu_arm.py")
TRAININGS: Mapping[str, Mapping[str, Any]] = {
    "defaults, rank 16": {},
    "padded, SDPA": {"packing": False},
    "checkpointing on": {"gradient_checkpointing": True},
    "checkpointing off": {"gradient_checkpointing": False},
    "selective": {"gradient_checkpointing": True},
    "rank 32": {"rank": 32, "alpha": 64},
    "bfloat16 base": {"quantization": "none"},
}
"""Name → what differs from the defaults."""
FIRST = "defaults, rank 16"


class Run(NamedTuple):
    """Where everything is, and until when there is time."""

    directory: Path
    plan: TrainPlan
    deadline: float

    def planned(self, name: str, **changes: Any) -> Path:
        """A directory for *name* that holds its plan."""
        directory = self.directory / name.replace(", ", "-").replace(" ", "-")
        if not directory.exists():
            knobs = self.plan.hyperparameters.model_copy(update=changes)
            _checkpoints.claim(self.plan.model_copy(update={"hyperparameters": knobs}), directory)
        return directory


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", choices=SIZES, default="7b")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--directory", type=Path, default=Path(tempfile.gettempdir()) / "ct-retrain-gpu")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_name("results"))
    chosen = parser.parse_args()
    import torch

    if chosen.size != "tiny" and not torch.cuda.is_available():
        sys.exit("gpu: no CUDA device here, so nothing was measured; `--size tiny` tries the script on a CPU")
    began = time.monotonic()
    base = chosen.directory / f"base-{chosen.size}"
    if not (base / "tokenizer.json").is_file():
        _apart(_make_base, base, chosen.size)
    with tempfile.TemporaryDirectory(dir=chosen.directory) as scratch:
        run = Run(Path(scratch), _plan(base, Path(scratch), chosen.size), began + 60 * chosen.minutes)
        found = measured(run)
    report = {
        "device": _machine.device_name(), "size": chosen.size, "versions": _machine.versions(),
        "seconds": time.monotonic() - began, "measured": found,
    }  # fmt: skip
    disk.make_directory(chosen.results)
    name = f"gpu-{chosen.size}-{report['device'].replace(' ', '-')}-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    disk.write_text(chosen.results / name, json.dumps(report, indent=1) + "\n")
    print(f"\n{report['seconds']:.0f} s in all; figures in {chosen.results / name}")


def measured(run: Run) -> dict[str, Any]:
    """Measure everything for which there is time, most important first, and print it."""
    found: dict[str, Any] = {}
    print(f"{'':20} tokens/s    s/step   peak GiB  held GiB", flush=True)
    for name, changes in TRAININGS.items():
        found[name] = _one(run, "selective" if name == "selective" else "ours", run.planned(name, **changes))
        _print_training(name, found[name])
    if "left out" not in found[FIRST]:
        found["TRL alone"] = _one(run, "trl", run.planned("trl", **_steps_of(run)))
        _print_training("TRL alone", found["TRL alone"])
    for name, what in (
        ("generation", _generation),
        ("resume", _resume),
        ("gradient", _gradient),
        ("memory", _memory),
    ):
        found[name] = what(run, found)
        words = ", ".join(f"{key} {_short(value)}" for key, value in found[name].items())
        print(f"{name:20} {words}", flush=True)
    return found


def _plan(base: Path, scratch: Path, size: str) -> TrainPlan:
    steps = SIZES[size].steps
    mixture = make_mixture(scratch / "mixture.jsonl", 20 * steps, SIZES[size])
    knobs = Hyperparameters(max_steps=steps, checkpoint_steps=max(1, steps // 3))
    return TrainPlan(
        base=str(base), mixture=str(mixture), mixture_sha256=disk.sha256_of(mixture), rows=20 * steps,
        hyperparameters=knobs,
    )  # fmt: skip


def _one(run: Run, arm: str, directory: Path) -> dict[str, Any]:
    """Measure *arm* in a process of its own; what fails says why in place of figures."""
    left = run.deadline - time.monotonic()
    if left < 1:
        return {"left out": "no time"}
    result = directory / "result.json"
    try:
        done = subprocess.run(
            _program(arm, directory), capture_output=True, text=True, check=False, timeout=left
        )
    except subprocess.TimeoutExpired:
        return {"left out": "no time to end it"}
    if done.returncode:
        return {"left out": (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]}
    measured: dict[str, Any] = json.loads(result.read_text())
    return measured


def _program(arm: str, directory: Path) -> list[str]:
    return [sys.executable, str(ARM), arm, str(directory), str(directory / "result.json")]


def _steps_of(run: Run) -> dict[str, Any]:
    """Batch size and accumulation that the recipe derived, for a trainer without one."""
    schedule = disk.read_record(run.planned(FIRST) / "fit.json", Fit).schedule
    assert schedule is not None
    return {"batch_size": schedule.batch_size, "accumulation": schedule.accumulation}


def _generation(run: Run, found: Mapping[str, Any]) -> dict[str, Any]:
    if "left out" in found[FIRST]:
        return {"left out": "there is no adapter"}
    return _one(run, "generation", run.planned(FIRST))


def _gradient(run: Run, _found: Mapping[str, Any]) -> dict[str, Any]:
    return _one(run, "gradient", run.planned("gradient", packing=False, batch_size=1, accumulation=1))


def _resume(run: Run, found: Mapping[str, Any]) -> dict[str, Any]:
    """Kill a training after its first checkpoint, let it go on, and compare its losses with the undisturbed one's."""
    if "left out" in found[FIRST]:
        return {"left out": "nothing to compare with"}
    directory = run.planned("resume")
    process = subprocess.Popen(
        _program("ours", directory), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and time.monotonic() < run.deadline:
        if any(directory.glob("checkpoints/*/ct-retrain.json")):
            break
        time.sleep(0.01)
    process.kill()
    process.wait()
    checkpoint, _ = _checkpoints.newest(directory / "checkpoints")
    again = _one(run, "ours", directory)
    if "left out" in again or checkpoint is None:
        return again if "left out" in again else {"left out": "it ended before it was killed"}
    pairs = list(zip(again["losses"], found[FIRST]["losses"], strict=True))
    largest = max(abs(one - other) / other for one, other in pairs)
    return {"went_on_from": checkpoint.name, "steps": again["steps"], "largest_difference_of_a_loss": largest}


def _memory(run: Run, _found: Mapping[str, Any]) -> dict[str, Any]:
    """GiB of the GPU in use before and after the product's own trainer, called as a night calls it."""
    import torch

    if not torch.cuda.is_available():
        return {"left out": "no GPU"}
    if run.deadline - time.monotonic() < 60:
        return {"left out": "no time"}
    before = torch.cuda.mem_get_info()
    directory = run.planned("memory", max_steps=2)
    QloraTrainer().fit(_checkpoints.plan_in(directory), directory)
    after = torch.cuda.mem_get_info()
    return {"before_gib": (before[1] - before[0]) / 2**30, "after_gib": (after[1] - after[0]) / 2**30}


def _print_training(name: str, found: Mapping[str, Any]) -> None:
    if "left out" in found:
        print(f"{name:20} left out: {found['left out']}", flush=True)
        return
    memory = "".join(
        f"{'–' if found[key] is None else format(found[key], '.1f'):>10}"
        for key in ("peak_gib", "reserved_gib")
    )
    words = (
        ", ".join(f"{key} {found['versions'][key]}" for key in ("attention", "packing"))
        if "versions" in found
        else ""
    )
    print(
        f"{name:20} {found['tokens_a_second']:8.0f} {found['seconds_a_step']:9.2f} {memory}  {words}",
        flush=True,
    )


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _make_base(directory: Path, size: str) -> None:
    make_base(directory, SIZES[size])


def _apart(work: Any, *arguments: Any) -> None:
    """Call *work* in a process of its own, which gives the GPU's memory back when it ends."""
    from multiprocessing import get_context

    process = get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"gpu: {work.__name__} ended with {process.exitcode}")


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    main()
