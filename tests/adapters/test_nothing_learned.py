"""Real trainings that teach nothing are failed tools by the time the stage ends, whoever trained."""

import sys

import pytest
from tests.adapters.conftest import rows

from ct_retrain import disk
from ct_retrain.adapters.command import CommandTrainer
from ct_retrain.adapters.qlora import QloraTrainer
from ct_retrain.core.configuration.settings import TrainSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Tool
from ct_retrain.core.records.dataset import Example
from ct_retrain.core.records.training import Hyperparameters
from ct_retrain.stages.train import TrainInputs, train

SMALL = {
    "learning_rate": 3e-3, "rank": 4, "alpha": 8, "max_length": 256, "quantization": "none", "dtype": "float32",
    "min_steps": 30, "passes": 3,
}  # fmt: skip
FRESH = """
import pathlib, sys
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM
import json
plan, out = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])
model = get_peft_model(AutoModelForCausalLM.from_pretrained(plan["base"]), LoraConfig(r=4, target_modules="all-linear"))
model.save_pretrained(out / "adapter")
"""


def example(number, row):
    return Example.model_validate(
        {
            "instruction": row["prompt"],
            "output": row["completion"],
            "testbench": "",
            "metadata": {
                "source": "pipeline", "spec_hash": str(number), "category": "logic", "sim_passed": True,
                "compile_success": True, "run_id": str(number), "generated_at": "", "night": "2026-01-01",
                "generator": "", "top": "top", "rtl_sha256": "0" * 64, "testbench_sha256": "0" * 64,
                "canonical": "0" * 64, "checks": 1, "warnings": 0, "attempts": 0,
                "simulator": Tool(name="icarus", version="11"),
            },
        }
    )  # fmt: skip


@pytest.fixture
def inputs(tmp_path, base):
    """A dataset of twelve examples for the tiny base; keyword arguments are hyperparameters."""

    def make(**knobs):
        curated = disk.make_directory(tmp_path / "curated")
        disk.write_lines(
            curated / "dataset.jsonl", (example(number, row) for number, row in enumerate(rows(12)))
        )
        (curated / "repairs.jsonl").write_text("")
        settings = TrainSettings(mainline=str(base), hyperparameters=Hyperparameters(**{**SMALL, **knobs}))
        return TrainInputs(curated, tmp_path / "gold", tmp_path / "general", str(base), settings)

    return make


def test_a_training_that_teaches_ends_with_its_facts(inputs, tmp_path):
    facts = train(disk.make_directory(tmp_path / "train"), inputs(), QloraTrainer())

    assert facts.fit.steps >= 30
    assert facts.fit.schedule is not None
    assert facts.fit.losses[0].gradient_norm > 0


def test_a_learning_rate_that_moves_nothing_is_a_loss_that_never_fell(inputs, tmp_path):
    out = disk.make_directory(tmp_path / "train")
    with pytest.raises(ToolError, match="taught nothing: the loss never fell"):
        train(out, inputs(learning_rate=1e-30, passes=10, schedule="constant_with_warmup"), QloraTrainer())


def test_a_learning_rate_that_blows_up_stops_the_training(inputs, tmp_path):
    with pytest.raises(ToolError, match="training diverged"):
        train(disk.make_directory(tmp_path / "train"), inputs(learning_rate=1e30), QloraTrainer())


def test_an_adapter_that_a_script_did_not_train_is_refused(inputs, tmp_path):
    script = tmp_path / "trainer.py"
    script.write_text(FRESH)
    with pytest.raises(ToolError, match=r"was not trained: all \d+ lora_B tensors are 0"):
        train(
            disk.make_directory(tmp_path / "train"), inputs(), CommandTrainer(f"{sys.executable} '{script}'")
        )
