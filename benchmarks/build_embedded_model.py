"""Builds the embedded model of the demo from nothing but a seed, and measures it: ten CPU minutes on one core.

Usage: .venv/bin/python benchmarks/build_embedded_model.py --out DIR [--seed 0] [--steps 1000]

*DIR* is new: weights, tokenizer and a model card with pass rates on held-out specs by family.
"""

import argparse
import logging
from pathlib import Path

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.judge.judge import Judge
from embedded.pretraining import BaseRecipe
from embedded.recipe import build_model


def main() -> None:
    """Train, measure, and say where the model is."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--out", type=Path, required=True, metavar="DIR")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--steps", type=int, help="of training; by default those of the shipped model")
    chosen = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe = BaseRecipe(steps=chosen.steps) if chosen.steps else BaseRecipe()
    build_model(chosen.out, chosen.seed, Judge(JudgeSettings()), recipe)
    print(f"model written to {chosen.out}")


if __name__ == "__main__":
    main()
