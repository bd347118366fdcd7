"""Lists what nights refused and why, line by line, for a night or for a run."""

from collections.abc import Iterator
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.night import night_order
from ct_retrain.core.rules.remedies import remedy_of
from ct_retrain.core.workspace import REJECTED, Workspace
from ct_retrain.manifests import kept_file

_STAGES = ("collect", "curate", "train")


class NightRefusal(NamedTuple):
    """One refusal in one night."""

    night: str
    stage: str
    where: str
    """File and line; relative to the workspace for a trace."""
    reason: str
    detail: str

    @property
    def remedy(self) -> str:
        """What a person can do about it."""
        return remedy_of(self.reason)


def refusals(workspace: Workspace, nights: list[str]) -> Iterator[NightRefusal]:
    """Yield everything that *nights* refused, as far as it is still in their directories or the archive."""
    for night in nights:
        for stage in _STAGES:
            path = kept_file(workspace, night, f"{stage}/{REJECTED}")
            for one in disk.read_lines(path, Rejected) if path else ():
                yield NightRefusal(
                    night, stage, _where(workspace, stage, one.subject), one.reason, one.detail
                )


def nights_with_stages(workspace: Workspace) -> list[str]:
    """Return every night, ended or open, that may have files on disk; oldest first."""
    named = {path.stem for path in workspace.records.glob("*.json")}
    named |= {path.name for path in workspace.work.glob("[0-9]*") if path.is_dir()}
    return sorted(named, key=night_order)


def of_run(found: Iterator[NightRefusal], run: str) -> list[NightRefusal]:
    """Return the refusals of the run directory *run*, without repeats by later nights."""
    mine = [one for one in found if f"/{run}/" in f"/{one.where}"]
    return list({(one.stage, one.where, one.reason): one for one in mine}.values())


def _where(workspace: Workspace, stage: str, subject: str) -> str:
    """Return *subject* as a file and line in this workspace: collect names runs/RUN/trace.jsonl:LINE, curate RUN:LINE."""
    runs = workspace.paths.runs
    if stage == "collect" and subject.startswith("runs/"):
        return f"{runs}/{subject.removeprefix('runs/')}"
    run, _, line = subject.rpartition(":")
    return f"{runs}/{run}/trace.jsonl:{line}" if stage == "curate" and run and line.isdecimal() else subject
