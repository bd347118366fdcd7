"""What a person does after a night: the one sentence of notice, page, terminal and CI summary."""

from typing import NamedTuple

from ct_retrain.core.records.night import CollectFacts, NightOutcome, NightRecord


class NextStep(NamedTuple):
    """What to do, and the command for it."""

    said: str
    command: str

    def __str__(self) -> str:
        """Return both on one line."""
        return f"{self.said}: {self.command}"


def after(record: NightRecord, collected: CollectFacts | None = None) -> NextStep:
    """Return what is to be done after a night that is over; *collected* is known while its manifest exists."""
    night = record.night
    match record.outcome:
        case NightOutcome.PUBLISHED:
            return NextStep("nothing to do; to serve the previous release", "ct-retrain rollback")
        case NightOutcome.NOTHING_NEW if collected is not None and not collected.runs:
            return NextStep("there were no runs; where they are expected", "ct-retrain config paths.runs")
        case NightOutcome.NOTHING_NEW:
            return NextStep("nothing to do; to train on the same data", "ct-retrain run --again")
        case NightOutcome.HELD if record.adapter is None:
            said = "the data is kept; correct the gold set, or wait for the next night, or run this one again"
            return NextStep(said, f"ct-retrain run --night {night} --redo train")
        case NightOutcome.HELD:
            return _after_hold(record)
        case NightOutcome.REJECTED:
            still = "" if record.relapse else ", and the served release stays"
            return NextStep(f"nothing was published{still}; what it lost", f"ct-retrain show {night}")


def _after_hold(record: NightRecord) -> NextStep:
    kept = "nothing to do, the data is kept and the next night tries again"
    needed = record.decision.evidence.samples_needed if record.decision else None
    if needed is None:
        return NextStep(f"{kept}; why", f"ct-retrain show {record.night}")
    again = f"ct-retrain --set benchmark.samples={needed} run --night {record.night} --redo benchmark"
    return NextStep(f"{kept}; to know now", again)
