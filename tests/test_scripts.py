"""The draft's doors: short, and each opens."""

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
DOORS = (
    "benchmark_behavioral_model",
    "benchmark_with_simulation",
    "collect_passed_traces",
    "formal_runner",
    "train_qwen_coder_qlora",
)


def test_every_door_of_the_draft_is_there() -> None:
    assert sorted(path.stem for path in SCRIPTS.glob("*.py")) == sorted(DOORS)


@pytest.mark.parametrize("name", DOORS)
def test_a_door_is_short_and_answers(name: str) -> None:
    path = SCRIPTS / f"{name}.py"
    done = subprocess.run([sys.executable, str(path), "--help"], capture_output=True, text=True, check=False)

    assert len(path.read_text().splitlines()) <= 15
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout or "usage" in done.stdout


@pytest.mark.slow
def test_a_model_goes_in_and_a_scorecard_comes_out(tmp_path: Path) -> None:
    golden = "module same(input a, output y); assign y = a; endmodule\n"
    bench = (
        "module tb; reg a = 0; wire y; integer errors = 0, checks = 0; same dut(.a(a), .y(y)); initial begin "
        "repeat (8) begin #1 checks = checks + 1; if (y !== a) errors = errors + 1; a = ~a; end "
        '$display("Mismatches: %0d in %0d samples", errors, checks); $finish; end endmodule\n'
    )
    row = {"id": "same", "spec": "y is a", "top": "same", "testbench": bench, "golden": golden}
    (tmp_path / "one.jsonl").write_text(json.dumps({**row, "category": "logic"}) + "\n")
    few = {"BENCHMARK__SAMPLES": "2", "BENCHMARK__MAX_NEW_TOKENS": "64", "JUDGE__SIMULATOR": "icarus"}
    door, model = SCRIPTS / "benchmark_with_simulation.py", files("ct_retrain.demo") / "model"
    done = subprocess.run(
        [sys.executable, door, "--json", "--model", str(model), "--suite", "one.jsonl"],
        cwd=tmp_path,
        env={**os.environ, **{f"CT_RETRAIN_{name}": value for name, value in few.items()}},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    card = json.loads(done.stdout)
    assert (sum(card["outcomes"].values()), list(card["passes"])) == (2, ["same"])
    assert card["model_digest"]
