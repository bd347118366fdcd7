"""A workspace whose model learns by the recipe: what each arm knows afterwards is decided by its settings and its seed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.fakes import Scripted
from tests.small_workspace import SmallWorkspace, Taught, found, leave_trace, other_problem, spec

from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.training import Fit, TrainPlan
from ct_retrain.experiments import ExperimentContext
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.run import Options
from ct_retrain.nightly.run import run_night as run

TAUGHT = range(2, 18)
NIGHT = "2026-01-01"


class Pupil(Taught):
    """Learns what it reads but one row, chosen by the seed; of rank 1 nearly nothing; of rank 2 it cannot be trained."""

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        knobs = plan.hyperparameters
        if knobs.rank == 2:
            message = "the loss became nan at step 1: training diverged"
            raise ToolError(message)
        fit = super().fit(plan, out)
        weights = out / "adapter" / "adapter_model.safetensors"
        learnt: Mapping[str, str] = json.loads(weights.read_text())
        known = [width for width in TAUGHT if spec(width) in learnt]
        missed = known[knobs.seed % len(known)]
        kept = known[:1] if knobs.rank == 1 else [one for one in known if one != missed]
        weights.write_text(json.dumps({spec(width): "" for width in kept}))
        return fit

    def open(self, adapter: Path | None):
        learnt = json.loads((adapter / "adapter_model.safetensors").read_text()) if adapter else {}
        known = [width for width in TAUGHT if spec(width) in learnt]
        answers = {other_problem(width).spec: other_problem(width).golden for width in known}
        return Scripted(answers, ",".join(map(str, known)))


class DyingPupil(Pupil):
    """Is interrupted in its training number *moment*, counted from 1, and leaves a file there."""

    def __init__(self, moment: int) -> None:
        super().__init__({})
        self._moment = moment

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        if self.fits == self._moment - 1:
            out.joinpath("half-written").write_text("x")
            raise KeyboardInterrupt
        return super().fit(plan, out)


class School(NamedTuple):
    """A workspace after its first night, and a pupil that counts how often it was taught."""

    small: SmallWorkspace
    pupil: Pupil

    @property
    def where(self) -> ExperimentContext:
        return ExperimentContext(self.small.workspace, self.small.settings, self.ports_of)

    def ports_of(self, settings: Settings) -> Ports:
        return self.small.ports._replace(trainer=self.pupil, generators=self.pupil)

    def ask(self, name: str, text: str) -> Path:
        path = self.small.workspace.experiments / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def taught(self, name: str) -> list[str]:
        """Trials that were begun."""
        trials = self.small.workspace.experiments / name / "trials"
        return sorted(f"{one.parent.name}/{one.name}" for one in trials.glob("*/seed-*"))


def opened(root: Path) -> School:
    """A school at *root* whose night is over."""
    small, pupil = found(root, problems=TAUGHT, remembers=True), Pupil({})
    for width in TAUGHT:
        leave_trace(small.workspace, f"run_{width}", width, fails_first=width == 3)
    school = School(small, pupil)
    ports = school.ports_of(small.settings)
    assert run(small.workspace, small.settings, ports, Options(night=NIGHT)) is not None
    return school._replace(pupil=Pupil({}))
