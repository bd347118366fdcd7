"""What is measured is what is served: the benchmark's model gives the logits and answers that plain PEFT gives."""

import inspect
from typing import Any

import pytest
from tests.adapters.promises import said_plainly

from ct_retrain.adapters import generators
from ct_retrain.adapters.generators import TransformersGenerators
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.problem import Prompt, Sampling

LORA: dict[str, dict[str, Any]] = {
    "plain": {"target_modules": "all-linear"},
    "rslora": {"target_modules": "all-linear", "use_rslora": True},
    "dora": {"target_modules": "all-linear", "use_dora": True},
    "some layers": {"target_modules": ["q_proj", "down_proj"], "layers_to_transform": [1]},
    "ranks by layer": {
        "target_modules": ["q_proj", "v_proj"],
        "rank_pattern": {"q_proj": 2},
        "alpha_pattern": {"v_proj": 64},
    },
    "output layer": {"target_modules": ["q_proj", "lm_head"]},
    "embeddings": {"target_modules": ["q_proj", "embed_tokens"]},
    "both ends": {"target_modules": ["lm_head", "embed_tokens"]},
    "both ends tied": {"target_modules": ["lm_head", "embed_tokens"], "ensure_weight_tying": True},
    "output layer trained whole": {"target_modules": ["q_proj"], "modules_to_save": ["lm_head"]},
    "embeddings trained whole": {"target_modules": ["q_proj"], "modules_to_save": ["embed_tokens"]},
    "norms trained whole": {"target_modules": ["q_proj"], "modules_to_save": ["norm"]},
    "some tokens trained": {"target_modules": ["q_proj"], "trainable_token_indices": [3, 5, 8]},
    "every bias": {"target_modules": ["q_proj"], "bias": "all"},
    "biases of lora": {"target_modules": ["q_proj"], "bias": "lora_only"},
    "bias in lora_b": {"target_modules": ["q_proj"], "lora_bias": True},
    "pissa": {"target_modules": ["q_proj", "v_proj"], "init_lora_weights": "pissa"},
    "olora": {"target_modules": ["q_proj", "v_proj"], "init_lora_weights": "olora"},
    "parameters": {"target_modules": ["q_proj"], "target_parameters": ["mlp.down_proj.weight"]},
}
REFUSED = {"PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING", "MULTITASK_PROMPT_TUNING", "CPT"}
OTHERS = {
    "ADALORA": {"target_modules": ["q_proj", "v_proj"], "total_step": 100},
    "IA3": {"target_modules": ["k_proj", "down_proj"], "feedforward_modules": ["down_proj"]},
    "FOURIERFT": {"target_modules": ["q_proj"], "n_frequency": 50},
    "RANDLORA": {"target_modules": ["q_proj"], "r": 4},
    "TRAINABLE_TOKENS": {"target_modules": ["embed_tokens"], "token_indices": [1, 4]},
    "LN_TUNING": {"target_modules": ["input_layernorm"]},
    "PROMPT_TUNING": {"num_virtual_tokens": 4},
    "P_TUNING": {"num_virtual_tokens": 4, "encoder_hidden_size": 16},
    "PREFIX_TUNING": {"num_virtual_tokens": 4},
}
"""What a kind needs beside target modules."""


def plain(base):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(base).eval()


def made(base, config, directory):
    """An adapter of *config* in *directory* whose every weight was moved."""
    import torch
    from peft import get_peft_model

    torch.manual_seed(1)
    model = get_peft_model(plain(base), config)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad and weight.is_floating_point():
                weight.add_(torch.randn_like(weight) * 0.1)
    model.save_pretrained(directory)
    return directory


