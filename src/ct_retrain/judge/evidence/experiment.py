"""What is changed around a design that passes, to see whether the pass holds: a run of its own each."""

from typing import Literal, NamedTuple

Unknown = Literal["", "0", "1", "random"]
Held = Literal["", "0", "1"]


class Experiment(NamedTuple):
    """One change, or none; the design itself stays as it is."""

    strict: bool = False
    """`==` and `!=` of the testbench's decisions compare unknown bits, too."""
    apart: bool = False
    """The design hangs in a wrapper (`judge.evidence.wrapper`), which the next four fields are about."""
    unknown: Unknown = ""
    """What the testbench sees of an output bit that is x or z; "" for the bit itself."""
    floats: bool = False
    """z stays z: the testbench means it."""
    since: str = ""
    """From when on, as a number and its unit (`205 1ns`); "" for the whole run."""
    held: Held = ""
    """What the design sees of its data inputs; "" for what they are."""
    stream: str = ""
    """Eight hexadecimal digits that every random number of the testbench is changed by; "" for as they are drawn."""


AS_WRITTEN = Experiment()
