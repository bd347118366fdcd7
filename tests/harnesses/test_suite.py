"""What tasks of other harnesses share: one judge, however many answers are scored at once."""

import importlib.util
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.suites.load import load_suite


@pytest.fixture
def suite() -> ModuleType:
    """The module as a process finds it that has judged nothing yet."""
    spec = importlib.util.find_spec("ct_retrain.harnesses.suite")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_answers_that_are_scored_at_once_share_a_judge(
    suite: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    class Slow:
        def __init__(self, *_: object) -> None:
            time.sleep(0.2)
            made.append(self)

        def check(self, design: Design) -> Verdict:
            assert design.rtl
            return Verdict(outcome=Outcome.PASS, detail="", tool=Tool(name="slow", version="1"))

    monkeypatch.setattr(suite, "Judge", Slow)
    problem = load_suite("behavioural", Path()).problems[0]
    with ThreadPoolExecutor(4) as pool:
        passed = [one.passed for one in pool.map(suite.verdict_on, [problem] * 4, ["no module"] * 4)]

    assert passed == [True] * 4
    assert len(made) == 1
