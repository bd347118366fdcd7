"""What is compiled once is there whole or not at all, and for everybody to read."""

import os
from pathlib import Path

import pytest

from ct_retrain.core.errors import ToolError
from ct_retrain.judge.confined.sandbox.tool_cache import make_once


def test_what_is_kept_is_made_once(tmp_path: Path) -> None:
    for text in ("first", "second"):
        make_once(tmp_path / "tool", lambda made, text=text: _write(made, text))

    assert (tmp_path / "tool" / "part").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["tool"]


def test_what_fails_halfway_leaves_nothing(tmp_path: Path) -> None:
    def broken(made: Path) -> None:
        _write(made, "half")
        raise ToolError("the compiler ends")

    with pytest.raises(ToolError, match="the compiler ends"):
        make_once(tmp_path / "tool", broken)

    assert not list(tmp_path.iterdir())


def test_who_was_faster_wins(tmp_path: Path) -> None:
    def slow(made: Path) -> None:
        _write(made, "slow")
        make_once(tmp_path / "tool", lambda other: _write(other, "fast"))

    make_once(tmp_path / "tool", slow)

    assert (tmp_path / "tool" / "part").read_text() == "fast"
    assert [path.name for path in tmp_path.iterdir()] == ["tool"]


def test_another_user_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        make_once(tmp_path / "tool", lambda made: _write(made, "text"))
    finally:
        os.umask(before)

    assert (tmp_path / "tool").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "tool" / "part").stat().st_mode & 0o777 == 0o644


def _write(made: Path, text: str) -> None:
    (made / "part").write_text(text)
