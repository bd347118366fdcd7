"""What the default recipe makes of mixtures of several sizes, and what the share of harvested rows is worth.

Usage: .venv/bin/python benchmarks/recipe.py [--shares] [--steps 100] [--seeds 2]

The first table is arithmetic: the schedule of the defaults beside that of one epoch over rows packed to 4,096 tokens
in steps of 16 sequences, which were the defaults before. With `--shares` the embedded model is trained on the demo's
harvest of two nights in steps of 16 rows, once for each share and seed, and its greedy answers to held-out problems
are simulated; each cell is the pass rate on families that mainline cannot write / on families that it can.
"""

import argparse
import dataclasses
import math
import tempfile
from pathlib import Path

from ct_retrain.core.configuration.settings import ShareSettings
from ct_retrain.core.records.training import Hyperparameters
from ct_retrain.core.rules import recipe
from ct_retrain.core.rules.mix import row_counts
from ct_retrain.demo.families import mastered_families, missing_families
from ct_retrain.demo.nightly_recipe import NIGHTLY
from embedded.assess import pass_rate
from embedded_model import SHIPPED, Bench

SIZES = ((1, 400), (10, 400), (120, 400), (240, 400), (500, 400), (2000, 600), (50_000, 600))
"""Rows of a mixture, and tokens of each."""
SHARES = (0.10, 0.25, 0.50, 0.75, 1.00)
NIGHTS = 2


def main() -> None:
    """Print the tables that are asked for."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--shares", action="store_true", help="train the embedded model as well")
    options.add_argument("--steps", type=int, default=100)
    options.add_argument("--seeds", type=int, default=2)
    chosen = options.parse_args()
    schedules()
    if chosen.shares:
        shares(chosen.steps, chosen.seeds)


def schedules() -> None:
    """A row a size of mixture: steps before and now."""
    print("| rows | tokens a row | steps before | steps | rows a step | tokens a step | passes | warm-up |")
    print("|---|---|---|---|---|---|---|---|")
    for rows, tokens in SIZES:
        found = recipe.training_schedule(Hyperparameters(), amounts(rows, tokens))
        before = math.ceil(math.ceil(rows * tokens / 4096) / 16)
        print(
            f"| {rows:,} | {tokens} | {before:,} | {found.steps:,} | {found.sequences_a_step} | "
            f"{found.tokens_a_step:,} | {found.passes:.3g} | {found.warmup_steps} |"
        )


def amounts(rows: int, tokens: int) -> recipe.DataAmounts:
    """A mixture of about *rows* lines in the default shares of harvested and gold rows, none of them repeated."""
    wanted = ShareSettings()
    delta = max(1, round(rows * wanted.delta / (wanted.delta + wanted.gold)))
    available = {"delta": delta, "repair": 0, "gold": rows - delta, "general": 0}
    lines = row_counts(available, wanted)
    distinct = {name: min(count, available[name]) for name, count in lines.items()}
    return recipe.DataAmounts(
        lines, distinct, {name: tokens * count for name, count in distinct.items()}, tokens
    )


def shares(steps: int, seeds: int) -> None:
    """A row a share: pass rates on new and old families, seed by seed and on average."""
    print(f"\n{steps} steps of 16 rows")
    print("| share of harvested rows | new / old, % | seed by seed |")
    print("|---|---|---|")
    for share in SHARES:
        cells = [measured(share, steps, seed) for seed in range(seeds)]
        new, old = (sum(cell[part] for cell in cells) / seeds for part in (0, 1))
        each = ", ".join(f"{one:.0%} / {two:.0%}" for one, two in cells)
        print(f"| {share:.2f} | {new:.0%} / {old:.0%} | {each} |", flush=True)


def measured(share: float, steps: int, seed: int) -> tuple[float, float]:
    """Pass rates of one training."""
    import torch

    knobs = NIGHTLY.hyperparameters.model_copy(update={"max_steps": steps, "seed": seed})
    changed = dataclasses.replace(NIGHTLY, gold_per_delta=1 / share - 1, hyperparameters=knobs)
    torch.set_num_threads(1)
    bench = Bench(SHIPPED, changed)
    with tempfile.TemporaryDirectory() as name:
        bench.fit(NIGHTS, Path(name))
        adapter = Path(name) / "fit" / "adapter"
        new = bench.grade(adapter, missing_families(), changed.missing_problems)
        old = bench.grade(adapter, mastered_families(), changed.mastered_problems)
    return pass_rate(new), pass_rate(old)


if __name__ == "__main__":
    main()
