"""Changes around a passing design, each tried in a run of its own to see whether the pass holds."""

from typing import Literal, NamedTuple

Unknown = Literal["", "0", "1", "random"]
Held = Literal["", "0", "1", "other", "another"]


class Experiment(NamedTuple):
    """One change, or none; the design itself stays the same."""

    strict: bool = False
    """`==` and `!=` in the testbench's decisions compare unknown bits, too."""
    apart: bool = False
    """The design is in a wrapper (`judge.evidence.wrapper`), which the next four fields control."""
    unknown: Unknown = ""
    """What the testbench sees of an output bit that is x or z; "" for the bit itself."""
    floats: bool = False
    """z stays z, because the testbench means it."""
    since: str = ""
    """Start time, as a number and its unit (`205 1ns`); "" for the whole run."""
    held: Held = ""
    """What the design sees of its data inputs: constants, or (`other`, `another`) bits turned over; "" for their values."""
    stream: str = ""
    """Eight hexadecimal digits that change every random number of the testbench; "" leaves them as drawn."""
    stops: bool = False
    """The test ends at its first counted error, where the count cannot fall (`judge.evidence.early_stop`)."""


AS_WRITTEN = Experiment()
