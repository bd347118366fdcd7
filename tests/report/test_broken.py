"""A night that broke is seen like one that ended: a page, a row in the history and in `status`, and `show`."""

from pathlib import Path

import pytest
from tests.small_workspace import found, leave_trace

from ct_retrain.cli import call
from ct_retrain.compose import reporter_of
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.training import Fit, TrainPlan
from ct_retrain.nightly.run import Options, run_night

NIGHT = "2026-01-01"


def test_a_broken_night_is_on_every_page_until_it_is_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = found(tmp_path / "town")
    workspace, place = small.workspace, ["-C", str(tmp_path / "town")]
    leave_trace(workspace, "run_2", 2)
    (workspace.root / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    ports = small.ports._replace(reporter=reporter_of(small.settings))

    class Struck(type(small.learner)):  # type: ignore[misc]
        def fit(self, plan: TrainPlan, out: Path) -> Fit:
            raise ToolError("the GPU fell off the bus")

    struck = ports._replace(trainer=Struck({}))
    with pytest.raises(ToolError):
        run_night(workspace, small.settings, struck, Options(night=NIGHT))
    page = workspace.reports / f"{NIGHT}.html"
    capsys.readouterr()

    assert "the GPU fell off the bus" in page.read_text()
    assert f"ct-retrain run --night {NIGHT}" in page.read_text()
    assert "broke in train and is not over" in (workspace.reports / "index.html").read_text()
    assert call([*place, "status"]) == 0
    assert "broken in train" in capsys.readouterr().out
    for night in ([], [NIGHT]):
        assert call([*place, "show", *night]) == 0
        assert "2026-01-01: broken in train" in capsys.readouterr().out
    assert call([*place, "report", NIGHT]) == 0

    assert run_night(workspace, small.settings, ports, Options(night=NIGHT)) is not None
    assert "the GPU fell off the bus" not in page.read_text()
    assert "broke in train" not in (workspace.reports / "index.html").read_text()
    capsys.readouterr()
    assert call([*place, "status"]) == 0
    assert "broken" not in capsys.readouterr().out
