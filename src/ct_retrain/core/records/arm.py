"""The models that a benchmark asks: tonight's candidates and what they are compared with."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple, Protocol, TypeVar

from pydantic import StringConstraints

_RECIPE = "[A-Za-z0-9][A-Za-z0-9_]{0,39}"
_CHALLENGER = "challenger."
RecipeName = Annotated[str, StringConstraints(pattern=f"^{_RECIPE}$")]
"""Name of a challenger in `train.challengers`."""
ArmId = Annotated[
    str,
    StringConstraints(pattern=rf"^(candidate|champion|mainline|challenger\.{_RECIPE})$"),
]
"""Name of an arm in records, figures and file names: its role, and for challengers also that of the recipe."""


class Role(StrEnum):
    """What an arm is in a benchmark; for all but challengers this is also its name."""

    CANDIDATE = "candidate"
    """Tonight's adapter by the settings of `[train]`."""
    CHALLENGER = "challenger"
    """Tonight's adapter by a recipe of `train.challengers`."""
    CHAMPION = "champion"
    """The release that `latest_nightly` points at."""
    MAINLINE = "mainline"
    """The model that every night starts from, without an adapter."""

    @property
    def contends(self) -> bool:
        """Whether the gate may promote an arm of this role."""
        return self in {Role.CANDIDATE, Role.CHALLENGER}


class Arm(NamedTuple):
    """One model of a benchmark."""

    name: ArmId
    adapter: Path | None = None
    """None is mainline as it is."""

    @property
    def role(self) -> Role:
        """What it is compared as."""
        return role_of(self.name)


class _OfAnArm(Protocol):
    @property
    def arm(self) -> str: ...


T = TypeVar("T", bound=_OfAnArm)


def role_of(name: ArmId) -> Role:
    """Return the role of the arm *name*."""
    return Role.CHALLENGER if name.startswith(_CHALLENGER) else Role(name)


def challenger(recipe: RecipeName) -> ArmId:
    """Return the name of the arm that is trained by *recipe*."""
    return f"{_CHALLENGER}{recipe}"


def recipe_of_arm(name: ArmId) -> str:
    """Return the recipe's name of a challenger; empty for other arms."""
    return name.removeprefix(_CHALLENGER) if role_of(name) is Role.CHALLENGER else ""


def of_arm(cards: Iterable[T], name: ArmId) -> T | None:
    """Return the one of *cards* that is about the arm *name*; None if there is none."""
    return next((card for card in cards if card.arm == name), None)
