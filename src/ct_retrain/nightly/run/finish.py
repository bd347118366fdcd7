"""Ends a night: archive what was not published, write the NightRecord, notify the team once."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ct_retrain import disk
from ct_retrain.core.ports import Notifier
from ct_retrain.core.records.arm import Role
from ct_retrain.core.records.decision import (
    Decision,
    Evidence,
    Hold,
    Promote,
    Reject,
)
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    Canary,
    CollectFacts,
    CurateFacts,
    Facts,
    Manifest,
    ManifestRef,
    NightOutcome,
    NightRecord,
    PublishFacts,
    TrainFacts,
)
from ct_retrain.core.records.training import Fit
from ct_retrain.core.stage import StageName
from ct_retrain.core.workspace import MANIFEST, Workspace
from ct_retrain.manifests import find_manifest, read_manifest, trained_by
from ct_retrain.nightly.night import Night
from ct_retrain.nightly.notices import messages, outbox
from ct_retrain.nightly.records import archive
from ct_retrain.nightly.records.challengers import CHALLENGED
from ct_retrain.nightly.records.inspection import failed_problems, quarantined
from ct_retrain.nightly.releases.rollback import roll_back_if_worse
from ct_retrain.nightly.run import challengers
from ct_retrain.releases import latest, release_name
from ct_retrain.stages.publish import silent
from ct_retrain.stages.train import adapter_of

_SHOWN = 3
"""Number of failing problems that a notice shows with their answers."""


def close(night: Night, done: Sequence[Manifest]) -> NightRecord:
    """Write the record of a night whose stages are all done; after that it is over."""
    workspace, plan = night.workspace, night.plan
    decision = decision_of(done)
    outcome = outcome_of(decision, done)
    environment = night.ports.provenance()
    moved = None
    if outcome in (NightOutcome.HELD, NightOutcome.REJECTED):
        moved = roll_back_if_worse(night, done)
        archive.archive_night(workspace, plan.night, environment)
    trained = next((one.facts for one in done if isinstance(one.facts, TrainFacts)), None)
    arm = decision.arm if decision else Role.CANDIDATE.value
    directory = workspace.stage(plan.night, "train")
    record = NightRecord(
        night=plan.night,
        outcome=outcome,
        reason=reason_of(decision, done),
        started=plan.started,
        finished=datetime.now(UTC),
        stages=tuple(_refs(workspace, done)),
        hyperparameters=trained_by(directory, trained, arm).hyperparameters if trained else None,
        metrics=metrics(done),
        decision=decision,
        adapter=workspace.relative(adapter_of(directory, arm)) if trained and not trained.held else None,
        release=release_name(plan.night) if outcome is NightOutcome.PUBLISHED else None,
        latest=latest(workspace.models),
        relapse=moved,
        recipes=challengers.evidence_after(night, done),
        provenance=environment,
    )
    disk.make_directory(workspace.records)
    disk.write_record(workspace.record(plan.night), record)
    return record


def decision_of(done: Sequence[Manifest]) -> Decision | None:
    """Return the benchmark's decision, or a Hold from before it; None if there was nothing to decide."""
    for manifest in done:
        match manifest.facts:
            case BenchmarkFacts(decision=decision):
                return decision
            case TrainFacts(held=why) if why:
                return Hold(evidence=Evidence(comparisons=(), checks=(), explanation=f"Held back. {why}"))
            case _:
                pass
    return None


def outcome_of(decision: Decision | None, done: Sequence[Manifest]) -> NightOutcome:
    """Return the outcome of a night with the finished stages *done*."""
    match decision:
        case None:
            return NightOutcome.NOTHING_NEW
        case Promote():
            return NightOutcome.REJECTED if _failed_canary(done) else NightOutcome.PUBLISHED
        case Hold():
            return NightOutcome.HELD
        case Reject():
            return NightOutcome.REJECTED


def _failed_canary(done: Sequence[Manifest]) -> Canary | None:
    """Return the canary of a release that was made but not published because the canary failed."""
    facts = done[-1].facts
    return facts.canary if isinstance(facts, PublishFacts) and facts.release is None else None


def reason_of(decision: Decision | None, done: Sequence[Manifest]) -> str:
    """Return the reason for the outcome, as text."""
    if decision is None:
        return _nothing(done)
    canary = _failed_canary(done)
    explanation = decision.evidence.explanation
    return f"Rejected: {silent(canary)}, so it is not served. {explanation}" if canary else explanation


def _nothing(done: Sequence[Manifest]) -> str:
    curated = next(one.facts for one in done if isinstance(one.facts, CurateFacts))
    collected = next((one.facts for one in done if isinstance(one.facts, CollectFacts)), None)
    if collected is not None and collected.untaken:
        return f"Nothing new: {collected.untaken}; the night's collect/rejected.jsonl names every line."
    if collected is not None and collected.passing and curated.rejected and not curated.new:
        reasons = ", ".join(f"{count} {reason}" for reason, count in curated.rejected.items())
        return (
            f"Nothing new: {curated.traces} passing runs collected, none of them a new example ({reasons})."
        )
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
    """Return the figures of a night by name, for tables and trackers."""
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
                figures |= {f"curate.formal.{name}": count for name, count in facts.formal.items()}
            case TrainFacts() as facts:
                figures |= {"train.loss": facts.fit.losses[-1].loss} if facts.fit.losses else {}
                figures |= {"train.rows": sum(facts.rows.values()), "train.steps": facts.fit.steps}
                figures |= dict(_schedule(facts.fit))
                figures |= {CHALLENGED: len(facts.challengers)} if facts.challengers else {}
                if facts.gold:
                    refused = sum(one.lines - one.taken for one in facts.files if one.source == "gold")
                    figures |= {"train.gold": facts.rows.get("gold", 0), "train.gold_refused": refused}
            case BenchmarkFacts() as facts:
                figures |= dict(_scores(facts))
            case _:
                pass
    return figures


def _schedule(fit: Fit) -> Iterator[tuple[str, float]]:
    """Yield the optimizer's schedule, if the trainer reported it."""
    if fit.schedule is not None:
        yield "train.tokens", fit.tokens
        yield "train.passes", fit.schedule.passes
        yield "train.sequences_a_step", fit.schedule.sequences_a_step
        yield "train.first_learning_rate", fit.schedule.first_learning_rate


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


def send_outcome(workspace: Workspace, notifier: Notifier, record: NightRecord) -> None:
    """Send the notice of an ended night to the channels that do not have it yet."""
    facts: dict[StageName, Facts] = {
        ref.stage: read_manifest(path).facts
        for ref in record.stages
        if (path := find_manifest(workspace, record, ref)) is not None
    }
    page, kept = workspace.reports / f"{record.night}.html", workspace.archive / record.night
    places = messages.NoticeLinks(
        record=workspace.relative(workspace.record(record.night)),
        page=workspace.relative(page) if page.exists() else "",
        archive=workspace.relative(kept) if kept.exists() else "",
        failing=tuple(failed_problems(workspace, record, most=_SHOWN)),
        left_out=quarantined(workspace, record),
    )
    outbox.post(workspace, notifier, messages.outcome(record, facts, places))
