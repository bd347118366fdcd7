"""Four real nights, run once, and a copy of them for every test that wants to break something."""

import shutil
from pathlib import Path

import pytest
from tests.report.nights import four_nights
from tests.small_workspace import SmallWorkspace

from ct_retrain.core.workspace import Workspace


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    return four_nights(tmp_path_factory.mktemp("nights") / "town")


@pytest.fixture
def small(nights: SmallWorkspace, tmp_path: Path) -> SmallWorkspace:
    root = tmp_path / "town"
    shutil.copytree(nights.workspace.root, root, symlinks=True)
    return nights._replace(workspace=Workspace(root, nights.settings.paths))
