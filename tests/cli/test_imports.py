"""What only looks at a workspace loads nothing that works on one: modules are counted, because seconds differ by machine."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.report.nights import Made, many_nights

from ct_retrain.core.configuration.settings import PathSettings
from ct_retrain.core.workspace import Workspace

_SAID = """
import sys
from ct_retrain.cli import call
code = call(sys.argv[1:])
print(*sorted(sys.modules), sep="\\n", file=sys.stderr)
sys.exit(code)
"""
WORK = {"jinja2", "mlflow", "numpy", "pyslang", "scipy", "structlog", "torch", "transformers"}
"""What draws, trains, judges, tracks or logs."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("imports") / "town"
    root.mkdir()
    root.joinpath("ct-retrain.toml").touch()
    many_nights(Workspace(root, PathSettings()), Made(nights=2, problems=4, samples=2))
    return root


def loaded(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _SAID, *arguments], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize("command", ["status", "history", "show", "config"])
def test_looking_loads_no_library_of_the_work(town: Path, command: str) -> None:
    found = loaded("-C", str(town), command)

    assert {name.partition(".")[0] for name in found} & WORK == set()
    rooms = ("ct_retrain.compose", "ct_retrain.judge", "ct_retrain.stages", "ct_retrain.suites")
    assert {name for name in found if name.startswith(rooms)} == set()


def test_help_loads_no_records_either() -> None:
    found = loaded("--help")

    assert {name.partition(".")[0] for name in found} & (WORK | {"pydantic", "rich"}) == set()
