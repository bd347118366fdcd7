"""Paths of a workspace; nothing is read or created here."""

from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.configuration.settings import PathSettings

MANIFEST = "manifest.json"
PLAN = "plan.json"
REJECTED = "rejected.jsonl"
"""What a stage refused, one Rejected a line, in the stage's directory."""

SAMPLES = "samples"
"""Directory of answers in that of the benchmark."""

NIGHT_LOG = "night.log"
"""Log of a night, one JSON object per line; older parts are `.1`, `.2` beside it."""

SERVER_LOG = "server.log"
"""Output of the server of `endpoint.command`, in the night's directory; the previous one's is `.1`."""


class Workspace(NamedTuple):
    """The root directory of a workspace and the paths in it."""

    root: Path
    paths: PathSettings

    @property
    def runs(self) -> Path:
        """Directory of the pipeline's runs, which are only read."""
        return self.root / self.paths.runs

    @property
    def gold(self) -> Path:
        """Directory of gold sets."""
        return self.root / self.paths.gold

    @property
    def general(self) -> Path:
        """Directory of general instruction data."""
        return self.root / self.paths.general

    @property
    def models(self) -> Path:
        """Directory of releases, `latest_nightly` and its history."""
        return self.root / self.paths.models

    @property
    def work(self) -> Path:
        """Directory of nights, one directory each."""
        return self.root / self.paths.work

    @property
    def lock(self) -> Path:
        """Lock file, held by the running night."""
        return self.work / ".lock"

    @property
    def verdicts(self) -> Path:
        """Verdict cache, by content; safe to delete."""
        return self.root / self.paths.verdicts if self.paths.verdicts else self.work / ".verdicts"

    @property
    def gpu_lock(self) -> Path | None:
        """Lock file of the GPU that workspaces share; None where they do not."""
        return self.root / self.paths.gpu_lock if self.paths.gpu_lock else None

    @property
    def samples(self) -> Path:
        """Cache of answers, by what they were drawn from; safe to delete."""
        return self.work / ".samples"

    @property
    def outbox(self) -> Path:
        """Notices: one file each, in a directory per night."""
        return self.work / ".outbox"

    @property
    def archive(self) -> Path:
        """Directory of nights that were not published."""
        return self.root / self.paths.archive

    @property
    def reports(self) -> Path:
        """Directory of reports, which can be written again from the records."""
        return self.root / self.paths.reports

    @property
    def experiments(self) -> Path:
        """What experiments ask (NAME.toml), and what they made (NAME/)."""
        return self.root / self.paths.experiments

    @property
    def records(self) -> Path:
        """Directory of NightRecords."""
        return self.root / self.paths.run_db

    def record(self, night: str) -> Path:
        """Return the path of the record of *night*; if the file exists, the night is over."""
        return self.records / f"{night}.json"

    def receipt(self, night: str) -> Path:
        """Return the path of the receipt of *night*, beside the NightRecords, where no purge reaches."""
        return self.records / "receipts" / f"{night}.json"

    def purged(self, night: str) -> Path:
        """Return the path of the list of files purged of *night*; absent if none were, or after a restore."""
        return self.work / night / "purged.json"

    def night(self, night: str) -> Path:
        """Return the directory of *night*."""
        return self.work / night

    def stage(self, night: str, stage: str) -> Path:
        """Return the directory of *stage* in *night*."""
        return self.work / night / stage

    def model(self, name: str) -> str:
        """Return *name* as an absolute path if it is a directory, else unchanged: a name on the hub.

        A directory that is only where the program was called from counts as one that is missing in the workspace.
        """
        return str(self.root / name) if (self.root / name).is_dir() or Path(name).is_dir() else name

    def relative(self, path: Path) -> str:
        """Return *path* relative to the workspace, as records name it."""
        return path.relative_to(self.root).as_posix()
