"""One suite for every store: a directory, a bucket, a bucket that keeps versions."""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.bucket import Bucket

from ct_retrain.adapters import s3
from ct_retrain.adapters.object_store import DirectoryStore, open_store
from ct_retrain.core.configuration.settings import PathSettings, SnapshotSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.ports import Store
from ct_retrain.core.workspace import Workspace

DATA = b"module inv(input a, output y); assign y = ~a; endmodule\n"


@pytest.fixture(params=["directory", "bucket", "versioned bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "directory":
        (tmp_path / "share").mkdir()
        yield DirectoryStore(tmp_path / "share")
        return
    made: Bucket = request.getfixturevalue("bucket")
    if request.param == "versioned bucket":
        made.keep_versions()
    yield made.store


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _put(store: Store, key: str, data: bytes) -> Any:
    return store.put(key, BytesIO(data), len(data), _sha(data))


def _read(store: Store, key: str, version: str = "") -> bytes | None:
    chunks = store.read(key, version)
    return None if chunks is None else b"".join(chunks)


def test_what_was_put_is_read_back(store: Store) -> None:
    sent = _put(store, "blobs/ab/abc", DATA)

    assert _read(store, "blobs/ab/abc", sent.version) == DATA
    assert (sent.size, sent.sha256) == (len(DATA), _sha(DATA))


def test_what_is_there_is_known_without_being_read(store: Store) -> None:
    _put(store, "blobs/ab/abc", DATA)
    found = store.stat("blobs/ab/abc")

    assert found is not None
    assert found.size == len(DATA)
    assert found.sha256 in ("", _sha(DATA))


def test_an_empty_file_is_an_object_too(store: Store) -> None:
    sent = _put(store, "blobs/e3/empty", b"")

    assert _read(store, "blobs/e3/empty", sent.version) == b""


def test_what_is_not_there_is_none(store: Store) -> None:
    assert store.stat("blobs/00/nothing") is None
    assert store.read("blobs/00/nothing") is None


def test_only_as_many_bytes_as_named_are_sent(store: Store) -> None:
    store.put("blobs/ab/log", BytesIO(DATA + b"a line that came later"), len(DATA), _sha(DATA))

    assert _read(store, "blobs/ab/log") == DATA


def test_keys_are_listed_by_prefix(store: Store) -> None:
    for key in ("nights/2026-01-01/a.json", "nights/2026-01-01.2/b.json", "blobs/ab/abc"):
        _put(store, key, DATA)
    found = dict(store.list("nights/2026-01-01/"))

    assert list(found) == ["nights/2026-01-01/a.json"]
    assert abs(datetime.now(UTC) - found["nights/2026-01-01/a.json"]) < timedelta(minutes=5)
    assert len(list(store.list("nights/"))) == 2
    assert list(store.list("elsewhere/")) == []


def test_a_large_object_goes_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PART", 5 << 20)
    data = os.urandom((12 << 20) + 3)
    sent = _put(store, "blobs/ab/large", data)

    assert _read(store, "blobs/ab/large", sent.version) == data


def test_putting_again_replaces(store: Store) -> None:
    first = _put(store, "blobs/ab/abc", DATA)
    second = _put(store, "blobs/ab/abc", b"other")

    assert _read(store, "blobs/ab/abc") == b"other"
    if first.version:
        assert first.version != second.version
        assert _read(store, "blobs/ab/abc", first.version) == DATA


def test_an_interrupted_upload_goes_on_with_the_missing_parts(
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3, "PART", 5 << 20)
    data = os.urandom((14 << 20) + 3)
    bucket.weather.fault = bucket.cut_when(lambda one: "partNumber=3" in one.path)
    with pytest.raises(ToolError, match="check network"):
        _put(bucket.store, "blobs/ab/large", data)
    bucket.weather.fault = None
    bucket.weather.requests.clear()
    _put(bucket.store, "blobs/ab/large", data)

    sent = [
        one.path.partition("partNumber=")[2][:1] for one in bucket.weather.requests if one.method == "PUT"
    ]
    assert sent == ["3"]
    assert _read(bucket.store, "blobs/ab/large") == data


def test_uploads_that_nobody_ends_are_dropped(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PART", 5 << 20)
    bucket.weather.fault = bucket.cut_when(lambda one: "partNumber=2" in one.path)
    with pytest.raises(ToolError):
        _put(bucket.store, "blobs/ab/large", os.urandom(11 << 20))
    bucket.weather.fault = None

    bucket.store.tidy(datetime(2000, 1, 1, tzinfo=UTC))
    assert len(bucket.unfinished()) == 1
    bucket.store.tidy(datetime.now(UTC) + timedelta(days=1))
    assert bucket.unfinished() == []


def test_a_copy_that_was_cut_short_leaves_no_object(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    torn = tmp_path / "blobs" / "ab" / ".abc.tmp"
    torn.parent.mkdir(parents=True)
    torn.write_bytes(DATA[:9])

    assert store.stat("blobs/ab/abc") is None
    assert list(store.list("blobs/")) == []
    store.tidy(datetime.now(UTC) + timedelta(days=1))
    assert not torn.exists()


def test_a_share_that_is_not_mounted_is_noticed(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "share")
    with pytest.raises(ToolError, match="mount the share"):
        _put(store, "blobs/ab/abc", DATA)
    with pytest.raises(ToolError, match="mount the share"):
        store.stat("blobs/ab/abc")
    assert not (tmp_path / "share").exists()


def test_a_target_inside_what_is_copied_is_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, PathSettings())
    with pytest.raises(UsageError, match="name another disk"):
        open_store(SnapshotSettings(target="archive/copies"), workspace)
    with pytest.raises(UsageError, match="names no bucket"):
        open_store(SnapshotSettings(target="s3://"), workspace)
    assert open_store(SnapshotSettings(), workspace) is None


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:1"])
def test_without_credentials_the_message_says_where_they_come_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endpoint: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    store = s3.S3Store("b", "p", SnapshotSettings(target="s3://b/p", endpoint=endpoint))
    with pytest.raises(ToolError, match="AWS_ACCESS_KEY_ID"):
        store.stat("blobs/ab/abc")
