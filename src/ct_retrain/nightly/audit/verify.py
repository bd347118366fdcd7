"""Confirms or denies what a night claims about itself, from the evidence that it stored. Only reads.

Everything that needs no GPU is computed again: digests, the dataset, scorecards, the decision. A claim that cannot be
checked, because data is gone or tools have changed, is unknown and not denied.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.records.audit import Claim, Verification
from ct_retrain.core.records.night import (
    CurateFacts,
    Manifest,
    ManifestRef,
    NightPlan,
    NightRecord,
)
from ct_retrain.core.stage import StageName
from ct_retrain.core.workspace import PLAN, Workspace
from ct_retrain.manifests import read_manifest
from ct_retrain.nightly.audit import recompute
from ct_retrain.nightly.audit.certificate import certified
from ct_retrain.nightly.audit.check import purged, stage_differences
from ct_retrain.nightly.audit.proofs import proofs
from ct_retrain.nightly.night import Night, Ports
from ct_retrain.nightly.run import finish
from ct_retrain.releases import RELEASE, verified
from ct_retrain.stages.train import adapter_of


class Sealed(NamedTuple):
    """A night that is over: its record, and the stages whose manifest is still the one in the record."""

    night: Night
    record: NightRecord
    done: Mapping[StageName, Manifest]
    whole: frozenset[StageName]
    """Those stages whose files match the manifest."""


def verify(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> Verification:
    """Check every claim of *record*; *settings* are those it names, and *ports* were made from them."""
    sealed, claims = _sealed(workspace, settings, ports, record)
    claims += [_told(sealed), *_derived(sealed), *_release(sealed)]
    return Verification(night=record.night, claims=tuple(claims))


def judge_again(workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord) -> Verification:
    """Simulate every kept answer again; a simulator with a cache only repeats its cached verdicts."""
    sealed, _ = _sealed(workspace, settings, ports, record)
    claims = (
        [recompute.answers_claim(sealed.night, record, sealed.done["benchmark"])] if _measured(sealed) else []
    )
    return Verification(night=record.night, claims=tuple(claims))


def _sealed(
    workspace: Workspace, settings: Settings, ports: Ports, record: NightRecord
) -> tuple[Sealed, list[Claim]]:
    path = workspace.night(record.night) / PLAN
    plan = disk.read_record(path, NightPlan)
    done: dict[StageName, Manifest] = {}
    claims = [_stage(workspace, ref, done) for ref in record.stages]
    whole: set[StageName] = {
        ref.stage for ref, claim in zip(record.stages, claims, strict=True) if claim.finding == "confirmed"
    }
    night = Night(workspace, settings, ports, plan, workspace.night(record.night))
    return Sealed(night, record, done, frozenset(whole)), claims


def _stage(workspace: Workspace, ref: ManifestRef, done: dict[StageName, Manifest]) -> Claim:
    """Check that the manifest is the one that the night ended with and its files match it; if so, add it to *done*."""
    claim = f"{ref.stage}: the manifest and its files are those that the night ended with"
    path = workspace.root / ref.path
    night = path.parent.parent.name
    if not path.is_file() or disk.sha256_of(path) != ref.sha256:
        return denied(claim, f"{ref.path} is {'another' if path.is_file() else 'missing'}")
    done[ref.stage] = read_manifest(path)
    other = list(stage_differences(path, disk.difference))
    gone = purged(workspace, night)
    for where, what in other:
        if where.exists() or workspace.relative(where) not in gone:
            return denied(claim, f"{workspace.relative(where)} {what}")
    if other:
        return unknown(claim, f"{len(other)} files were purged: ct-retrain restore {night} brings them back")
    return Claim(claim=claim, finding="confirmed", why=f"{len(done[ref.stage].files)} files")


def _told(sealed: Sealed) -> Claim:
    """Check that the record repeats what the manifests say."""
    record, claim = sealed.record, "record: outcome, decision and figures are those of the manifests"
    done = [sealed.done[ref.stage] for ref in record.stages if ref.stage in sealed.done]
    if len(done) < len(record.stages):
        return unknown(claim, "a manifest is not the one that the night ended with")
    decision = finish.decision_of(done)
    for name, is_so in {
        "outcome": record.outcome is finish.outcome_of(decision, done),
        "decision": record.decision == decision,
        "reason": record.reason == finish.reason_of(decision, done),
        "metrics": record.metrics == finish.metrics(done),
    }.items():
        if not is_so:
            return denied(claim, f"its {name} is another")
    return Claim(claim=claim, finding="confirmed")


def _derived(sealed: Sealed) -> Iterator[Claim]:
    night, record, done = sealed.night, sealed.record, sealed.done
    if {"collect", "curate"} <= sealed.whole:
        yield recompute.dataset_claim(night, record, (done["collect"], done["curate"]))
        yield proofs(night)
    else:
        yield unknown(recompute.DATASET_CLAIM, "files of collect or curate are missing or changed")
    if "train" in sealed.whole:
        yield from filter(None, [certified(night, done["train"], record.arm)])
    if _measured(sealed):
        yield recompute.scorecards_claim(night, record, done["benchmark"])
        yield recompute.decision_claim(night, record, done["benchmark"])
    elif any(ref.stage == "benchmark" for ref in record.stages):
        yield unknown(recompute.DECISION_CLAIM, "files of benchmark are missing or changed")


def _measured(sealed: Sealed) -> bool:
    return "benchmark" in sealed.whole


def _release(sealed: Sealed) -> Iterator[Claim]:
    """Check that the release holds what was trained and decided."""
    record, models = sealed.record, sealed.night.workspace.models
    if record.release is None:
        return
    claim = "release: it holds the adapter that was trained, and says what was decided"
    if "train" not in sealed.done or "curate" not in sealed.done:
        yield unknown(claim, "manifests of the night are missing or changed")
        return
    if not (models / record.release / RELEASE).is_file():
        yield denied(
            claim, f"{sealed.night.workspace.relative(models / record.release)} is missing or incomplete"
        )
        return
    try:
        release = verified(models, record.release)
    except CorruptStateError as error:
        yield denied(claim, str(error))
        return
    prefix = f"{adapter_of(Path(), record.arm).as_posix()}/"
    files = sealed.done["train"].files
    trained = {one.path.removeprefix(prefix): one.sha256 for one in files if one.path.startswith(prefix)}
    held = {one.path: one.sha256 for one in release.files if one.path in trained}
    curated = sealed.done["curate"].facts
    same = isinstance(curated, CurateFacts) and release.dataset_sha256 == curated.dataset_sha256
    if held != trained:
        yield denied(claim, "the adapter is not the one that was trained")
    elif release.decision != record.decision or not same:
        yield denied(claim, "it names another decision or another dataset")
    else:
        yield Claim(claim=claim, finding="confirmed")


def denied(claim: str, why: str) -> Claim:
    """Return a denied claim."""
    return Claim(claim=claim, finding="denied", why=why)


def unknown(claim: str, why: str) -> Claim:
    """Return a claim that cannot be checked here."""
    return Claim(claim=claim, finding="unknown", why=why)
