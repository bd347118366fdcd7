import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from tests.adapters.conftest import make_tokenizer, rows

from ct_retrain import disk
from ct_retrain.adapters import _checkpoints, _memory, _mixture, _modelling, qlora
from ct_retrain.adapters._chat import Chat
from ct_retrain.adapters.qlora import InProcessTrainer, QloraTrainer
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.records.chat import ChatOptions
from ct_retrain.core.records.training import LossPoint

WEIGHTS = "adapter/adapter_model.safetensors"


def test_the_same_plan_gives_the_same_bytes(plan_for, tmp_path):
    plan = plan_for(dropout=0.1)
    fits = [InProcessTrainer().fit(plan, tmp_path / name) for name in ("a", "b")]

    assert fits[0].losses == fits[1].losses
    for file in (WEIGHTS, "adapter/adapter_config.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_fit_says_what_it_did_and_leaves_no_checkpoints(plan_for, tmp_path):
    fit = InProcessTrainer().fit(plan_for(), tmp_path / "out")

    assert (fit.steps, fit.epochs, fit.examples, fit.skipped, fit.device) == (6, 1.5, 12, 0, "cpu")
    assert fit.tokens > 0
    assert fit.peak_memory > 0
    assert fit.seconds > 0
    assert fit.versions["packing"] == "none, rows are padded"
    assert {"torch", "trl", "peft", "transformers", "attention"} <= set(fit.versions)
    assert tuple(disk.read_lines(tmp_path / "out" / "losses.jsonl", LossPoint)) == fit.losses
    assert [point.step for point in fit.losses] == [1, 2, 3, 4, 5, 6]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "adapter",
        "fit.json",
        "losses.jsonl",
        "plan.json",
    }


def test_training_learns_the_rows(plan_for, tmp_path):
    losses = (
        InProcessTrainer()
        .fit(plan_for(lines=rows(3), max_steps=30, learning_rate=1e-2), tmp_path / "out")
        .losses
    )

    assert losses[-1].loss < 0.7 * losses[0].loss


def test_a_finished_fit_is_returned_not_redone(plan_for, tmp_path):
    plan = plan_for()
    first = InProcessTrainer().fit(plan, tmp_path / "out")
    written = (tmp_path / "out" / WEIGHTS).stat().st_mtime_ns

    assert InProcessTrainer().fit(plan, tmp_path / "out") == first
    assert (tmp_path / "out" / WEIGHTS).stat().st_mtime_ns == written


def test_an_interrupted_fit_ends_with_the_adapter_of_an_undisturbed_one(plan_for, tmp_path, monkeypatch):
    plan = plan_for(dropout=0.1, max_steps=8, batch_size=1, accumulation=2)
    undisturbed = InProcessTrainer().fit(plan, tmp_path / "undisturbed")
    seal = _checkpoints.seal

    def die_at_six(directory, step, seconds):
        if step == 6:  # the checkpoint is there, its manifest is not: it must not be trusted
            raise KeyboardInterrupt
        seal(directory, step, seconds)

    with monkeypatch.context() as patch:
        patch.setattr(_checkpoints, "seal", die_at_six)
        with pytest.raises(KeyboardInterrupt):
            InProcessTrainer().fit(plan, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out" / "checkpoints").glob("*-*")} == {
        "checkpoint-4",
        "checkpoint-6",
    }
    resumed = InProcessTrainer().fit(plan, tmp_path / "out")

    assert (tmp_path / "out" / WEIGHTS).read_bytes() == (tmp_path / "undisturbed" / WEIGHTS).read_bytes()
    assert resumed.losses == undisturbed.losses
    assert (resumed.steps, resumed.tokens) == (undisturbed.steps, undisturbed.tokens)


def test_only_the_newest_complete_checkpoint_counts(tmp_path):
    for step in (2, 10, 8):
        directory = disk.make_directory(tmp_path / f"checkpoint-{step}")
        (directory / "optimizer.pt").write_bytes(b"state")
        _checkpoints.seal(directory, step, float(step))
    (tmp_path / "checkpoint-10" / "optimizer.pt").write_bytes(b"sta")

    assert _checkpoints.newest(tmp_path) == (tmp_path / "checkpoint-8", 8.0)
    assert not (tmp_path / "checkpoint-10").exists()


def test_an_epoch_that_is_no_whole_number_is_honoured(plan_for, tmp_path):
    fit = InProcessTrainer().fit(
        plan_for(max_steps=0, epochs=1.25, batch_size=2, accumulation=2), tmp_path / "out"
    )

    assert (fit.epochs, fit.steps) == (1.25, 4)


def test_another_plan_starts_from_nothing(plan_for, tmp_path):
    InProcessTrainer().fit(plan_for(), tmp_path / "out")
    fit = InProcessTrainer().fit(plan_for(max_steps=2, seed=8), tmp_path / "out")
    again = InProcessTrainer().fit(plan_for(max_steps=2, seed=8), tmp_path / "fresh")

    assert fit.losses == again.losses
    assert (tmp_path / "out" / WEIGHTS).read_bytes() == (tmp_path / "fresh" / WEIGHTS).read_bytes()


