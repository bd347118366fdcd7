"""A suite's problems, and the judge's verdict on an answer to one of them, as every harness's task needs them."""

from functools import cache
from pathlib import Path

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.problem import Problem
from ct_retrain.core.records.verdict import Verdict
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.lazy import LazyJudge
from ct_retrain.suites.answer import NO_MODULE, rtl_of
from ct_retrain.suites.load import load_suite


@cache
def problems_of(suite: str) -> dict[str, Problem]:
    """Return id → problem of *suite*, a built-in name or a path below the current directory."""
    return {problem.id: problem for problem in load_suite(suite, Path.cwd()).problems}


def verdict_on(problem: Problem, answer: str) -> Verdict:
    """Judge the RTL in *answer*, as `ct-retrain benchmark` does with default limits; raise ToolError if the judge fails."""
    return _JUDGE.check(problem.design(rtl_of(problem, answer) or NO_MODULE))


_JUDGE = LazyJudge(lambda: Judge(JudgeSettings()))
"""Made by the first answer, for all threads: a harness scores several at once."""
