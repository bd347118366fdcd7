"""Which nights are needed, which are too young, and what counts as a raw copy."""

from datetime import UTC, datetime, timedelta

import pytest

from ct_retrain.core.record import FileRef
from ct_retrain.core.records.snapshot import (
    FileMember,
    Receipt,
    SnapshotIndex,
    Stored,
)
from ct_retrain.core.rules.retention import (
    NightDependencies,
    changed_since_copy,
    is_raw,
    needed,
    too_soon,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _receipt(age: int, restored: int | None = None) -> Receipt:
    member = FileMember(path="work/n/collect/traces.jsonl", mode=0o644, size=1, sha256="a" * 64)
    return Receipt(
        night="2026-01-01",
        store="s",
        verified_at=NOW - timedelta(days=age),
        restored_at=None if restored is None else NOW - timedelta(days=restored),
        host="h",
        index=Stored(key="k", size=1, sha256="b" * 64),
        objects=(),
        contents=SnapshotIndex(night="2026-01-01", members=(member,)),
    )


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("collect/artefacts/ab/abc", True),
        ("collect/ledger.sqlite", True),
        ("curate/dataset.jsonl", True),
        ("train/adapter/adapter_model.safetensors", True),
        ("benchmark/samples/candidate.jsonl", True),
        ("collect/manifest.json", False),
        ("curate/rejected.jsonl", False),
        ("benchmark/scorecards.jsonl", False),
        ("train/losses.jsonl", False),
        ("plan.json", False),
        ("train/adapter_of_mine", False),
        ("something/new.jsonl", False),
    ],
)
def test_what_is_a_raw_copy(path: str, raw: bool) -> None:
    assert is_raw(path) is raw


def test_every_reason_to_need_a_night_is_told() -> None:
    calendar = NightDependencies(
        ended=["1", "2", "3", "4", "5", "6"],
        unfinished=["7"],
        previous={"7": "6", "6": "5"},
        served="4",
        predecessor="3",
        mainline="2",
    )
    assert needed(calendar) == {
        "2": "mainline lies in it",
        "3": "a rollback would serve its release",
        "4": "its release is served",
        "5": "night 6 continues it",
        "6": "the next night continues it",
        "7": "it is unfinished",
    }


def test_age_counts_from_the_receipt_and_from_a_restore() -> None:
    assert too_soon(_receipt(31), 30, NOW) is None
    assert too_soon(_receipt(30), 30, NOW) is None
    assert "kept until" in (too_soon(_receipt(29), 30, NOW) or "")
    assert "kept until" in (too_soon(_receipt(99, restored=1), 30, NOW) or "")
    assert "no receipt" in (too_soon(None, 30, NOW) or "")
    assert "everything is kept" in (too_soon(_receipt(999), 0, NOW) or "")


def test_a_receipt_covers_the_very_bytes_it_names() -> None:
    path = "work/n/collect/traces.jsonl"
    assert changed_since_copy(_receipt(1), [FileRef(path=path, sha256="a" * 64, size=1)]) is None
    assert "changed" in (changed_since_copy(_receipt(1), [FileRef(path=path, sha256="c" * 64, size=1)]) or "")
    assert "not in" in (
        changed_since_copy(_receipt(1), [FileRef(path=f"{path}2", sha256="a" * 64, size=1)]) or ""
    )
