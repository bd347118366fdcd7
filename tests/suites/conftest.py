"""A judge for small designs, with short limits."""

import shutil
from collections.abc import Iterator

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.judge.judge import Judge


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Icarus Verilog alone, with two processor seconds, and a memory for this session."""
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is not installed")
    verdicts = tmp_path_factory.mktemp("judge") / "verdicts.sqlite"
    settings = JudgeSettings(simulator="icarus", cpu_seconds=2, memory_mb=256, output_kb=64)
    with Judge(settings, verdicts) as made:
        yield made
