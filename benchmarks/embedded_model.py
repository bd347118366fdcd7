"""What the embedded model writes before and after the demo's nights: pass rates by family, judged by simulation.

Usage: .venv/bin/python benchmarks/embedded_model.py [--model DIR] [--nights N] [--set KNOB=VALUE ...] [--development]

Everything runs on the production parts (trainer, generators, judge) with the demo's own recipe; `--set` changes one
of its knobs, such as `quantization=nf4`, `max_steps=100` or `temperature=0.3`. With `--development` new families are
asked for values that are neither held out nor harvested: what a recipe is tried on, as the held-out ones are for its result.
"""

import argparse
import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import ct_retrain.demo
from ct_retrain import disk
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.adapters.qlora import InProcessTrainer
from ct_retrain.core.configuration.settings import JudgeSettings, ShareSettings
from ct_retrain.core.records.training import Fit, Hyperparameters, TrainPlan
from ct_retrain.core.rules.mix import choose, row_counts
from ct_retrain.demo.families import Family, Split, Task, belongs, mastered_families, missing_families, sample
from ct_retrain.demo.nightly_recipe import NIGHTLY, NightlyRecipe
from ct_retrain.demo.planner import planned_task
from ct_retrain.demo.stage_set import specs
from ct_retrain.judge.judge import Judge
from embedded.assess import FamilyScore, assess, draw_tasks, pass_rate, write_rtl

SHIPPED = Path(ct_retrain.demo.__file__).parent / "model"


class Bench:
    """The recipe on one mainline: trains its nights and grades what comes out."""

    def __init__(self, model: Path, recipe: NightlyRecipe, split: Split = "held_out") -> None:
        self._model = model
        self.recipe = recipe
        self._split: Split = split
        self._generators = TransformersGenerators(str(model), batch_size=64)
        self._judge = Judge(JudgeSettings())

    def fit(self, night: int, out: Path) -> Fit:
        """Train the adapter of *night*: everything harvested so far, and as much gold as the recipe asks for."""
        mixture = out / "mixture.jsonl"
        rows = list(self._rows(night))
        disk.write_text(mixture, "".join(json.dumps(row) + "\n" for row in rows))
        plan = TrainPlan(
            base=str(self._model),
            mixture=str(mixture),
            mixture_sha256=disk.sha256_of(mixture),
            rows=len(rows),
            hyperparameters=self.recipe.hyperparameters,
        )
        return InProcessTrainer().fit(plan, disk.make_directory(out / "fit"))

    def _rows(self, night: int) -> Iterator[dict[str, str]]:
        recipe, dice = self.recipe, Random(self.recipe.gold_seed)
        plans = [spec.plan for past in range(1, night + 1) for spec in specs(recipe, past)]
        gold = round(recipe.nights * recipe.specs_a_night * recipe.gold_per_delta)
        sources = {
            "delta": [task for task in map(planned_task, filter(None, plans)) if self._harvested(task)],
            "gold": [sample(mastered_families(), dice, "train") for _ in range(gold)],
        }
        shares = ShareSettings(
            delta=recipe.delta_share,
            repair=0,
            gold=1 - recipe.delta_share,
            general=0,
            max_upsample=recipe.max_upsample,
        )
        for source, count in row_counts(
            {name: len(tasks) for name, tasks in sources.items()}, shares
        ).items():
            for task in choose(sources[source], count, recipe.hyperparameters.seed):
                yield {"prompt": task.instruction, "completion": task.rtl, "source": source}

    def _harvested(self, task: Task) -> bool:
        return self._split == "held_out" or not belongs(task.key, self._split)

    def grade(self, adapter: Path | None, families: Sequence[Family], tasks: int) -> tuple[FamilyScore, ...]:
        """Score *adapter* on problems of the split, over all samples the recipe draws; old families on held-out ones."""
        generator = self._generators.open(adapter)
        split: Split = "held_out" if families == mastered_families() else self._split
        asked = draw_tasks(families, tasks, self.recipe.problem_seed, split)
        cards = [
            assess(
                lambda tasks, seed=seed: write_rtl(
                    generator, tasks, temperature=self.recipe.temperature, seed=seed
                ),
                self._judge,
                asked,
            )
            for seed in range(self.recipe.samples if self.recipe.temperature else 1)
        ]
        return tuple(
            dataclasses.replace(
                scores[0], passed=sum(one.passed for one in scores), tasks=sum(one.tasks for one in scores)
            )
            for scores in zip(*cards, strict=True)
        )


def main() -> None:
    """Print the base by family, then a row a night."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--model", type=Path, default=SHIPPED)
    options.add_argument("--nights", type=int, nargs="*", help="only these nights, and no base")
    options.add_argument("--set", action="append", default=[], metavar="KNOB=VALUE")
    options.add_argument(
        "--development", action="store_true", help="ask new families for values of their own"
    )
    chosen = options.parse_args()
    recipe = changed(NIGHTLY, chosen.set)
    import torch

    torch.set_num_threads(min(recipe.threads, os.cpu_count() or 1))
    bench = Bench(chosen.model, recipe, "development" if chosen.development else "held_out")
    if not chosen.nights:
        report("mainline", bench, None, "")
    for night in chosen.nights or range(1, recipe.nights + 1):
        with tempfile.TemporaryDirectory() as name:
            began, cpu = time.monotonic(), time.process_time()
            fit = bench.fit(night, Path(name))
            cost = f"training {time.monotonic() - began:.0f} s wall, {time.process_time() - cpu:.0f} s CPU, {fit.examples} rows, loss {fit.losses[-1].loss:.3f}"
            report(f"night {night}", bench, Path(name) / "fit" / "adapter", cost)


def changed(recipe: NightlyRecipe, changes: Sequence[str]) -> NightlyRecipe:
    """Apply `knob=value` words to *recipe* or, where it has no such knob, to its hyper-parameters."""
    for change in changes:
        knob, _, text = change.partition("=")
        if knob in Hyperparameters.model_fields:
            knobs = {**recipe.hyperparameters.model_dump(), knob: text}
            recipe = dataclasses.replace(recipe, hyperparameters=Hyperparameters.model_validate(knobs))
        else:
            recipe = dataclasses.replace(recipe, **{knob: type(getattr(recipe, knob))(text)})
    return recipe


def report(name: str, bench: Bench, adapter: Path | None, cost: str) -> None:
    """Print one model's pass rates."""
    began = time.monotonic()
    recipe = bench.recipe
    missing = bench.grade(adapter, missing_families(), recipe.missing_problems)
    mastered = bench.grade(adapter, mastered_families(), recipe.mastered_problems)
    seconds = time.monotonic() - began
    print(
        f"{name}: missing {pass_rate(missing):.1%}, mastered {pass_rate(mastered):.1%}; {cost} benchmark {seconds:.0f} s",
        flush=True,
    )
    for scores in (missing, mastered):
        print("   ", " ".join(f"{one.family} {one.passed}/{one.tasks}" for one in scores), flush=True)


if __name__ == "__main__":
    main()
