"""Scorecards side by side: tables of those that may be compared, and what keeps tables apart."""

from ct_retrain.core.record import Record, Sha256, Tool
from ct_retrain.core.records.problem import Scorecard


class PairedDifference(Record):
    """A scorecard's pass@1 minus that of the table's base, over the same problems."""

    value: float
    low: float
    high: float
    p_value: float
    """Two-sided: exact sign-flip test; with one answer a problem McNemar's exact test."""
    minimum_detectable: float
    """True difference that would be found with a power of 0.8."""


class Standing(Record):
    """One row of a table."""

    name: str
    card: Scorecard
    difference: PairedDifference | None = None
    remark: str = ""
    """Why there is no difference: it is the base, or was sampled otherwise."""


class LeaderboardTable(Record):
    """Scorecards of the same problems, judged by the same tool; the best pass@1 first."""

    suite: str
    suite_digest: Sha256
    judge: Tool
    base: str
    """Name of the scorecard that the others are compared with."""
    standings: tuple[Standing, ...]


class Leaderboard(Record):
    """All scorecards that were given."""

    confidence: float
    """Of every interval, each taken alone."""
    tables: tuple[LeaderboardTable, ...]
    apart: tuple[str, ...] = ()
    """Why tables are not compared with the first, a sentence each."""
