"""Shows what a harvest of given runs would yield, before the first night; everything is judged, nothing is kept.

The rules are those of a night, including the scores of testbenches. Not checked is what only a night knows: earlier
examples, and whether a spec is a benchmark problem.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import ReasonCount, Record, Rejected, count_reasons
from ct_retrain.core.workspace import REJECTED, Workspace
from ct_retrain.decontamination.protection import Protection
from ct_retrain.nightly.run.stages import private
from ct_retrain.stages.collect import CollectInputs, collect
from ct_retrain.stages.curate import Appraiser, CurateInputs, curate


class HarvestCheck(Record):
    """What the runs would yield."""

    runs: int
    passing: int
    """Simulations that report a pass."""
    examples: int
    repairs: int
    transcripts: dict[str, int]
    """How tonight's transcripts compare with those in the traces."""
    reasons: tuple[ReasonCount, ...]
    """Why some runs give no example, the most frequent reason first."""

    @property
    def share(self) -> float:
        """Examples as a share of all simulations that report a pass."""
        return self.examples / self.passing if self.passing else 0.0


def check_harvest(
    runs: Path, workspace: Workspace, settings: Settings, simulator: Simulator, appraiser: Appraiser
) -> HarvestCheck:
    """Collect and curate the directory of runs *runs* of *workspace* in a temporary directory."""
    with tempfile.TemporaryDirectory(prefix="ct-retrain-") as made:
        collected, curated = Path(made) / "collect", Path(made) / "curate"
        collected.mkdir()
        curated.mkdir()
        found = collect(
            collected,
            CollectInputs(
                workspace.root, runs, None, settings.collect, datetime.now(UTC), private(settings.paths)
            ),
        )
        inputs = CurateInputs(
            night="check",
            collected=collected,
            previous=None,
            protection=Protection(workers=settings.judge.workers),
            settings=settings.curate,
            max_records=settings.max_records,
            workers=settings.judge.workers,
        )
        kept = curate(curated, inputs, simulator, appraiser)
        refused = [
            one for place in (collected, curated) for one in disk.read_lines(place / REJECTED, Rejected)
        ]
    return HarvestCheck(
        runs=found.runs,
        passing=found.passing,
        examples=kept.examples,
        repairs=kept.repairs,
        transcripts=kept.transcripts,
        reasons=count_reasons(refused),
    )
