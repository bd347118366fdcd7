"""The shipped tokenizer: any text survives a round trip, and the answer alone is marked for training."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from benchmarks.embedded.tokenizer import build_tokenizer
from transformers import AutoTokenizer

from ct_retrain.demo.families import mastered_families, missing_families, sample


@pytest.fixture(scope="module")
def tokenizer(shipped: Path) -> Any:
    return AutoTokenizer.from_pretrained(shipped, local_files_only=True)


def test_arbitrary_ascii_survives_a_round_trip(tokenizer: Any) -> None:
    rng = Random(0)
    for _ in range(50):
        text = "".join(chr(rng.choice((9, 10, *range(32, 127)))) for _ in range(200))

        assert tokenizer.decode(tokenizer(text)["input_ids"], clean_up_tokenization_spaces=False) == text


def test_every_digit_is_a_token_of_its_own(tokenizer: Any) -> None:
    assert tokenizer.tokenize("12345") == ["1", "2", "3", "4", "5"]


def test_a_loaded_tokenizer_cuts_like_the_built_one(tmp_path: Path) -> None:
    built = build_tokenizer(0, specs=300)
    built.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    rng = Random(1)
    for _ in range(20):
        task = sample((*mastered_families(), *missing_families()), rng, "train")

        assert loaded(task.rtl)["input_ids"] == built(task.rtl)["input_ids"]


def test_only_the_answer_is_marked_for_training(tokenizer: Any) -> None:
    chat = [{"role": "user", "content": "a counter"}, {"role": "assistant", "content": "module m;"}]

    encoded = tokenizer.apply_chat_template(
        chat, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )

    marked = [
        token for token, mask in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True) if mask
    ]
    assert tokenizer.decode(marked) == "module m;<|im_end|>"
