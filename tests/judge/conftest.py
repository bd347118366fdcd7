"""A judge with small limits, for designs that run wild."""

import shutil

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.judge.judge import Judge


@pytest.fixture(scope="session")
def judge() -> Judge:
    """Icarus alone, with two processor seconds, 256 MB and 64 kB of output."""
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is not installed")
    return Judge(JudgeSettings(simulator="icarus", cpu_seconds=2, memory_mb=256, output_kb=64))
