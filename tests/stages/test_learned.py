"""An adapter that was not trained is an error with a reason, whoever trained it."""

import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.core.records.training import LossPoint
from ct_retrain.core.rules import learning
from ct_retrain.stages._adapter import untrained

LORA = "base_model.model.layers.{}.q_proj.lora_{}.weight"


def write(directory: Path, method: str, tensors: dict[str, np.ndarray], *, dtype: str = "F32") -> Path:
    """An adapter of *method* as safetensors lays it out."""
    directory.mkdir(exist_ok=True)
    header, data = {}, b""
    for name, values in tensors.items():
        if dtype == "BF16":
            raw = (np.asarray(values, "<f4").view("<u4") >> 16).astype("<u2").tobytes()
        else:
            raw = np.asarray(values, {"F32": "<f4", "F16": "<f2"}[dtype]).tobytes()
        header[name] = {
            "dtype": dtype,
            "shape": list(np.shape(values)),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    (directory / "adapter_model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    (directory / "adapter_config.json").write_text(json.dumps({"peft_type": method}))
    return directory


def lora(b: float, layers: int = 3) -> dict[str, np.ndarray]:
    """LoRA matrices, of which B holds *b* in the last layer and 0 elsewhere."""
    found: dict[str, np.ndarray] = {}
    for layer in range(layers):
        found[LORA.format(layer, "A")] = np.full((4, 8), 0.3)
        found[LORA.format(layer, "B")] = np.full((8, 4), b if layer == layers - 1 else 0.0)
    return found


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
@pytest.mark.parametrize("nothing", [0.0, -0.0])
def test_lora_whose_b_is_zero_was_not_trained(tmp_path: Path, dtype: str, nothing: float) -> None:
    reason = untrained(write(tmp_path, "LORA", lora(nothing), dtype=dtype))

    assert reason == "all 3 lora_B tensors are 0, as they were before the first step"


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_one_value_of_one_layer_is_training(tmp_path: Path, dtype: str) -> None:
    tensors = lora(0.0)
    tensors[LORA.format(1, "B")][5, 2] = 1e-4

    assert untrained(write(tmp_path, "LORA", tensors, dtype=dtype)) == ""


def test_values_that_are_not_finite_are_told(tmp_path: Path) -> None:
    assert "not finite" in untrained(write(tmp_path, "LORA", lora(math.nan)))
    assert "not finite" in untrained(write(tmp_path, "UNHEARD_OF", {"t": np.array([math.inf])}))


def test_other_methods_that_start_at_nothing_are_known(tmp_path: Path) -> None:
    scale = np.ones((4,))
    assert "ia3_l tensors are 1" in untrained(write(tmp_path, "IA3", {"h.ia3_l": scale}))
    assert untrained(write(tmp_path, "IA3", {"h.ia3_l": scale * 1.01})) == ""
    vera = {"q.vera_lambda_b": scale * 0, "q.vera_lambda_d": scale}
    assert "vera_lambda_b" in untrained(write(tmp_path, "VERA", vera))


def test_where_something_else_was_saved_nothing_is_concluded(tmp_path: Path) -> None:
    tensors = {**lora(0.0), "base_model.model.lm_head.weight": np.ones((2, 2))}

    assert untrained(write(tmp_path, "LORA", tensors)) == ""
    assert untrained(write(tmp_path, "UNHEARD_OF", lora(0.0))) == ""


def test_a_file_that_is_no_safetensors_is_left_to_the_benchmark(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    for content in (b"", b"weights", b"\xff" * 64):
        (tmp_path / "adapter_model.safetensors").write_bytes(content)
        assert untrained(tmp_path) == ""
    assert untrained(tmp_path / "nowhere") == ""


@pytest.mark.parametrize("method", ["LORA", "ADALORA", "LOHA", "LOKR", "VERA", "OFT", "BOFT", "IA3"])
def test_what_peft_itself_starts_with_is_not_trained(tmp_path: Path, method: str) -> None:
    peft, torch = pytest.importorskip("peft"), pytest.importorskip("torch")
    makers = {
        "LORA": lambda targets: peft.LoraConfig(target_modules=targets),
        "ADALORA": lambda targets: peft.AdaLoraConfig(target_modules=targets, total_step=9),
        "LOHA": lambda targets: peft.LoHaConfig(target_modules=targets),
        "LOKR": lambda targets: peft.LoKrConfig(target_modules=targets),
        "VERA": lambda targets: peft.VeraConfig(target_modules=targets),
        "OFT": lambda targets: peft.OFTConfig(target_modules=targets, oft_block_size=4, r=0),
        "BOFT": lambda targets: peft.BOFTConfig(target_modules=targets, boft_block_size=4),
        "IA3": lambda targets: peft.IA3Config(target_modules=targets, feedforward_modules=[]),
    }
    model = torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.Linear(16, 16))
    wrapped = peft.get_peft_model(model, makers[method](["0", "1"]))
    wrapped.save_pretrained(tmp_path / "fresh")
    assert "before the first step" in untrained(tmp_path / "fresh")
    for name, parameter in wrapped.named_parameters():
        if parameter.requires_grad:
            torch.manual_seed(len(name))
            parameter.data += torch.randn_like(parameter) / 10
    wrapped.save_pretrained(tmp_path / "trained")
    assert untrained(tmp_path / "trained") == ""


def curve(*losses: float, norm: float | None = 1.0) -> list[LossPoint]:
    return [
        LossPoint(step=step, loss=loss, learning_rate=1e-4, gradient_norm=norm)
        for step, loss in enumerate(losses, 1)
    ]


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        (curve(2.0, math.nan), "the loss became nan at step 2"),
        (curve(2.0, math.inf), "the loss became inf at step 2"),
        (curve(2.0, norm=math.nan), "the gradient norm became nan at step 1"),
        (curve(0.0, 0.0, 0.0), "the loss is 0 from the start"),
        (curve(2.0, 2.1, 1.9, norm=0.0), "the gradient norm is 0"),
        (curve(*[2.0] * 20), "the loss never fell"),
        (curve(*[2.0 + 0.05 * math.sin(step) - step / 5000 for step in range(60)]), "the loss never fell"),
        (curve(*[2.0 + step / 10 for step in range(60)]), "the loss never fell"),
    ],
)
def test_every_way_of_learning_nothing_has_its_reason(losses: list[LossPoint], reason: str) -> None:
    assert reason in learning.taught_nothing(losses)
    early = learning.stop_reason(losses)
    assert early == "" if "never" in reason else reason in early


def test_a_curve_that_falls_is_fine_and_a_short_one_tells_nothing() -> None:
    assert learning.taught_nothing(curve(*[2.0 - step / 100 for step in range(60)])) == ""
    assert learning.taught_nothing(curve(2.0, 2.1)) == ""
    assert learning.taught_nothing([]) == ""


def test_a_training_that_is_under_way_is_given_time() -> None:
    assert learning.stop_reason(curve(0.0, 0.0)) == ""
    assert learning.stop_reason(curve(0.0, 0.5, 0.5)) == ""
    assert learning.stop_reason(curve(1.0, 1.0, norm=0.0)) == ""


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=200))
def test_noise_that_ends_lower_than_it_began_is_learning(losses: list[float]) -> None:
    assert learning.taught_nothing(curve(*losses, *[0.001] * (2 * len(losses) + 20))) == ""
