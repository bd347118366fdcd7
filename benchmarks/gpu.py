"""What a GPU makes of the defaults, in one run of at most eight minutes: `make gpu`.

    python benchmarks/gpu.py [--size 7b|tiny] [--minutes 8] [--only NAME,…] [--directory DIR] [--results DIR]

NF4 QLoRA of a randomly initialised Qwen2.5-Coder-7B with the built-in trainer: rank 16 and 32, packed with
FlashAttention where it is installed, padded with SDPA, gradient checkpointing off (the default while memory
lasts), on, and on every second layer, plain LoRA on bfloat16 weights. TRL alone, packed and checkpointed as the
defaults are, and as it comes. Then a night's training with no more memory free than a 24 GB card has, the
benchmark's own generation beside that of transformers, the gradient beside that of the dequantised base, and a
training that is killed and goes on.

The share of the limit counts two operations a weight forward and two backward, none for what is computed again,
and compares them with what a large matrix product reaches.

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

from _random_model import SIZES, Size, make_base, make_mixture
from ct_retrain import disk
from ct_retrain.adapters import _checkpoints, _machine
from ct_retrain.adapters.qlora import QloraTrainer
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.training import Fit, Hyperparameters, TrainPlan

ARM = Path(__file__).with_name("_gpu_arm.py")
TRAININGS: Mapping[str, Mapping[str, Any]] = {
    "defaults": {},
    "TRL alike": {},
    "padded with SDPA": {"packing": False},
    "TRL as it comes": {},
    "checkpointing on": {"gradient_checkpointing": True},
    "bfloat16 base": {"quantization": "none"},
    "selective": {"gradient_checkpointing": True},
    "rank 32": {"rank": 32, "alpha": 64},
}
"""Name → what differs from the defaults, most important first."""
ARMS = {"selective": "selective", "TRL alike": "trl", "TRL as it comes": "trl-defaults"}
"""Name → the arm of `_gpu_arm.py` that is not the built-in trainer as it is."""
ALIKE = {"TRL alike": "defaults", "TRL as it comes": "padded with SDPA"}
"""TRL alone → the training whose batches it gets: it has no recipe that derives them."""
FIRST = "defaults"
NOT_RUN = {"left out": "not asked for"}


class Run(NamedTuple):
    """Where everything is, and until when there is time."""

    directory: Path
    plan: TrainPlan
    deadline: float
    only: frozenset[str]
    """Names of what is measured; none means all."""

    def asked(self, name: str) -> bool:
        """Whether *name* is to be measured."""
        return not self.only or name in self.only

    def planned(self, name: str, **changes: Any) -> Path:
        """A directory for *name* that holds its plan."""
        directory = self.directory / name.replace(" ", "-")
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
    parser.add_argument("--only", default="", help="measure these alone, such as 'rank 32,resume'")
    chosen = parser.parse_args()
    only = frozenset(name.strip() for name in chosen.only.split(",") if name.strip())
    if unknown := only - {*TRAININGS, *OTHERS}:
        sys.exit(
            f"gpu: --only knows no {', '.join(sorted(unknown))}; it knows {', '.join([*TRAININGS, *OTHERS])}"
        )
    import torch

    if chosen.size != "tiny" and not torch.cuda.is_available():
        sys.exit("gpu: no CUDA device here, so nothing was measured; `--size tiny` tries the script on a CPU")
    began = time.monotonic()
    base = chosen.directory / f"base-{chosen.size}"
    if not (base / "tokenizer.json").is_file():
        _apart(_make_base, base, chosen.size)
    with tempfile.TemporaryDirectory(dir=chosen.directory) as scratch:
        plan = _plan(base, Path(scratch), chosen.size)
        run = Run(Path(scratch), plan, began + 60 * chosen.minutes, only)
        found = measured(run, SIZES[chosen.size])
    report = {
        "device": _machine.device_name(), "size": chosen.size, "versions": _machine.versions(),
        "seconds": time.monotonic() - began, "measured": found,
    }  # fmt: skip
    disk.make_directory(chosen.results)
    name = f"gpu-{chosen.size}-{report['device'].replace(' ', '-')}-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    disk.write_text(chosen.results / name, json.dumps(report, indent=1) + "\n")
    print(f"\n{report['seconds']:.0f} s in all; figures in {chosen.results / name}")


def measured(run: Run, size: Size) -> dict[str, Any]:
    """Measure everything for which there is time, most important first, and print it."""
    found: dict[str, Any] = {"limit": _one(run, "limit", run.planned("limit"))}
    limit = found["limit"].get("tflops", 0.0)
    print(f"a large matrix product in bfloat16: {limit:.0f} TFLOP/s")
    print(f"{'':20} tokens/s  of limit    s/step   peak GiB  held GiB", flush=True)
    for name, changes in TRAININGS.items():
        if run.asked(name):
            shape = _steps_of(run, ALIKE[name]) if name in ALIKE else {}
            found[name] = _one(run, ARMS.get(name, "ours"), run.planned(name, **changes, **shape))
            _print_training(name, found[name], 4 * size.weights / 1e12 / limit if limit else 0.0)
    for name, what in OTHERS.items():
        if run.asked(name):
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


def _steps_of(run: Run, name: str) -> dict[str, Any]:
    """Batch size and accumulation that the recipe derived for *name*, for a trainer without one."""
    fit = run.planned(name) / "fit.json"
    schedule = disk.read_record(fit, Fit).schedule if fit.is_file() else None
    if schedule is None:
        return {"batch_size": 1, "accumulation": 4}
    return {"batch_size": schedule.batch_size, "accumulation": schedule.accumulation}


def _generation(run: Run, found: Mapping[str, Any]) -> dict[str, Any]:
    if "left out" in found.get(FIRST, NOT_RUN):
        return {"left out": "there is no adapter"}
    return _one(run, "generation", run.planned(FIRST))


def _gradient(run: Run, _found: Mapping[str, Any]) -> dict[str, Any]:
    return _one(run, "gradient", run.planned("gradient", packing=False, batch_size=1, accumulation=1))


def _resume(run: Run, found: Mapping[str, Any]) -> dict[str, Any]:
    """Kill a training after its first checkpoint, let it go on, and compare its losses with the undisturbed one's."""
    if "left out" in found.get(FIRST, NOT_RUN):
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


