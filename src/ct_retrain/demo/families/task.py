"""Types of the spec bank: a task, its sketch, and the family that draws it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

Port: TypeAlias = tuple[str, int]
"""A port's name and its width in bits."""

Split: TypeAlias = Literal["train", "development", "held_out"]
"""Sides of the split; `development` values are also in `train`, so trials of recipes leave them out."""

HELD_OUT_PER_MILLE = 150


@dataclass(frozen=True, slots=True)
class Task:
    """One spec with its golden RTL and everything that a testbench needs."""

    family: str
    key: str
    """Family and structural parameter; they decide the side of the split, so held-out values are never
    trained.
    """
    category: str
    instruction: str
    rtl: str
    module: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    clock: str = ""
    """Name of the clock; empty for combinational logic."""
    reset: str = ""
    reset_active_low: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """The part of a task that a family decides; module name, clock, reset and wording are added later."""

    parameter: str
    what: str
    """Noun phrase of the instruction, without reset."""
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    registers: tuple[str, ...] = ()
    """Outputs that are assigned inside the clocked block."""
    declarations: str = ""
    on_reset: str = ""
    """Statement under reset; if only *on_clock* is set, the task has no reset."""
    on_clock: str = ""
    """Statement on a clock edge; empty for combinational logic."""
    wires: str = ""
    also: str = ""
    """Text of the instruction after the reset."""


@dataclass(frozen=True, slots=True)
class Family:
    """A named generator of sketches."""

    name: str
    category: str
    draw: Callable[[Random], Sketch]


def is_held_out(key: str) -> bool:
    """Return whether *key* is held out; depends only on its text."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 1000 < HELD_OUT_PER_MILLE


def belongs(key: str, split: Split) -> bool:
    """Whether *key* is on the side *split*; depends only on its text."""
    match split:
        case "train":
            return not is_held_out(key)
        case "development":
            return not is_held_out(key) and is_held_out(f"development {key}")
        case "held_out":
            return is_held_out(key)
