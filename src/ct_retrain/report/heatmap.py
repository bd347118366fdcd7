"""Heat map of problems by night: what each candidate won and lost against the served release of that night."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from ct_retrain.core.records.arm import Role, of_arm
from ct_retrain.core.records.night import NightRecord
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.report.formatting import arm_name
from ct_retrain.report.report_inputs import ReportInputs, read_benchmark

SHOWN = 14
"""Maximum number of nights."""

Change = Literal["won", "gained", "solved", "unsolved", "slipped", "lost", "unknown"]

SIGNS: dict[Change, tuple[str, str]] = {
    "won": ("▲", "won: at least half of the answers more than the other arm"),
    "gained": ("△", "gained: some answers more"),
    "solved": ("●", "no difference, at least half of the answers pass"),
    "unsolved": ("·", "no difference, fewer than half pass"),
    "slipped": ("▽", "slipped: some answers fewer"),
    "lost": ("▼", "lost: at least half of the answers fewer"),
    "unknown": (" ", "not asked, or no longer on disk"),
}
_LOSSES = ("lost", "slipped")
_MOVED = ("won", "gained", "slipped", "lost")


class Cell(NamedTuple):
    """One problem in one night."""

    change: Change
    said: str
    """The cell in words."""

    @property
    def sign(self) -> str:
        """The sign in the cell."""
        return SIGNS[self.change][0]


class HeatMapRow(NamedTuple):
    """One problem over the nights."""

    problem: str
    category: str
    cells: tuple[Cell, ...]

    @property
    def named(self) -> dict[str, str]:
        """Filter → the value by which it finds the row."""
        return {"category": self.category, "change": self.cells[-1].change, "problem": self.problem}

    @property
    def moved(self) -> bool:
        """Whether anything changed in any night."""
        return any(cell.change in _MOVED for cell in self.cells)


class Column(NamedTuple):
    """One measured night and what it was compared with."""

    night: str
    against: str


class Filter(NamedTuple):
    """A choice that leaves only some rows of a table on the page."""

    name: str
    said: str
    values: tuple[str, ...]

    @property
    def choices(self) -> tuple[tuple[int, str], ...]:
        """Number of a value, which a page can quote without care, and the value."""
        return tuple(enumerate(self.values))

    def number(self, value: str) -> int:
        """The number of *value*."""
        return self.values.index(value)


class HeatMap(NamedTuple):
    """The rows; those that changed come first, and those that lost in the last night before all others."""

    columns: tuple[Column, ...]
    moved: tuple[HeatMapRow, ...]
    still: tuple[HeatMapRow, ...]

    @property
    def filters(self) -> tuple[Filter, ...]:
        """By category, by what happened in the last night, by problem; one with a single value is no choice."""
        rows = (*self.moved, *self.still)
        last = {row.cells[-1].change for row in rows}
        found = (
            Filter("category", "Category", tuple(sorted({row.category for row in rows}))),
            Filter("change", "This night", tuple(one for one in SIGNS if one in last)),
            Filter("problem", "Problem", tuple(sorted(row.problem for row in rows))),
        )
        return tuple(one for one in found if len(one.values) > 1)


class _Night(NamedTuple):
    column: Column
    cells: dict[str, Cell]


def heat_map(inputs: ReportInputs, records: Sequence[NightRecord], categories: dict[str, str]) -> HeatMap:
    """Return the heat map of the measured nights among *records*; *categories* is problem → category."""
    found = [night for record in records if (night := _night(inputs, record)) is not None]
    names = sorted({name for night in found for name in night.cells})
    unknown = Cell("unknown", SIGNS["unknown"][1])
    rows = [
        HeatMapRow(name, categories.get(name, ""), tuple(night.cells.get(name, unknown) for night in found))
        for name in names
    ]
    rows.sort(key=_rank)
    columns = tuple(night.column for night in found)
    return HeatMap(
        columns, tuple(row for row in rows if row.moved), tuple(row for row in rows if not row.moved)
    )


def _rank(row: HeatMapRow) -> tuple[int, int, str]:
    order = ("lost", "slipped", "won", "gained")
    last = row.cells[-1].change
    losses = sum(cell.change in _LOSSES for cell in row.cells)
    return (order.index(last) if last in order else len(order), -losses, row.problem)


def _night(inputs: ReportInputs, record: NightRecord) -> _Night | None:
    facts = read_benchmark(inputs, record)
    cards = facts.scorecards if facts else ()
    incumbent = of_arm(cards, Role.CHAMPION) or of_arm(cards, Role.MAINLINE)
    if facts and facts.decided and incumbent:
        return _Night(Column(record.night, arm_name(incumbent.arm)), _compared(facts.decided, incumbent))
    if record.decision is None or not record.decision.evidence.comparisons:
        return None
    one = record.decision.evidence.comparisons[0]
    said = f"against {arm_name(one.incumbent)}; the difference is no longer on disk"
    cells = {name: Cell("gained", f"won {said}") for name in one.won}
    cells |= {name: Cell("slipped", f"lost {said}") for name in one.lost}
    return _Night(Column(record.night, arm_name(one.incumbent)), cells)


def _compared(candidate: Scorecard, incumbent: Scorecard) -> dict[str, Cell]:
    return {name: _cell(candidate, incumbent, name) for name in candidate.passes if name in incumbent.passes}


def _cell(candidate: Scorecard, incumbent: Scorecard, name: str) -> Cell:
    samples = candidate.sampling.samples
    ours, theirs = candidate.passes[name], incumbent.passes[name]
    said = f"{ours} of {samples}, {arm_name(incumbent.arm)} {theirs}"
    return Cell(_change((ours - theirs) / samples, ours / samples), said)


def _change(difference: float, share: float) -> Change:
    if difference > 0:
        return "won" if difference >= 0.5 else "gained"
    if difference < 0:
        return "lost" if difference <= -0.5 else "slipped"
    return "solved" if share >= 0.5 else "unsolved"