def logits(model):
    import torch

    ids = torch.randint(0, 250, (2, 20), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return model(input_ids=ids, use_cache=False).logits


def compare(base, adapter, opener):
    """Whether *opener* gives the logits of PEFT, and of mainline afterwards."""
    import torch
    from peft import PeftModel

    served = logits(PeftModel.from_pretrained(plain(base), adapter).eval())
    mainline = logits(plain(base))
    measured = logits(opener.model(adapter))
    assert torch.allclose(measured, served, atol=2e-3), float((measured - served).abs().max())
    assert not torch.allclose(mainline, served, atol=2e-3), "the adapter does nothing: nothing was compared"
    assert torch.equal(logits(opener.model(None)), mainline)
    assert torch.allclose(logits(opener.model(adapter)), measured)


@pytest.fixture(params=[True, False], ids=["on a cpu", "as on cuda"])
def opener(request, base, monkeypatch):
    monkeypatch.setattr(generators, "_merges", lambda _base: request.param)
    return TransformersGenerators(str(base), 4)


@pytest.mark.parametrize("name", LORA)
def test_lora_of_every_form_is_measured_as_it_is_served(name, base, opener, tmp_path):
    from peft import LoraConfig

    config = LoraConfig(r=4, task_type="CAUSAL_LM", **LORA[name])
    compare(base, made(base, config, tmp_path / "adapter"), opener)


def kinds():
    peft = pytest.importorskip("peft")
    return sorted(kind.value for kind in peft.mapping.PEFT_TYPE_TO_CONFIG_MAPPING if kind.value != "LORA")


def _config(kind):
    from peft import PeftType
    from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

    form = PEFT_TYPE_TO_CONFIG_MAPPING[PeftType(kind)]
    known = inspect.signature(form).parameters
    wanted = {"target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM", **OTHERS.get(kind, {})}
    return form(**{name: value for name, value in wanted.items() if name in known})


def measured_as_served_or_refused(kind, base, directory, monkeypatch):
    try:
        adapter = made(base, _config(kind), directory)
    except Exception as error:  # noqa: BLE001 - PEFT's own word that this model cannot have such an adapter
        pytest.skip(f"PEFT makes no {kind} for this model: {error}")
    for merged in (True, False):
        monkeypatch.setattr(generators, "_merges", lambda _base, merged=merged: merged)
        opener = TransformersGenerators(str(base), 4)
        refusal = refused(opener, adapter)
        assert not refusal or kind in refusal or "does not load" in refusal
        assert bool(refusal) == (kind in REFUSED) or kind not in OTHERS, refusal
        if not refusal:
            compare(base, adapter, opener)


def refused(opener, adapter):
    """Why *opener* does not take *adapter*, or nothing."""
    try:
        opener.model(adapter)
    except ToolError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "kind", ["ADALORA", "IA3", "VERA", "TRAINABLE_TOKENS", "PROMPT_TUNING", "PREFIX_TUNING"]
)
def test_a_known_kind_is_measured_as_it_is_served_or_refused(kind, base, tmp_path, monkeypatch):
    measured_as_served_or_refused(kind, base, tmp_path / "adapter", monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds())
def test_every_kind_that_peft_knows_is_measured_as_it_is_served_or_refused(kind, base, tmp_path, monkeypatch):
    measured_as_served_or_refused(kind, base, tmp_path / "adapter", monkeypatch)


def test_an_adapter_that_waits_for_certain_tokens_is_refused(base, tmp_path):
    from peft import LoraConfig

    config = LoraConfig(r=4, target_modules=["q_proj"], task_type="CAUSAL_LM", alora_invocation_tokens=[5, 6])
    adapter = made(base, config, tmp_path / "adapter")
    with pytest.raises(ToolError, match="only after certain tokens"):
        TransformersGenerators(str(base), 4).open(adapter)


@pytest.mark.parametrize("name", ["plain", "output layer", "both ends", "some tokens trained"])
def test_greedy_answers_are_those_of_peft(name, base, opener, tmp_path):
    from peft import LoraConfig, PeftModel
    from transformers import AutoTokenizer

    config = LoraConfig(r=4, task_type="CAUSAL_LM", **LORA[name])
    adapter = made(base, config, tmp_path / "adapter")
    tokenizer = AutoTokenizer.from_pretrained(base)
    served = PeftModel.from_pretrained(plain(base), adapter).eval()
    prompts = [Prompt(id=str(number), text="Write an and gate" + " now" * number) for number in range(3)]
    greedy = Sampling(samples=1, temperature=0.0, top_p=1.0, max_new_tokens=16, seed=0)
    answers = {one.prompt_id: one.text for one in opener.open(adapter).generate(prompts, greedy)}
    for prompt in prompts:
        assert answers[prompt.id] == said_plainly(served, tokenizer, prompt.text, 16)
