"""Nights that kept a file for each artefact: read as they are, and brought into today's form by one command."""

from pathlib import Path

import pytest
from tests.loose_artefacts import loosen
from tests.nightly.test_crash_sweep import _dying_after
from tests.nights_behind import NIGHTS, Season
from tests.small_workspace import SmallWorkspace, copy_of, found, leave_trace

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.nightly.audit import check_workspace, verify
from ct_retrain.nightly.audit.recompute import DATASET_CLAIM
from ct_retrain.nightly.records.index import record_of
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.snapshots import convert, planned, purge, restore, snapshot
from ct_retrain.nightly.snapshots.upload import receipt_of
from ct_retrain.stages._artefact_store import faults, loose_files, pack_files

ONE, TWO = NIGHTS[:2]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """A night of a version that kept loose artefacts."""
    small = found(tmp_path_factory.mktemp("old") / "workspace", problems=range(6, 8))
    for width in range(2, 5):
        leave_trace(small.workspace, f"run_{width}", width, fails_first=width == 3)
    run_night(small.workspace, small.settings, small.ports, Options(night=ONE))
    loosen(small.workspace, ONE)
    return small


@pytest.fixture
def small(old: SmallWorkspace, tmp_path: Path) -> SmallWorkspace:
    return copy_of(old, tmp_path / "workspace")


def _claims(small: SmallWorkspace) -> dict[str, str]:
    record = record_of(small.workspace, ONE)
    found = verify(small.workspace, small.settings, small.ports, record)
    return {one.claim: one.finding for one in found.claims}


def test_a_night_with_loose_artefacts_is_read_checked_verified_and_continued(small: SmallWorkspace) -> None:
    assert loose_files(small.workspace.stage(ONE, "collect"))
    assert check_workspace(small.workspace).breaches == ()
    assert _claims(small)[DATASET_CLAIM] == "confirmed"

    leave_trace(small.workspace, "run_9", 9)
    record = run_night(small.workspace, small.settings, small.ports, Options(night=TWO))
    assert record is not None
    assert record.metrics["curate.examples"] == 4
    assert check_workspace(small.workspace).breaches == ()


@pytest.mark.parametrize("closely", [True, False])
def test_a_loose_artefact_that_is_gone_is_a_breach(small: SmallWorkspace, closely: bool) -> None:
    lost = loose_files(small.workspace.stage(ONE, "collect"))[0]
    lost.unlink()
    audit = check_workspace(small.workspace, disk.difference if closely else disk.size_difference)
    assert {breach.where for breach in audit.breaches} == {small.workspace.relative(lost)}


def test_a_plan_changes_nothing_and_its_execution_makes_a_pack_of_each_night(small: SmallWorkspace) -> None:
    collected = small.workspace.stage(ONE, "collect")
    kept = {path.name: path.read_bytes() for path in loose_files(collected)}
    [plan] = planned(small.workspace)
    assert (plan.night, plan.files, plan.copied) == (ONE, len(kept), False)
    assert len(loose_files(collected)) == len(kept)

    assert convert(small.workspace) == (plan,)

    assert not (collected / "artefacts").exists()
    with disk.Pack(pack_files(collected)) as pack:
        assert {name: pack.read(name) for name in kept} == kept
    assert planned(small.workspace) == ()
    assert check_workspace(small.workspace).breaches == ()
    assert _claims(small)[DATASET_CLAIM] == "confirmed"


def test_a_converted_pack_that_changes_is_a_breach(small: SmallWorkspace) -> None:
    convert(small.workspace)
    path = pack_files(small.workspace.stage(ONE, "collect")).contents
    path.write_bytes(path.read_bytes()[::-1])
    assert {breach.where for breach in check_workspace(small.workspace).breaches} == {
        small.workspace.relative(path)
    }
    with pytest.raises(StopIteration):
        next(faults(path.parent, closely=False))


def test_damaged_artefacts_are_not_converted(small: SmallWorkspace) -> None:
    collected = small.workspace.stage(ONE, "collect")
    damaged = loose_files(collected)[0]
    damaged.write_text("other")
    before = {path: path.read_bytes() for path in loose_files(collected)}
    with pytest.raises(CorruptStateError, match="have changed since they were collected"):
        convert(small.workspace)
    assert {path: path.read_bytes() for path in loose_files(collected)} == before
    assert not pack_files(collected).places.exists()


def test_a_conversion_that_dies_anywhere_is_finished_by_the_next(
    small: SmallWorkspace, tmp_path: Path
) -> None:
    for point in range(100):
        again = copy_of(small, tmp_path / str(point))
        code = _dying_after(point, lambda again=again: convert(again.workspace))
        assert check_workspace(again.workspace).breaches == ()
        convert(again.workspace)
        assert planned(again.workspace) == ()
        assert check_workspace(again.workspace).breaches == ()
        if code == 0:
            return
    raise AssertionError(point)


def test_a_converted_night_is_copied_again_purged_and_restored(season: Season) -> None:
    loosen(season.workspace, ONE)
    snapshot(season.workspace, season.store, ONE)
    [plan] = planned(season.workspace)
    assert plan.copied
    convert(season.workspace)
    assert receipt_of(season.workspace, ONE) is None

    snapshot(season.workspace, season.store, ONE)
    season.age()
    before = season.tree()
    done = purge(season.workspace, season.settings, season.store)
    assert ONE in {one.night for one in done.leaving}
    assert not any(path.exists() for path in pack_files(season.workspace.stage(ONE, "collect")))
    assert check_workspace(season.workspace).breaches == ()
    restore(season.workspace, season.store, ONE)
    assert season.tree() == before


def test_a_copy_of_loose_artefacts_is_restored_as_it_was(season: Season) -> None:
    loosen(season.workspace, ONE)
    snapshot(season.workspace, season.store, ONE)
    season.age()
    before = season.tree()
    assert ONE in {one.night for one in purge(season.workspace, season.settings, season.store).leaving}
    restore(season.workspace, season.store, ONE)
    assert season.tree() == before
