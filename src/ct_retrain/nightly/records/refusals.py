"""What nights refused and why, line by line, of a night or of a run."""

from collections.abc import Iterator
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.night import night_order
from ct_retrain.core.rules.mends import mend_of
from ct_retrain.core.workspace import Workspace
from ct_retrain.manifests import kept_file

_STAGES = ("collect", "curate", "train")
_REJECTED = "rejected.jsonl"


class Refusal(NamedTuple):
    """One refusal of one night."""

    night: str
    stage: str
    where: str
    """File and line, relative to the workspace where it is a trace."""
    reason: str
    detail: str

    @property
    def mend(self) -> str:
        """What a person can do about it."""
        return mend_of(self.reason)


def refusals(workspace: Workspace, nights: list[str]) -> Iterator[Refusal]:
    """Everything that *nights* refused, as far as it is still on disk there or in the archive."""
    for night in nights:
        for stage in _STAGES:
            path = kept_file(workspace, night, f"{stage}/{_REJECTED}")
            for one in disk.read_lines(path, Rejected) if path else ():
                yield Refusal(night, stage, _where(workspace, stage, one.subject), one.reason, one.detail)


def nights_with_stages(workspace: Workspace) -> list[str]:
    """Every night, ended or open, of which something may be on disk; oldest first."""
    named = {path.stem for path in workspace.records.glob("*.json")}
    named |= {path.name for path in workspace.work.glob("[0-9]*") if path.is_dir()}
    return sorted(named, key=night_order)


def of_run(found: Iterator[Refusal], run: str) -> list[Refusal]:
    """Those of the run directory *run*, without what a later night said again."""
    mine = [one for one in found if f"/{run}/" in f"/{one.where}"]
    return list({(one.stage, one.where, one.reason): one for one in mine}.values())


def _where(workspace: Workspace, stage: str, subject: str) -> str:
    """Collect names runs/RUN/trace.jsonl:LINE and curate RUN:LINE; a reader wants the file as it lies here."""
    runs = workspace.paths.runs
    if stage == "collect" and subject.startswith("runs/"):
        return f"{runs}/{subject.removeprefix('runs/')}"
    run, _, line = subject.rpartition(":")
    return f"{runs}/{run}/trace.jsonl:{line}" if stage == "curate" and run and line.isdecimal() else subject
