"""What a night meets in a year: a full disk, a read-only one, a wrong clock, another night, hands in its directories.

Each says what is wrong and what to do, loses nothing, and ends in the tree of an undisturbed night once that is done.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, copy_of, found, leave_trace, live
from tests.trees import tree

from ct_retrain import disk
from ct_retrain.adapters.object_store import DirectoryStore
from ct_retrain.cli import call
from ct_retrain.core.errors import CorruptStateError, LockedError, ToolError, UsageError
from ct_retrain.core.records.night import NightOutcome, NightPlan
from ct_retrain.nightly.audit import check_workspace
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.snapshots.restore import restore
from ct_retrain.nightly.snapshots.upload import snapshot

FIRST, SECOND = "2026-01-01", "2026-01-02"
TOLD = ("archive", "work/continuous_retrain/.outbox")
"""Where a night that broke says so; what it left there stays."""


def populated(root: Path) -> SmallWorkspace:
    small = found(root, problems=range(2, 7))
    for width in range(2, 7):
        leave_trace(small.workspace, f"run_{width}", width)
    return small


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    small = populated(tmp_path_factory.mktemp("undisturbed") / "town")
    assert live(small).outcome is NightOutcome.PUBLISHED
    return small


def healed(small: SmallWorkspace, undisturbed: SmallWorkspace) -> None:
    """Nothing is lost, nothing is breached, and the night is the night it would have been."""
    assert check_workspace(small.workspace).breaches == ()
    there, wanted = (tree(one.workspace.root, without=TOLD) for one in (small, undisturbed))
    assert there == wanted


@contextmanager
def small_disk(at: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own; skips where that takes a right we do not have."""
    at.mkdir()
    if os.geteuid() or shutil.which("mount") is None:
        pytest.skip("mounting a small disk takes root")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", at], check=False)
    if made.returncode:
        pytest.skip("mounting is forbidden here")
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", at], check=True)


@pytest.mark.parametrize(
    "left", [0, 96, *(pytest.param(left, marks=pytest.mark.slow) for left in (32, 64, 128, 160, 200))]
)
def test_a_full_disk_stops_the_night_and_room_lets_it_go_on(
    tmp_path: Path, undisturbed: SmallWorkspace, left: int
) -> None:
    with small_disk(tmp_path / "small", 16) as place:
        small = populated(place / "town")
        filler = place / "filler"
        with filler.open("wb") as file:
            file.write(b"x" * (shutil.disk_usage(place).free - (left << 10)))
        with pytest.raises(ToolError, match=r"(No space left|is full).*; free space") as caught:
            live(small)
        assert str(place) in str(caught.value)
        assert check_workspace(small.workspace).breaches == (), "at every instant, this one too"
        filler.unlink()

        assert live(small).outcome is NightOutcome.PUBLISHED
        healed(small, undisturbed)


