"""Other harnesses load the built-in suite as a task of theirs, ask it, and report what the judge says.

Each is installed into an environment of its own, which sees this one's packages behind its own: they ask for other
versions than ours.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import ct_retrain
from ct_retrain import load_suite

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed"),
]
PACKAGES = {"inspect": "inspect-ai==0.3.285", "lm_eval": "lm-eval==0.4.13"}
ASKED = 4
"""Problems; the first is answered wrongly."""

INSPECT = """
import json, sys
from inspect_ai import eval
from inspect_ai.model import ModelOutput
from inspect_ai.solver import solver

answers = json.loads(sys.stdin.read())

@solver
def recorded():
    async def solve(state, generate):
        state.output = ModelOutput.from_content("recorded", answers.pop(0))
        return state
    return solve

[log] = eval(
    "ct_retrain/verilog", model="mockllm/model", solver=recorded(), limit=len(answers), max_samples=1, display="none",
    log_dir=sys.argv[1],
)
assert log.status == "success", log.error
told = {sample.id: sample.scores["simulation"].metadata["outcome"] for sample in log.samples}
print(json.dumps([log.results.scores[0].metrics["accuracy"].value, told]))
"""
"""The answers are recorded: inspect_ai's own stand-in for a model fetches a tokenizer."""
LM_EVAL = """
import json, subprocess, sys
import lm_eval
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

answers = json.loads(sys.stdin.read())

class Recorded(LM):
    def generate_until(self, requests):
        return [answers[number] for number, _ in enumerate(requests)]

    def loglikelihood(self, requests):
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood

place = subprocess.run([sys.executable, "-m", "ct_retrain.harnesses"], capture_output=True, text=True, check=True)
ran = lm_eval.simple_evaluate(
    Recorded(), tasks=["ct_retrain_verilog"], limit=len(answers), bootstrap_iters=0,
    task_manager=TaskManager(include_path=place.stdout.strip(), include_defaults=False),
)
figures = ran["results"]["ct_retrain_verilog"]
told = {one["doc"]["id"]: one["pass@1"] for one in ran["samples"]["ct_retrain_verilog"]}
print(json.dumps([figures["pass@1,none"], figures["compiles,none"], told]))
"""


def _environment(place: Path, package: str) -> Path:
    """The Python of a new environment at *place* that holds *package*."""
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    python = place / "bin" / "python"
    [site] = place.glob("lib/python*/site-packages")
    ours = (sysconfig.get_path("purelib"), Path(ct_retrain.__file__).parents[1])
    (site / "ours.pth").write_text("".join(f"{path}\n" for path in ours))
    ran = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", package], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        pytest.skip(f"{package} cannot be installed: {ran.stderr[-300:]}")
    return python


def _told(python: Path, script: str, answers: list[str], out: Path) -> list[object]:
    ran = subprocess.run(
        [python, "-c", script, out],
        input=json.dumps(answers),
        capture_output=True,
        text=True,
        check=False,
        cwd=out,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    read: list[object] = json.loads(ran.stdout.splitlines()[-1])
    return read


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """Id → answer to the first problems: the goldens in a fence, and one wrong design."""
    problems = load_suite("behavioural", Path()).problems[:ASKED]
    said = {one.id: f"Here it is:\n```verilog\n{one.golden}\n```\n" for one in problems}
    return {**said, problems[0].id: "module nothing; endmodule"}


def test_inspect_ai_reports_what_the_judge_says(answers: dict[str, str], tmp_path: Path) -> None:
    python = _environment(tmp_path / "venv", PACKAGES["inspect"])

    accuracy, outcomes = _told(python, INSPECT, list(answers.values()), tmp_path)

    assert accuracy == (ASKED - 1) / ASKED
    wrong, *right = answers
    assert isinstance(outcomes, dict)
    assert {outcomes[name] for name in right} == {"pass"}
    assert outcomes[wrong] == "compile_error"


def test_lm_eval_reports_what_the_judge_says(answers: dict[str, str], tmp_path: Path) -> None:
    python = _environment(tmp_path / "venv", PACKAGES["lm_eval"])

    passed, compiled, each = _told(python, LM_EVAL, list(answers.values()), tmp_path)

    assert passed == compiled == (ASKED - 1) / ASKED
    assert isinstance(each, dict)
    assert each == {name: float(place > 0) for place, name in enumerate(answers)}
