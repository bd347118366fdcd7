"""Builds the embedded model from nothing but a seed: tokenizer, weights, measured figures, model card."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ct_retrain import disk
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.core.ports import Generator, Simulator
from ct_retrain.demo.families import Family, mastered_families, missing_families

from .assess import FamilyScore, assess, draw_tasks, pass_rate, write_rtl
from .pretraining import BaseRecipe, fresh_model, pretrain
from .tokenizer import build_tokenizer

ASSESSMENT_SEED = 99
TASKS_EACH = 20


@dataclass(frozen=True, slots=True)
class BuiltModel:
    """What a build produced and how well it writes."""

    seed: int
    recipe: BaseRecipe
    parameters: int
    cpu_seconds: float
    mastered: tuple[FamilyScore, ...]
    missing: tuple[FamilyScore, ...]


def build_model(out: Path, seed: int, simulator: Simulator, recipe: BaseRecipe) -> BuiltModel:
    """Train the embedded model and leave it in the new directory *out*, as `from_pretrained` reads it.

    Deterministic by *seed* on one thread and one version of torch.
    The figures are those of the saved half-precision weights, loaded again.
    """
    out.mkdir(parents=True)
    started = time.process_time()
    tokenizer = build_tokenizer(seed)
    model = fresh_model(recipe, tokenizer, seed)
    pretrain(model, tokenizer, recipe, seed)
    seconds = time.process_time() - started
    parameters = sum(values.numel() for values in model.parameters())
    model.half().save_pretrained(out)
    tokenizer.save_pretrained(out)
    (out / "model.safetensors").chmod(0o644)  # written for the owner alone, and copied with its mode
    saved = TransformersGenerators(str(out), batch_size=64).open(None)
    built = BuiltModel(
        seed=seed,
        recipe=recipe,
        parameters=parameters,
        cpu_seconds=seconds,
        mastered=_scores(saved, simulator, mastered_families()),
        missing=_scores(saved, simulator, missing_families()),
    )
    disk.write_text(out / "README.md", model_card(built))
    return built


def model_card(built: BuiltModel) -> str:
    """Write the card that ships beside the weights."""
    recipe = built.recipe
    return f"""---
license: apache-2.0
pipeline_tag: text-generation
tags: [verilog, rtl]
---
# ct-retrain embedded model

A Qwen2-architecture model of {built.parameters / 1e6:.2f} M parameters that writes small Verilog modules.
It exists so that the demo and the tests of ct-retrain can train and simulate for real on a CPU.
It is no use as a model for real designs.

Built by `python benchmarks/build_embedded_model.py --out DIR --seed {built.seed}`, from generated specs only:
{recipe.steps} steps of {recipe.batch} examples, {built.cpu_seconds / 60:.0f} CPU minutes on one core.

Pass rates on held-out parameter values, greedy, judged by Icarus Verilog, {TASKS_EACH} specs a family.

## Families it was trained on: {pass_rate(built.mastered):.1%}

{_table(built.mastered)}

## Families it has never seen, left for the nights: {pass_rate(built.missing):.1%}

{_table(built.missing)}
"""


def _table(scores: Sequence[FamilyScore]) -> str:
    rows = [f"| {score.family} | {score.category} | {score.passed}/{score.tasks} |" for score in scores]
    return "\n".join(["| family | category | passed |", "|---|---|---|", *rows])


def _scores(
    generator: Generator, simulator: Simulator, families: tuple[Family, ...]
) -> tuple[FamilyScore, ...]:
    tasks = draw_tasks(families, TASKS_EACH, ASSESSMENT_SEED)
    return assess(lambda asked: write_rtl(generator, asked), simulator, tasks)
