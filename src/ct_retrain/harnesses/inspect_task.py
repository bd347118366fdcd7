"""The task `ct_retrain/verilog` of inspect_ai, which finds it by the package's entry point.

inspect eval ct_retrain/verilog --model MODEL -T suite=behavioural
"""

import asyncio
import importlib
from typing import Any

from ct_retrain.harnesses.suite import problems_of, verdict_on

_dataset: Any = importlib.import_module("inspect_ai.dataset")
_inspect: Any = importlib.import_module("inspect_ai")
_scorer: Any = importlib.import_module("inspect_ai.scorer")
_solver: Any = importlib.import_module("inspect_ai.solver")


def _simulation(suite: str) -> Any:
    """A scorer: correct where the judge says that the answer passes; the outcome is the explanation."""
    problems = problems_of(suite)

    async def score(state: Any, target: Any) -> Any:
        del target
        answer = state.output.completion
        verdict = await asyncio.to_thread(verdict_on, problems[state.sample_id], answer)
        value = _scorer.CORRECT if verdict.passed else _scorer.INCORRECT
        told = f"{verdict.outcome.value}: {verdict.detail}"
        return _scorer.Score(
            value=value, answer=answer, explanation=told, metadata={"outcome": verdict.outcome.value}
        )

    return score


simulation: Any = _scorer.scorer(metrics=[_scorer.accuracy(), _scorer.stderr()], name="simulation")(
    _simulation
)


def _verilog(suite: str = "behavioural") -> Any:
    samples = [
        _dataset.Sample(input=problem.question, id=problem.id, metadata={"category": problem.category})
        for problem in problems_of(suite).values()
    ]
    return _inspect.Task(
        dataset=_dataset.MemoryDataset(samples, name=suite),
        solver=_solver.generate(),
        scorer=simulation(suite),
    )


verilog: Any = _inspect.task(name="verilog")(_verilog)
