"""The built-in trainer in a process of its own: what it says, raises and leaves, and how it ends."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import structlog
from tests.adapters.conftest import rows

from ct_retrain import disk
from ct_retrain.adapters import (
    _checkpoints,
    _child_events,
    _child_programs,
    _training_process,
)
from ct_retrain.adapters.qlora import InProcessTrainer, QloraTrainer
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError

WEIGHTS = "adapter/adapter_model.safetensors"


@pytest.fixture(autouse=True)
def one_thread_there_too(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def the_log_is_set_up_as_before():
    configured, configuration = structlog.is_configured(), structlog.get_config()
    yield
    structlog.configure(**configuration) if configured else structlog.reset_defaults()


@pytest.mark.slow
def test_a_process_leaves_what_the_training_itself_leaves_and_its_progress_is_heard(plan_for, tmp_path):
    plan = plan_for(dropout=0.1, max_steps=60)
    heard = structlog.testing.LogCapture()
    structlog.configure(processors=[heard], wrapper_class=structlog.make_filtering_bound_logger(0))
    fit = QloraTrainer().fit(plan, tmp_path / "apart")
    here = InProcessTrainer().fit(plan, tmp_path / "here")

    assert fit.losses == here.losses
    assert (tmp_path / "apart" / WEIGHTS).read_bytes() == (tmp_path / "here" / WEIGHTS).read_bytes()
    names = {path.name for path in (tmp_path / "apart").iterdir()} - {_child_programs.TRAINER_LOG}
    assert names == {path.name for path in (tmp_path / "here").iterdir()}
    assert {(event["event"], event["what"], event["total"]) for event in heard.entries} == {
        ("progress", "train: steps", 60)
    }
    assert QloraTrainer().fit(plan, tmp_path / "apart") == fit


@pytest.mark.slow
def test_the_train_stage_imports_no_torch_here(plan_for, tmp_path):
    disk.write_record(tmp_path / "plan.json", plan_for(max_steps=1))
    program = (
        "import sys; from pathlib import Path; from ct_retrain import disk\n"
        "from ct_retrain.adapters.qlora import QloraTrainer; from ct_retrain.core.records.training import TrainPlan\n"
        "trainer = QloraTrainer()\n"
        "fit = trainer.fit(disk.read_record(Path(sys.argv[1]), TrainPlan), Path(sys.argv[2]))\n"
        "assert fit.device in trainer.tool.detail, (fit.device, trainer.tool)\n"
        "assert fit.peak_memory > 100_000_000, fit\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'bitsandbytes'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "plan.json"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_an_error_of_ours_comes_back_as_it_was_raised(plan_for, tmp_path):
    with pytest.raises(UsageError, match="hf download nobody/nothing"):
        QloraTrainer().fit(plan_for(model="nobody/nothing"), tmp_path / "usage")
    plan = plan_for()
    Path(plan.mixture).write_text("{}\n")
    with pytest.raises(CorruptStateError, match="not what the plan was made for"):
        QloraTrainer().fit(plan, tmp_path / "corrupt")


def child(monkeypatch, body):
    """Let `_training_process` run *body* as its child; return the option lists that it was started with."""
    program = f"import os, sys, time\nfrom ct_retrain.adapters import _child_events\n{body}"
    started = []

    def run(argv, log, hear):
        started.append(argv[5:])
        return _run([sys.executable, "-c", program, *argv[4:]], log, hear)

    _run = _child_programs.run_own
    monkeypatch.setattr(_child_programs, "run_own", run)
    return started


def fitted(plan, out):
    _checkpoints.claim(plan, out)
    return _training_process.fit(plan, out, download=False)


EXHAUSTED = (
    "from ct_retrain.adapters._memory import OutOfMemoryError\n"
    "with _child_events.forwarding():\n    raise OutOfMemoryError('too little')\n"
)


@pytest.mark.parametrize("body", [EXHAUSTED, "os.kill(os.getpid(), 9)"], ids=["said", "killed"])
def test_where_memory_runs_out_a_second_try_spares_it(plan_for, tmp_path, monkeypatch, caplog, body):
    started = child(monkeypatch, body)
    with pytest.raises(ToolError, match=r"too little|signal 9, maybe because memory ran out"):
        fitted(plan_for(gradient_checkpointing="auto"), tmp_path / "auto")

    assert started == [[], ["--spare-memory"]]
    assert "going on with gradient checkpointing" in caplog.text
    started.clear()
    with pytest.raises(ToolError):
        fitted(plan_for(gradient_checkpointing=False), tmp_path / "off")
    assert started == [[]]


def test_a_child_that_crashes_is_a_tool_error_with_its_last_lines(plan_for, tmp_path, monkeypatch):
    child(
        monkeypatch,
        "print('a library said this')\nwith _child_events.forwarding():\n    raise KeyError('our bug')",
    )
    with pytest.raises(ToolError, match=r"exit code 1; the last lines(.|\n)*KeyError: 'our bug'"):
        fitted(plan_for(), tmp_path / "out")


def test_what_a_child_logs_and_prints_goes_where_it_belongs(plan_for, tmp_path, monkeypatch, caplog):
    child(
        monkeypatch,
        "import logging\n"
        "with _child_events.forwarding():\n"
        "    logging.getLogger('ct_retrain.adapters.x').warning('slow %s', 'here')\n"
        "    print('from a library')\n"
        "    os.write(1, b'from C code')\n"
        "    sys.exit(3)\n",
    )
    with caplog.at_level(logging.WARNING), pytest.raises(ToolError, match="exit code 3"):
        fitted(plan_for(), tmp_path / "out")

    assert [(record.name, record.getMessage()) for record in caplog.records] == [
        ("ct_retrain.adapters.x", "slow here")
    ]
    printed = (tmp_path / "out" / _child_programs.TRAINER_LOG).read_text()
    assert "from a library" in printed
    assert "from C code" in printed


def test_events_are_said_again_only_where_somebody_reads_the_log(capsys):
    listener = _child_events.Listener()
    line = _child_events.Event(level="info", event="progress", details={"what": "x"}).model_dump_json()
    structlog.reset_defaults()
    listener.hear(line)
    listener.hear("words of nobody")
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_an_interrupt_leaves_no_training_behind_and_is_resumed(plan_for, tmp_path):
    plan = plan_for(lines=rows(12), max_steps=400, checkpoint_steps=5)
    out = tmp_path / "out"

    def interrupt():
        while not list((out / "checkpoints").glob("checkpoint-*")):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        QloraTrainer().fit(plan, out)
    thread.join()
    assert trainers_of(out) == []
    fit = QloraTrainer().fit(plan, out)
    undisturbed = InProcessTrainer().fit(plan, tmp_path / "undisturbed")
    assert fit.losses == undisturbed.losses
    assert (out / WEIGHTS).read_bytes() == (tmp_path / "undisturbed" / WEIGHTS).read_bytes()


def trainers_of(out):
    """Live processes with *out* on their command line."""
    listing = subprocess.run(["ps", "-eo", "stat=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if str(out) in line and not line.startswith("Z")]
