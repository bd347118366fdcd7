import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from ct_retrain import disk
from ct_retrain.adapters.command import CommandTrainer
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.training import (
    Fit,
    Hyperparameters,
    LossPoint,
    TrainPlan,
)
from ct_retrain.core.rules import recipe

PLAN = TrainPlan(
    base="base",
    mixture="/tmp/mixture.jsonl",
    mixture_sha256="0" * 64,
    rows=7,
    hyperparameters=Hyperparameters(),
)
SAVE = """
import json, pathlib, sys
plan, out = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])
(out / "adapter").mkdir()
(out / "adapter" / "adapter_config.json").write_text(json.dumps({"r": plan["hyperparameters"]["rank"]}))
(out / "adapter" / "adapter_model.safetensors").write_bytes(b"weights")
"""
FIT = Fit(
    steps=3, epochs=1.0, examples=7, skipped=0, tokens=99, seconds=1.5, peak_memory=1, device="theirs",
    losses=(LossPoint(step=1, loss=2.0, learning_rate=0.1),), versions={"theirs": "1"},
)  # fmt: skip


@pytest.fixture
def trainer(tmp_path):
    def make(program):
        script = tmp_path / "my trainer.py"
        script.write_text(program)
        return CommandTrainer(f"{sys.executable} '{script}'")

    return make


def test_a_script_that_leaves_an_adapter_and_a_fit_is_believed(trainer, tmp_path):
    program = f"{SAVE}\n(out / 'fit.json').write_text({FIT.model_dump_json()!r})\nprint('all went well')"

    assert trainer(program).fit(PLAN, tmp_path / "out") == FIT
    assert (tmp_path / "out" / "trainer.log").read_text() == "all went well\n"
    assert disk.read_record(tmp_path / "out" / "plan.json", TrainPlan) == PLAN


def test_a_script_without_a_fit_gets_what_can_be_seen(trainer, tmp_path):
    fit = trainer(SAVE).fit(PLAN, tmp_path / "out")

    assert (fit.examples, fit.losses, fit.device) == (7, (), "unknown")
    assert fit.seconds > 0
    assert disk.read_record(tmp_path / "out" / "fit.json", Fit) == fit


def test_a_script_is_given_numbers_where_the_recipe_derived_them(trainer, tmp_path):
    rows = recipe.DataAmounts(
        {"delta": 100, "gold": 240}, {"delta": 100, "gold": 240}, {"delta": 40_000, "gold": 96_000}, 400
    )
    plan = PLAN.model_copy(update={"schedule": recipe.training_schedule(PLAN.hyperparameters, rows)})
    fit = trainer(SAVE).fit(plan, tmp_path / "out")
    told = disk.read_record(tmp_path / "out" / "plan.json", TrainPlan)

    assert (told.hyperparameters.epochs, fit.epochs) == (5.0, 5.0)
    assert told.hyperparameters.batch_size * told.hyperparameters.accumulation == 16
    assert told.schedule is not None
    assert told.schedule.steps >= 60


def test_a_script_that_fails_shows_its_last_words(trainer, tmp_path):
    program = "import sys\nfor number in range(40): print('line', number)\nsys.exit('no GPU today')"
    with pytest.raises(ToolError, match="exit code 1") as caught:
        trainer(program).fit(PLAN, tmp_path / "out")

    assert "no GPU today" in str(caught.value)
    assert "line 39" in str(caught.value)
    assert "line 20\n" not in str(caught.value)


def test_a_script_that_leaves_no_adapter_is_told_where(trainer, tmp_path):
    with pytest.raises(ToolError, match=r"left no adapter_config\.json and no adapter_model\.safetensors"):
        trainer("print('hi')").fit(PLAN, tmp_path / "out")


def test_an_adapter_of_an_earlier_try_is_not_taken_for_a_new_one(trainer, tmp_path):
    trainer(SAVE).fit(PLAN, tmp_path / "out")
    with pytest.raises(ToolError, match="left no"):
        trainer("").fit(PLAN, tmp_path / "out")


def test_a_fit_of_another_shape_is_the_scripts_fault(trainer, tmp_path):
    with pytest.raises(ToolError, match="is no Fit"):
        trainer(f"{SAVE}\n(out / 'fit.json').write_text('{{}}')").fit(PLAN, tmp_path / "out")


@pytest.mark.parametrize("command", ["", "no-such-program-anywhere", "unbalanced '"])
def test_a_command_that_cannot_start_is_a_usage_error(tmp_path, command):
    with pytest.raises(UsageError, match=r"train\.command"):
        CommandTrainer(command).fit(PLAN, tmp_path / "out")


def test_the_tool_changes_with_the_bytes_of_the_script(trainer):
    first = trainer("1").tool
    assert first.name == "trainer-command"
    assert trainer("1").tool == first
    assert trainer("2").tool != first


def test_an_interrupt_ends_the_whole_process_group(trainer, tmp_path):
    program = (
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "pathlib.Path(sys.argv[2], 'child').write_text(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    seen = tmp_path / "out" / "child"

    def interrupt():
        while not seen.is_file() or not seen.read_text():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        trainer(program).fit(PLAN, tmp_path / "out")
    thread.join()
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", seen.read_text()], capture_output=True, text=True, check=False
    )
    assert state.stdout.strip() in {"", "Z"}


def test_a_kill_of_ours_ends_the_whole_process_group_too(trainer, tmp_path):
    program = (
        "import os, pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "pathlib.Path(sys.argv[2], 'pids').write_text(f'{os.getpid()} {child.pid}.')\n"
        "time.sleep(600)\n"
    )
    ours, seen = trainer(program), tmp_path / "out" / "pids"
    us = os.fork()
    if not us:
        try:
            ours.fit(PLAN, tmp_path / "out")
        finally:
            os._exit(1)
    while not seen.is_file() or not seen.read_text().endswith("."):
        time.sleep(0.02)
    os.kill(us, signal.SIGKILL)
    os.waitpid(us, 0)
    pids = seen.read_text().strip(".").split()
    until = time.monotonic() + 10
    while time.monotonic() < until and any(_runs(pid) for pid in pids):
        time.sleep(0.02)

    assert [pid for pid in pids if _runs(pid)] == []


def _runs(pid: str) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] not in {"", "Z"}
