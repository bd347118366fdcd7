"""Several processes that train together learn what one learns; here on the CPU, by gloo."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adapters.conftest import rows
from tests.command_line_workspace import alive, descendants

from ct_retrain.adapters.qlora import InProcessTrainer, QloraTrainer
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.records.training import TrainPlan

WEIGHTS = "adapter/adapter_model.safetensors"
PlanFor = Callable[..., TrainPlan]


@pytest.fixture(autouse=True)
def one_thread_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.mark.slow
def test_two_processes_learn_what_one_does(plan_for: PlanFor, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    plan = plan_for(lines=rows(40), max_steps=10, batch_size=2, accumulation=4)
    alone = InProcessTrainer().fit(plan, tmp_path / "alone")
    both = QloraTrainer(devices=2).fit(plan, tmp_path / "both")

    assert (alone.device, both.device) == ("cpu", "2 × cpu")
    assert (both.steps, both.tokens, both.epochs) == (alone.steps, alone.tokens, alone.epochs)
    assert both.schedule == alone.schedule
    for ours, theirs in zip(both.losses, alone.losses, strict=True):
        assert ours.loss == pytest.approx(theirs.loss, rel=1e-4)
        assert ours.learning_rate == theirs.learning_rate
        assert ours.gradient_norm == pytest.approx(theirs.gradient_norm, rel=1e-3)
    weights = [load_file(tmp_path / name / WEIGHTS) for name in ("alone", "both")]
    assert weights[0].keys() == weights[1].keys()
    assert all(weights[1][name].allclose(one, rtol=1e-2, atol=1e-4) for name, one in weights[0].items())


@pytest.mark.slow
def test_one_that_is_killed_ends_them_all_and_the_next_call_goes_on_to_the_same_bytes(
    plan_for: PlanFor, tmp_path: Path
) -> None:
    plan = plan_for(dropout=0.1, max_steps=60, batch_size=1, accumulation=2, checkpoint_steps=5)
    trainer = QloraTrainer(devices=2)
    undisturbed = trainer.fit(plan, tmp_path / "undisturbed")
    out, before = tmp_path / "out", set(descendants(os.getpid()))
    killer = threading.Thread(target=_kill_one, args=(out / "checkpoints" / "checkpoint-5",))
    killer.start()
    with pytest.raises(ToolError, match="training ended with signal 9, maybe because memory ran out"):
        trainer.fit(plan, out)
    killer.join()
    left = {pid: mark for pid, mark in descendants(os.getpid()).items() if pid not in before}
    assert alive(left) == []
    resumed = trainer.fit(plan, out)

    assert resumed.losses == undisturbed.losses
    assert (resumed.steps, resumed.tokens) == (undisturbed.steps, undisturbed.tokens)
    assert (out / WEIGHTS).read_bytes() == (tmp_path / "undisturbed" / WEIGHTS).read_bytes()


def _kill_one(checkpoint: Path) -> None:
    """Kill the process of the second device once *checkpoint* is sealed."""
    while not (checkpoint / "ct-retrain.json").exists():
        time.sleep(0.005)
    os.kill(max(filter(_trains, descendants(os.getpid()))), signal.SIGKILL)


def _trains(pid: int) -> bool:
    return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.slow
def test_an_error_of_ours_is_the_same_as_that_of_one_process(plan_for: PlanFor, tmp_path: Path) -> None:
    plan = plan_for()
    Path(plan.mixture).unlink()

    with pytest.raises(CorruptStateError, match="is missing or not what the plan was made for"):
        QloraTrainer(devices=2).fit(plan, tmp_path / "out")


def test_preferences_on_several_devices_are_a_usage_error(plan_for: PlanFor, tmp_path: Path) -> None:
    plan = plan_for().model_copy(update={"preferences": "/pairs.jsonl"})

    with pytest.raises(UsageError, match=r"set train\.devices to 1"):
        QloraTrainer(devices=2).fit(plan, tmp_path / "out")


def test_the_tool_says_how_many_devices_there_are() -> None:
    one, two = (QloraTrainer(devices=count).tool.detail for count in (1, 2))
    device = one.rpartition("; ")[2]

    assert two == one.removesuffix(device) + f"2 × {device}"
