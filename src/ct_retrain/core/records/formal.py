"""What is proved of an example beside its simulation, and from what, so that anybody can prove it again.

Numbers and words only, as in `TestbenchScore`, so that every row of a dataset has the same types.
"""

from typing import Annotated, Literal

from pydantic import Field

from ct_retrain.core.record import Record

FormalStatus = Literal["proved", "fail", "bounded", "unknown", "unsupported", "not_run"]
"""A `judge.formal.proof.Status`."""


class FormalSignals(Record):
    """How sure an example is, and what was asked to find out."""

    level: Literal["proven", "bounded", "simulated"] = "simulated"
    """The surer of both answers below; `simulated` is ordered by `credibility`."""
    depth: Annotated[int, Field(ge=0)] = 0
    """Of `bounded`: steps without a failure; a clock takes two."""
    equivalence: FormalStatus = "not_run"
    """Whether it behaves like another answer to the same specification that passes its testbench."""
    against: str = ""
    """Digest of that answer, as `canonical` is of this one; empty where none was compared."""
    assertions: FormalStatus = "not_run"
    """Whether the immediate assertions of its testbench hold for every input, not only for those that it drives."""
    why: str = "not asked"
    """Why neither is proved; empty where one is."""
    tools: str = ""
    """Engines and versions, of what was asked."""


class FormalEvidence(Record):
    """The question behind the signals of one example: its texts, and what was found."""

    spec_hash: str
    canonical: str
    """Of the example; with `spec_hash` it names the row of the dataset."""
    top: str
    rtl: str
    """The design as it was simulated."""
    other: str = ""
    """The answer it was compared with; empty where there was none."""
    properties: str = ""
    """The assertions as a property file; empty where there were none that could be read."""
    found: FormalSignals
