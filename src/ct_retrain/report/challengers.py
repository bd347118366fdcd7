"""Challengers of a night as a table: what each changes, and what training, benchmark and gate made of it."""

from collections.abc import Iterator

from ct_retrain.core.records.arm import challenger, of_arm
from ct_retrain.core.records.night import ChallengerFacts, NightRecord, TrainFacts
from ct_retrain.report.formatting import duration, line, share

COLUMNS = ("challenger", "differs in", "training", "pass@1", "the gate says")


def challenger_rows(record: NightRecord, facts: TrainFacts) -> Iterator[tuple[str, ...]]:
    """Return a row for each challenger that was trained, that failed, or that waits."""
    for one in facts.challengers:
        score = record.metrics.get(f"{challenger(one.name)}.functional")
        changes = ", ".join(f"{name} = {value}" for name, value in one.differs.items())
        took = line(one.failed) if one.failed else duration(one.seconds)
        yield one.name, line(changes), took, share(score) if score is not None else "–", _decided(record, one)
    for name, why in facts.waiting.items():
        yield name, "–", line(f"waits: {why}"), "–", "–"


def _decided(record: NightRecord, one: ChallengerFacts) -> str:
    decision, arm = record.decision, challenger(one.name)
    if decision is None or one.failed:
        return "–"
    if decision.arm == arm:
        return decision.kind
    other = of_arm(decision.others, arm)
    if other is None:
        return "–"
    return "promote, not chosen" if other.kind == "promote" else other.kind
