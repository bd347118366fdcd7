"""A tiny random Qwen2 with a ChatML tokenizer, made on the spot: the real libraries, no network, no weights."""

import hashlib
import json
from pathlib import Path

import pytest

from ct_retrain.core.records.training import Hyperparameters, TrainPlan

pytest.register_assert_rewrite("tests.adapters.promises")

TEMPLATE = (
    "{%- for message in messages %}{{- '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)
LINES = [
    "module top(input a, input b, output y); assign y = a & b; endmodule",
    "module counter(input clk, input rst, output reg [3:0] q); always @(posedge clk) q <= q + 1; endmodule",
    "Write a module named top with inputs a and b and output y that is their sum.",
]


def rows(count):
    return [
        {
            "prompt": f"Write an and gate number {number}" + " please" * (number % 7),
            "completion": f"module top{number}(input a, output y); assign y = a{' & a' * (number % 5)}; endmodule",
            "source": "delta",
        }
        for number in range(count)
    ]


def make_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(LINES, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    fast.chat_template = TEMPLATE
    return fast


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """A directory with a random two-layer Qwen2 and its tokenizer."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    directory = tmp_path_factory.mktemp("base")
    tokenizer = make_tokenizer()
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        initializer_range=0.2,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


def write_mixture(path, lines):
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def plan_for(tmp_path, base):
    """Make a plan over a few rows; keyword arguments are hyperparameters."""

    def make(*, lines=None, model=None, **knobs):
        lines = rows(12) if lines is None else lines
        path = tmp_path / "mixture.jsonl"
        defaults = {
            "max_steps": 6, "batch_size": 3, "accumulation": 1, "learning_rate": 3e-3, "rank": 4, "alpha": 8,
            "max_length": 256, "packing": False, "quantization": "none", "dtype": "float32",
            "gradient_checkpointing": False, "checkpoint_steps": 2, "seed": 7,
        }  # fmt: skip
        return TrainPlan(
            base=str(base) if model is None else model,
            mixture=str(path),
            mixture_sha256=write_mixture(path, lines),
            rows=len(lines),
            hyperparameters=Hyperparameters(**{**defaults, **knobs}),
        )

    return make


@pytest.fixture(scope="session")
def adapter(tmp_path_factory, base) -> Path:
    """A random, untrained adapter that changes answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    directory = tmp_path_factory.mktemp("adapter")
    torch.manual_seed(1)
    config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(directory)
    return directory


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Two cores shared with other tests are faster without torch's threads waiting for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
