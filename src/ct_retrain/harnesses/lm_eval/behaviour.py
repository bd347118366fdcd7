"""What `verilog.yaml` calls: the suite's questions, and the judge's verdict on an answer."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from ct_retrain.core.records.verdict import Outcome
from ct_retrain.harnesses.suite import problems_of, verdict_on


def load(suite: str = "behavioural", **_settings: object) -> dict[str, Any]:
    """Return the split `test`: a row a problem of *suite*, which lm_eval's `--metadata` can name."""
    rows = [
        {"id": problem.id, "suite": suite, "category": problem.category, "question": problem.question}
        for problem in problems_of(suite).values()
    ]
    datasets: Any = importlib.import_module("datasets")
    return {"test": datasets.Dataset.from_list(rows)}


def judged(doc: Mapping[str, str], results: Sequence[str]) -> dict[str, float]:
    """Return whether the answer passes, and whether it compiles."""
    verdict = verdict_on(problems_of(doc["suite"])[doc["id"]], results[0])
    return {"pass@1": float(verdict.passed), "compiles": float(verdict.outcome is not Outcome.COMPILE_ERROR)}
