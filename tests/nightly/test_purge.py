"""Nothing is purged that cannot be restored: by the rules, by property, and when dying at every durable step."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.nightly.test_crash_sweep import _dying_after
from tests.nights_behind import NIGHTS, OLD, Season, tree

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.records.night import Manifest
from ct_retrain.core.records.snapshot import Purged
from ct_retrain.core.rules.retention import is_raw
from ct_retrain.nightly.releases.promotion import promote
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.snapshots.purge import plan, purge
from ct_retrain.nightly.snapshots.restore import restore
from ct_retrain.nightly.snapshots.upload import (
    receipt_of,
    snapshot,
    unverified,
    upload_missing,
)

ONE = OLD[0]


def _why(season: Season, night: str) -> str:
    found = plan(season.workspace, season.settings, season.store)
    assert night not in {one.night for one in found.leaving}
    return next(one.why for one in found.staying if one.night == night)


def test_a_plan_deletes_nothing_and_says_what_would_go(season: Season) -> None:
    season.copied()
    before = season.tree()
    found = plan(season.workspace, season.settings, season.store)

    assert season.tree() == before
    assert [one.night for one in found.leaving] == list(OLD)
    assert all(one.size == sum(file.size for file in one.files) > 0 for one in found.leaving)
    assert {one.night for one in found.staying} == set(NIGHTS) - set(OLD)


def test_only_raw_copies_go_and_they_come_back_bit_for_bit(season: Season) -> None:
    season.copied()
    before = season.tree()
    purge(season.workspace, season.settings, season.store)
    after = season.tree()

    gone = [name for name in before if name not in after and before[name][1] is not None]  # type: ignore[index]
    prefixes = [f"work/continuous_retrain/{night}/" for night in OLD]
    assert gone
    assert all(name.startswith(tuple(prefixes)) and is_raw(name[len(prefixes[0]) :]) for name in gone)
    assert all(before[name] == after[name] for name in after if not name.endswith("purged.json"))
    for night in OLD:
        restore(season.workspace, season.store, night)
    assert season.tree() == before


def test_what_manifests_miss_is_what_the_purge_says_went(season: Season) -> None:
    season.copied()
    purge(season.workspace, season.settings, season.store)
    root = season.workspace.root
    gone = {root / file.path for file in disk.read_record(season.workspace.purged(ONE), Purged).files}
    missing: set[Path] = set()
    for path in season.workspace.night(ONE).glob("*/manifest.json"):
        files = disk.read_record(path, Manifest).files
        missing |= {path.parent / file.path for file in files if not (path.parent / file.path).exists()}

    assert missing
    assert missing <= gone
    assert not any(path.exists() for path in gone)


@pytest.mark.parametrize(
    ("night", "why"),
    [
        (NIGHTS[1], "a rollback would serve its release"),
        (NIGHTS[2], "its release is served"),
        (NIGHTS[4], f"night {NIGHTS[5]} continues it"),
        (NIGHTS[5], "the next night continues it"),
    ],
)
def test_nights_that_others_rest_on_stay(season: Season, night: str, why: str) -> None:
    season.copied()
    assert _why(season, night) == why


def test_an_unfinished_night_and_the_one_it_continues_stay(season: Season) -> None:
    season.copied()
    options = Options(night="2026-01-07", until="collect")
    run_night(season.workspace, season.settings, season.ports, options)

    assert _why(season, "2026-01-07") == "it is unfinished"
    assert _why(season, NIGHTS[5]) == "the next night continues it"


def test_the_night_that_mainline_lies_in_stays(season: Season) -> None:
    season.copied()
    adapter = season.workspace.relative(season.workspace.stage(ONE, "train") / "adapter")
    train = season.settings.train.model_copy(update={"mainline": adapter})
    moved = season._replace(settings=season.settings.model_copy(update={"train": train}))

    assert _why(moved, ONE) == "mainline lies in it"


def test_a_night_without_receipt_stays(season: Season) -> None:
    assert "no receipt" in _why(season, ONE)


def test_a_young_receipt_keeps_its_night_however_old_the_files_are(season: Season) -> None:
    season.copied()
    season.age(-11)
    assert "kept until" in _why(season, ONE)


def test_retention_of_no_days_keeps_everything(season: Season) -> None:
    season.copied()
    for_ever = season._replace(settings=season.settings.model_copy(update={"retention_days": 0}))
    assert "everything is kept" in _why(for_ever, ONE)


@pytest.mark.parametrize("how", ["edited", "added", "kept"])
def test_files_changed_since_they_were_copied_stay(season: Season, how: str) -> None:
    season.copied()
    collected = season.workspace.stage(ONE, "collect")
    scorecards = season.workspace.stage(ONE, "benchmark") / "scorecards.jsonl"
    paths = {
        "edited": collected / "artefacts.pack",
        "added": collected / "artefacts" / "new",
        "kept": scorecards,
    }
    disk.make_directory(paths[how].parent)
    paths[how].write_text("changed")
    before = season.tree()
    done = purge(season.workspace, season.settings, season.store)

    assert done.damaged
    assert ONE not in {one.night for one in done.leaving}
    assert {name: one for name, one in season.tree().items() if ONE in name} == {
        name: one for name, one in before.items() if ONE in name
    }


def test_a_copy_in_another_store_counts_for_nothing_here(season: Season, tmp_path: Path) -> None:
    season.copied()
    other = tmp_path / "other"
    shutil.copytree(season.store.name, other)
    moved = season._replace(store=type(season.store)(other))  # type: ignore[call-arg]

    assert "copy is in" in _why(moved, ONE)


def test_a_restored_night_is_not_purged_again_at_once(season: Season) -> None:
    season.copied()
    purge(season.workspace, season.settings, season.store)
    restore(season.workspace, season.store, ONE)

    assert not season.workspace.purged(ONE).exists()
    assert "kept until" in _why(season, ONE)


def test_a_purged_night_keeps_the_receipt_of_what_went(season: Season) -> None:
    season.copied()
    purge(season.workspace, season.settings, season.store)
    kept = season.workspace.receipt(ONE).read_bytes()
    snapshot(season.workspace, season.store, ONE)
    upload_missing(season.workspace, season.store)
    assert season.workspace.receipt(ONE).read_bytes() == kept

    shutil.rmtree(Path(season.store.name) / "blobs")
    with pytest.raises(CorruptStateError, match="was purged"):
        snapshot(season.workspace, season.store, ONE)


def test_promoting_a_purged_night_says_how_to_bring_it_back(season: Season) -> None:
    disk.remove_tree(season.workspace.models / f"nightly_{ONE}")
    history = season.workspace.models / "history.jsonl"
    moves = [line for line in history.read_text().splitlines() if f'"night":"{ONE}"' not in line]
    history.write_text("".join(f"{line}\n" for line in moves))
    season.copied()
    purge(season.workspace, season.settings, season.store)
    with pytest.raises(UsageError, match=f"ct-retrain restore {ONE}"):
        promote(season.workspace, season.settings, season.ports, ONE, "late")

    restore(season.workspace, season.store, ONE)
    assert promote(season.workspace, season.settings, season.ports, ONE, "late") == f"nightly_{ONE}"


def test_the_next_night_runs_after_a_purge(season: Season) -> None:
    season.copied()
    purge(season.workspace, season.settings, season.store)
    record = run_night(season.workspace, season.settings, season.ports, Options(night="2026-01-07"))

    assert record is not None
    assert record.metrics["curate.examples"] == 3


_DAMAGE = st.lists(
    st.tuples(st.sampled_from(["edit", "lose", "age", "blob"]), st.integers(0, 10_000)), max_size=6
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=_DAMAGE)
def test_whatever_happened_before_what_is_purged_can_be_restored(
    season: Season,
    tmp_path: Path,
    damage: list[tuple[str, int]],
) -> None:
    """Files are edited or lost here, blobs are damaged there, receipts age in any order: the purge takes none of it."""
    work = tmp_path / "property"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(season.workspace.root, work / "workspace", symlinks=True)
    (work / "share").mkdir()
    here = season._replace(
        workspace=season.workspace._replace(root=work / "workspace"),
        store=type(season.store)(work / "share"),  # type: ignore[call-arg]
    )
    here.copied()
    here.age(-40)
    for kind, number in damage:
        _happen(here, kind, number)
    before = here.tree()
    done = purge(here.workspace, here.settings, here.store)
    for one in done.leaving:
        restore(here.workspace, here.store, one.night)

    # What was lost before comes back too; what was there is there, and is what it was.
    after = here.tree()
    assert {name: after.get(name) for name in before} == before


def _happen(season: Season, kind: str, number: int) -> None:
    if kind == "age":
        season.age(number % 50)
        return
    top = Path(season.store.name) / "blobs" if kind == "blob" else season.workspace.night(OLD[number % 2])
    files = sorted(
        path for path in top.rglob("*") if path.is_file() and path.name not in ("plan.json", "manifest.json")
    )
    path = files[number % len(files)]
    path.unlink() if kind == "lose" else path.write_bytes(path.read_bytes()[:-1] + b"?")


def _states(season: Season, work: Callable[[], object], check: Callable[[], None], points: range) -> int:
    """Die at each of *points* until *work* survives; *check* sees what every death leaves."""
    for point in points:
        code = _dying_after(point, work)
        assert code in (0, 137)
        check()
        if code == 0:
            return point
    pytest.fail("the work never ended")


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_dying_in_a_purge_leaves_everything_there_or_restorable(season: Season, step: int) -> None:
    season.copied()
    before = season.tree()
    backup = season.workspace.root.with_name("backup")
    shutil.copytree(season.workspace.root, backup, symlinks=True)

    def work() -> None:
        purge(season.workspace, season.settings, season.store)

    def check() -> None:
        now = season.tree()
        lost = {name for name in before if name not in now and before[name][1] is not None}  # type: ignore[index]
        told: set[str] = set()
        for night in OLD:
            if season.workspace.purged(night).exists():
                told |= {file.path for file in disk.read_record(season.workspace.purged(night), Purged).files}
        assert lost <= told
        assert all(now[name] == one for name, one in before.items() if name in now)
        for night in OLD:
            restore(season.workspace, season.store, night)
        assert season.tree() == before
        season.age(80)

    assert _states(season, work, check, range(0, 2_000, step)) > 10


def test_a_purge_that_died_ends_as_an_undisturbed_one(season: Season) -> None:
    season.copied()
    copy = season.workspace.root.with_name("undisturbed")
    shutil.copytree(season.workspace.root, copy, symlinks=True)
    purge(season.workspace._replace(root=copy), season.settings, season.store)
    for point in range(3, 60, 6):
        _dying_after(point, lambda: purge(season.workspace, season.settings, season.store))
    purge(season.workspace, season.settings, season.store)

    def without_clock(root: Path) -> dict[str, object]:
        return {name: one for name, one in tree(root).items() if not name.endswith("purged.json")}

    assert without_clock(season.workspace.root) == without_clock(copy)


@pytest.mark.parametrize("step", [17, pytest.param(3, marks=pytest.mark.slow)])
def test_dying_in_a_snapshot_or_a_restore_is_made_good_by_the_next(season: Season, step: int) -> None:
    workspace, store = season.workspace, season.store
    before = season.tree()

    def copied() -> None:
        receipt = receipt_of(workspace, ONE)
        assert receipt is None or unverified(store, receipt) == []

    _states(season, lambda: snapshot(workspace, store, ONE), copied, range(2, 4_000, step))
    season.age()
    purge(workspace, season.settings, store)

    def told() -> None:
        now = season.tree()
        missing = {name for name in before if name not in now and before[name][1] is not None}  # type: ignore[index]
        assert not missing or workspace.purged(ONE).exists()

    _states(season, lambda: restore(workspace, store, ONE), told, range(2, 4_000, step))
    assert season.tree() == before
