"""A night off-site and back, whatever the weather: nothing is lost, and no receipt is given for what is not there."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.bucket import Bucket
from tests.nights_behind import NIGHTS, OLD, Season, tree
from tests.s3_faults import Answer, Cut, Fault, Request

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.record import canonical_json
from ct_retrain.core.records.snapshot import (
    FileMember,
    SnapshotIndex,
    blob_key,
    index_key,
)
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.snapshots.index import places
from ct_retrain.nightly.snapshots.purge import plan, purge
from ct_retrain.nightly.snapshots.restore import nights_in, restore
from ct_retrain.nightly.snapshots.upload import (
    receipt_of,
    snapshot,
    unverified,
    upload_missing,
)

ONE = OLD[0]


@pytest.fixture
def cloudy(season: Season, bucket: Bucket) -> Season:
    """The season, with a bucket behind weather for a store."""
    return season._replace(store=bucket.store, ports=season.ports._replace(store=bucket.store))


def _lose(season: Season, night: str) -> None:
    """Delete everything that the night consists of, but for the history that others write too."""
    for name in places(season.workspace, night)[:4]:
        path = season.workspace.root / name
        disk.remove_tree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _blobs(share: Path) -> list[Path]:
    return [path for path in share.joinpath("blobs").rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["season", "cloudy"])
def test_a_lost_night_comes_back_bit_for_bit(kind: str, request: pytest.FixtureRequest) -> None:
    season: Season = request.getfixturevalue(kind)
    workspace, store = season.workspace, season.store
    odd = workspace.night(ONE) / "benchmark" / "odd"
    (odd / "empty").mkdir(parents=True)
    (odd / "link").symlink_to("../nowhere")
    (odd / "empty file").touch(mode=0o640)
    before = season.tree()
    receipt = snapshot(workspace, store, ONE)
    assert unverified(store, receipt) == []
    _lose(season, ONE)
    assert season.tree() != before

    restore(workspace, store, ONE)
    assert season.tree() == before
    workspace.receipt(ONE).unlink()
    _lose(season, ONE)
    restore(workspace, store, ONE)
    assert season.tree() == before
    assert nights_in(store) == [ONE]


def test_a_snapshot_holds_the_night_the_record_the_archive_and_the_release(season: Season) -> None:
    season.workspace.reports.mkdir()
    (season.workspace.reports / f"{ONE}.html").write_text("<html>")
    season.workspace.verdicts.write_bytes(b"a cache")
    paths = {one.path for one in snapshot(season.workspace, season.store, ONE).contents.members}

    assert {
        f"data/run_db/nightly/{ONE}.json",
        f"archive/{ONE}/plan.json",
        f"models/qwen_coder_rtl/nightly_{ONE}/release.json",
        "models/qwen_coder_rtl/history.jsonl",
        f"reports/{ONE}.html",
        f"work/continuous_retrain/{ONE}/collect/manifest.json",
    } <= paths
    assert any(path.endswith("/collect/artefacts.pack") for path in paths)
    assert not any(part in path for path in paths for part in (".verdicts", ".samples", ".lock", NIGHTS[1]))


def test_what_is_there_is_not_sent_again(cloudy: Season, bucket: Bucket) -> None:
    snapshot(cloudy.workspace, cloudy.store, ONE)
    bucket.weather.requests.clear()
    again = snapshot(cloudy.workspace, cloudy.store, ONE)

    assert [one for one in bucket.weather.requests if one.method == "PUT"] == []
    assert len([one for one in bucket.weather.requests if one.method == "GET"]) == len(again.objects) + 2


def _is_blob(request: Request) -> bool:
    return request.method == "PUT" and "/blobs/" in request.path


def _flipped(body: bytes) -> bytes:
    return bytes([body[0] ^ 1]) + body[1:] if body else b"x"


def _once_in_three(fault: Fault) -> Fault:
    seen = iter(range(10_000))
    return lambda one: fault(one) if _is_blob(one) and next(seen) % 3 == 2 else None


FAULTS: dict[str, tuple[Callable[[], Fault], str]] = {
    "cut mid-upload": (
        lambda: lambda one: Cut() if _is_blob(one) and one.path[-1] < "8" else None,
        "not sent again",
    ),
    "always cut": (lambda: lambda _: Cut(), "check network"),
    "damaged on the way": (
        lambda: lambda one: _flipped(one.body) if _is_blob(one) else None,
        "does not give back",
    ),
    "full": (lambda: _once_in_three(lambda _: Answer(507, "InsufficientStorage")), "free or enlarge"),
    "expired": (lambda: lambda _: Answer(403, "ExpiredToken"), "renew the credentials"),
    "expires midway": (
        lambda: _once_in_three(lambda _: Answer(403, "ExpiredToken")),
        "renew the credentials",
    ),
    "gone": (lambda: lambda _: Answer(404, "NoSuchBucket"), "create it"),
    "a bad day": (lambda: lambda _: Answer(500, "InternalError"), "run again"),
}


_RARE = ("always cut", "expires midway", "a bad day")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in _RARE else ()) for name in FAULTS]
)
def test_bad_weather_gives_no_receipt_and_purges_nothing(
    cloudy: Season,
    bucket: Bucket,
    name: str,
) -> None:
    workspace, store = cloudy.workspace, cloudy.store
    fault, remedy = FAULTS[name]
    before = cloudy.tree()
    bucket.weather.fault = fault()
    with pytest.raises(ToolError, match=remedy):
        snapshot(workspace, store, ONE)
    assert receipt_of(workspace, ONE) is None

    done = purge(workspace, cloudy.settings, store)
    assert done.leaving == ()
    assert cloudy.tree() == before

    bucket.weather.fault = None
    assert unverified(store, snapshot(workspace, store, ONE)) == []


@pytest.mark.parametrize("name", ["always cut", "expired", "gone"])
def test_bad_weather_at_the_purge_deletes_nothing(
    cloudy: Season,
    bucket: Bucket,
    name: str,
) -> None:
    snapshot(cloudy.workspace, cloudy.store, ONE)
    cloudy.age()
    before = cloudy.tree()
    bucket.weather.fault = FAULTS[name][0]()
    with pytest.raises(ToolError, match=FAULTS[name][1]):
        purge(cloudy.workspace, cloudy.settings, cloudy.store)
    assert cloudy.tree() == before

    bucket.weather.fault = None
    done = purge(cloudy.workspace, cloudy.settings, cloudy.store)
    assert [one.night for one in done.leaving] == [ONE]
    restore(cloudy.workspace, cloudy.store, ONE)
    assert cloudy.tree() == before


def test_a_bucket_that_does_not_exist_is_named(cloudy: Season, bucket: Bucket) -> None:
    for key in bucket.listed():
        bucket.client.delete_object(Bucket=bucket.name, Key=key)
    bucket.client.delete_bucket(Bucket=bucket.name)
    with pytest.raises(ToolError, match=f"bucket {bucket.name} does not exist"):
        snapshot(cloudy.workspace, cloudy.store, ONE)
    bucket.client.create_bucket(Bucket=bucket.name)

    assert snapshot(cloudy.workspace, cloudy.store, ONE).night == ONE


def _victim(season: Season) -> str:
    receipt = receipt_of(season.workspace, ONE)
    assert receipt is not None
    return max(receipt.objects, key=lambda one: one.size).key


def test_an_overwritten_object_of_a_versioned_bucket_still_verifies_and_restores(
    cloudy: Season,
    bucket: Bucket,
) -> None:
    bucket.keep_versions()
    snapshot(cloudy.workspace, cloudy.store, ONE)
    cloudy.age()
    bucket.client.put_object(Bucket=bucket.name, Key=f"team/{_victim(cloudy)}", Body=b"other bytes")
    before = cloudy.tree()
    done = purge(cloudy.workspace, cloudy.settings, cloudy.store)

    assert [one.night for one in done.leaving] == [ONE]
    restore(cloudy.workspace, cloudy.store, ONE)
    assert cloudy.tree() == before


@pytest.mark.parametrize("damage", ["overwritten", "same length", "deleted"])
def test_an_object_that_is_lost_keeps_the_night_here(
    cloudy: Season,
    bucket: Bucket,
    damage: str,
) -> None:
    snapshot(cloudy.workspace, cloudy.store, ONE)
    cloudy.age()
    key = f"team/{_victim(cloudy)}"
    data = bucket.client.get_object(Bucket=bucket.name, Key=key)["Body"].read()
    if damage == "deleted":
        bucket.client.delete_object(Bucket=bucket.name, Key=key)
    else:
        body = b"other" if damage == "overwritten" else _flipped(data)
        digest = hashlib.sha256(data).hexdigest()
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=body, Metadata={"ct-sha256": digest})
    before = cloudy.tree()
    done = purge(cloudy.workspace, cloudy.settings, cloudy.store)

    assert done.leaving == ()
    assert done.damaged
    assert cloudy.tree() == before
    _lose(cloudy, ONE)
    with pytest.raises((ToolError, CorruptStateError), match="another copy"):
        restore(cloudy.workspace, cloudy.store, ONE)


def test_a_snapshot_asked_for_mends_what_the_store_lost(season: Season) -> None:
    receipt = snapshot(season.workspace, season.store, ONE)
    for path in _blobs(Path(season.store.name))[:2]:
        path.write_bytes(_flipped(path.read_bytes()))
    assert len(unverified(season.store, receipt)) == 2

    assert unverified(season.store, snapshot(season.workspace, season.store, ONE)) == []


@pytest.mark.parametrize(
    "broken", ["collect/ledger.sqlite", "curate/manifest.json", "collect/artefacts.pack"]
)
def test_a_night_that_is_not_whole_gets_no_receipt(season: Season, broken: str) -> None:
    top = season.workspace.night(ONE)
    path = top / broken
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(CorruptStateError, match="not intact"):
        snapshot(season.workspace, season.store, ONE)
    assert receipt_of(season.workspace, ONE) is None


def test_one_broken_night_does_not_keep_the_others_here(season: Season) -> None:
    (season.workspace.night(ONE) / "collect" / "ledger.sqlite").unlink()
    with pytest.raises(CorruptStateError, match=ONE):
        upload_missing(season.workspace, season.store)
    assert [night for night in NIGHTS if receipt_of(season.workspace, night)] == list(NIGHTS[1:])


def test_only_ended_nights_are_copied(season: Season) -> None:
    season.workspace.record(NIGHTS[-1]).unlink()
    with pytest.raises(UsageError, match="not over"):
        snapshot(season.workspace, season.store, NIGHTS[-1])


def test_catching_up_copies_what_has_changed_and_nothing_else(season: Season, tmp_path: Path) -> None:
    assert len(upload_missing(season.workspace, season.store)) == len(NIGHTS)
    assert upload_missing(season.workspace, season.store) == []
    shutil.rmtree(season.workspace.models / f"nightly_{NIGHTS[1]}", ignore_errors=True)
    assert upload_missing(season.workspace, season.store) == []
    record = season.workspace.record(NIGHTS[-1])
    record.write_text(record.read_text().replace("Nothing new", "Nothing  new"))
    assert [one.night for one in upload_missing(season.workspace, season.store)] == [NIGHTS[-1]]


def test_restoring_puts_nothing_over_what_differs_unless_forced(season: Season) -> None:
    snapshot(season.workspace, season.store, ONE)
    before = season.tree()
    scorecards = season.workspace.night(ONE) / "benchmark" / "scorecards.jsonl"
    scorecards.write_text("mine\n")
    (season.workspace.night(ONE) / "plan.json").unlink()
    changed = season.tree()
    with pytest.raises(UsageError, match=r"scorecards.jsonl.*--force"):
        restore(season.workspace, season.store, ONE)
    assert season.tree() == changed

    restore(season.workspace, season.store, ONE, force=True)
    assert season.tree() == before


def test_the_history_is_never_set_back(season: Season) -> None:
    snapshot(season.workspace, season.store, ONE)
    history = season.workspace.models / "history.jsonl"
    history.write_bytes(history.read_bytes() * 2)
    kept = history.read_bytes()
    restore(season.workspace, season.store, ONE, force=True)
    assert history.read_bytes() == kept

    history.unlink()
    restore(season.workspace, season.store, ONE)
    assert history.read_bytes() * 2 == kept


def test_a_drill_restores_elsewhere_and_touches_nothing_here(season: Season, tmp_path: Path) -> None:
    snapshot(season.workspace, season.store, ONE)
    before = season.tree()
    done = restore(season.workspace, season.store, ONE, tmp_path / "drill")

    assert season.tree() == before
    there = tree(tmp_path / "drill")
    assert {name for name in there if name.startswith("work")} <= set(before)
    assert all(before[name] == there[name] for name in there if ONE in name)
    assert done.unchanged == 0


def test_an_index_that_reaches_outside_its_night_is_refused(season: Season) -> None:
    evil = b"[train]\ncommand = 'rm'\n"
    sha256 = hashlib.sha256(evil).hexdigest()
    member = FileMember(path="ct-retrain.toml", mode=0o644, size=len(evil), sha256=sha256)
    data = canonical_json(SnapshotIndex(night=ONE, members=(member,))).encode()
    share = Path(season.store.name)
    for key, body in ((blob_key(sha256), evil), (index_key(ONE, hashlib.sha256(data).hexdigest()), data)):
        (share / key).parent.mkdir(parents=True)
        (share / key).write_bytes(body)
    with pytest.raises(UsageError, match="does not belong to that night"):
        restore(season.workspace, season.store, ONE)
    assert not (season.workspace.root / "ct-retrain.toml").exists()


def test_an_edited_index_is_refused(season: Season) -> None:
    receipt = snapshot(season.workspace, season.store, ONE)
    season.workspace.receipt(ONE).unlink()
    path = Path(season.store.name) / receipt.index.key
    path.write_text(path.read_text().replace('"mode":420', '"mode":511', 1))
    with pytest.raises(ToolError, match="other bytes"):
        restore(season.workspace, season.store, ONE)


def test_a_store_that_fails_changes_no_outcome_and_is_caught_up(season: Season) -> None:
    share = Path(season.store.name)
    share.rmdir()
    night = "2026-01-07"
    record = run_night(season.workspace, season.settings, season.ports, Options(night=night))
    assert record is not None
    assert record.exit_code == 0
    assert receipt_of(season.workspace, night) is None

    share.mkdir()
    again = run_night(season.workspace, season.settings, season.ports, Options(night=night))
    assert again == record
    assert all(receipt_of(season.workspace, one) for one in (*NIGHTS, night))


def test_a_night_purges_what_is_old_and_off_site(season: Season) -> None:
    season.copied()
    run_night(season.workspace, season.settings, season.ports, Options(night="2026-01-07"))

    # With one more night, one more is neither last nor continued by the last.
    purged = [night for night in NIGHTS if season.workspace.purged(night).exists()]
    assert purged == [*OLD, "2026-01-05"]
    assert next(one.why for one in plan(season.workspace, season.settings, season.store).staying) == (
        "its raw copies are gone already"
    )
