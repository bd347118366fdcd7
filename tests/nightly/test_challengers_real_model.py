"""A night with a challenger on the embedded model: really trained, killed, resumed, generated, simulated and published."""

import dataclasses
from pathlib import Path

import pytest

from ct_retrain import compose
from ct_retrain.core.ports import Trainer
from ct_retrain.core.record import Tool
from ct_retrain.core.records.night import NightOutcome
from ct_retrain.core.records.training import Fit, TrainPlan
from ct_retrain.demo.flywheel import turn_all
from ct_retrain.demo.nightly_recipe import NIGHTLY
from ct_retrain.demo.stage_set import night_id, set_up
from ct_retrain.nightly.audit import check_workspace
from ct_retrain.nightly.audit.verify import verify

FEW = dataclasses.replace(
    NIGHTLY,
    nights=1,
    specs_a_night=48,
    missing_problems=5,
    mastered_problems=1,
    mutants=2,
    hyperparameters=NIGHTLY.hyperparameters.model_copy(update={"max_steps": 2, "learning_rate": 1e-4}),
)
"""Its default recipe hardly learns anything."""
LEARNS = {"hyperparameters": {"max_steps": 0, "learning_rate": 5e-3}}


class Interrupted:
    """A trainer that is killed when the default recipe's turn comes, once the challenger is trained."""

    def __init__(self, real: Trainer) -> None:
        self._real = real

    @property
    def tool(self) -> Tool:
        return self._real.tool

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        if "challengers" not in out.parts:
            raise KeyboardInterrupt
        return self._real.fit(plan, out)


@pytest.mark.slow
def test_a_recipe_that_learns_more_is_published_in_place_of_the_default(tmp_path: Path) -> None:
    set_up(tmp_path, FEW)
    app = compose.build(tmp_path, {"train.challengers": {"learns": LEARNS}})
    workspace, settings, ports = app.workspace, app.settings, app.ports
    with pytest.raises(KeyboardInterrupt):
        list(
            turn_all(
                workspace, settings, ports._replace(trainer=Interrupted(ports.trainer)), FEW, lambda _: None
            )
        )
    adapter = workspace.stage(night_id(1), "train") / "challengers/learns/adapter/adapter_model.safetensors"
    trained = adapter.stat().st_mtime_ns
    (turn,) = turn_all(workspace, settings, ports, FEW, lambda _: None)
    record = turn.record

    assert adapter.stat().st_mtime_ns == trained, "a challenger that was trained is not trained again"
    assert record.outcome is NightOutcome.PUBLISHED, record.reason
    assert record.decision is not None
    assert record.arm == "challenger.learns"
    assert [(one.arm, one.kind) for one in record.decision.others] == [("candidate", "hold")]
    levels = [one.evidence.comparisons[0].confidence for one in (record.decision, *record.decision.others)]
    assert sum(1 - one for one in levels) == pytest.approx(1 - settings.gate.confidence)
    (evidence,) = record.recipes
    assert evidence.difference > 0.1
    assert evidence.reached is None
    assert not check_workspace(workspace).breaches
    assert {one.finding for one in verify(workspace, settings, ports, record).claims} == {"confirmed"}