def test_a_disk_that_became_read_only_is_named_and_exits_4(
    tmp_path: Path, undisturbed: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "small", 16) as place:
        small = populated(place / "town")
        run_night(small.workspace, small.settings, small.ports, Options(night=FIRST, until="curate"))
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        with pytest.raises(ToolError, match=r"Read-only file system; free space or fix permissions"):
            live(small)
        (tmp_path / "settings.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
        settings = ["--config", str(tmp_path / "settings.toml")]
        assert call(["-C", str(small.workspace.root), *settings, "run", "--night", FIRST]) == 4
        said = capsys.readouterr().err
        assert "free space or fix permissions" in said
        assert "Traceback" not in said
        assert call(["-C", str(small.workspace.root), *settings, "check"]) == 0, "looking writes nothing"
        subprocess.run(["mount", "-o", "remount,rw", place], check=True)

        assert live(small).outcome is NightOutcome.PUBLISHED
        healed(small, undisturbed)


def test_a_clock_that_was_ahead_once_is_named_and_the_nights_go_on(
    tmp_path: Path, undisturbed: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    small = copy_of(undisturbed, tmp_path / "town")
    live(small, "2999-01-01", ahead=True)
    with pytest.raises(UsageError, match=r"is the clock right\? If it is, use --night 2999-01-01\.2"):
        live(small, SECOND)
    assert call(["-C", str(small.workspace.root), "run", "--night", SECOND]) == 2
    assert "is the clock right" in capsys.readouterr().err

    leave_trace(small.workspace, "run_9", 9)
    assert live(small, "2999-01-01.2", ahead=True).metrics["curate.new"] == 1
    assert check_workspace(small.workspace).breaches == ()


def test_a_clock_that_goes_back_during_a_night_changes_nothing_but_its_times(
    tmp_path: Path, undisturbed: SmallWorkspace
) -> None:
    small = populated(tmp_path / "town")
    run_night(small.workspace, small.settings, small.ports, Options(night=FIRST, until="collect"))
    path = small.workspace.night(FIRST) / "plan.json"
    plan = disk.read_record(path, NightPlan)
    disk.write_record(path, plan.model_copy(update={"started": plan.started + timedelta(days=400)}))
    # Another plan is another night to collect from: the cut-off is part of what it is made from.
    assert live(small).outcome is NightOutcome.PUBLISHED

    healed(small, undisturbed)
    [remark] = check_workspace(small.workspace).remarks
    assert "is in the future" in remark.what


def test_a_second_night_at_once_changes_nothing_and_exits_11(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = populated(tmp_path / "town")
    run_night(small.workspace, small.settings, small.ports, Options(night=FIRST, until="curate"))
    with disk.lock(small.workspace.lock):
        before = tree(small.workspace.root)
        with pytest.raises(LockedError):
            live(small)
        assert tree(small.workspace.root) == before
        assert call(["-C", str(small.workspace.root), "run", "--night", FIRST]) == 11
    assert f"process {os.getpid()} on" in capsys.readouterr().err


def test_a_manifest_that_is_gone_is_made_again(tmp_path: Path, undisturbed: SmallWorkspace) -> None:
    small = populated(tmp_path / "town")
    run_night(small.workspace, small.settings, small.ports, Options(night=FIRST, until="train"))
    (small.workspace.stage(FIRST, "curate") / "manifest.json").unlink()
    live(small)

    healed(small, undisturbed)


@pytest.mark.parametrize(
    "stage", ["curate", *(pytest.param(one, marks=pytest.mark.slow) for one in ("collect", "train"))]
)
def test_a_manifest_that_was_edited_stops_the_night_until_its_stage_is_done_again(
    tmp_path: Path, undisturbed: SmallWorkspace, stage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    small = populated(tmp_path / "town")
    run_night(small.workspace, small.settings, small.ports, Options(night=FIRST, until="train"))
    manifest = small.workspace.stage(FIRST, stage) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(CorruptStateError, match="is not what we wrote"):
        live(small)
    assert call(["-C", str(small.workspace.root), "check"]) == 5
    assert f"repair: ct-retrain run --night {FIRST} --redo {stage}" in capsys.readouterr().out

    live(small, redo=stage)
    healed(small, undisturbed)


@pytest.mark.parametrize("harm", ["gone", "edited", "dataset edited"])
def test_what_the_last_night_left_is_not_continued_when_hands_were_in_it(
    tmp_path: Path, undisturbed: SmallWorkspace, harm: str
) -> None:
    small = copy_of(undisturbed, tmp_path / "town")
    (tmp_path / "share").mkdir()
    store = DirectoryStore(tmp_path / "share")
    snapshot(small.workspace, store, FIRST)
    leave_trace(small.workspace, "run_9", 9)
    manifest = small.workspace.stage(FIRST, "curate") / "manifest.json"
    match harm:
        case "gone":
            manifest.unlink()
        case "edited":
            manifest.write_text(manifest.read_text().replace('"traces": 5', '"traces": 6'))
        case _:
            path = manifest.with_name("dataset.jsonl")
            path.write_text(path.read_text().replace("~a", " a", 1))
    with pytest.raises(CorruptStateError, match=rf"tonight continues it: ct-retrain restore {FIRST} --force"):
        live(small, SECOND)
    assert {breach.heal for breach in check_workspace(small.workspace).breaches} == {
        f"ct-retrain restore {FIRST} --force"
    }

    restore(small.workspace, store, FIRST, force=True)
    assert check_workspace(small.workspace).breaches == ()
    assert live(small, SECOND).metrics["curate.examples"] == 6
