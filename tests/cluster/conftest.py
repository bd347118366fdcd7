"""A cluster of two nodes on loopback, and the judge of this machine beside it."""

import shutil
from collections.abc import Iterator

import pytest
from tests.cluster.machines import SETTINGS, Machines, machines

from ct_retrain.judge.judge import Judge


@pytest.fixture(scope="session")
def here() -> Iterator[Judge]:
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is not installed")
    with Judge(SETTINGS) as judge:
        yield judge


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, here: Judge) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("cluster")) as made:
        yield made
