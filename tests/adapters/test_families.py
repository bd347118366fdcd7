"""A night's two halves on every family of chat templates: what was trained is what is answered, and it ends."""

from pathlib import Path

import pytest
from tests.adapters.conftest import write_mixture
from tests.adapters.families import ANSWER, FAMILIES, QUESTION, Family, tokenizer_of

from ct_retrain.adapters import _mixture, _modelling
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.adapters.qlora import InProcessTrainer
from ct_retrain.core.records.chat import ChatOptions
from ct_retrain.core.records.problem import Prompt, Sampling
from ct_retrain.core.records.training import Hyperparameters, TrainPlan
from ct_retrain.core.rules.thoughts import split_thoughts

SOME = ("qwen3", "deepseek-coder", "codellama", "QwQ, thinking")
every_family = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in SOME else pytest.mark.slow) for name in FAMILIES]
)


def base_of(family: Family, place: Path) -> Path:
    """A random two-layer model with the tokenizer of *family*, without a generation configuration of its own."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    tokenizer = tokenizer_of(family)
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512, initializer_range=0.2,
        bos_token_id=None, eos_token_id=tokenizer.eos_token_id, tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).save_pretrained(place)
    tokenizer.save_pretrained(place)
    (place / "generation_config.json").unlink(missing_ok=True)
    return place


def plan_of(family: Family, base: Path, place: Path) -> TrainPlan:
    rows = [{"prompt": QUESTION, "completion": ANSWER, "source": "delta"}] * 4
    knobs = Hyperparameters.model_validate({
        "max_steps": 120, "batch_size": 1, "accumulation": 1, "learning_rate": 1e-2, "rank": 32, "alpha": 64,
        "max_length": 256, "packing": False, "quantization": "none", "dtype": "float32",
        "gradient_checkpointing": False, "schedule": "cosine",
    })  # fmt: skip
    mixture = place / "mixture.jsonl"
    return TrainPlan(
        base=str(base), mixture=str(mixture), mixture_sha256=write_mixture(mixture, rows), rows=4,
        hyperparameters=knobs, chat=ChatOptions.model_validate({"thinking": family.thinking}),
    )  # fmt: skip


@every_family
def test_what_was_trained_is_answered_and_ended(name: str, tmp_path: Path) -> None:
    family = FAMILIES[name]
    base = base_of(family, tmp_path / "base")
    plan = plan_of(family, base, tmp_path)
    InProcessTrainer().fit(plan, tmp_path / "out")
    sampling = Sampling(samples=1, temperature=0.0, top_p=1.0, max_new_tokens=80, seed=0)
    arm = TransformersGenerators(str(base), 4, plan.chat).open(tmp_path / "out" / "adapter")
    [answer] = arm.generate([Prompt(id="p", text=QUESTION)], sampling)

    assert (split_thoughts(answer.text).answer.strip(), answer.finished) == (ANSWER.strip(), True)


@pytest.mark.parametrize("name", SOME)
def test_the_answer_and_its_ending_carry_labels_and_the_question_none(name: str, tmp_path: Path) -> None:
    family = FAMILIES[name]
    base = base_of(family, tmp_path / "base")
    plan = plan_of(family, base, tmp_path)
    tokenizer = _modelling.load_tokenizer(base)
    tokens = _mixture.tokenised(plan, tokenizer)
    row = tokens.rows[0]
    learned = [one for one, label in zip(row["input_ids"], row["labels"], strict=True) if label != -100]
    assert [label for label in row["labels"] if label != -100] == learned
    assert tokenizer.decode(learned) == family.learned
    assert tokenizer.decode(row["input_ids"][: -len(learned)]) == family.prompt


def test_a_thought_that_the_prompt_opened_has_room_of_its_own_and_is_told_as_such(tmp_path: Path) -> None:
    family = FAMILIES["QwQ, thinking"]
    generators = TransformersGenerators(
        str(base_of(family, tmp_path / "base")), 4, ChatOptions(thinking="on")
    )
    sampling = Sampling(
        samples=4, temperature=1.0, top_p=1.0, max_new_tokens=5, max_thinking_tokens=9, seed=0
    )
    drawn = list(generators.open(None).generate([Prompt(id="p", text=QUESTION)], sampling))

    cut = [one for one in drawn if not one.finished]
    assert cut
    assert {one.tokens for one in cut} == {14}
    assert all(split_thoughts(one.text).unfinished for one in drawn)
