"""Train NF4 QLoRA on a randomly initialised Qwen2.5-Coder-7B: tokens a second and peak memory of the defaults.

    python benchmarks/qlora_7b.py [--steps 20] [--directory DIR]

The weights are random, for no network is used; speed and memory do not depend on their values. The model is
written once (15 GB) below --directory. Unproven: no CUDA device has run this yet.
"""

import argparse
import hashlib
import json
import random
import sys
import tempfile
from pathlib import Path

from ct_retrain.adapters.qlora import QloraTrainer
from ct_retrain.core.records.training import Hyperparameters, TrainPlan

QWEN_7B = {
    "vocab_size": 152_064,
    "hidden_size": 3584,
    "intermediate_size": 18_944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32_768,
    "rms_norm_eps": 1e-6,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
    "tie_word_embeddings": False,
}
"""The config.json of Qwen2.5-Coder-7B-Instruct."""
CHATML = (
    "{%- for message in messages %}{{- '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--directory", type=Path, default=Path(tempfile.gettempdir()) / "ct-retrain-qlora-7b")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("qlora_7b: no CUDA device here; a 7B model is not trained on a CPU, so nothing was measured")
    base = arguments.directory / "base"
    if not (base / "config.json").is_file():
        make_base(base)
    knobs = Hyperparameters(max_steps=arguments.steps, batch_size=1, accumulation=16)
    # Every micro-step is one packed sequence, so this many rows are about one epoch.
    mixture = make_mixture(arguments.directory / "mixture.jsonl", arguments.steps * knobs.accumulation * 4)
    plan = TrainPlan(
        base=str(base), mixture=str(mixture), mixture_sha256=hashlib.sha256(mixture.read_bytes()).hexdigest(),
        rows=arguments.steps * knobs.accumulation * 4, hyperparameters=knobs,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as out:
        fit = QloraTrainer().fit(plan, Path(out) / "fit")
    print(f"device       {fit.device}")
    print(f"attention    {fit.versions['attention']}; packing: {fit.versions['packing']}")
    print(f"steps        {fit.steps}, {fit.tokens} tokens, {fit.seconds:.0f} s, first step included")
    print(f"speed        {fit.tokens / fit.seconds:.0f} tokens/s")
    print(f"peak memory  {fit.peak_memory / 2**30:.1f} GiB")


def make_base(directory: Path) -> None:
    """Random bfloat16 weights of the right shapes, and a tokenizer with one token a byte."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda"):
        model = Qwen2ForCausalLM(Qwen2Config(**QWEN_7B))
    torch.set_default_dtype(torch.float32)
    bytes_only = {letter: number for number, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=bytes_only, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    fast.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    fast.chat_template = CHATML
    fast.save_pretrained(directory)
    model.save_pretrained(directory)


def make_mixture(path: Path, count: int) -> Path:
    """*count* rows of random text, about 1,000 tokens each."""
    draw = random.Random(0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for _ in range(count):
            prompt, completion = (
                "".join(draw.choices("abcdefgh \n", k=draw.randint(*size)))
                for size in ((200, 600), (300, 900))
            )
            file.write(json.dumps({"prompt": prompt, "completion": completion, "source": "random"}) + "\n")
    return path


if __name__ == "__main__":
    main()
