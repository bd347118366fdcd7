"""The built-in trainer learns from wrong answers after the mixture, with TRL's own DPO, KTO and ORPO."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.conftest import rows

from ct_retrain import disk
from ct_retrain.adapters import _checkpoints, _modelling, _preference_phase
from ct_retrain.adapters._chat import Chat
from ct_retrain.adapters.qlora import InProcessTrainer
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.chat import ChatOptions
from ct_retrain.core.records.dataset import Preference
from ct_retrain.core.records.training import TOO_LONG, TrainPlan

WEIGHTS = "adapter/adapter_model.safetensors"
SHA = "0" * 64


def pair(number: int, more: str = "") -> Preference:
    row = rows(12)[number]
    return Preference(
        prompt=row["prompt"],
        chosen=row["completion"],
        rejected=row["completion"].replace("assign y = a", f"assign y = ~a{more}"),
        origin="mutant",
        log="1 of 8 checks differ",
        spec_hash=f"spec{number}",
        canonical=SHA,
        night="2026-01-01",
    )


def wanting(plan: TrainPlan, path: Path, pairs: list[Preference], **knobs: Any) -> TrainPlan:
    """*plan* with *pairs* in a file at *path*."""
    disk.write_lines(path, iter(pairs))
    knobs = {"preference_learning_rate": 1e-3, **knobs}
    return plan.model_copy(
        update={
            "preferences": str(path),
            "preferences_sha256": disk.sha256_of(path),
            "hyperparameters": plan.hyperparameters.model_copy(update=knobs),
        }
    )


def gain(base: Path, adapter: Path, pairs: list[Preference]) -> float:
    """The mean log-likelihood of the verified answers minus that of the wrong ones, in nats an answer."""
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    chat = Chat(_modelling.load_tokenizer(base), ChatOptions())
    model: Any = peft.PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter)

    def likelihood(prompt: str, answer: str) -> float:
        asked, learned = chat.pair(prompt, answer)
        with torch.no_grad():
            scores = model(torch.tensor([asked + learned])).logits[0].log_softmax(-1)
        return sum(float(scores[len(asked) + place - 1, token]) for place, token in enumerate(learned))

    differences = [likelihood(one.prompt, one.chosen) - likelihood(one.prompt, one.rejected) for one in pairs]
    return sum(differences) / len(differences)


@pytest.mark.parametrize("loss", ["dpo", "kto", "orpo"])
def test_verified_answers_gain_on_wrong_ones(plan_for: Any, tmp_path: Path, base: Path, loss: str) -> None:
    pairs = [pair(number) for number in range(12)]
    plain = plan_for()
    plan = wanting(plain, tmp_path / "pairs.jsonl", pairs, preference_loss=loss, preference_passes=8.0)
    InProcessTrainer().fit(plain, tmp_path / "plain")
    fit = InProcessTrainer().fit(plan, tmp_path / "out")

    assert fit.preference is not None
    assert (fit.preference.loss, fit.preference.pairs, fit.preference.skipped) == (loss, 12, 0)
    assert fit.preference.steps >= 24
    assert fit.preference.tokens > 8 * 2 * 12
    assert fit.preference.losses[0].learning_rate == pytest.approx(1e-3)
    assert fit.losses == InProcessTrainer().fit(plain, tmp_path / "again").losses
    assert (
        gain(base, tmp_path / "out" / "adapter", pairs)
        > gain(base, tmp_path / "plain" / "adapter", pairs) + 0.1
    )
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "adapter",
        "fit.json",
        "losses.jsonl",
        "plan.json",
    }
    assert sorted(path.name for path in (tmp_path / "out" / "adapter").iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]


def test_an_interrupted_second_phase_ends_with_the_adapter_of_an_undisturbed_one(
    plan_for: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = wanting(plan_for(), tmp_path / "pairs.jsonl", [pair(number) for number in range(12)])
    undisturbed = InProcessTrainer().fit(plan, tmp_path / "undisturbed")
    seal = _checkpoints.seal

    def die_at_four(directory: Path, step: int, seconds: float) -> None:
        if step == 4 and directory.parent.name == _checkpoints.PREFERENCE_CHECKPOINTS:
            raise KeyboardInterrupt
        seal(directory, step, seconds)

    with monkeypatch.context() as patch:
        patch.setattr(_checkpoints, "seal", die_at_four)
        with pytest.raises(KeyboardInterrupt):
            InProcessTrainer().fit(plan, tmp_path / "out")
    resumed = InProcessTrainer().fit(plan, tmp_path / "out")

    assert undisturbed.preference is not None
    assert resumed.preference is not None
    assert (tmp_path / "out" / WEIGHTS).read_bytes() == (tmp_path / "undisturbed" / WEIGHTS).read_bytes()
    assert resumed.preference.losses == undisturbed.preference.losses


def test_what_the_mixture_taught_a_quantised_model_is_not_rounded(plan_for: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    plain = plan_for(quantization="nf4", max_steps=3)
    plan = wanting(plain, tmp_path / "pairs.jsonl", [pair(number) for number in range(3)])
    still = plan.hyperparameters.model_copy(update={"preference_learning_rate": 1e-12})
    InProcessTrainer().fit(plain, tmp_path / "plain")
    InProcessTrainer().fit(plan.model_copy(update={"hyperparameters": still}), tmp_path / "out")
    before, after = (load_file(tmp_path / name / WEIGHTS) for name in ("plain", "out"))

    assert all((before[name] - after[name]).abs().max() < 1e-9 for name in before)


@pytest.mark.parametrize("questions", [(0, 0, 1), (0, 0, 1, 1, 2), (0,)])
def test_kto_compares_with_an_answer_to_another_question(questions: tuple[int, ...]) -> None:
    pairs = [
        {"prompt_ids": [question], "chosen_ids": [question, 1], "rejected_ids": [question, 2]}
        for question in questions
    ]
    answers = _preference_phase._unpaired(pairs)

    assert [one["label"] for one in answers] == [True, False] * len(pairs)
    if len({*questions}) > 1:
        assert all(one["KL_completion_ids"][0] != one["prompt_ids"][0] for one in answers)


def test_a_pair_that_is_too_long_is_left_out_and_told(plan_for: Any, tmp_path: Path) -> None:
    pairs = [pair(0), pair(1, " & a" * 400)]
    plan = wanting(plan_for(), tmp_path / "pairs.jsonl", pairs)
    fit = InProcessTrainer().fit(plan, tmp_path / "out")
    (told,) = disk.read_lines(tmp_path / "out" / TOO_LONG, Rejected)

    assert fit.preference is not None
    assert (fit.preference.pairs, fit.preference.skipped) == (1, 1)
    assert (told.subject, told.reason) == ("pairs.jsonl:2", "too_long")


def test_pairs_that_are_all_too_long_or_another_file_are_an_error(plan_for: Any, tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    plan = wanting(plan_for(), path, [pair(1, " & a" * 400)])
    with pytest.raises(UsageError, match="none of the 1 pairs"):
        InProcessTrainer().fit(plan, tmp_path / "out")
    path.write_text(json.dumps({}) + "\n")
    with pytest.raises(CorruptStateError, match="redo the train stage"):
        InProcessTrainer().fit(plan, tmp_path / "out")


def test_a_trl_without_orpo_is_told(plan_for: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = wanting(plan_for(), tmp_path / "pairs.jsonl", [pair(0)], preference_loss="orpo")
    monkeypatch.setitem(sys.modules, "trl.experimental.orpo", None)
    with pytest.raises(UsageError, match="preference_loss to dpo or kto"):
        InProcessTrainer().fit(plan, tmp_path / "out")
