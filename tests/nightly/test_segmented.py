"""Files that grow from night to night are off-site once, as far as nights have them in common."""

import hashlib
import json
from pathlib import Path

import pytest
from tests.nights_behind import Season, tree
from tests.small_workspace import SmallWorkspace, copy_of, found, leave_trace, spec

from ct_retrain.adapters.object_store import DirectoryStore
from ct_retrain.core.errors import CorruptStateError, ToolError
from ct_retrain.core.records.snapshot import Receipt, blob_key, list_key
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.snapshots import restore, snapshot
from ct_retrain.nightly.snapshots.index import index_of
from ct_retrain.nightly.snapshots.upload import _sent, segments_of, unverified

ONE, TWO = "2026-01-01", "2026-01-02"
WORDS = "Every bit counts, and none is registered. "


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """Two nights: twelve designs with long specifications, and one more."""
    small = found(tmp_path_factory.mktemp("grown") / "workspace", problems=range(7, 9))
    for night, widths in ((ONE, range(10, 22)), (TWO, range(22, 23))):
        for width in widths:
            leave_trace(small.workspace, f"run_{width}", width)
            words = f"{spec(width)} {WORDS * 200}{width}"
            (small.workspace.runs / f"run_{width}" / "spec.txt").write_text(words)
        run_night(small.workspace, small.settings, small.ports, Options(night=night))
    return small


@pytest.fixture
def season(grown: SmallWorkspace, tmp_path: Path) -> Season:
    share = tmp_path / "share"
    share.mkdir()
    small = copy_of(grown, tmp_path / "workspace")
    return Season(small.workspace, small.settings, small.ports, DirectoryStore(share), tmp_path)


def _size(store: DirectoryStore) -> int:
    return sum(path.stat().st_size for path in Path(store.name).rglob("*") if path.is_file())


def _dataset(season: Season, night: str) -> bytes:
    return (season.workspace.stage(night, "curate") / "dataset.jsonl").read_bytes()


def test_the_second_night_sends_what_is_new(season: Season) -> None:
    snapshot(season.workspace, season.store, ONE)
    before = {path.name for path in Path(season.store.name).glob("blobs/*/*")}
    receipt = snapshot(season.workspace, season.store, TWO)

    data = _dataset(season, TWO)
    key = list_key(hashlib.sha256(data).hexdigest())
    assert key in {one.key for one in receipt.objects}
    parts = segments_of(season.store, key)
    assert b"".join(b"".join(season.store.read(blob_key(part.sha256)) or ()) for part in parts) == data
    new = sum(part.size for part in parts if part.sha256 not in before)
    assert 0 < new < len(data) / 2


def test_both_nights_come_back_bit_for_bit(season: Season) -> None:
    for night in (ONE, TWO):
        snapshot(season.workspace, season.store, night)
    for known in (True, False):
        before = tree(season.workspace.root)
        for night in (ONE, TWO):
            for path in sorted(season.workspace.night(night).rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()
            if not known:
                season.workspace.receipt(night).unlink()
            restore(season.workspace, season.store, night)
        assert tree(season.workspace.root) == before


@pytest.mark.parametrize("harm", ["gone", "other bytes"])
@pytest.mark.parametrize("what", ["segment", "list"])
def test_a_store_that_lost_a_segment_or_a_list_is_caught(season: Season, what: str, harm: str) -> None:
    receipt = snapshot(season.workspace, season.store, TWO)
    key = list_key(hashlib.sha256(_dataset(season, TWO)).hexdigest())
    lost = key if what == "list" else blob_key(segments_of(season.store, key)[0].sha256)
    path = Path(season.store.name) / lost
    path.unlink() if harm == "gone" else path.write_bytes(path.read_bytes()[::-1])

    assert unverified(season.store, receipt) == [lost]
    (season.workspace.stage(TWO, "curate") / "dataset.jsonl").unlink()
    with pytest.raises((ToolError, CorruptStateError), match="another copy"):
        restore(season.workspace, season.store, TWO)
    assert not (season.workspace.stage(TWO, "curate") / "dataset.jsonl").exists()


def test_a_copy_of_an_earlier_version_is_whole_files_and_still_restored(season: Season) -> None:
    index = index_of(season.workspace, TWO)
    assert index.segmented
    old = json.loads(index.model_dump_json()) | {"version": 1}
    del old["segmented"]
    receipt = _sent(season.workspace, season.store, type(index).model_validate_json(json.dumps(old)))
    assert not list(Path(season.store.name).glob("lists/*/*"))
    told = json.loads(receipt.model_dump_json())
    del told["contents"]["segmented"]
    season.workspace.receipt(TWO).parent.mkdir(exist_ok=True)
    season.workspace.receipt(TWO).write_text(json.dumps(told))

    data = _dataset(season, TWO)
    (season.workspace.stage(TWO, "curate") / "dataset.jsonl").unlink()
    restore(season.workspace, season.store, TWO)
    assert _dataset(season, TWO) == data
    assert Receipt.model_validate_json(season.workspace.receipt(TWO).read_text()).contents.version == 1
