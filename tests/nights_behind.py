"""Fixtures: a workspace with several nights behind it, made once, copied for each test; a store; ways to look."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from ct_retrain import disk
from ct_retrain.adapters.object_store import DirectoryStore
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.ports import Store
from ct_retrain.core.records.snapshot import Receipt
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.releases.promotion import promote
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.snapshots.upload import upload_missing
from tests.small_workspace import found, leave_trace

NIGHTS = tuple(f"2026-01-0{day}" for day in range(1, 7))
"""Three that were held and published by hand, and three with nothing new."""
OLD = ("2026-01-01", "2026-01-04")
"""Nobody needs these: the others are served, next in line for a rollback, or continued."""


class Season(NamedTuple):
    """A workspace whose nights are over, and where they are copied to."""

    workspace: Workspace
    settings: Settings
    ports: Ports
    store: Store
    years: Path

    def copied(self) -> None:
        """As if every night had been copied long ago."""
        shutil.copytree(self.years / "share", self.store.name, dirs_exist_ok=True)
        for path in (self.years / "receipts").glob("*.json"):
            receipt = disk.read_record(path, Receipt).model_copy(update={"store": self.store.name})
            disk.make_directory(self.workspace.receipt(receipt.night).parent)
            disk.write_scratch(self.workspace.receipt(receipt.night), receipt.model_dump_json())
        self.age()

    def age(self, days: int = 40) -> None:
        """Let that many days go by since every receipt."""
        for path in (self.workspace.records / "receipts").glob("*.json"):
            receipt = disk.read_record(path, Receipt)
            aged = {"verified_at": receipt.verified_at - timedelta(days=days)}
            if receipt.restored_at:
                aged["restored_at"] = receipt.restored_at - timedelta(days=days)
            disk.write_scratch(path, receipt.model_copy(update=aged).model_dump_json())

    def tree(self) -> dict[str, object]:
        """Every path with its permissions and content, but for receipts and locks."""
        return tree(self.workspace.root)


def tree(root: Path) -> dict[str, object]:
    whole: dict[str, object] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if "/receipts" in name or name.endswith(".lock") or disk.is_temporary(path):
            continue
        mode = oct(path.lstat().st_mode)
        content = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        whole[name] = (mode, content)
    return whole


@pytest.fixture(scope="session")
def years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The nights, really run."""
    top = tmp_path_factory.mktemp("years")
    root = top / "workspace"
    small = found(root, problems=range(3, 8))
    for number, night in enumerate(NIGHTS):
        if number < 3:
            leave_trace(small.workspace, f"run_{night}", 3 + number, fails_first=number == 0)
        run_night(small.workspace, small.settings, small.ports, Options(night=night))
        if number < 3:
            promote(small.workspace, small.settings, small.ports, night, "a town needs releases")
    _copy_off_site(top)
    return top


def _copy_off_site(top: Path) -> None:
    """Once for all tests: the store in `share`, the receipts in `receipts`."""
    workspace = Workspace(top / "workspace", Settings().paths)
    (top / "share").mkdir()
    upload_missing(workspace, DirectoryStore(top / "share"))
    (workspace.records / "receipts").rename(top / "receipts")


@pytest.fixture
def season(years: Path, tmp_path: Path) -> Iterator[Season]:
    """A copy of the nights, and an empty directory to copy them to."""
    root = tmp_path / "workspace"
    small = found(tmp_path / "town")
    shutil.copytree(years / "workspace", root, symlinks=True)
    workspace = Workspace(root, small.settings.paths)
    share = tmp_path / "share"
    share.mkdir()
    store = DirectoryStore(share)
    yield Season(workspace, small.settings, small.ports._replace(store=store), store, years)
    for path in root.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
