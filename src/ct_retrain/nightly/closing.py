"""The end of a night: archive what was not published, write the NightRecord, tell the team once."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import structlog

from ct_retrain import disk
from ct_retrain.core.decision import Decision, Hold, Promote, Reject
from ct_retrain.core.errors import CtRetrainError
from ct_retrain.core.night import (
    BenchmarkFacts,
    CollectFacts,
    CurateFacts,
    Manifest,
    ManifestRef,
    NightOutcome,
    NightRecord,
    TrainFacts,
)
from ct_retrain.core.notice import Notice
from ct_retrain.core.ports import Notifier
from ct_retrain.core.record import digest
from ct_retrain.core.workspace import MANIFEST, Workspace
from ct_retrain.nightly import archive
from ct_retrain.nightly.inspection import failures, quarantined
from ct_retrain.nightly.night import Night
from ct_retrain.stages.publish import latest, release_name
from ct_retrain.stages.train import ADAPTER

_SHOWN = 3
"""Failing problems that a notice names with their answers."""
_LOG = structlog.get_logger("ct_retrain.nightly")
_LEVELS = {
    NightOutcome.PUBLISHED: "info",
    NightOutcome.NOTHING_NEW: "info",
    NightOutcome.HELD: "warning",
    NightOutcome.REJECTED: "error",
}


def close(night: Night, done: Sequence[Manifest]) -> NightRecord:
    """Write the record of a night whose stages are all done: from then on it is over."""
    workspace, plan = night.workspace, night.plan
    decision = _decision(done)
    outcome = _outcome(decision)
    if outcome in (NightOutcome.HELD, NightOutcome.REJECTED):
        archive.keep(workspace, plan.night)
    trained = next((one.facts for one in done if isinstance(one.facts, TrainFacts)), None)
    record = NightRecord(
        night=plan.night,
        outcome=outcome,
        reason=decision.evidence.explanation if decision else _nothing(done),
        started=plan.started,
        finished=datetime.now(UTC),
        stages=tuple(_refs(workspace, done)),
        hyperparameters=trained.hyperparameters if trained else None,
        metrics=metrics(done),
        decision=decision,
        adapter=workspace.relative(workspace.stage(plan.night, "train") / ADAPTER) if trained else None,
        release=release_name(plan.night) if outcome is NightOutcome.PUBLISHED else None,
        latest=latest(workspace.models),
        provenance=night.ports.provenance(),
    )
    disk.make_directory(workspace.records)
    disk.write_record(workspace.record(plan.night), record)
    return record


def _decision(done: Sequence[Manifest]) -> Decision | None:
    return next((one.facts.decision for one in done if isinstance(one.facts, BenchmarkFacts)), None)


def _outcome(decision: Decision | None) -> NightOutcome:
    match decision:
        case None:
            return NightOutcome.NOTHING_NEW
        case Promote():
            return NightOutcome.PUBLISHED
        case Hold():
            return NightOutcome.HELD
        case Reject():
            return NightOutcome.REJECTED


def _nothing(done: Sequence[Manifest]) -> str:
    curated = next(one.facts for one in done if isinstance(one.facts, CurateFacts))
    return f"Nothing new: {curated.traces} passing runs collected, {curated.new} new examples among them."


def _refs(workspace: Workspace, done: Sequence[Manifest]) -> Iterator[ManifestRef]:
    for manifest in done:
        path = workspace.stage(manifest.night, manifest.stage) / MANIFEST
        yield ManifestRef(
            stage=manifest.stage,
            path=workspace.relative(path),
            sha256=disk.sha256_of(path),
            seconds=(manifest.finished - manifest.started).total_seconds(),
            effort=manifest.effort,
        )


def metrics(done: Sequence[Manifest]) -> dict[str, float]:
    """Flat figures of a night, for tables and trackers."""
    figures: dict[str, float] = {}
    for manifest in done:
        match manifest.facts:
            case CollectFacts() as facts:
                figures |= {
                    "collect.collected": facts.collected,
                    "collect.rejected": sum(facts.rejected.values()),
                }
            case CurateFacts() as facts:
                figures |= {"curate.examples": facts.examples, "curate.new": facts.new}
            case TrainFacts() as facts:
                figures |= {"train.loss": facts.fit.losses[-1].loss} if facts.fit.losses else {}
                figures |= {"train.rows": sum(facts.rows.values()), "train.steps": facts.fit.steps}
            case BenchmarkFacts() as facts:
                figures |= dict(_scores(facts))
            case _:
                pass
    return figures


def _scores(facts: BenchmarkFacts) -> Iterator[tuple[str, float]]:
    for card in facts.scorecards:
        yield f"{card.arm}.functional", card.functional.value
        yield f"{card.arm}.compile_rate", card.compile_rate
        for name, share in card.categories.items():
            yield f"{card.arm}.{name}", share.value
        for k, chance in card.pass_at_k.items():
            yield f"{card.arm}.pass@{k}", chance.value
    yield "forgotten", len(facts.forgotten)
    for one in facts.decision.evidence.comparisons:
        yield f"delta.{one.incumbent}", one.difference


def tell_once(workspace: Workspace, notifier: Notifier, record: NightRecord) -> None:
    """Send the notice of an ended night unless it was sent; a crash in between sends it again, never not at all."""
    sent = workspace.night(record.night) / "notice.json"
    if sent.exists():
        return
    notice = notice_of(workspace, record)
    if tell(notifier, notice):
        disk.write_record(sent, notice)


def tell(notifier: Notifier, notice: Notice) -> bool:
    """Send *notice*; a dead notifier is logged and changes nothing else."""
    try:
        notifier.send(notice)
    except CtRetrainError as error:
        _LOG.error("notice not delivered", reason=str(error), key=digest(notice)[:16])
        return False
    return True


def _places(workspace: Workspace, record: NightRecord) -> Iterator[str]:
    """Where the first failing answers are, and what prints their logs and diffs; what is left out of the benchmark."""
    for problem, place in failures(workspace, record, most=_SHOWN):
        yield f"fails {problem}: {place}; log and diff: ct-retrain show {record.night} --problem {problem}"
    left_out = quarantined(workspace, record)
    if left_out:
        yield f"not asked, for no arm: {', '.join(left_out)}"


def notice_of(workspace: Workspace, record: NightRecord) -> Notice:
    """One message: the outcome first, the figures that matter, where to look last."""
    figures = [
        f"{arm}: functional {record.metrics[f'{arm}.functional']:.1%}"
        for arm in ("candidate", "champion", "mainline")
        if f"{arm}.functional" in record.metrics
    ]
    where = workspace.relative(workspace.record(record.night))
    serving = f"serving: {record.latest or 'mainline'}"
    body = "\n".join([record.reason, *figures, *_places(workspace, record), serving, f"record: {where}"])
    title = f"ct-retrain {record.night}: {record.outcome.value.replace('_', ' ')}"
    level = _LEVELS[record.outcome]
    return Notice.model_validate({"night": record.night, "level": level, "title": title, "body": body})
