"""Checks a workspace: whether the invariants of docs/design.md hold, and how to repair what does not. Only reads.

It may run during a night: the invariants hold at every moment. What is left over, waiting or in progress is a remark,
not a breach.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.records.audit import Audit, Breach, Invariant
from ct_retrain.core.records.night import (
    CurateFacts,
    Manifest,
    ManifestRef,
    NightRecord,
)
from ct_retrain.core.records.snapshot import Purged, Receipt
from ct_retrain.core.workspace import Workspace
from ct_retrain.manifests import all_manifests, read_manifest
from ct_retrain.nightly.audit.leftovers import leftovers
from ct_retrain.nightly.releases.inventory import release_breaches, restore_hint
from ct_retrain.stages._artefact_store import TRACES, faults, names_pack
from ct_retrain.stages.curate import DATASET

_LEDGER = "ledger.sqlite"


def check_workspace(workspace: Workspace, compare: disk.Compare = disk.difference) -> Audit:
    """Check every record, manifest, file, release and move; *compare* decides how closely.

    `disk.size_difference` costs one stat per file, and does not notice changed bytes of the same number.
    """
    found = [
        *_records(workspace),
        *_manifests(workspace, compare),
        *_purges(workspace),
        *release_breaches(workspace, compare),
    ]
    manifests = [manifest for _, manifest in _readable(workspace)]
    return Audit(
        nights=len(list(workspace.records.glob("*.json"))),
        manifests=len(manifests),
        files=sum(len(manifest.files) for manifest in manifests),
        releases=len(list(workspace.models.glob("nightly_*"))),
        breaches=tuple(found),
        remarks=tuple(leftovers(workspace)),
    )


def _records(workspace: Workspace) -> Iterator[Breach]:
    """I2: a NightRecord names only manifests that exist and are as they were when the night ended."""
    for path in sorted(workspace.records.glob("*.json")):
        try:
            record = disk.read_record(path, NightRecord)
        except CorruptStateError as error:
            yield _breach(workspace, "I2", path, str(error), restore_hint(workspace, path.stem))
            continue
        for ref in record.stages:
            wrong = _named(workspace, ref)
            if wrong:
                named = workspace.root / ref.path
                yield _breach(workspace, "I2", named, wrong, restore_hint(workspace, record.night))


def _named(workspace: Workspace, ref: ManifestRef) -> str:
    path = workspace.root / ref.path
    if not path.is_file():
        return f"the record names the manifest of {ref.stage}, and it is missing"
    same = disk.sha256_of(path) == ref.sha256
    return "" if same else f"the manifest of {ref.stage} is not the one that the night ended with"


def _manifests(workspace: Workspace, compare: disk.Compare) -> Iterator[Breach]:
    """I1: a manifest lists only files that are on disk with that digest."""
    for path in all_manifests(workspace):
        night, stage = path.parts[-3:-1]
        gone = purged(workspace, night)
        for where, what in stage_differences(path, compare):
            if where.exists() or workspace.relative(where) not in gone:
                yield _breach(workspace, "I1", where, what, _heal(workspace, night, stage))


def _heal(workspace: Workspace, night: str, stage: str) -> str:
    if not workspace.record(night).exists():
        return f"ct-retrain run --night {night} --redo {stage}"
    return restore_hint(workspace, night)


def purged(workspace: Workspace, night: str) -> frozenset[str]:
    """Return the paths of *night* that a purge has deleted and recorded, relative to the workspace."""
    path = workspace.purged(night)
    try:
        return (
            frozenset(file.path for file in disk.read_record(path, Purged).files)
            if path.exists()
            else frozenset()
        )
    except CorruptStateError:
        return frozenset()


def _purges(workspace: Workspace) -> Iterator[Breach]:
    """I4: nothing is missing but what the night's receipt covers. Only a purge reads the store itself."""
    for path in sorted(workspace.work.glob("[0-9]*/purged.json")):
        night = path.parent.name
        try:
            gone = disk.read_record(path, Purged)
            receipt = disk.read_record(workspace.receipt(night), Receipt)
        except CorruptStateError as error:
            heal = f"ct-retrain restore {night} reads the store and brings the night back"
            yield _breach(workspace, "I4", path, str(error), heal)
            continue
        covered = {(file.path, file.sha256) for file in receipt.contents.files}
        lost = [file.path for file in gone.files if (file.path, file.sha256) not in covered]
        if lost:
            what = f"{lost[0]} was purged, and the receipt does not cover it ({len(lost)} such files)"
            yield _breach(
                workspace, "I4", path, what, f"ct-retrain restore {night} brings back what the store has"
            )


def stage_differences(path: Path, compare: disk.Compare) -> Iterator[tuple[Path, str]]:
    """Yield where the stage with the manifest *path* differs from the manifest, and how."""
    directory = path.parent
    try:
        manifest = read_manifest(path)
        yield from _facts(path, manifest)
        for file in manifest.files:
            wrong = compare(directory / file.path, file)
            if wrong:
                yield directory / file.path, wrong
        if manifest.stage == "collect":
            yield from _artefacts(directory, manifest, compare)
            yield from _ledger(directory / _LEDGER)
    except CorruptStateError as error:
        yield path, str(error)


def _ledger(path: Path) -> Iterator[tuple[Path, str]]:
    """Check the ledger, which the next night continues."""
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as ledger:
            said = str(ledger.execute("pragma quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        yield path, f"cannot be read by SQLite: {said}"


def _artefacts(directory: Path, manifest: Manifest, compare: disk.Compare) -> Iterator[tuple[Path, str]]:
    """Check collect's artefacts, as far as only the traces name them; a pack that collect made is in the manifest."""
    if not names_pack(manifest, directory) and (directory / TRACES).is_file():
        yield from faults(directory, closely=compare is disk.difference)


def _facts(path: Path, manifest: Manifest) -> Iterator[tuple[Path, str]]:
    night, stage = path.parts[-3:-1]
    if (manifest.night, manifest.stage) != (night, stage):
        yield path, f"is the manifest of {manifest.stage} of {manifest.night}: it is in the wrong place"
    if isinstance(manifest.facts, CurateFacts):
        named = {file.path: file.sha256 for file in manifest.files}
        if named.get(DATASET) != manifest.facts.dataset_sha256:
            yield path, f"names a {DATASET} other than that in its facts"


def _readable(workspace: Workspace) -> Iterator[tuple[Path, Manifest]]:
    for path in all_manifests(workspace):
        try:
            yield path, read_manifest(path)
        except CorruptStateError:
            continue


def _breach(workspace: Workspace, invariant: Invariant, path: Path, what: str, heal: str) -> Breach:
    return Breach(invariant=invariant, where=workspace.relative(path), what=what, heal=heal)