def _small_card(run: Run, _found: Mapping[str, Any]) -> dict[str, Any]:
    """A training as a night starts it, with no more memory free than a 24 GB card has; and what it left allocated."""
    import torch

    if not torch.cuda.is_available():
        return {"left out": "no GPU"}
    if run.deadline - time.monotonic() < 100:
        return {"left out": "no time"}
    directory = run.planned("small-card", max_steps=3)
    holder = subprocess.Popen(_program("ballast", directory), stdin=subprocess.PIPE)
    try:
        while not (directory / "ballast").is_file():
            if holder.poll() is not None:
                return {"left out": "no process held the other memory"}
            time.sleep(0.1)
        before, _ = torch.cuda.mem_get_info()
        fit = QloraTrainer().fit(_checkpoints.plan_in(directory), directory)
        after, _ = torch.cuda.mem_get_info()
    except ToolError as error:
        return {"left out": str(error)}
    finally:
        holder.communicate()
    return {
        "free_gib": before / 2**30, "peak_gib": fit.peak_memory / 2**30, "left_allocated_gib": (before - after) / 2**30,
        "gradient_checkpointing": fit.versions["gradient checkpointing"], "steps": fit.steps, "seconds": fit.seconds,
    }  # fmt: skip


OTHERS = {"24 GB card": _small_card, "generation": _generation, "gradient": _gradient, "resume": _resume}
"""Name → what measures it after the trainings."""


def _print_training(name: str, found: Mapping[str, Any], of_limit: float) -> None:
    """Print a row; *of_limit* times tokens a second is the share of the card's speed."""
    if "left out" in found:
        print(f"{name:20} left out: {found['left out']}", flush=True)
        return
    memory = "".join(
        f"{'–' if found[key] is None else format(found[key], '.1f'):>10}"
        for key in ("peak_gib", "reserved_gib")
    )
    speed, chosen = found["tokens_a_second"], found["versions"]
    words = f"{chosen['attention']}, packing: {chosen['packing']}, checkpointing {chosen['gradient checkpointing']}"
    print(
        f"{name:20} {speed:8.0f} {of_limit * speed:9.0%} {found['seconds_a_step']:9.2f} {memory}  {words}",
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