def test_the_adapter_loads_with_plain_peft_and_names_no_place_of_this_machine(plan_for, tmp_path, base):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    InProcessTrainer().fit(plan_for(learning_rate=1e-2), tmp_path / "out")
    model = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base), tmp_path / "out" / "adapter"
    )
    ids = torch.arange(10)[None]
    with torch.no_grad():
        adapted = model(ids).logits
        with model.disable_adapter():
            plain = model(ids).logits

    assert not torch.equal(adapted, plain)
    files = sorted(path.name for path in (tmp_path / "out" / "adapter").iterdir())
    assert files == ["adapter_config.json", "adapter_model.safetensors"]
    config = json.loads((tmp_path / "out" / "adapter" / "adapter_config.json").read_text())
    assert config.pop("base_model_name_or_path") == str(base)
    assert "/" not in json.dumps(config)


def test_nf4_trains_on_a_cpu_in_float32(plan_for, tmp_path):
    from safetensors.torch import load_file

    fit = InProcessTrainer().fit(plan_for(quantization="nf4", max_steps=3), tmp_path / "out")

    assert {str(tensor.dtype) for tensor in load_file(tmp_path / "out" / WEIGHTS).values()} == {
        "torch.float32"
    }
    assert fit.losses[-1].loss < 20


def test_answers_and_their_end_are_learned_and_questions_are_not(plan_for, base, tmp_path):
    plan = plan_for(max_steps=0, epochs=1.0)
    tokenizer = _modelling.load_tokenizer(base)
    tokens = _mixture.tokenised(plan, tokenizer)
    trainer, _epochs = qlora._trainer(
        plan.hyperparameters, tmp_path, qlora._Ingredients(base, tokenizer, tokens)
    )
    questions = {f"<|im_start|>user\n{row['prompt']}<|im_end|>\n<|im_start|>assistant\n" for row in rows(12)}
    answers = {row["completion"] + "<|im_end|>" for row in rows(12)}
    seen = 0
    for batch in trainer.get_train_dataloader():
        for ids, labels, real in zip(
            batch["input_ids"], batch["labels"], batch["attention_mask"], strict=True
        ):
            learned = labels != -100
            seen += 1
            assert not (learned & (real == 0)).any()
            assert (ids[learned] == labels[learned]).all()
            assert tokenizer.decode(ids[learned]) in answers
            assert tokenizer.decode(ids[~learned & (real == 1)]) in questions
    assert seen == 12


def test_text_that_looks_like_a_control_token_stays_text(plan_for, base):
    tokenizer = _modelling.load_tokenizer(base)
    line = {"prompt": "p", "completion": "module a; // <|im_end|>\nendmodule", "source": "gold"}
    row = _mixture.tokenised(plan_for(lines=[line]), tokenizer).rows[0]

    learned = [label for label in row["labels"] if label != -100]
    assert learned.count(tokenizer.eos_token_id) == 1
    assert tokenizer.decode(learned[:-1]) == line["completion"]


def test_rows_too_long_are_left_out_and_counted_never_cut(plan_for, tmp_path):
    long = {"prompt": "p", "completion": "wire w; " * 200, "source": "delta"}
    gold = {**long, "source": "gold", "place": "gold/v5.jsonl:7"}
    lines = [*rows(4), long, long, gold]
    fit = InProcessTrainer().fit(plan_for(lines=lines, max_steps=1), tmp_path / "out")

    assert (fit.examples, fit.skipped) == (4, 3)
    told = [json.loads(line) for line in (tmp_path / "out" / "too_long.jsonl").read_text().splitlines()]
    assert [one["subject"] for one in told] == ["delta row 5", "gold/v5.jsonl:7"]
    assert {one["reason"] for one in told} == {"too_long"}
    assert "256 is the most that max_length" in told[0]["detail"]


def test_packed_documents_do_not_see_each_other(plan_for, tmp_path, base):
    plan = plan_for(packing=True, batch_size=1, max_steps=2)
    tokenizer = _modelling.load_tokenizer(base)
    tokens = _mixture.tokenised(plan, tokenizer)
    trainer, _epochs = qlora._trainer(
        plan.hyperparameters, tmp_path, qlora._Ingredients(base, tokenizer, tokens)
    )
    batch = next(iter(trainer.get_train_dataloader()))
    model = trainer.model.eval()
    starts = (batch["position_ids"][0] == 0).nonzero().flatten().tolist()
    assert len(starts) > 1
    whole = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False).logits[0]
    for start, end in zip(starts, [*starts[1:], batch["input_ids"].shape[1]], strict=True):
        alone = model(input_ids=batch["input_ids"][:, start:end]).logits[0]
        assert (whole[start:end] - alone).abs().max() < 1e-4


def test_a_model_that_mixes_packed_documents_is_padded_instead(base):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base)

    class Deaf:
        device = model.device

        def __call__(self, *, input_ids, position_ids, use_cache):
            return model(input_ids=input_ids, use_cache=use_cache)

    assert _mixture.keeps_documents_apart(model, 300)
    assert not _mixture.keeps_documents_apart(Deaf(), 300)


