"""One setting, and every command that judges has it done by nodes: with the same words."""

import json
from pathlib import Path

import pytest
from tests.cluster.machines import Machines
from tests.judge.benches import GOLDEN, HOUSE, WRONG
from tests.loopback import free_port
from tests.small_workspace import other_problem

from ct_retrain.cli import call
from ct_retrain.judge.judge import Judge

ICARUS = ("-s", "judge.simulator=icarus", "-s", "judge.cpu_seconds=10")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    lines = [other_problem(width).model_dump_json() for width in (2, 3)]
    (tmp_path / "suite.jsonl").write_text("\n".join(lines) + "\n")
    for name, rtl in (("a", GOLDEN), ("b", WRONG)):
        (tmp_path / "runs" / name).mkdir(parents=True)
        payload = {"status": "pass", "spec": f"{name}\nspec", "rtl_file": rtl, "testbench_file": HOUSE}
        line = json.dumps({"stage": "Simulation", "payload": payload})
        (tmp_path / "runs" / name / "trace.jsonl").write_text(line + "\n")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ("harvest", "check", "runs"),
        ("suite", "check", "suite.jsonl"),
        pytest.param(("attack", "--style", "house", "--only", "finish"), marks=pytest.mark.slow),
    ],
    ids=lambda command: command[0],
)
def test_a_command_says_the_same(
    command: tuple[str, ...],
    home: Path,
    cluster: Machines,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(home)
    words = [*ICARUS, "-s", "curate.mutants=2"]

    here = call([*words, *command, "--json"]), capsys.readouterr().out
    there = (
        call([*words, "-s", f"cluster.address={cluster.address}", *command, "--json"]),
        capsys.readouterr().out,
    )

    assert there == here


def findings(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    found = json.loads(capsys.readouterr().out)
    return [one for one in found if one["what"] == "cluster"]


def test_doctor_looks_at_every_node(
    cluster: Machines, tmp_path: Path, here: Judge, capsys: pytest.CaptureFixture[str]
) -> None:
    call(["-C", str(tmp_path), *ICARUS, "-s", f"cluster.address={cluster.address}", "doctor", "--json"])

    assert findings(capsys) == [
        {
            "what": "cluster",
            "found": f"{cluster.address}: 2 nodes with 2 processors",
            "fine": True,
            "remedy": "",
        }
    ]


def test_doctor_says_why_there_is_no_cluster(
    tmp_path: Path, here: Judge, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ct_retrain.cluster.connection._CONNECT_SECONDS", 1.0)
    (tmp_path / "ct-retrain.toml").touch()
    nobody = f"tcp://127.0.0.1:{free_port()}"

    assert call(["-C", str(tmp_path), *ICARUS, "-s", f"cluster.address={nobody}", "doctor", "--json"]) == 4
    (said,) = findings(capsys)
    assert str(said["found"]).startswith(f"{nobody} does not answer")

    call(["-C", str(tmp_path), *ICARUS, "-s", "cluster.address=tcp://10.0.0.1:8786", "doctor", "--json"])
    (said,) = findings(capsys)
    assert "is reached over a network" in str(said["remedy"])
