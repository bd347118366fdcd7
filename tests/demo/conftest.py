"""Fixtures of the demo's tests: a real simulator and the shipped model."""

from pathlib import Path

import pytest

import ct_retrain.demo
from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.ports import Simulator
from ct_retrain.judge.judge import Judge


@pytest.fixture(scope="session")
def icarus() -> Simulator:
    return Judge(JudgeSettings())


@pytest.fixture(scope="session")
def shipped() -> Path:
    return Path(ct_retrain.demo.__file__).parent / "model"
