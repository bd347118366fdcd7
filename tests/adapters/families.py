"""Chat templates of the model families that write RTL, reduced to what matters here and in words of our own.

Each renders a user's question and an assistant's answer as the family's published template does: the same control
tokens in the same places, and none of what we never send (tools, documents, images).
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

QUESTION = "Write an and gate"
ANSWER = "module m(input a, output y);\n  assign y = a;\nendmodule\n"
TRIMMED = ANSWER.strip()

CHATML = (
    "{%- for m in messages -%}{{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}"
)
_SYSTEM = "{{- '<|im_start|>system\nYou help.<|im_end|>\n' -}}"
_ASKED = f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
_SYSTEM_SAID = "<|im_start|>system\nYou help.<|im_end|>\n"
_THINKS = "<think>\n\n</think>\n\n"


class Family(NamedTuple):
    """A template with its tokens, and what it makes of QUESTION and ANSWER with the default options."""

    template: str | Mapping[str, str]
    prompt: str
    learned: str
    """Ends with the token that ends the turn."""
    tokens: tuple[str, ...]
    """Control tokens; the tokenizer has no others."""
    eos: str
    bos: str = ""
    stops: tuple[str, ...] = ()
    """More tokens that end a turn than eos and the learned one."""
    plain: tuple[str, ...] = ()
    """Tokens that are added and not special."""
    thinking: str = "off"


def _chatml(**more: Any) -> Family:
    facts: dict[str, Any] = {
        "template": CHATML, "prompt": _ASKED, "learned": ANSWER + "<|im_end|>", "eos": "<|im_end|>",
        "tokens": ("<|endoftext|>", "<|im_start|>", "<|im_end|>"), "stops": ("<|endoftext|>",),
    }  # fmt: skip
    return Family(**{**facts, **more})


QWEN3 = (
    "{%- for m in messages -%}{%- if m.role == 'assistant' -%}"
    "{%- set said = m.content -%}{%- set thought = '' -%}"
    "{%- if '</think>' in said -%}"
    "{%- set thought = said.split('</think>')[0].split('<think>')[-1].strip('\n') -%}"
    "{%- set said = said.split('</think>')[-1].lstrip('\n') -%}{%- endif -%}"
    "{{- '<|im_start|>assistant\n' -}}"
    "{%- if loop.last -%}{{- '<think>\n' + thought + '\n</think>\n\n' -}}{%- endif -%}"
    "{{- said.lstrip('\n') + '<|im_end|>\n' -}}"
    "{%- else -%}{{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' -}}{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}"
    "{%- if enable_thinking is defined and enable_thinking is false -%}{{- '<think>\n\n</think>\n\n' -}}{%- endif -%}"
    "{%- endif -%}"
)
QWQ = CHATML.replace(
    "'<|im_start|>assistant\n' -}}{%- endif", "'<|im_start|>assistant\n<think>\n' -}}{%- endif"
)
_QWEN3 = _chatml(template=QWEN3, prompt=_ASKED + _THINKS, plain=("<think>", "</think>"))
_LLAMA3 = (
    "{{- bos_token -}}{%- if date_string is not defined -%}{%- if strftime_now is defined and DATED -%}"
    "{%- set date_string = strftime_now('%d %b %Y') -%}{%- else -%}{%- set date_string = '26 Jul 2024' -%}{%- endif -%}"
    "{%- endif -%}{%- if messages[0].role == 'system' -%}{{- raise_exception('no') -}}{%- endif -%}"
    "{{- '<|start_header_id|>system<|end_header_id|>\n\nToday: ' + date_string + '\n\n<|eot_id|>' -}}"
    "{%- for m in messages -%}"
    "{{- '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content | trim + '<|eot_id|>' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}{%- endif -%}"
)


def _llama3(dated: bool, date: str) -> Family:
    return Family(
        template=_LLAMA3.replace("DATED", str(dated).lower()),
        prompt=f"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nToday: {date}\n\n<|eot_id|>"
        f"<|start_header_id|>user<|end_header_id|>\n\n{QUESTION}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        learned=TRIMMED + "<|eot_id|>",
        tokens=(
            "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
            "<|eom_id|>",
        ),
        eos="<|eot_id|>",
        bos="<|begin_of_text|>",
        stops=("<|end_of_text|>", "<|eom_id|>"),
    )  # fmt: skip


def _instructed(before: str, answer: str, learned: str, head: str = "") -> Family:
    """Of Mistral's kind; *before* and *answer* are what stands around a question and for an answer."""
    return Family(
        template="{{- bos_token -}}" + head + "{%- for m in messages -%}"
        "{%- if (m.role == 'user') != (loop.index0 % 2 == 0) -%}{{- raise_exception('Roles must alternate') -}}{%- endif -%}"
        "{%- if m.role == 'user' -%}{{- '" + before + "' -}}"
        "{%- elif m.role == 'assistant' -%}{{- "
        + answer
        + " -}}{%- else -%}{{- raise_exception('No system turn') -}}"
        "{%- endif -%}{%- endfor -%}",
        prompt="<s>" + before.replace("' + m.content + '", QUESTION),
        learned=learned,
        tokens=("<s>", "</s>", "[INST]", "[/INST]"),
        eos="</s>",
        bos="<s>",
    )


