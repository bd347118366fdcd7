"""What a night takes from earlier nights: their finished stages, their scorecards, and what was forgotten."""

from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.records.night import NightRecord, night_order
from ct_retrain.core.records.problem import Suite
from ct_retrain.core.rules.forgetting import Flip, forgotten
from ct_retrain.core.stage import StageName
from ct_retrain.core.workspace import MANIFEST, Workspace
from ct_retrain.manifests import kept_file, read_manifest
from ct_retrain.nightly.records.index import ended_nights
from ct_retrain.nightly.releases.inventory import restore_hint
from ct_retrain.nightly.step import content
from ct_retrain.stages.benchmark import LEDGER


def sealed_stage(
    workspace: Workspace, night: str | None, stage: StageName, why: str = "tonight continues it"
) -> Path | None:
    """Return the directory of *stage* in *night*, which is over; None if *night* is None.

    Raise CorruptStateError if it has changed since that night ended, because tonight would otherwise record the change
    as its own result.
    """
    if night is None:
        return None
    directory, path = workspace.stage(night, stage), workspace.stage(night, stage) / MANIFEST
    record = disk.read_record(workspace.record(night), NightRecord)
    sealed = {ref.stage: ref.sha256 for ref in record.stages}
    if not path.is_file():
        broken = [f"{path} is missing"]
    elif disk.sha256_of(path) != sealed.get(stage):
        broken = [f"{path} is not the manifest that the night ended with"]
    else:
        broken = list(disk.breaches(directory, read_manifest(path).files))
    if broken:
        message = f"{broken[0]}, and {why}: {restore_hint(workspace, night)}"
        raise CorruptStateError(message)
    return directory


def made(directory: Path | None) -> str:
    """Return the digest of what the stage in *directory* made; empty if it is None."""
    return content(read_manifest(directory / MANIFEST)) if directory else ""


def forgotten_categories(workspace: Workspace, suite: Suite, until: str) -> frozenset[str]:
    """Return the categories of the problems of *suite* that some release solved and the last measured night missed.

    That is the latest night not after *until* that left a ledger; nights with nothing new measure nothing and are
    skipped.
    """
    ledger = _last_ledger(workspace, until)
    if ledger is None:
        return frozenset()
    missed = forgotten(disk.read_lines(ledger, Flip))
    return frozenset(problem.category for problem in suite.problems if problem.id in missed)


def _last_ledger(workspace: Workspace, until: str) -> Path | None:
    """Return the path of the ledger of the latest measured night; if its directory is purged, that in the archive."""
    for night in reversed(ended_nights(workspace)):
        if night_order(night) <= night_order(until):
            found = kept_file(workspace, night, f"benchmark/{LEDGER}")
            if found is not None:
                return found
    return None
