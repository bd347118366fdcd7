"""Gives a fresh Qwen2 model the copying circuit that small models otherwise learn late.

Layer 0 starts with heads that look a fixed number of tokens back, layer 1 with heads that find the place where
the current token stood before and copy what followed it there. All of it is trained on afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Generator, Tensor

MATCH_SHARPNESS = 1.6
POSITION_SHARPNESS = 7.0
SLOW_ROTATION = 0.006
"""Only rotary pairs slower than this carry content: they hardly turn over the length of a spec."""


@dataclass(frozen=True, slots=True)
class _Shape:
    head: int
    heads_per_group: int
    frequencies: Tensor
    written: Tensor
    """Orthonormal columns of the residual stream that hold the previous token."""
    read: Tensor
    """Orthonormal rows that read the current token."""
    gain: float
    """Size of one written column, so that it is as loud as an embedding."""


def plant_induction(model: Any, seed: int) -> None:
    """Overwrite the first key-value group of layers 0 and 1; damp what the other parts write at the start."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    shape = _shape(model.config, generator)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.mul_(0.1)
            layer.mlp.down_proj.weight.mul_(0.1)
        _look_back(model, shape, generator)
        _match_and_copy(model, shape, generator)


def _shape(config: Any, generator: Generator) -> _Shape:
    import torch

    width, heads, groups = config.hidden_size, config.num_attention_heads, config.num_key_value_heads
    head = width // heads
    theta = float(config.rope_parameters["rope_theta"])
    return _Shape(
        head=head,
        heads_per_group=heads // groups,
        frequencies=theta ** (-torch.arange(0, head, 2).float() / head),
        written=_orthonormal(width, generator)[:, :head],
        read=_orthonormal(width, generator)[:, :head].T,
        gain=config.initializer_range * (width / head) ** 0.5,
    )


def _orthonormal(width: int, generator: Generator) -> Tensor:
    import torch

    columns: Tensor = torch.linalg.qr(torch.randn(width, width, generator=generator)).Q
    return columns


def _look_back(model: Any, shape: _Shape, generator: Generator) -> None:
    """Head *n* attends to the token *n* + 1 places back: constant keys, queries turned by that many steps."""
    import torch

    attention, half, size = model.model.layers[0].self_attn, shape.head // 2, shape.head
    attention.k_proj.weight[:size] = 0
    attention.k_proj.bias[:half] = POSITION_SHARPNESS
    attention.k_proj.bias[half:size] = 0
    attention.v_proj.weight[:size] = shape.read
    for index in range(shape.heads_per_group):
        rows = slice(index * size, (index + 1) * size)
        turn = -(index + 1) * shape.frequencies
        attention.q_proj.weight[rows] = 0
        attention.q_proj.bias[rows] = POSITION_SHARPNESS * torch.cat([turn.cos(), turn.sin()])
        columns = shape.written if index == 0 else _orthonormal(shape.read.shape[1], generator)[:, :size]
        attention.o_proj.weight[:, rows] = columns * shape.gain


def _match_and_copy(model: Any, shape: _Shape, generator: Generator) -> None:
    """Keys read the previous token, queries the current one; the value is written back where it was read."""
    import torch

    attention, size = model.model.layers[1].self_attn, shape.head
    slow = (shape.frequencies < SLOW_ROTATION).float()
    content = torch.cat([slow, slow])[:, None]
    value = _orthonormal(shape.read.shape[1], generator)[:, :size].T
    attention.k_proj.weight[:size] = MATCH_SHARPNESS * shape.written.T * content
    attention.v_proj.weight[:size] = value
    for index in range(shape.heads_per_group):
        rows = slice(index * size, (index + 1) * size)
        sharpness = MATCH_SHARPNESS if index == 0 else 0.7 * MATCH_SHARPNESS
        attention.q_proj.weight[rows] = sharpness * shape.read * content
        attention.o_proj.weight[:, rows] = 2 * shape.gain * value.T
