"""Builds the tokenizer of the embedded model: a small byte-level BPE, so any text survives a round trip.

Digits stand alone, so that an unseen width is spelled from seen tokens.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from ct_retrain.demo.families import mastered_families, sample

from .blocks import block_families
from .vocabulary import lexicon

VOCABULARY = 1024
LONGEST = 1024
"""Tokens of a chat: as many as the model has positions."""
PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

_PIECES = (
    r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"""
    r"""|\s*[\r\n]+|\s+(?!\S)|\s+"""
)
_CHAT_TEMPLATE = """\
{%- for message in messages -%}
{%- if message['role'] == 'assistant' -%}
{{- '<|im_start|>assistant\\n' -}}
{%- generation -%}{{- message['content'] + '<|im_end|>' -}}{%- endgeneration -%}
{{- '\\n' -}}
{%- else -%}
{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
"""


def build_tokenizer(seed: int, specs: int = 6000) -> Any:
    """Learn the merges from *specs* drawn tasks and the lexicon; deterministic by *seed*."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe: Any = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(_corpus(Random(seed), specs), trainer)
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token=END,
        pad_token=PAD,
        padding_side="left",
        model_max_length=LONGEST,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = _CHAT_TEMPLATE
    return tokenizer


def _corpus(rng: Random, specs: int) -> Iterator[str]:
    families = (*mastered_families(), *block_families())
    for _ in range(specs):
        task = sample(families, rng, "train")
        yield task.instruction
        yield task.rtl
    for word in lexicon():
        yield from (f" {word}", f" {word.upper()}")
