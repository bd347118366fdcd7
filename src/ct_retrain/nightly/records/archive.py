"""The archive of nights that were not published: enough to see why, without the night's directory."""

import re
import shutil
from pathlib import Path

from ct_retrain import disk
from ct_retrain.breakdowns import BROKEN
from ct_retrain.core.configuration.loading import secret_values
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.records.night import Provenance
from ct_retrain.core.workspace import Workspace

ENVIRONMENT = "environment.json"
_KEPT = (
    "plan.json",
    "relapse.json",
    "night.log*",
    "server.log*",
    "*/manifest.json",
    "*/rejected.jsonl",
    "train/files.jsonl",
    "train/losses.jsonl",
    "train/adapter/adapter_config.json",
    "train/challengers/*/manifest.json",
    "train/challengers/*/rejected.jsonl",
    "train/challengers/*/files.jsonl",
    "train/challengers/*/losses.jsonl",
    "train/challengers/*/adapter/adapter_config.json",
    "benchmark/*.jsonl",
    "benchmark/samples/*.jsonl",
    "publish/canary.jsonl",
)
"""Files of the night's directory that are archived: those behind the decision and the failure, not data and weights."""
_FAILURES = "failure-*.txt"
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


def archive_night(
    workspace: Workspace, night: str, environment: Provenance | None, failure: str = ""
) -> Path:
    """Archive why *night* failed, with *environment* and the traceback *failure* if given; return the archive's path.

    It appears complete or not at all, and replaces an earlier one, except for tracebacks.
    """
    target, before = workspace.archive / night, workspace.archive / f".{night}.old"
    if before.exists() and not target.exists():
        before.rename(target)
    staging = disk.fresh_directory(workspace.archive / f".{night}.tmp")
    source = workspace.night(night)
    for path in sorted(path for pattern in _KEPT for path in source.glob(pattern)):
        copy = staging / path.relative_to(source)
        disk.make_directory(copy.parent)
        shutil.copyfile(path, copy)
    for path in [*sorted(target.glob(_FAILURES)), *target.glob(BROKEN)]:
        shutil.copyfile(path, staging / path.name)
    if environment is not None:
        disk.write_record(staging / ENVIRONMENT, environment)
    if failure:
        disk.write_text(staging / f"failure-{len(list(staging.glob(_FAILURES))) + 1}.txt", failure)
    disk.sync_tree(staging)
    disk.remove_tree(before)
    if target.exists():
        target.rename(before)
    staging.rename(target)
    disk.sync_directory(workspace.archive)
    disk.remove_tree(before)
    return target


def keep_failure(workspace: Workspace, night: str, environment: Provenance | None, text: str) -> str:
    """Archive a failed try of *night* with its traceback *text*; return its path, relative to the workspace."""
    kept = archive_night(workspace, night, environment, text)
    return workspace.relative(kept / f"failure-{len(list(kept.glob(_FAILURES)))}.txt")


def redacted(text: str, settings: Settings) -> str:
    """Return *text* without the secrets in *settings*, and without credentials in addresses."""
    for secret in secret_values(settings):
        text = text.replace(secret, "***")
    return _CREDENTIALS.sub("***@", text)
