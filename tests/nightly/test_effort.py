"""What a stage's judging took is noted in its manifest, in the record and by `show`, and in nothing that is digested."""

from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, found, leave_trace

from ct_retrain.cli import call
from ct_retrain.core.records.night import Effort, Manifest, NightRecord
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.step import content


@pytest.fixture
def small(tmp_path: Path) -> SmallWorkspace:
    small = found(tmp_path, mutants=3, remembers=True, problems=range(2, 4))
    leave_trace(small.workspace, "run_5", 5)
    return small


def live(small: SmallWorkspace) -> NightRecord:
    record = run_night(small.workspace, small.settings, small.ports, Options(night="2026-01-01"))
    assert record is not None
    return record


def test_the_record_says_how_much_the_judge_knew(small: SmallWorkspace) -> None:
    efforts = {stage.stage: stage.effort for stage in live(small).stages}

    assert efforts["collect"] == Effort(known=0, simulated=0, seconds=0.0)
    curate, benchmark = efforts["curate"], efforts["benchmark"]
    assert curate is not None
    assert benchmark is not None
    assert curate.simulated > 5
    assert curate.seconds > 0
    assert benchmark.seconds == 0


def test_show_tells_time_and_hit_rate_of_the_judge(
    small: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    live(small)
    capsys.readouterr()
    assert call(["-C", str(small.workspace.root), "show"]) == 0
    shown = capsys.readouterr().out

    assert "verdicts," in shown
    assert "% known; credibility" in shown


def test_the_effort_is_no_part_of_what_a_stage_made(small: SmallWorkspace) -> None:
    live(small)
    path = small.workspace.stage("2026-01-01", "curate") / "manifest.json"
    manifest = Manifest.model_validate_json(path.read_bytes())
    other = manifest.model_copy(update={"effort": Effort(known=1, simulated=2, seconds=3.0)})

    assert content(other) == content(manifest)
