"""What nights have shown of a challenger beside the default recipe."""

from typing import Annotated

from pydantic import Field

from ct_retrain.core.record import Record, Sha256
from ct_retrain.core.records.arm import RecipeName


class ComparedNight(Record):
    """One night on which a challenger and the default recipe were trained, each with a seed of its own, and measured."""

    night: str
    challenger: RecipeName
    recipe: Sha256
    """Digest of the challenger's settings."""
    default: Sha256
    """Digest of the default recipe's."""
    difference: Annotated[float, Field(ge=-1, le=1)]
    """Challenger minus default, in pass@1."""


class RecipeEvidence(Record):
    """Evidence of all nights together that a challenger is better than the default recipe."""

    challenger: RecipeName
    recipe: Sha256
    default: Sha256
    e_value: float
    """Evidence against "no better than the default recipe"; 1 is none."""
    needed: float
    """Evidence at which it has won; the later a challenger was first tried, the more."""
    reached: str | None
    """First night on which the evidence was enough; it stays enough, whatever later nights show."""
    difference: float
    """Challenger minus default in pass@1, mean over the nights."""
    nights: tuple[str, ...]

    @property
    def told(self) -> str:
        """The evidence in a sentence."""
        mean = f"{self.difference * 100:+.1f} points on average"
        evidence = (
            f"evidence {self.e_value:.3g} of {self.needed:.3g} needed over {len(self.nights)} nights, {mean}"
        )
        if self.reached:
            return (
                f"challenger {self.challenger} has beaten the default recipe on {self.reached} ({evidence})"
            )
        return f"challenger {self.challenger} has not beaten the default recipe: {evidence}"