FAMILIES: dict[str, Family] = {
    "qwen2.5-coder": _chatml(template=_SYSTEM + CHATML, prompt=_SYSTEM_SAID + _ASKED),
    "qwen2.5-coder, base": _chatml(eos="<|endoftext|>"),
    "qwen3": _QWEN3,
    "qwen3, thinking": _QWEN3._replace(prompt=_ASKED, learned=_THINKS + _QWEN3.learned, thinking="on"),
    "qwen3, as its template": _QWEN3._replace(
        prompt=_ASKED, learned=_THINKS + _QWEN3.learned, thinking="template"
    ),
    "qwen3-thinking and QwQ": _QWEN3._replace(template=QWQ),
    "QwQ, thinking": _QWEN3._replace(
        template=QWQ, prompt=_ASKED + "<think>\n", learned="\n</think>\n\n" + _QWEN3.learned, thinking="on"
    ),
    "qwen3-coder": _chatml(
        template=CHATML.replace("m.content", "(m.content | trim)"), learned=TRIMMED + "<|im_end|>"
    ),
    "deepseek-coder": Family(
        template="{{- bos_token -}}{{- 'You help.\n' -}}{%- for m in messages -%}{%- if m.role == 'user' -%}"
        "{{- '### Instruction:\n' + m.content + '\n' -}}{%- else -%}"
        "{{- '### Response:\n' + m.content + '\n<|EOT|>\n' -}}{%- endif -%}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '### Response:\n' -}}{%- endif -%}",
        prompt=f"<|begin|>You help.\n### Instruction:\n{QUESTION}\n### Response:\n",
        learned=ANSWER + "\n<|EOT|>",
        tokens=("<|begin|>", "<|EOT|>", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
        eos="<|EOT|>",
        bos="<|begin|>",
        stops=("<\uff5cend\u2581of\u2581sentence\uff5c>",),
    ),
    "deepseek-coder-v2": Family(
        template="{{- bos_token -}}{%- for m in messages -%}{%- if m.role == 'user' -%}"
        "{{- 'User: ' + m.content + '\n\n' -}}{%- else -%}{{- 'Assistant: ' + m.content + eos_token -}}{%- endif -%}"
        "{%- endfor -%}{%- if add_generation_prompt -%}{{- 'Assistant:' -}}{%- endif -%}",
        prompt=f"<|begin|>User: {QUESTION}\n\nAssistant:",
        learned=" " + ANSWER + "<\uff5cend\u2581of\u2581sentence\uff5c>",
        tokens=("<|begin|>", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
        eos="<\uff5cend\u2581of\u2581sentence\uff5c>",
        bos="<|begin|>",
    ),
    "deepseek-r1-distill": Family(
        template="{{- bos_token -}}{%- for m in messages -%}{%- if m.role == 'user' -%}{{- '<|User|>' + m.content -}}"
        "{%- else -%}{{- '<|Assistant|>' + m.content.split('</think>')[-1] + eos_token -}}{%- endif -%}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|Assistant|><think>\n' -}}{%- endif -%}",
        prompt=f"<|begin|><|User|>{QUESTION}<|Assistant|>{_THINKS}",
        learned=ANSWER + "<\uff5cend\u2581of\u2581sentence\uff5c>",
        tokens=("<|begin|>", "<\uff5cend\u2581of\u2581sentence\uff5c>", "<|User|>", "<|Assistant|>"),
        eos="<\uff5cend\u2581of\u2581sentence\uff5c>",
        bos="<|begin|>",
        plain=("<think>", "</think>"),
    ),
    "llama 3.1": _llama3(dated=False, date="26 Jul 2024"),
    "llama 3.2 and 3.3": _llama3(dated=True, date="{today:%d %b %Y}"),
    "mistral 0.1": _instructed("[INST] ' + m.content + ' [/INST]", "m.content + eos_token", ANSWER + "</s>"),
    "mistral 0.3": _instructed(
        "[INST] ' + m.content + '[/INST]", "' ' + m.content + eos_token", " " + ANSWER + "</s>"
    ),
    "mistral small": _instructed(
        "[INST]' + m.content + '[/INST]",
        "m.content + eos_token",
        ANSWER + "</s>",
        head="{%- set today = strftime_now('%Y-%m-%d') -%}{{- 'The date is ' + today + '.' -}}",
    )._replace(prompt=f"<s>The date is {{today:%Y-%m-%d}}.[INST]{QUESTION}[/INST]"),
    "codellama": _instructed(
        "[INST] ' + m.content + ' [/INST]", "' ' + m.content | trim + ' ' + eos_token", f" {TRIMMED} </s>"
    ),
    "gemma 2": Family(
        template="{{- bos_token -}}{%- if messages[0].role == 'system' -%}{{- raise_exception('no') -}}{%- endif -%}"
        "{%- for m in messages -%}{%- set role = 'model' if m.role == 'assistant' else m.role -%}"
        "{{- '<start_of_turn>' + role + '\n' + m.content | trim + '<end_of_turn>\n' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<start_of_turn>model\n' -}}{%- endif -%}",
        prompt=f"<bos><start_of_turn>user\n{QUESTION}<end_of_turn>\n<start_of_turn>model\n",
        learned=TRIMMED + "<end_of_turn>",
        tokens=("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"),
        eos="<eos>",
        bos="<bos>",
        stops=("<eos>",),
        plain=("\n\n", "\n", "<h1>"),
    ),
    "gemma 3 and others that take parts only": _chatml(
        template=CHATML.replace(
            "m.content", "(m.content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join)"
        )
    ),
    "phi 3": Family(
        template="{%- for m in messages -%}{{- '<|' + m.role + '|>\n' + m.content + '<|end|>\n' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|assistant|>\n' -}}{%- else -%}{{- eos_token -}}{%- endif -%}",
        prompt=f"<|user|>\n{QUESTION}<|end|>\n<|assistant|>\n",
        learned=ANSWER + "<|end|>",
        tokens=("<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>"),
        eos="<|endoftext|>",
    ),
    "phi 4": _chatml(
        template=CHATML.replace("m.role + '\n'", "m.role + '<|im_sep|>'")
        .replace("'<|im_end|>\n'", "'<|im_end|>'")
        .replace("assistant\n", "assistant<|im_sep|>"),
        prompt=f"<|im_start|>user<|im_sep|>{QUESTION}<|im_end|><|im_start|>assistant<|im_sep|>",
        tokens=("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|im_sep|>"),
    ),
    "starchat": Family(
        template="{{- '<|system|>\n<|end|>\n' -}}{%- for m in messages -%}"
        "{{- '<|' + m.role + '|>\n' + m.content + '<|end|>\n' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}",
        prompt=f"<|system|>\n<|end|>\n<|user|>\n{QUESTION}<|end|>\n<|assistant|>",
        learned="\n" + ANSWER + "<|end|>",
        tokens=("<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
        eos="<|endoftext|>",
    ),
    "granite": Family(
        template="{{- '<|start_of_role|>system<|end_of_role|>Date: ' + strftime_now('%B %d, %Y') + '.' -}}"
        "{%- if thinking -%}{{- ' Think first.' -}}{%- endif -%}{{- '<|end_of_text|>\n' -}}"
        "{%- for m in messages -%}"
        "{{- '<|start_of_role|>' + m.role + '<|end_of_role|>' + m.content + '<|end_of_text|>\n' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|start_of_role|>assistant<|end_of_role|>' -}}{%- endif -%}",
        prompt="<|start_of_role|>system<|end_of_role|>Date: {today:%B %d, %Y}.<|end_of_text|>\n"
        f"<|start_of_role|>user<|end_of_role|>{QUESTION}<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>",
        learned=ANSWER + "<|end_of_text|>",
        tokens=("<|end_of_text|>", "<|start_of_role|>", "<|end_of_role|>"),
        eos="<|end_of_text|>",
    ),
    "smollm2": _chatml(template=_SYSTEM + CHATML, prompt=_SYSTEM_SAID + _ASKED),
    "zephyr": Family(
        template="{%- for m in messages -%}{{- '<|' + m.role + '|>\n' + m.content + eos_token + '\n' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|assistant|>\n' -}}{%- endif -%}",
        prompt=f"<|user|>\n{QUESTION}</s>\n<|assistant|>\n",
        learned=ANSWER + "</s>",
        tokens=("<s>", "</s>"),
        eos="</s>",
        bos="<s>",
    ),
    "vicuna, with a blank at the end of the question": Family(
        template="{%- for m in messages -%}{%- if m.role == 'user' -%}{{- 'USER: ' + m.content + ' ' -}}{%- else -%}"
        "{{- 'ASSISTANT: ' + m.content + eos_token -}}{%- endif -%}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- 'ASSISTANT: ' -}}{%- endif -%}",
        prompt=f"USER: {QUESTION} ASSISTANT: ",
        learned=ANSWER + "</s>",
        tokens=("<s>", "</s>"),
        eos="</s>",
    ),
    "a template without generation prompt": _chatml(template=CHATML.partition("{%- if")[0]),
    "a list of named templates": _chatml(template={"tool_use": "{{ tools }}", "default": CHATML}),
    "glm 4, whose next turn ends the one before": Family(
        template="{%- for m in messages -%}{{- '<|' + m.role + '|>\n' + m.content -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|assistant|>\n' -}}{%- endif -%}",
        prompt=f"<|user|>\n{QUESTION}<|assistant|>\n",
        learned=ANSWER + "<|user|>",
        tokens=("<|endoftext|>", "<|user|>", "<|assistant|>"),
        eos="<|endoftext|>",
    ),
    "gpt-oss": Family(
        template="{%- for m in messages -%}{%- if m.role == 'user' -%}"
        "{{- '<|start|>user<|message|>' + m.content + '<|end|>' -}}{%- else -%}"
        "{{- '<|start|>assistant<|channel|>final<|message|>' + m.content -}}"
        "{{- '<|return|>' if loop.last else '<|end|>' -}}{%- endif -%}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|start|>assistant' -}}{%- endif -%}",
        prompt=f"<|start|>user<|message|>{QUESTION}<|end|><|start|>assistant",
        learned=f"<|channel|>final<|message|>{ANSWER}<|return|>",
        tokens=(
            "<|endoftext|>",
            "<|start|>",
            "<|end|>",
            "<|message|>",
            "<|channel|>",
            "<|return|>",
        ),
        eos="<|return|>",
        stops=("<|endoftext|>",),
    ),
    "magistral": _instructed(
        "[INST]' + m.content + '[/INST]", "m.content + eos_token", ANSWER + "</s>"
    )._replace(tokens=("<s>", "</s>", "[INST]", "[/INST]", "[THINK]", "[/THINK]")),
    "seed-oss": Family(
        template="{%- for m in messages -%}{{- bos_token + m.role + '\n' + m.content + eos_token -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- bos_token + 'assistant\n' -}}"
        "{%- if thinking_budget is defined and thinking_budget == 0 -%}"
        "{{- '<seed:think>\n</seed:think>' -}}{%- endif -%}{%- endif -%}",
        prompt=f"<seed:bos>user\n{QUESTION}<seed:eos><seed:bos>assistant\n<seed:think>\n</seed:think>",
        learned=ANSWER + "<seed:eos>",
        tokens=("<seed:bos>", "<seed:eos>"),
        eos="<seed:eos>",
        bos="<seed:bos>",
        plain=("<seed:think>", "</seed:think>"),
    ),
}


def tokenizer_of(family: Family) -> Any:
    """The embedded model's words with the control tokens of *family* in the place of its own."""
    from transformers import PreTrainedTokenizerFast

    made = PreTrainedTokenizerFast(tokenizer_object=_words())
    named = {"eos_token": family.eos, **({"bos_token": family.bos} if family.bos else {})}
    made.add_special_tokens({**named, "additional_special_tokens": list(family.tokens)})
    made.add_tokens(list(family.plain))
    template = family.template
    made.chat_template = template if isinstance(template, str) else dict(template)
    return made


@cache
def _vocabulary() -> str:
    import json

    data = json.loads((resources.files("ct_retrain.demo") / "model" / "tokenizer.json").read_text("utf-8"))
    data["added_tokens"] = []
    data["post_processor"] = None
    return json.dumps(data)


def _words() -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_str(_vocabulary())
