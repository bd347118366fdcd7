"""Many contents in one file: each once, found by its digest, and never half there."""

import hashlib
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError

CONTENTS = [b"", b"a", b"module m; endmodule\n", bytes(range(256)) * 40, b"x" * 70_000]


def _packed(directory: Path, contents: list[bytes]) -> disk.PackFiles:
    files = disk.PackFiles.of(directory, "things")
    with disk.PackWriter(files) as pack:
        for content in contents:
            assert pack.add(content) == hashlib.sha256(content).hexdigest()
        pack.finish()
    return files


def test_what_was_added_comes_back_by_its_digest_and_is_kept_once(tmp_path: Path) -> None:
    files = _packed(tmp_path, [*CONTENTS, *CONTENTS])

    with disk.Pack(files) as pack:
        assert [pack.read(hashlib.sha256(one).hexdigest()) for one in CONTENTS] == CONTENTS
        assert [pack.size_of(hashlib.sha256(one).hexdigest()) for one in CONTENTS] == list(map(len, CONTENTS))
        assert pack.size_of("0" * 64) is None
        with pytest.raises(FileNotFoundError, match="holds no 0000"):
            pack.read("0" * 64)
    assert files.contents.stat().st_size == sum(map(len, CONTENTS))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["things.pack", "things.sqlite"]


def test_the_same_contents_in_the_same_order_give_the_same_bytes(tmp_path: Path) -> None:
    many = [b"%d" % number * 50 for number in range(2000)]
    one, two = (_packed(disk.make_directory(tmp_path / name), many) for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


@pytest.mark.parametrize("at", [0, 5, 9000])
def test_a_changed_byte_is_noticed_when_its_content_is_read(tmp_path: Path, at: int) -> None:
    files = _packed(tmp_path, CONTENTS)
    data = bytearray(files.contents.read_bytes())
    data[at] ^= 1
    files.contents.write_bytes(bytes(data))

    changed = []
    with disk.Pack(files) as pack:
        for one in CONTENTS:
            try:
                pack.read(hashlib.sha256(one).hexdigest())
            except ValueError:
                changed.append(one)
    assert len(changed) == 1


def test_a_pack_that_is_not_finished_is_not_there_and_the_next_one_starts_empty(tmp_path: Path) -> None:
    files = disk.PackFiles.of(tmp_path, "things")
    with disk.PackWriter(files) as pack:
        pack.add(b"lost")
    assert not files.contents.exists()
    assert not files.places.exists()

    files = _packed(tmp_path, [b"kept"])
    assert files.contents.read_bytes() == b"kept"


def test_half_a_pack_is_said_to_be_one(tmp_path: Path) -> None:
    files = _packed(tmp_path, CONTENTS)
    files.places.write_bytes(b"x" * 8192)
    with disk.Pack(files) as pack, pytest.raises(CorruptStateError, match=r"things\.sqlite cannot be read"):
        pack.read("0" * 64)
    files.contents.unlink()
    with pytest.raises(CorruptStateError, match=r"things\.pack is missing"):
        disk.Pack(files)


def test_killed_at_any_moment_it_is_whole_or_not_there(tmp_path: Path) -> None:
    contents = [b"%d " % number * 100 for number in range(3000)]
    finished = 0
    for moment in range(1, 40):
        files = disk.PackFiles.of(disk.make_directory(tmp_path / str(moment)), "things")
        child = os.fork()
        if not child:
            try:
                _packed(files.contents.parent, contents)
            finally:
                os._exit(0)
        time.sleep(moment / 1000)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if files.places.exists():
            finished += 1
            with disk.Pack(files) as pack:
                assert all(pack.read(hashlib.sha256(one).hexdigest()) == one for one in contents)
            with sqlite3.connect(files.places) as places:
                assert places.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert finished < 39
