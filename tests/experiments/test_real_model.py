"""An experiment on the embedded model: really trained, really generated, really simulated, as short as it gets."""

from functools import partial
from pathlib import Path

import pytest
from tests.demo.test_flywheel import SMALL

from ct_retrain import compose
from ct_retrain.demo.flywheel import turn_all
from ct_retrain.demo.stage_set import set_up
from ct_retrain.experiments import ExperimentContext, run_experiment


@pytest.mark.slow
def test_two_recipes_of_the_embedded_model_are_compared(tmp_path: Path) -> None:
    set_up(tmp_path, SMALL)
    app = compose.build(tmp_path, {"benchmark.samples": 1, "benchmark.temperature": 0.0})
    assert list(turn_all(app.workspace, app.settings, app.ports, SMALL, lambda _: None))
    app.workspace.experiments.mkdir()
    text = "seeds = 2\n[control.hyperparameters]\nmax_steps = 2\n[arms.fast.hyperparameters]\nlearning_rate = 0.01\n"
    (app.workspace.experiments / "rate.toml").write_text(text)
    where = ExperimentContext(app.workspace, app.settings, partial(compose.ports_of_arm, app))
    result = run_experiment(where, "rate")

    (fast,) = result.differences
    assert fast.seeds == 2
    assert -1 <= fast.low <= fast.difference <= fast.high <= 1
    assert {one.arm: len(one.scores) for one in result.scores} == {"control": 2, "fast": 2}
    assert all(one.trained_tokens > 0 and one.train_seconds > 0 for one in result.costs)
    assert len({one.adapter_sha256 for one in result.trials}) == 4
