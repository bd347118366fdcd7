"""A series of nights: what each measured, and who moved `latest_nightly`."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ct_retrain.core.records.arm import ArmId, Role, of_arm
from ct_retrain.core.records.night import Move, NightOutcome, NightRecord
from ct_retrain.core.records.problem import Estimate, Scorecard
from ct_retrain.report.report_inputs import History, ReportInputs, read_benchmark

SHOWN = 90
"""Maximum nights in a chart."""


class TrendPoint(NamedTuple):
    """One night: results of the arm decided on and of mainline by category, including `functional`."""

    night: str
    outcome: NightOutcome
    candidate: dict[str, Estimate]
    mainline: dict[str, Estimate]
    moved_by: str
    """Who moved `latest_nightly` because of that night or on its date; empty if nobody did."""


def trend_points(inputs: ReportInputs, history: History) -> tuple[TrendPoint, ...]:
    """Return the last nights, oldest first."""
    return tuple(_point(inputs, record, history.moves) for record in history.records[-SHOWN:])


def _point(inputs: ReportInputs, record: NightRecord, moves: Sequence[Move]) -> TrendPoint:
    facts = read_benchmark(inputs, record)
    cards = facts.scorecards if facts else ()
    moved = [move.who for move in moves if (move.night or f"{move.at:%Y-%m-%d}") == record.night]
    return TrendPoint(
        night=record.night,
        outcome=record.outcome,
        candidate=_measured(record, record.arm, of_arm(cards, record.arm)),
        mainline=_measured(record, Role.MAINLINE, of_arm(cards, Role.MAINLINE)),
        moved_by=moved[-1] if moved else "",
    )


def _measured(record: NightRecord, arm: ArmId, card: Scorecard | None) -> dict[str, Estimate]:
    """Return the results with intervals from the scorecard, else without them from the record."""
    if card is not None:
        return {"functional": card.functional, **card.categories}
    return dict(_remembered(record, arm))


def _remembered(record: NightRecord, arm: ArmId) -> Iterator[tuple[str, Estimate]]:
    for key, value in record.metrics.items():
        name = key.removeprefix(f"{arm}.")
        if name not in {key, "compile_rate"} and not name.startswith("pass@"):
            yield name, Estimate(value=value, low=value, high=value, problems=0, samples=0)
