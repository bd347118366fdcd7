"""What is kept of nights that were not published, for triage."""

import shutil

from ct_retrain import disk
from ct_retrain.core.workspace import MANIFEST, PLAN, Workspace


def keep(workspace: Workspace, night: str) -> None:
    """Copy manifests, scorecards, samples and the adapter's description of *night* to the archive, whole or not at all."""
    target = workspace.archive / night
    staging = disk.fresh_directory(workspace.archive / f".{night}.tmp")
    source = workspace.night(night)
    wanted = [source / PLAN, *source.glob(f"*/{MANIFEST}"), *source.glob("*/rejected.jsonl")]
    wanted += [*source.glob("benchmark/scorecards.jsonl"), *source.glob("benchmark/samples/*.jsonl")]
    wanted += [*source.glob("train/losses.jsonl"), *source.glob("train/adapter/adapter_config.json")]
    for path in sorted(wanted):
        copy = staging / path.relative_to(source)
        disk.make_directory(copy.parent)
        shutil.copyfile(path, copy)
    failures = sorted(target.glob("failure-*.txt")) if target.exists() else []
    for path in failures:
        shutil.copyfile(path, staging / path.name)
    disk.sync_tree(staging)
    disk.remove_tree(target)
    staging.rename(target)
    disk.sync_directory(workspace.archive)


def keep_failure(workspace: Workspace, night: str, text: str) -> str:
    """Write the traceback of a broken try of *night*; return its path relative to the workspace."""
    directory = disk.make_directory(workspace.archive / night)
    number = len(list(directory.glob("failure-*.txt"))) + 1
    path = directory / f"failure-{number}.txt"
    disk.write_text(path, text)
    return workspace.relative(path)
