"""What is lacking is named with the command of this kind of installation, and that command can be run."""

import shlex
import shutil
import sys
from pathlib import Path

import pytest

from ct_retrain.core.installation import command_for, install_command


def test_in_a_checkout_set_up_is_run_again() -> None:
    assert Path(install_command("train")).name == "setup.sh"
    assert shutil.which(install_command("train")) is not None


@pytest.mark.parametrize(
    ("prefix", "note", "command"),
    [
        ("home/.local/share/uv/tools/ct-retrain", "uv = 0.9.1\n", ["uv", "tool", "install", "--force"]),
        ("home/.local/share/pipx/venvs/ct-retrain", "home = /usr/bin\n", ["pipx", "install", "--force"]),
        ("project/.venv", "home = /usr\nuv = 0.9.1\n", ["uv", "pip", "install", "--python", sys.executable]),
        ("project/.venv", "home = /usr/bin\n", [sys.executable, "-m", "pip", "install"]),
    ],
    ids=["uv tool", "pipx", "uv", "pip"],
)
def test_elsewhere_it_is_who_installed_it(tmp_path: Path, prefix: str, note: str, command: list[str]) -> None:
    place = tmp_path / prefix
    place.mkdir(parents=True)
    (place / "pyvenv.cfg").write_text(note)
    said = command_for("track", tmp_path / "lib", place, sys.executable)

    assert shlex.split(said) == [*command, "ct-retrain[track]"]
