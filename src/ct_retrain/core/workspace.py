"""Where everything of a workspace lies: names only, nothing is read or made here."""

from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.configuration.settings import PathSettings

MANIFEST = "manifest.json"
PLAN = "plan.json"
NIGHT_LOG = "night.log"
"""What was logged while the night ran, one JSON object a line; older parts lie beside it as `.1`, `.2`."""

SERVER_LOG = "server.log"
"""What the server said that `endpoint.command` started, in the night's directory; of the one before as `.1`."""


class Workspace(NamedTuple):
    """A root directory and the names of the places in it."""

    root: Path
    paths: PathSettings

    @property
    def runs(self) -> Path:
        """The pipeline's runs; we only read them."""
        return self.root / self.paths.runs

    @property
    def gold(self) -> Path:
        """Gold sets."""
        return self.root / self.paths.gold

    @property
    def general(self) -> Path:
        """General instruction data."""
        return self.root / self.paths.general

    @property
    def models(self) -> Path:
        """Releases, `latest_nightly` and its history."""
        return self.root / self.paths.models

    @property
    def work(self) -> Path:
        """One directory a night."""
        return self.root / self.paths.work

    @property
    def lock(self) -> Path:
        """Held by the running night."""
        return self.work / ".lock"

    @property
    def verdicts(self) -> Path:
        """The judge's cache: verdicts by content, safe to delete."""
        return self.work / ".verdicts"

    @property
    def samples(self) -> Path:
        """Answers by what they were drawn from, for nights that need the same; safe to delete."""
        return self.work / ".samples"

    @property
    def outbox(self) -> Path:
        """One file a notice, in a directory a night: which channels have it."""
        return self.work / ".outbox"

    @property
    def archive(self) -> Path:
        """Nights that were not published."""
        return self.root / self.paths.archive

    @property
    def reports(self) -> Path:
        """Pages for people; all of them can be written again from the records."""
        return self.root / self.paths.reports

    @property
    def records(self) -> Path:
        """NightRecords."""
        return self.root / self.paths.run_db

    def record(self, night: str) -> Path:
        """The file whose existence means that *night* is over."""
        return self.records / f"{night}.json"

    def receipt(self, night: str) -> Path:
        """Proof that *night* is off-site; beside the NightRecords, where no purge goes."""
        return self.records / "receipts" / f"{night}.json"

    def purged(self, night: str) -> Path:
        """What was purged of *night*; absent when nothing was, or when it was restored."""
        return self.work / night / "purged.json"

    def night(self, night: str) -> Path:
        """Directory of *night*."""
        return self.work / night

    def stage(self, night: str, stage: str) -> Path:
        """Directory that *stage* fills."""
        return self.work / night / stage

    def model(self, name: str) -> str:
        """*name* as an absolute path when it is a directory below the root, else as the hub name it is."""
        return str(self.root / name) if (self.root / name).is_dir() else name

    def relative(self, path: Path) -> str:
        """*path* as records name it."""
        return path.relative_to(self.root).as_posix()
