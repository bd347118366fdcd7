"""How this installation of ct-retrain gets what it lacks: the command differs between a checkout, pip, pipx and uv."""

import shutil
import sys
from pathlib import Path


def install_command(extra: str) -> str:
    """The command that adds *extra*, such as `train`, to the environment that runs now."""
    return command_for(extra, Path(__file__).parents[3], Path(sys.prefix), sys.executable)


def program(name: str) -> str:
    """How to call *name*, a program of a library: pipx and uv put only our own on the PATH."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if shutil.which(name) is None and beside.is_file() else name


def command_for(extra: str, above: Path, prefix: Path, python: str) -> str:
    """The same for a package two directories below *above*, in the environment *prefix* of *python*."""
    wanted = f"'ct-retrain[{extra}]'"
    if (above / "setup.sh").is_file() and (above / "requirements.lock").is_file():
        return f"{above / 'setup.sh'}"
    if prefix.parent.name == "venvs" and prefix.parent.parent.name == "pipx":
        # `pipx install --force` would take away the extras that are there.
        return f"pipx runpip {prefix.name} install {wanted}"
    note = prefix / "pyvenv.cfg"
    if note.is_file() and "\nuv = " in f"\n{note.read_text(encoding='utf-8')}":
        return f"uv pip install --python {python} {wanted}"
    return f"{python} -m pip install {wanted}"
