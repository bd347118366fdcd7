"""Real pass rates of real models: counted once from labelled answers, then drawn from and shifted by simulations.

`python benchmarks/_rates.py --data DIR --out benchmarks/data/pass_rates.json` counts the labelled answers again.
"""

import argparse
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit, logit

from ct_retrain import disk

COUNTED = Path(__file__).parent / "data" / "pass_rates.json"
SOURCES = {
    "labelled_gpt-4o_verilogeval_v1_human.jsonl.gz": (
        "GPT-4o",
        "VerilogEval v1 Human",
        "answers: Anjiang-Wei/VeriCoder, Apache-2.0",
    ),
    "labelled_qwen2.5-14b-base_verilogeval_v1_human.jsonl.gz": (
        "Qwen2.5-14B base",
        "VerilogEval v1 Human",
        "answers: Anjiang-Wei/VeriCoder, Apache-2.0",
    ),
    "labelled_gemini-2.5-flash_verilogeval_v2.jsonl.gz": (
        "Gemini 2.5 Flash",
        "VerilogEval v2 spec-to-rtl",
        "answers: HPAI-BSC/TuRTLe, Apache-2.0",
    ),
}
NOTE = "How many answers to each problem passed the suite's own rule under Icarus 11; problems are NVlabs/verilog-eval, MIT."

Rates = NDArray[np.float64]


class Model(NamedTuple):
    """What was counted of one model, with the Beta distribution that its rates follow over the problems."""

    name: str
    passes: NDArray[np.int_]
    samples: int
    alpha: float
    beta: float

    def rates(self, random: np.random.Generator, shape: tuple[int, int]) -> Rates:
        """Rates of drawn problems, a row a suite: each from its problem's posterior, as 5 or 10 answers leave it."""
        drawn = self.passes[random.integers(len(self.passes), size=shape)]
        rates = random.beta(self.alpha + drawn, self.beta + self.samples - drawn)
        return np.clip(rates, 1e-12, 1 - 1e-12)


def shifted(rates: Rates, points: Rates, churn: float, random: np.random.Generator) -> Rates:
    """Another model: each problem easier or harder at random, the mean of row *r* moved by exactly *points[r]* %.

    *churn* is the standard deviation of the problems' moves on the logit scale.
    """
    scores = logit(rates) + churn * random.standard_normal(rates.shape)
    wanted = np.clip(rates.mean(axis=1) + points / 100, 0.01, 0.99)
    low, high = np.full(len(rates), -30.0), np.full(len(rates), 30.0)
    for _ in range(40):
        middle = (low + high) / 2
        short = expit(scores + middle[:, None]).mean(axis=1) < wanted
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.clip(expit(scores + high[:, None]), 1e-12, 1 - 1e-12)


def load(path: Path) -> list[Model]:
    """The models of a file of counts."""
    return [
        _fitted(one["model"], np.array(list(one["passes"].values())), one["samples"])
        for one in json.loads(path.read_text())["models"]
    ]


def _fitted(name: str, passes: NDArray[np.int_], samples: int) -> Model:
    """Fit the Beta prior by maximum likelihood of the beta-binomial."""

    def loss(logs: Rates) -> float:
        alpha, beta = np.exp(logs)
        return -float((betaln(passes + alpha, samples - passes + beta) - betaln(alpha, beta)).sum())

    alpha, beta = np.exp(minimize(loss, np.array([-1.0, -1.0]), method="Nelder-Mead").x)
    return Model(name, passes, samples, float(alpha), float(beta))


def counts(data: Path) -> dict[str, object]:
    """Count the labelled answers below *data*."""
    models: list[dict[str, object]] = []
    for file, (model, suite, licence) in SOURCES.items():
        drawn: Counter[str] = Counter()
        passed: Counter[str] = Counter()
        with gzip.open(data / file) as lines:
            for line in lines:
                row = json.loads(line)
                problem = row.get("task_id") or row["id"]
                drawn[problem] += 1
                passed[problem] += row["passed"]
        (samples,) = set(drawn.values())
        models.append(
            {
                "model": model,
                "suite": suite,
                "source": licence,
                "samples": samples,
                "passes": {problem: passed[problem] for problem in sorted(drawn)},
            }
        )
    return {"note": NOTE, "command": "python benchmarks/_rates.py --data DIR", "models": models}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="where the labelled answers are")
    parser.add_argument("--out", type=Path, default=COUNTED)
    chosen = parser.parse_args()
    text = json.dumps(counts(chosen.data), indent=0) + "\n"
    disk.write_bytes(chosen.out, text.encode())
    for model in load(chosen.out):
        share = model.passes.mean() / model.samples
        print(f"{model.name:18} {len(model.passes)} problems × {model.samples}, pass@1 {share:.1%}")


if __name__ == "__main__":
    main()
