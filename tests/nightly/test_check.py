"""`ct-retrain check`: every breach is seen, named with its invariant, and healed by what it says; nothing is changed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, copy_of, found, leave_trace

from ct_retrain import disk
from ct_retrain.cli import call
from ct_retrain.core.records.night import NightPlan, NightRecord, Release
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.audit import check_workspace
from ct_retrain.nightly.releases.promotion import promote
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.releases import latest

FIRST, SECOND, THIRD = "2026-01-01", "2026-01-02", "2026-01-03"
Harm = Callable[[Workspace], object]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """Three nights: published, held and published by force, nothing new."""
    small = found(tmp_path_factory.mktemp("lived") / "town", problems=range(2, 7))
    for width in range(2, 7):
        leave_trace(small.workspace, f"run_{width}", width)
    run_night(small.workspace, small.settings, small.ports, Options(night=FIRST))
    leave_trace(small.workspace, "run_9", 9)
    run_night(small.workspace, small.settings, small.ports, Options(night=SECOND))
    promote(small.workspace, small.settings, small.ports, SECOND, "the lab needs it")
    run_night(small.workspace, small.settings, small.ports, Options(night=THIRD))
    return small


def writable(path: Path) -> Path:
    for place in (path.parent, path):
        place.chmod(place.stat().st_mode | 0o700)
    return path


def edited(path: Path) -> None:
    """Another byte, the same size."""
    data = bytearray(writable(path).read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def release_of(workspace: Workspace, night: str) -> Path:
    return workspace.models / f"nightly_{night}"


def pointed(workspace: Workspace, target: str) -> None:
    link = workspace.models / "latest_nightly"
    link.unlink()
    link.symlink_to(target)


def unforced(workspace: Workspace) -> None:
    path = release_of(workspace, SECOND) / "release.json"
    release = disk.read_record(path, Release).model_copy(update={"forced": ""})
    writable(path).write_text(release.model_dump_json())
    for one in (path, path.parent):
        one.chmod(one.stat().st_mode & ~0o222)


def lose(path: Path) -> None:
    for place in (path, *path.rglob("*")):
        if place.is_dir():
            place.chmod(0o700)
    shutil.rmtree(path)


def without_line(path: Path, number: int) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:number] + lines[number + 1 :]))


HARMS: dict[str, tuple[Harm, str, str]] = {
    "a dataset is gone": (lambda w: (w.stage(SECOND, "curate") / "dataset.jsonl").unlink(), "I1", "dataset.jsonl"),
    "a scorecard was edited": (lambda w: edited(w.stage(FIRST, "benchmark") / "scorecards.jsonl"), "I1", "scorecards"),
    "an artefact was edited": (
        lambda w: edited(w.stage(FIRST, "collect") / "artefacts.pack"), "I1", "artefacts.pack"
    ),
    "a ledger is no database": (
        lambda w: (w.stage(THIRD, "collect") / "ledger.sqlite").write_bytes(b"x" * 8192), "I1", "ledger.sqlite"
    ),
    "a manifest was edited": (lambda w: edited(w.stage(FIRST, "train") / "manifest.json"), "I2", "train/manifest.json"),
    "a manifest is gone": (lambda w: (w.stage(SECOND, "train") / "manifest.json").unlink(), "I2", "train/manifest.json"),
    "a record is torn": (lambda w: w.record(SECOND).write_text('{"night": '), "I2", f"{SECOND}.json"),
    "the weights of a release changed": (
        lambda w: edited(release_of(w, FIRST) / "adapter_model.safetensors"), "I1", "adapter_model.safetensors"
    ),
    "a release can be written to": (lambda w: writable(release_of(w, FIRST) / "release.json"), "I1", "nightly_"),
    "the link points nowhere": (lambda w: pointed(w, "nightly_2025-01-01"), "I3", "latest_nightly"),
    "the link points elsewhere": (lambda w: pointed(w, str(release_of(w, SECOND))), "I3", "latest_nightly"),
    "nobody forced what was held": (unforced, "I3", "release.json"),
    "the predecessor is gone": (lambda w: lose(release_of(w, FIRST)), "I5", f"nightly_{FIRST}"),
    "the link went back by hand": (lambda w: pointed(w, f"nightly_{FIRST}"), "history", "latest_nightly"),
    "the history lost a line": (lambda w: without_line(w.models / "history.jsonl", 0), "history", "history.jsonl"),
    "a purge without a receipt": (
        lambda w: w.purged(FIRST).write_text(
            json.dumps({"night": FIRST, "at": "2026-02-01T00:00:00Z", "store": "s", "index": "i", "files": []})
        ),
        "I4",
        "purged.json",
    ),
}  # fmt: skip


def test_a_workspace_that_only_lived_has_nothing_to_heal(lived: SmallWorkspace) -> None:
    before = sorted(path.lstat().st_mtime_ns for path in lived.workspace.root.rglob("*"))
    audit = check_workspace(lived.workspace)

    assert (audit.breaches, audit.remarks) == ((), ())
    assert (audit.nights, audit.releases) == (3, 2)
    assert audit.files > 20
    assert sorted(path.lstat().st_mtime_ns for path in lived.workspace.root.rglob("*")) == before


@pytest.mark.parametrize("name", HARMS)
def test_every_breach_is_named_with_its_invariant_and_what_heals_it(
    lived: SmallWorkspace, tmp_path: Path, name: str
) -> None:
    small = copy_of(lived, tmp_path / "town")
    harm, invariant, where = HARMS[name]
    harm(small.workspace)
    found = [breach for breach in check_workspace(small.workspace).breaches if where in breach.where]

    assert invariant in {breach.invariant for breach in found}
    assert all(breach.heal for breach in found)
    assert str(tmp_path) not in "".join(breach.where for breach in found)


@pytest.mark.parametrize("name", ["a dataset is gone", "a manifest is gone", "the link points nowhere"])
def test_a_quick_look_reads_no_file_and_sees_what_is_gone(
    lived: SmallWorkspace, tmp_path: Path, name: str
) -> None:
    small = copy_of(lived, tmp_path / "town")
    HARMS[name][0](small.workspace)

    assert check_workspace(small.workspace, disk.size_difference).breaches


def test_a_link_that_went_back_by_hand_is_healed_by_what_check_says(
    lived: SmallWorkspace, tmp_path: Path
) -> None:
    small = copy_of(lived, tmp_path / "town")
    pointed(small.workspace, f"nightly_{FIRST}")
    [breach] = check_workspace(small.workspace).breaches
    assert breach.heal.startswith(f"ct-retrain rollback {FIRST} ")

    from ct_retrain.nightly.releases.rollback import roll_back

    roll_back(small.workspace, small.ports.generators, FIRST, "as check says")
    assert check_workspace(small.workspace).breaches == ()
    assert latest(small.workspace.models) == f"nightly_{FIRST}"


def test_a_stage_of_an_open_night_is_healed_by_doing_it_again(tmp_path: Path) -> None:
    small = found(tmp_path, problems=range(3, 5))
    leave_trace(small.workspace, "run_3", 3)
    run_night(small.workspace, small.settings, small.ports, Options(night=FIRST, until="curate"))
    (small.workspace.stage(FIRST, "curate") / "dataset.jsonl").unlink()
    audit = check_workspace(small.workspace)

    assert [breach.heal for breach in audit.breaches] == [f"ct-retrain run --night {FIRST} --redo curate"]
    assert [remark.where.rpartition("/")[2] for remark in audit.remarks] == [FIRST]
    run_night(small.workspace, small.settings, small.ports, Options(night=FIRST, redo="curate"))
    audit = check_workspace(small.workspace)
    assert (audit.breaches, audit.remarks) == ((), ())


def test_what_is_left_over_is_a_remark_and_no_breach(lived: SmallWorkspace, tmp_path: Path) -> None:
    small = copy_of(lived, tmp_path / "town")
    workspace = small.workspace
    (workspace.models / ".nightly_2026-01-04.tmp").mkdir()
    (workspace.stage(THIRD, "train")).mkdir()
    (workspace.stage(THIRD, "train") / "key.json").write_text("{}")
    workspace.night("2026-01-04").mkdir()
    record = disk.read_record(workspace.record(THIRD), NightRecord)
    future = record.model_copy(update={"started": record.started.replace(year=2999)})
    workspace.record(THIRD).write_text(future.model_dump_json())
    audit = check_workspace(workspace)

    assert audit.breaches == ()
    said = " ".join(f"{remark.where} {remark.what}" for remark in audit.remarks)
    for words in (
        "nightly_2026-01-04.tmp",
        "the night ended without it",
        "has no plan yet",
        "is in the future",
    ):
        assert words in said


def test_a_night_at_work_is_a_remark_and_what_it_is_writing_is_none(
    lived: SmallWorkspace, tmp_path: Path
) -> None:
    small = copy_of(lived, tmp_path / "town")
    with disk.lock(small.workspace.lock):
        (small.workspace.models / ".nightly_2026-01-04.tmp").mkdir()
        [remark] = check_workspace(small.workspace).remarks

    assert "is held by process" in remark.what


def test_a_plan_that_is_torn_says_what_to_do(lived: SmallWorkspace, tmp_path: Path) -> None:
    small = copy_of(lived, tmp_path / "town")
    plan = small.workspace.night("2026-01-04") / "plan.json"
    plan.parent.mkdir()
    plan.write_text(
        disk.read_record(small.workspace.night(THIRD) / "plan.json", NightPlan).model_dump_json()[:30]
    )
    [remark] = check_workspace(small.workspace).remarks

    assert "run --night 2026-01-04" in remark.heal


def test_the_command_exits_5_on_a_breach_and_0_without(
    lived: SmallWorkspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = copy_of(lived, tmp_path / "town")
    root = str(small.workspace.root)
    assert call(["-C", root, "check"]) == 0
    assert "every invariant holds" in capsys.readouterr().out

    edited(small.workspace.stage(FIRST, "benchmark") / "scorecards.jsonl")
    assert call(["-C", root, "check", "--quick"]) == 0
    capsys.readouterr()
    assert call(["-C", root, "check"]) == 5
    assert "repair: " in capsys.readouterr().out
    assert call(["-C", root, "check", "--json"]) == 5
    [breach] = json.loads(capsys.readouterr().out)["breaches"]
    assert breach["invariant"] == "I1"
