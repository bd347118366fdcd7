"""The nouns of the spec bank: a task, the sketch it is drawn from, and the family that draws it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

Port: TypeAlias = tuple[str, int]
"""A port's name and its width in bits."""

Split: TypeAlias = Literal["train", "development", "held_out"]
"""Problems of `development` are for trying recipes; their values are among those of `train`, so a trial leaves them out."""

HELD_OUT_PER_MILLE = 150


@dataclass(frozen=True, slots=True)
class Task:
    """One spec with the golden RTL that meets it and everything a testbench needs to know."""

    family: str
    key: str
    """Family and structural parameter: decides the split, so a held-out value is never trained on."""
    category: str
    instruction: str
    rtl: str
    module: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    clock: str = ""
    """Empty for combinational logic."""
    reset: str = ""
    reset_active_low: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a family decides about one task; module name, clock, reset and wording are added later."""

    parameter: str
    what: str
    """Noun phrase of the instruction, without reset."""
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    registers: tuple[str, ...] = ()
    """Outputs that are assigned inside the clocked block."""
    declarations: str = ""
    on_reset: str = ""
    """Statement under reset; with *on_clock* but without this one the task has no reset."""
    on_clock: str = ""
    """Statement on a clock edge; empty for combinational logic."""
    wires: str = ""
    also: str = ""
    """What the instruction says after the reset."""


@dataclass(frozen=True, slots=True)
class Family:
    """A named generator of sketches."""

    name: str
    category: str
    draw: Callable[[Random], Sketch]


def is_held_out(key: str) -> bool:
    """Say on which side of the split *key* lies; depends on nothing but its text."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 1000 < HELD_OUT_PER_MILLE


def belongs(key: str, split: Split) -> bool:
    """Say whether *key* is on the side *split*; like `is_held_out`, by its text alone."""
    match split:
        case "train":
            return not is_held_out(key)
        case "development":
            return not is_held_out(key) and is_held_out(f"development {key}")
        case "held_out":
            return is_held_out(key)
