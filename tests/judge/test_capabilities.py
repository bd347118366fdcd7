"""What nobody may read, and when a process holds on to the right to read it."""

import os
from pathlib import Path

import pytest

from ct_retrain.judge.confined.sandbox.capabilities import hidden, keep_capabilities


def test_what_lies_behind_a_closed_door_is_hidden(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    inside = tmp_path / "python"
    inside.mkdir(mode=0o755)

    assert hidden([str(inside)])
    assert hidden(["/usr", str(inside)])
    assert not hidden(["/usr"])


def test_nothing_is_kept_for_what_everybody_may_read() -> None:
    assert not keep_capabilities(["/usr"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may keep it")
def test_only_root_has_something_to_keep(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    assert not keep_capabilities([str(tmp_path)])
