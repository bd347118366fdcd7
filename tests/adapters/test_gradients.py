"""Gradients of what is trained against a reference: the quantised base, packed rows, and the loss of answers only."""

import shutil

import pytest
from tests.adapters.conftest import rows

from ct_retrain.adapters import (
    _answer_loss,
    _base_model,
    _mixture,
    _modelling,
    qlora,
)
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.training import Hyperparameters


@pytest.fixture(scope="module")
def wide(base, tmp_path_factory):
    """A tiny Llama, which has no biases, with layers of a width that bitsandbytes repacks: 32 outputs, 64 inputs, or more."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config

    directory = tmp_path_factory.mktemp("wide")
    shutil.copytree(base, directory, dirs_exist_ok=True)
    same = ("vocab_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "initializer_range",
            "max_position_embeddings", "tie_word_embeddings", "bos_token_id", "eos_token_id", "pad_token_id")  # fmt: skip
    narrow = Qwen2Config.from_pretrained(base)
    config = LlamaConfig(
        hidden_size=128, intermediate_size=256, **{name: getattr(narrow, name) for name in same}
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(directory)
    return directory


def trainer_of(plan, directory, model, *, packed):
    tokenizer = _modelling.load_tokenizer(model)
    tokens = _mixture.tokenised(plan, tokenizer)
    made_of = qlora._Ingredients(model, tokenizer, tokens)
    knobs = plan.hyperparameters.model_copy(update={"packing": packed})
    return qlora._trainer(knobs, directory, made_of)[0]


def move(model):
    """Give both LoRA matrices values, without which half of the gradients are 0."""
    import torch

    for name, weight in model.named_parameters():
        if weight.requires_grad:
            noise = torch.Generator().manual_seed(len(name))
            weight.data = (torch.randn(weight.shape, generator=noise) * 0.05).to(weight)


def gradient(model, loss):
    import torch

    model.zero_grad()
    loss.backward()
    return torch.cat(
        [weight.grad.double().flatten().cpu() for _, weight in sorted(model.named_parameters()) if weight.requires_grad]
    )  # fmt: skip


def cosine(one, other):
    import torch

    return float(torch.nn.functional.cosine_similarity(one, other, 0))


def tensors(batch, device):
    """What a model reads of *batch*; packed ones also hold plain numbers for flash attention."""
    import torch

    return {name: value.to(device) for name, value in batch.items() if torch.is_tensor(value)}


def dequantised(model):
    """Path → a plain layer with the weights that the quantised layer there stands for."""
    import torch
    from bitsandbytes.functional import dequantize_4bit

    layers = {}
    for path, module in model.named_modules():
        if path.endswith(".base_layer") and hasattr(module.weight, "quant_state"):
            weight = dequantize_4bit(module.weight.data, module.weight.quant_state).float().clone()
            plain = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=module.bias is not None)
            plain.weight = torch.nn.Parameter(weight, requires_grad=False)
            plain.bias = module.bias
            layers[path] = plain.to(weight.device)
    return layers


@pytest.mark.parametrize("packed", [False, True], ids=["padded", "packed"])
def test_gradients_of_a_quantised_base_are_those_of_its_dequantised_copy(plan_for, tmp_path, wide, packed):
    import torch

    knobs = {"quantization": "nf4", "batch_size": 1 if packed else 3, "max_length": 256}
    plan = plan_for(model=str(wide), **knobs)
    trainer = trainer_of(plan, tmp_path / "nf4", wide, packed=packed)
    model = trainer.model
    move(model)
    batch = tensors(next(iter(trainer.get_train_dataloader())), model.device)
    copy = dequantised(model)
    assert len(copy) == 14
    model.eval()  # as evaluation between two steps would
    with torch.no_grad():
        model(**{name: value for name, value in batch.items() if name != "labels"})
    model.train()
    _base_model.require_gradients(model)
    found = gradient(model, trainer.compute_loss(model, dict(batch)))

    for path, layer in copy.items():
        model.set_submodule(path, layer)
    truth = gradient(model, model(**batch, use_cache=False).loss)
    assert cosine(found, truth) > 0.99
    assert 0.9 < float(found.norm() / truth.norm()) < 1.1


def test_a_layer_repacked_for_inference_stops_the_training(wide):
    import torch
    from bitsandbytes.functional import has_avx512bf16

    if torch.cuda.is_available() or not has_avx512bf16():
        pytest.skip("bitsandbytes repacks layers only on a CPU with AVX512-BF16")
    knobs = Hyperparameters(dtype="float32")
    model = _base_model.load_base_model(knobs, wide)
    model.requires_grad_(False)  # as under PEFT
    model.eval()(input_ids=torch.arange(8)[None])
    _base_model.require_gradients(model)
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = True
    model(input_ids=torch.arange(8)[None])
    with pytest.raises(ToolError, match="repacked 14 layers"):
        _base_model.require_gradients(model)


@pytest.mark.parametrize("packed", [False, True], ids=["padded", "packed"])
def test_the_loss_of_answers_only_is_that_of_the_whole_batch(plan_for, tmp_path, base, packed):
    plan = plan_for(batch_size=1 if packed else 4)
    trainer = trainer_of(plan, tmp_path / "out", base, packed=packed)
    model = trainer.model.cpu().train()
    move(model)
    for batch in list(trainer.get_train_dataloader())[:2]:
        inputs = tensors(batch, "cpu")
        whole = model(**inputs, use_cache=False).loss
        full = gradient(model, whole)
        answers = _answer_loss.answer_loss(model, inputs)
        assert answers.item() == pytest.approx(whole.item(), rel=1e-5)
        assert cosine(gradient(model, answers), full) > 0.99999


def test_a_loss_curve_with_answers_only_is_that_of_trl(plan_for, tmp_path, monkeypatch):
    plan = plan_for(max_steps=12, learning_rate=1e-2, accumulation=2)
    ours = qlora.InProcessTrainer().fit(plan, tmp_path / "ours").losses
    monkeypatch.setattr(_answer_loss, "_LARGEST", 0)  # every batch is too large: TRL's own loss
    theirs = qlora.InProcessTrainer().fit(plan, tmp_path / "theirs").losses

    assert ours[-1].loss < 0.8 * ours[0].loss
    assert [point.loss for point in ours] == pytest.approx([point.loss for point in theirs], rel=1e-3)


def test_a_head_that_scales_and_caps_its_logits_keeps_doing_so(base, tmp_path):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Gemma2Config, Gemma2ForCausalLM

    torch.manual_seed(0)
    config = Gemma2Config(
        vocab_size=100, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, final_logit_softcapping=2.0, initializer_range=0.5,
    )  # fmt: skip
    adapted = LoraConfig(target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(Gemma2ForCausalLM(config), adapted)
    ids = torch.randint(0, 100, (2, 12), generator=torch.Generator().manual_seed(0))
    labels = ids.clone()
    labels[:, :5] = _mixture.IGNORED
    whole = model(input_ids=ids, labels=labels).loss
    answers = _answer_loss.answer_loss(model, {"input_ids": ids, "labels": labels})
    assert answers.item() == pytest.approx(whole.item(), rel=1e-5)


def test_an_adapter_on_the_output_layer_is_refused_by_name(plan_for, tmp_path):
    with pytest.raises(UsageError, match="output layer lm_head"):
        qlora.InProcessTrainer().fit(plan_for(targets="q_proj,lm_head"), tmp_path / "out")


def test_a_cpu_pads_and_keeps_activations_unless_told_otherwise(plan_for, tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    chosen = [
        qlora.InProcessTrainer(spare_memory=spare).fit(
            plan_for(max_steps=1, packing="auto", gradient_checkpointing="auto"), tmp_path / f"{spare}"
        ).versions
        for spare in (False, True)
    ]  # fmt: skip
    assert [one["packing"] for one in chosen] == ["none, rows are padded"] * 2
    assert [one["gradient checkpointing"] for one in chosen] == ["off", "on"]
    told = qlora.InProcessTrainer().fit(
        plan_for(lines=rows(12), max_steps=1, batch_size=1, packing=True, gradient_checkpointing=True),
        tmp_path / "told",
    )
    assert told.versions["packing"] != "none, rows are padded"
    assert told.versions["gradient checkpointing"] == "on"
