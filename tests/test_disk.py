"""The promises of the disk."""

import os
import threading
from pathlib import Path

import pytest

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, LockedError, ToolError
from ct_retrain.core.record import FileRef, Rejected

RECORD = Rejected(subject="a", reason="b", detail="ünïcode")


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    disk.write_record(tmp_path / "r.json", RECORD)

    assert disk.read_record(tmp_path / "r.json", Rejected) == RECORD
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize(
    "text", ["", "{", '{"subject": "a"}', '{"subject": "a", "reason": "b", "extra": 1}', "\0"]
)
def test_a_torn_or_foreign_record_is_corrupt_state_that_says_where(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(CorruptStateError, match=r"r\.json"):
        disk.read_record(tmp_path / "r.json", Rejected)


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    disk.write_lines(tmp_path / "r.jsonl", iter([RECORD, RECORD]))
    with (tmp_path / "r.jsonl").open("a") as file:
        file.write("{\n")
    with pytest.raises(CorruptStateError, match=r"r\.jsonl:3"):
        list(disk.read_lines(tmp_path / "r.jsonl", Rejected))


def test_appending_keeps_what_was_there(tmp_path: Path) -> None:
    for _ in range(3):
        disk.append_record(tmp_path / "h.jsonl", RECORD)

    assert list(disk.read_lines(tmp_path / "h.jsonl", Rejected)) == [RECORD] * 3


def test_a_full_disk_is_a_tools_failure_and_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    disk.write_text(target, "old")
    (tmp_path / ".r.json.tmp").mkdir()
    with pytest.raises(ToolError, match="cannot write"):
        disk.write_text(target, "new")

    assert target.read_text() == "old"


def test_a_reader_never_misses_the_link_while_it_is_swapped(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    link = tmp_path / "latest"
    disk.swap_link(link, "a")
    misses, stop = [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                (link / "x").read_text()
            except OSError as error:
                misses.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(1000):
        disk.swap_link(link, "ab"[turn % 2])
    stop.set()
    reader.join()

    assert misses == []
    assert not link.readlink().is_absolute()


def test_a_link_that_became_a_directory_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    with pytest.raises(CorruptStateError, match="is a directory"):
        disk.swap_link(tmp_path / "latest", "a")


def test_only_one_may_hold_the_lock_and_it_is_free_afterwards(tmp_path: Path) -> None:
    with (
        disk.lock(tmp_path / ".lock"),
        pytest.raises(LockedError, match=str(os.getpid())),
        disk.lock(tmp_path / ".lock"),
    ):
        pass
    with disk.lock(tmp_path / ".lock"):
        pass


def test_a_published_tree_is_whole_and_read_only(tmp_path: Path) -> None:
    (disk.staging_for(tmp_path / "t") / "of a try that was cut short").touch()
    staging = disk.staging_for(tmp_path / "t")
    (staging / "inner").mkdir()
    (staging / "inner" / "x").write_text("x")
    disk.publish_tree(staging, tmp_path / "t")

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inner", "t", "x"]
    assert (tmp_path / "t" / "inner" / "x").read_text() == "x"
    assert (tmp_path / "t" / "inner" / "x").stat().st_mode & 0o222 == 0
    disk.remove_tree(tmp_path / "t")
    assert not (tmp_path / "t").exists()


def test_breaches_name_what_is_missing_or_changed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    refs = disk.file_refs(tmp_path)
    (tmp_path / "a").write_text("A")
    (tmp_path / "b").unlink()

    assert [breach.split("/")[-1].split()[0] for breach in disk.breaches(tmp_path, refs)] == ["a", "b"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", ""])
def test_a_file_is_named_only_inside_its_directory(path: str) -> None:
    with pytest.raises(ValueError, match="not a relative path"):
        FileRef(path=path, sha256="0" * 64, size=1)


def test_what_a_crash_left_half_written_is_in_no_manifest(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / ".manifest.json.tmp").write_text("{")

    assert [ref.path for ref in disk.file_refs(tmp_path)] == ["a"]


def test_who_holds_a_lock_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with disk.lock(path, "experiment shares"):
        held = disk.holder(path)
        with pytest.raises(LockedError, match="experiment shares is running"), disk.lock(path):
            pass

    assert held is not None
    assert held.what == "experiment shares"


def test_a_night_waits_for_an_experiment_and_goes_before_its_next_part(tmp_path: Path) -> None:
    path, order, started = tmp_path / ".lock", [], threading.Event()

    def night() -> None:
        with disk.lock(path, after=disk.EXPERIMENT):
            order.append("night")

    def part() -> None:
        started.set()
        with disk.lock_when_free(path, "experiment shares"):
            order.append("part")

    with disk.lock(path, "experiment shares"):
        threads = [threading.Thread(target=night), threading.Thread(target=part)]
        threads[0].start()
        while disk.holder(path.with_name(".lock.next")) is None:
            pass
        threads[1].start()
        started.wait()
    for thread in threads:
        thread.join()

    assert order == ["night", "part"]
