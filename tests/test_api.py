"""What the package offers to other programs: there when asked for, described, and its examples run."""

import ast
import doctest
import inspect
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import ct_retrain

ROOT = Path(__file__).parents[1]
VERBS = ("TraceWriter", "Judge", "JudgeSpec", "decide", "judge_rtl", "load_suite", "run_night")
HEAVY = ("click", "numpy", "pydantic", "structlog", "torch")


def imported() -> set[str]:
    """What the package tells type checkers that it has."""
    tree = ast.parse((ROOT / "src" / "ct_retrain" / "__init__.py").read_text())
    blocks = [one for one in tree.body if isinstance(one, ast.If) and isinstance(one.test, ast.Name)]
    imports = [one for block in blocks for one in block.body if isinstance(one, ast.ImportFrom)]
    return {f"{one.module}.{name.name}" for one in imports for name in one.names}


@pytest.mark.parametrize("name", VERBS)
def test_the_examples_of_what_can_be_called_do_what_they_say(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    runner = doctest.DocTestRunner()
    tests = [
        one for one in doctest.DocTestFinder().find(getattr(ct_retrain, name), name, globs={}) if one.examples
    ]
    for one in tests:
        runner.run(one, out=said.append)

    assert tests, f"{name} has no example"
    assert runner.failures == 0, "".join(said)


@pytest.mark.parametrize("name", ct_retrain.__all__)
def test_everything_public_is_there_and_described(name: str) -> None:
    value = getattr(ct_retrain, name)

    assert name in dir(ct_retrain)
    assert name == "Decision" or inspect.getdoc(value)


def test_type_checkers_are_told_the_names_that_are_loaded() -> None:
    homes = {f"ct_retrain.{home}.{name}" for home, names in ct_retrain._HOMES.items() for name in names}

    assert imported() == homes
    assert sorted(one.rpartition(".")[2] for one in homes) == sorted(ct_retrain.__all__)


def test_no_two_public_classes_have_one_name() -> None:
    """Decision 0019: one name for one thing."""
    trees = (ast.parse(path.read_text()) for path in (ROOT / "src" / "ct_retrain").rglob("*.py"))
    names = Counter(one.name for tree in trees for one in tree.body if isinstance(one, ast.ClassDef))

    assert {name for name, times in names.items() if times > 1 and not name.startswith("_")} == set()


def test_what_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'judge_all'"):
        _ = ct_retrain.judge_all  # type: ignore[attr-defined]


def test_importing_the_package_and_its_writer_imports_nothing_heavy() -> None:
    code = (
        "import sys, ct_retrain; first = set(sys.modules); ct_retrain.TraceWriter;"
        f"print([name for name in {HEAVY} if name in first], 'numpy' in sys.modules, 'ct_retrain.judge' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[] False False"


@pytest.mark.slow
def test_a_caller_is_checked_by_types(tmp_path: Path) -> None:
    caller = tmp_path / "caller.py"
    caller.write_text(
        "from pathlib import Path\nimport ct_retrain\n"
        "reveal_type(ct_retrain.judge_rtl('', ''))\n"
        "reveal_type(ct_retrain.run_night(Path()))\n"
        "ct_retrain.judge_all\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", str(caller)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path).stdout

    assert 'Revealed type is "ct_retrain.core.records.verdict.Verdict"' in told
    assert 'Revealed type is "ct_retrain.core.records.night.NightRecord | None"' in told
    assert 'Module has no attribute "judge_all"' in told
