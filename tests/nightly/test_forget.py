"""Nights have dates that exist, none starts before its day unasked, and one that should not be can be forgotten."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, copy_of, found, leave_trace

from ct_retrain.cli import call
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.night import NightOutcome, NightRecord
from ct_retrain.nightly.audit import check_workspace
from ct_retrain.nightly.records.forget import forget_night, forgotten_nights, plan_forgetting
from ct_retrain.nightly.run import Options, plan_night, run_night

FIRST, SECOND = "2026-01-01", "2026-01-02"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """A night that published, and one that had nothing new."""
    small = found(tmp_path_factory.mktemp("two") / "town")
    for width in range(2, 8):
        leave_trace(small.workspace, f"run_{width}", width)
    assert ended(small, FIRST).outcome is NightOutcome.PUBLISHED
    assert ended(small, SECOND).outcome is NightOutcome.NOTHING_NEW
    (small.workspace.root / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    return small


def ended(small: SmallWorkspace, name: str) -> NightRecord:
    record = run_night(small.workspace, small.settings, small.ports, Options(night=name))
    assert record is not None
    return record


@pytest.mark.parametrize(
    "name", ["2026-13-01", "2026-02-30", "yesterday", "2026-1-1", "2026-01-01.x", "../up"]
)
def test_what_is_no_date_is_no_night(tmp_path: Path, name: str) -> None:
    small = found(tmp_path / "town")
    before = sorted(small.workspace.root.rglob("*"))

    with pytest.raises(UsageError, match="is not a date: write YYYY-MM-DD"):
        run_night(small.workspace, small.settings, small.ports, Options(night=name))
    with pytest.raises(UsageError, match="is not a date: write YYYY-MM-DD"):
        plan_night(small.workspace, small.settings, small.ports, name)
    assert sorted(small.workspace.root.rglob("*")) == before


def test_a_night_of_a_day_to_come_waits_for_a_word(tmp_path: Path) -> None:
    small = found(tmp_path / "town")
    later = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()

    with pytest.raises(UsageError, match=r"is in the future .* --ahead"):
        run_night(small.workspace, small.settings, small.ports, Options(night=later))
    assert not small.workspace.night(later).exists()
    assert (
        run_night(small.workspace, small.settings, small.ports, Options(night=later, ahead=True)) is not None
    )


def test_a_forgotten_night_is_gone_and_on_record_as_forgotten(
    tmp_path: Path, two: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    small = copy_of(two, tmp_path / "town")
    workspace, place = small.workspace, ["-C", str(tmp_path / "town")]
    assert call([*place, "forget", SECOND]) == 0
    assert "nothing was changed; --yes forgets it" in capsys.readouterr().out
    assert workspace.record(SECOND).exists()
    assert call([*place, "forget", SECOND, "--yes", "--because", "a wrong clock"]) == 0
    capsys.readouterr()
    assert call([*place, "history"]) == 0

    assert "2026-01-02 (nothing new) was forgotten" in capsys.readouterr().out
    assert not any(path.exists() for path in (workspace.record(SECOND), workspace.night(SECOND)))
    assert [(one.night, one.why) for one in forgotten_nights(workspace)] == [(SECOND, "a wrong clock")]
    assert check_workspace(workspace).breaches == ()
    assert ended(small, SECOND).outcome is NightOutcome.NOTHING_NEW


def test_a_night_that_others_rest_on_or_that_is_served_is_not_forgotten(
    tmp_path: Path, two: SmallWorkspace
) -> None:
    workspace = copy_of(two, tmp_path / "town").workspace

    with pytest.raises(UsageError, match=f"night {SECOND} continues {FIRST}"):
        plan_forgetting(workspace, FIRST)
    forget_night(workspace, plan_forgetting(workspace, SECOND), "in the way")
    with pytest.raises(UsageError, match="is served: `ct-retrain rollback`"):
        plan_forgetting(workspace, FIRST)
    with pytest.raises(UsageError, match="there is no night 2026-02-02"):
        plan_forgetting(workspace, "2026-02-02")


def test_a_night_that_published_keeps_its_release(tmp_path: Path, two: SmallWorkspace) -> None:
    workspace = copy_of(two, tmp_path / "town").workspace
    place = ["-C", str(workspace.root)]
    forget_night(workspace, plan_forgetting(workspace, SECOND), "in the way")
    assert call([*place, "rollback", "--to-mainline"]) == 0
    assert call([*place, "forget", FIRST, "--yes"]) == 0

    assert (workspace.models / f"nightly_{FIRST}" / "release.json").is_file()
    assert check_workspace(workspace).breaches == ()


def test_without_an_off_site_copy_nobody_is_sent_to_restore(tmp_path: Path, two: SmallWorkspace) -> None:
    workspace = copy_of(two, tmp_path / "town").workspace
    (workspace.stage(SECOND, "collect") / "manifest.json").unlink()
    heals = {breach.heal for breach in check_workspace(workspace).breaches}

    assert heals
    assert not any("ct-retrain restore" in heal for heal in heals)
    assert any(f"ct-retrain forget {SECOND}" in heal for heal in heals)
    forget_night(workspace, plan_forgetting(workspace, SECOND), "its files are gone")
    assert check_workspace(workspace).breaches == ()