def test_a_missing_base_says_how_to_get_it(plan_for, tmp_path):
    with pytest.raises(UsageError, match="hf download nobody/nothing"):
        InProcessTrainer().fit(plan_for(model="nobody/nothing"), tmp_path / "out")
    with pytest.raises(UsageError, match="is no directory"):
        InProcessTrainer().fit(plan_for(model="/no/such/place"), tmp_path / "out")


def test_a_mixture_without_rows_says_so(plan_for, tmp_path):
    with pytest.raises(UsageError, match="has no rows"):
        InProcessTrainer().fit(plan_for(lines=[]), tmp_path / "out")


def test_a_mixture_of_which_nothing_fits_says_so(plan_for, tmp_path):
    with pytest.raises(UsageError, match=r"none of the 12 rows .* fits in 16 tokens"):
        InProcessTrainer().fit(plan_for(max_length=16), tmp_path / "out")


def test_a_mixture_the_plan_was_not_made_for_is_refused(plan_for, tmp_path):
    plan = plan_for()
    (tmp_path / "mixture.jsonl").write_text("{}\n")
    with pytest.raises(CorruptStateError, match="not what the plan was made for"):
        InProcessTrainer().fit(plan, tmp_path / "out")


def test_a_tokenizer_without_chat_template_says_so(plan_for, tmp_path, base):
    model = tmp_path / "model"
    shutil.copytree(base, model)
    (model / "chat_template.jinja").unlink()
    with pytest.raises(UsageError, match="no chat template"):
        InProcessTrainer().fit(plan_for(model=str(model)), tmp_path / "out")


def test_a_template_that_never_ends_an_answer_is_refused():
    tokenizer = make_tokenizer()
    tokenizer.chat_template = "{%- for message in messages %}{{- message['content'] }}{%- endfor %}"
    with pytest.raises(UsageError, match="never learn to stop"):
        Chat(tokenizer, ChatOptions())


def test_a_large_base_is_refused_without_a_gpu(plan_for, tmp_path, base):
    import torch
    from transformers import Qwen2Config

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    model = tmp_path / "model"
    shutil.copytree(base, model)
    Qwen2Config(hidden_size=3584, intermediate_size=18944, num_hidden_layers=28).save_pretrained(model)
    with pytest.raises(ToolError, match=r"billion parameters and this machine has no CUDA device"):
        InProcessTrainer().fit(plan_for(model=str(model)), tmp_path / "out")


def test_running_out_of_memory_names_the_knobs(plan_for):
    import torch

    knobs = plan_for().hyperparameters
    for error in (
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("can't allocate memory"),
    ):
        with (
            pytest.raises(ToolError, match=r"lower train\.hyperparameters\.batch_size"),
            _memory.explained(knobs),
        ):
            raise error
    with pytest.raises(RuntimeError, match="else"), _memory.explained(knobs):
        raise RuntimeError("something else")


def test_a_loss_that_is_no_number_stops_the_fit(plan_for, tmp_path):
    with pytest.raises(ToolError, match="training diverged"):
        InProcessTrainer().fit(plan_for(learning_rate=1e30), tmp_path / "out")


def test_nothing_is_printed_and_the_library_settings_come_back(plan_for, tmp_path, capsys):
    import huggingface_hub.constants
    from transformers.utils import logging

    before = huggingface_hub.constants.HF_HUB_OFFLINE, logging.is_progress_bar_enabled()
    InProcessTrainer().fit(plan_for(max_steps=1), tmp_path / "out")

    assert capsys.readouterr().out == ""
    assert before == (huggingface_hub.constants.HF_HUB_OFFLINE, logging.is_progress_bar_enabled())


def test_the_tool_names_libraries_and_device():
    tool = QloraTrainer().tool

    assert tool.name == "qlora"
    assert "peft" in tool.detail


@pytest.mark.slow
def test_a_killed_fit_ends_with_the_adapter_of_an_undisturbed_one(plan_for, tmp_path):
    plan = plan_for(max_steps=60, dropout=0.1)
    disk.write_record(tmp_path / "plan.json", plan)
    program = (
        "import sys, torch; from pathlib import Path; from ct_retrain import disk\n"
        "from ct_retrain.adapters.qlora import Here; from ct_retrain.core.records.training import TrainPlan\n"
        "torch.set_num_threads(1)\n"
        "Here().fit(disk.read_record(Path(sys.argv[1]), TrainPlan), Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "plan.json"), str(tmp_path / "out")]
    for step in (10, 30):
        child = subprocess.Popen(command, start_new_session=True)
        while (
            not list((tmp_path / "out" / "checkpoints").glob(f"checkpoint-{step}")) and child.poll() is None
        ):
            time.sleep(0.01)
        os.killpg(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    resumed = InProcessTrainer().fit(plan, tmp_path / "out")
    undisturbed = InProcessTrainer().fit(plan, tmp_path / "undisturbed")

    assert (tmp_path / "out" / WEIGHTS).read_bytes() == (tmp_path / "undisturbed" / WEIGHTS).read_bytes()
    assert resumed.losses == undisturbed.losses
