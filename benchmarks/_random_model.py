"""A randomly initialised Qwen2 with a tokenizer of one token a byte, and rows of random text for it.

Speed and memory do not depend on the values of weights, so that no download is needed.
"""

import json
import random
from pathlib import Path
from typing import Any, NamedTuple

CHATML = (
    "{%- for message in messages %}{{- '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)


class Size(NamedTuple):
    """A configuration, and how much is trained of it."""

    config: dict[str, Any]
    characters: tuple[int, int]
    """Fewest and most characters, and so tokens, of a question, and of an answer."""
    steps: int

    @property
    def weights(self) -> int:
        """Weights of the matrices that every token is multiplied with: all layers' and the output layer's."""
        one = self.config
        wide, inner, heads = one["hidden_size"], one["intermediate_size"], one["num_attention_heads"]
        attention = 2 * wide * wide * (1 + one["num_key_value_heads"] / heads)
        return int(one["num_hidden_layers"] * (attention + 3 * wide * inner) + one["vocab_size"] * wide)


SIZES = {
    "7b": Size(
        {
            "vocab_size": 152_064, "hidden_size": 3584, "intermediate_size": 18_944, "num_hidden_layers": 28,
            "num_attention_heads": 28, "num_key_value_heads": 4, "max_position_embeddings": 32_768,
            "rms_norm_eps": 1e-6, "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
            "tie_word_embeddings": False,
        },
        (200, 900),
        9,
    ),
    "tiny": Size(
        {
            "vocab_size": 512, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512,
            "tie_word_embeddings": False,
        },
        (20, 60),
        4,
    ),
}  # fmt: skip
"""`7b` is the config.json of Qwen2.5-Coder-7B-Instruct, `tiny` is for trying the script on a CPU."""


def make_base(directory: Path, size: Size) -> None:
    """Write random weights of the right shapes, bfloat16 on a GPU, and the tokenizer."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    cuda = torch.cuda.is_available()
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16 if cuda else torch.float32)
    with torch.device("cuda" if cuda else "cpu"):
        model = Qwen2ForCausalLM(Qwen2Config(**size.config))
    torch.set_default_dtype(torch.float32)
    model.save_pretrained(directory)
    _tokenizer().save_pretrained(directory)  # last: what is there with it is whole


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    bytes_only = {letter: number for number, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=bytes_only, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    fast.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    fast.chat_template = CHATML
    return fast


def make_mixture(path: Path, count: int, size: Size) -> Path:
    """Write *count* rows of random text."""
    draw = random.Random(0)
    with path.open("w") as file:
        for _ in range(count):
            prompt, completion = (
                "".join(draw.choices("abcdefgh \n", k=draw.randint(*size.characters))) for _ in range(2)
            )
            file.write(json.dumps({"prompt": prompt, "completion": completion, "source": "random"}) + "\n")
    return path
