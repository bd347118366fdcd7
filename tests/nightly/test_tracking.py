"""What a tracker is told about nights, when, and what becomes of a night whose tracker is dead."""

import re
from pathlib import Path

import pytest
from tests.fakes import Chalkboard
from tests.small_workspace import SmallWorkspace, found, leave_trace, live

from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.installation import install_command
from ct_retrain.core.records.night import NightOutcome
from ct_retrain.nightly.releases.promotion import promote
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.tracking import rebuild_tracking, retrack, tracked_night, tracker


@pytest.fixture
def board() -> Chalkboard:
    return Chalkboard()


@pytest.fixture
def small(tmp_path: Path, board: Chalkboard) -> SmallWorkspace:
    small = found(tmp_path)
    for width in range(2, 8):
        leave_trace(small.workspace, f"run_{width}", width)
    return small._replace(ports=small.ports._replace(tracker=board))


def test_a_night_is_told_with_all_that_it_was_told_measured_and_made(
    small: SmallWorkspace, board: Chalkboard
) -> None:
    record = live(small)
    (story,) = board.stories
    (run_told,) = story.nights

    assert story.aliases.latest_nightly == "2026-01-01"
    assert story.aliases.mainline == "nothing/here"
    assert run_told.parameters["benchmark.samples"]
    assert run_told.parameters["hyperparameters.rank"] == "16"
    assert not [name for name in run_told.parameters if name.startswith(("endpoint.", "notices."))]
    assert run_told.metrics["candidate.functional"] == 0.75
    assert run_told.metrics["candidate.pass_at_1"] == 0.75
    assert [(one.step, one.value) for one in run_told.curves["curve.loss"]] == [(1, 0.5)]
    assert run_told.tags["outcome"] == "published"
    assert run_told.tags["decision"] == "promote"
    assert len(run_told.tags["sha256.dataset"]) == len(run_told.tags["sha256.adapter"]) == 64
    assert run_told.tags["sha256.train"] == next(ref.sha256 for ref in record.stages if ref.stage == "train")
    assert run_told.adapter is not None
    assert run_told.adapter.path == str(small.workspace.models / "nightly_2026-01-01")

    manifest = small.workspace.root / next(ref.path for ref in record.stages if ref.stage == "train")
    manifest.write_text(manifest.read_text() + " ")
    with pytest.raises(CorruptStateError, match="restore it from the snapshot"):
        tracked_night(small.workspace, record)


def test_nights_are_told_once_each_and_a_rebuild_tells_the_same_again(
    small: SmallWorkspace, board: Chalkboard
) -> None:
    live(small)
    live(small)
    assert len(board.stories) == 1, "a second chance tells nothing again"
    live(small, "2026-01-02")
    last = board.stories[-1].nights[0]
    assert last.tags["outcome"] == "nothing_new"
    assert last.adapter is None
    assert board.stories[-1].aliases.latest_nightly == "2026-01-01"

    nights = [story.nights[0] for story in board.stories]
    rebuild_tracking(small.workspace, small.settings, small.ports)
    assert list(board.stories[0].nights) == nights


def test_a_dead_tracker_changes_no_outcome_and_the_next_chance_tells(
    small: SmallWorkspace, board: Chalkboard
) -> None:
    board.dead = True
    assert live(small).outcome is NightOutcome.PUBLISHED
    assert [notice.subject for notice in small.inbox.notices] == ["outcome", "part-track"]
    assert "database is locked" in small.inbox.notices[-1].body
    board.dead = False
    live(small)

    assert board.holds().nights == ("2026-01-01",)
    assert len(small.inbox.notices) == 2


def test_a_forced_release_is_told_as_what_it_became(tmp_path: Path, board: Chalkboard) -> None:
    small = found(tmp_path)
    leave_trace(small.workspace, "run_2", 2)
    settings = small.settings.model_copy(update={"min_delta_score": 0.9})
    ports = small.ports._replace(tracker=board)
    record = run_night(small.workspace, settings, ports, Options(night="2026-01-01"))
    assert record is not None
    assert record.outcome is NightOutcome.HELD
    promote(small.workspace, settings, ports, "2026-01-01", "the demo needs it")
    retrack(small.workspace, settings, ports, "2026-01-01")
    before, after = board.stories

    assert (before.nights[0].tags["release"], before.aliases.latest_nightly) == ("none", None)
    assert (after.nights[0].tags["release"], after.aliases.latest_nightly) == (
        "nightly_2026-01-01",
        "2026-01-01",
    )


def test_without_a_tracker_a_night_leaves_no_mark_and_the_command_says_how_to_get_one(tmp_path: Path) -> None:
    small = found(tmp_path)
    live(small)
    assert not (small.workspace.night("2026-01-01") / "tracked.json").exists()
    with pytest.raises(UsageError, match=re.escape(install_command("track"))):
        tracker(small.ports)
