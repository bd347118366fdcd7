"""Nights as versions left them that kept a file for each artefact: what was collected, under other names."""

import hashlib
import json
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.records.dataset import Trace
from ct_retrain.core.records.night import Manifest, NightRecord
from ct_retrain.core.workspace import MANIFEST, Workspace
from ct_retrain.stages._artefact_store import ArtefactStore, artefacts_of, pack_files


def loosen(workspace: Workspace, night: str) -> None:
    """Put *night*, which is over, into the form of those versions."""
    collected = workspace.stage(night, "collect")
    with ArtefactStore(collected) as store:
        for trace in disk.read_lines(collected / "traces.jsonl", Trace):
            for one in artefacts_of(trace):
                path = collected / "artefacts" / one.sha256[:2] / one.sha256
                disk.make_directory(path.parent)
                path.write_bytes(store.read(one))
    for path in pack_files(collected):
        path.unlink()
    _reseal(workspace, night, collected / MANIFEST)


def _reseal(workspace: Workspace, night: str, path: Path) -> None:
    manifest = disk.read_record(path, Manifest)
    files = tuple(one for one in manifest.files if not one.path.startswith("artefacts"))
    disk.write_record(path, manifest.model_copy(update={"files": files}))
    record = json.loads(workspace.record(night).read_text())
    for ref in record["stages"]:
        if ref["stage"] == "collect":
            ref["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    workspace.record(night).write_text(json.dumps(record))
    assert disk.read_record(workspace.record(night), NightRecord).night == night
