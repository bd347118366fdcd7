"""A merged model, loaded by plain transformers, answers as the adapter on its base does."""

import json
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from tests.adapters.promises import PROMPTS, said_plainly
from transformers import AutoModelForCausalLM, AutoTokenizer

import ct_retrain.demo
from ct_retrain.adapters.merging import Merged, merge
from ct_retrain.adapters.qlora import QloraTrainer
from ct_retrain.core.errors import ToolError, UsageError

EMBEDDED = Path(ct_retrain.demo.__file__).parent / "model"


def random_adapter(base: Path, out: Path, **options: object) -> Path:
    """A random adapter on the model in *base* that changes answers."""
    torch.manual_seed(1)
    config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", **options)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.02)
    model.save_pretrained(out)
    return out


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_adapter(EMBEDDED, tmp_path_factory.mktemp("embedded") / "adapter")


def _said(directory: Path, adapter: Path | None = None) -> list[str]:
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    asked = model if adapter is None else PeftModel.from_pretrained(model, str(adapter))
    return [said_plainly(asked, tokenizer, prompt.text, 40) for prompt in PROMPTS]


def _merged(base: Path, adapter: Path, out: Path, dtype: str = "base") -> Merged:
    out.mkdir()
    return merge(str(base), adapter, out, dtype)  # type: ignore[arg-type]


def test_the_merged_model_says_what_the_adapter_says(adapted: Path, tmp_path: Path) -> None:
    told = _merged(EMBEDDED, adapted, tmp_path / "merged", "float32")

    assert told.dtype == "float32"
    assert told.lost < 1e-5
    assert _said(tmp_path / "merged") == _said(EMBEDDED, adapted) != _said(EMBEDDED)


def test_rounding_to_the_type_of_the_base_is_told(adapted: Path, tmp_path: Path) -> None:
    told = _merged(EMBEDDED, adapted, tmp_path / "own")
    _merged(EMBEDDED, adapted, tmp_path / "exact", "float32")

    own, exact, base = (
        load_file(path / "model.safetensors") for path in (tmp_path / "own", tmp_path / "exact", EMBEDDED)
    )
    changed = [name for name in exact if not torch.equal(exact[name], base[name].float())]
    change = sum(float((exact[name] - base[name].float()).square().sum()) for name in changed)
    rounded = sum(float((own[name].float() - exact[name]).square().sum()) for name in changed)
    assert told.dtype == json.loads((EMBEDDED / "config.json").read_text())["dtype"] == "float16"
    assert {weight.dtype for weight in own.values()} == {torch.float16}
    assert told.lost == pytest.approx((rounded / change) ** 0.5, rel=0.05)
    assert 0 < told.lost < 0.1


def test_each_merged_weight_is_the_nearest_of_its_type(adapted: Path, tmp_path: Path) -> None:
    _merged(EMBEDDED, adapted, tmp_path / "own")
    _merged(EMBEDDED, adapted, tmp_path / "exact", "float32")

    own, exact = (load_file(path / "model.safetensors") for path in (tmp_path / "own", tmp_path / "exact"))
    for name, weight in exact.items():
        nearest = (weight.half().float() - weight).abs()
        assert not ((own[name].float() - weight).abs() > nearest).any(), name


def test_a_type_that_cannot_hold_the_sum_is_refused(base: Path, tmp_path: Path) -> None:
    adapter = random_adapter(base, tmp_path / "adapter", lora_alpha=1e9)

    with pytest.raises(ToolError, match=r"does not merge in float16 .*: try --dtype float32"):
        _merged(base, adapter, tmp_path / "merged", "float16")
    assert _merged(base, adapter, tmp_path / "wide", "float32").dtype == "float32"


def test_an_adapter_trained_on_four_bits_is_merged_into_the_weights_that_the_night_asks(
    plan_for, base: Path, tmp_path: Path
) -> None:
    QloraTrainer().fit(plan_for(quantization="nf4", max_steps=3, learning_rate=0.05), tmp_path / "out")
    adapter = tmp_path / "out" / "adapter"

    told = _merged(base, adapter, tmp_path / "merged")

    assert told.dtype == "float32"
    assert _said(tmp_path / "merged") == _said(base, adapter) != _said(base)
    assert "quantization_config" not in json.loads((tmp_path / "merged" / "config.json").read_text())


def test_what_would_not_be_exact_is_refused(base: Path, tmp_path: Path) -> None:
    dora = random_adapter(base, tmp_path / "dora", use_dora=True)

    with pytest.raises(UsageError, match="cannot be merged exactly"):
        _merged(base, dora, tmp_path / "merged")
