"""The story of a night, with a real judge and a learner that is quick."""

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.fakes import Inbox
from tests.town import Town, found, leave_trace

from ct_retrain import disk
from ct_retrain.core.dataset import Example
from ct_retrain.core.errors import CorruptStateError, LockedError, ToolError, UsageError
from ct_retrain.core.night import NightOutcome, NightRecord
from ct_retrain.nightly import Options, open_nights, promote, records, rehearse, run
from ct_retrain.stages.publish import history, latest, verified


def night(town: Town, name: str, **options: str) -> NightRecord:
    record = run(town.workspace, town.settings, town.ports, Options(night=name, **options))
    assert record is not None
    return record


def town_with_runs(root: Path, widths: range = range(2, 8)) -> Town:
    town = found(root)
    for width in widths:
        leave_trace(town.workspace, f"run_{width}", width, fails_first=width == 3)
    return town


def test_a_better_adapter_is_published(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    record = night(town, "2026-01-01")

    assert record.outcome is NightOutcome.PUBLISHED
    assert latest(town.workspace.models) == "nightly_2026-01-01"
    assert record.metrics["candidate.functional"] == 0.75
    assert record.metrics["mainline.functional"] == 0.0
    assert record.exit_code == 0
    assert [move.target for move in history(town.workspace.models)] == ["nightly_2026-01-01"]
    assert [notice.level for notice in town.inbox.notices] == ["info"]


def test_a_night_without_new_runs_ends_early_and_says_so(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    night(town, "2026-01-01")
    record = night(town, "2026-01-02")

    assert record.outcome is NightOutcome.NOTHING_NEW
    assert record.exit_code == 0
    assert town.learner.fits == 1
    assert latest(town.workspace.models) == "nightly_2026-01-01"


def test_the_dataset_accumulates_and_the_champion_is_measured_again(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path, range(2, 7))
    night(town, "2026-01-01")
    for width in (7, 8, 9):
        leave_trace(town.workspace, f"run_{width}", width)
    record = night(town, "2026-01-02")

    assert record.metrics["curate.examples"] == 8
    assert record.metrics["curate.new"] == 3
    assert record.metrics["champion.functional"] == pytest.approx(5 / 8)
    assert record.metrics["candidate.functional"] == 1.0


def test_an_unchanged_model_is_held_and_kept_for_triage(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    night(town, "2026-01-01")
    town.workspace.runs.joinpath("late").mkdir()
    leave_trace(town.workspace, "run_again", 2)
    # The same design again for another spec is a duplicate; a new spec with a known answer changes nothing.
    town.workspace.runs.joinpath("run_again/trace.jsonl").write_text(
        town.workspace.runs.joinpath("run_again/trace.jsonl").read_text().replace("spec2", "another")
    )
    town.workspace.runs.joinpath("run_again/rtl.v").write_text(
        "module inv2(input [1:0] a, output [1:0] y); assign y = a ^ 2'b11; endmodule\n"
    )
    record = night(town, "2026-01-02")

    assert record.outcome is NightOutcome.HELD
    assert record.exit_code == 6
    assert town.workspace.archive.joinpath("2026-01-02/benchmark/scorecards.jsonl").exists()
    assert latest(town.workspace.models) == "nightly_2026-01-01"
    assert town.inbox.notices[-1].level == "warning"


def test_a_model_that_forgets_is_rejected(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    night(town, "2026-01-01")
    forgetful = found(tmp_path / "other", forgets=True)
    leave_trace(town.workspace, "run_8", 8)
    ports = town.ports._replace(trainer=forgetful.learner)
    record = run(town.workspace, town.settings, ports, Options(night="2026-01-02"))

    assert record is not None
    assert record.outcome is NightOutcome.REJECTED
    assert record.exit_code == 3
    assert latest(town.workspace.models) == "nightly_2026-01-01"


def test_failing_attempts_before_a_pass_become_repair_records(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    night(town, "2026-01-01")
    repairs = list(disk.read_lines(town.workspace.stage("2026-01-01", "curate") / "repairs.jsonl", Example))

    assert [repair.metadata.spec_hash for repair in repairs] == ["spec3"]
    assert "assign y = a;" in repairs[0].instruction
    assert "assign y = ~a;" in repairs[0].output


def test_a_night_that_is_over_is_returned_as_it_is(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    first = night(town, "2026-01-01")

    assert night(town, "2026-01-01") == first
    assert town.learner.fits == 1
    assert len(town.inbox.notices) == 1


def test_a_dead_notifier_changes_nothing_and_is_tried_again(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    dead = town._replace(ports=town.ports._replace(notifier=Inbox(dead=True)))

    assert night(dead, "2026-01-01").outcome is NightOutcome.PUBLISHED
    assert night(town, "2026-01-01").outcome is NightOutcome.PUBLISHED
    assert len(town.inbox.notices) == 1


def test_the_second_of_two_nights_at_once_is_locked_out(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    with disk.lock(town.workspace.lock), pytest.raises(LockedError, match=str(os.getpid())):
        night(town, "2026-01-01")


def test_nights_only_go_forward(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    night(town, "2026-01-02")
    with pytest.raises(UsageError, match=r"2026-01-02\.2"):
        night(town, "2026-01-01")


def test_until_leaves_the_night_open_and_a_later_run_goes_on(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    options = Options(night="2026-01-01", until="curate")

    assert run(town.workspace, town.settings, town.ports, options) is None
    assert [plan.night for plan in open_nights(town.workspace)] == ["2026-01-01"]
    assert night(town, "2026-01-01").outcome is NightOutcome.PUBLISHED
    assert open_nights(town.workspace) == []


def test_redo_throws_a_stage_away_and_what_follows(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    run(town.workspace, town.settings, town.ports, Options(night="2026-01-01", until="train"))
    night(town, "2026-01-01", redo="train")

    assert town.learner.fits == 2


def test_a_published_night_cannot_be_redone(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    night(town, "2026-01-01")
    with pytest.raises(UsageError, match="others rest on it"):
        night(town, "2026-01-01", redo="train")


def test_a_changed_setting_redoes_only_what_it_touches(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    run(town.workspace, town.settings, town.ports, Options(night="2026-01-01", until="train"))
    before = town.workspace.stage("2026-01-01", "curate").joinpath("manifest.json").read_bytes()
    train = town.settings.train.model_copy(update={"min_new": 2})
    hyper = train.model_copy(
        update={"hyperparameters": train.hyperparameters.model_copy(update={"learning_rate": 2e-4})}
    )
    changed = town._replace(settings=town.settings.model_copy(update={"train": hyper}))
    night(changed, "2026-01-01")

    assert town.learner.fits == 2
    assert town.workspace.stage("2026-01-01", "curate").joinpath("manifest.json").read_bytes() == before


def test_a_broken_night_is_archived_told_and_can_be_resumed(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)

    class Broken:
        tool = town.learner.tool

        def fit(self, plan, out):
            message = "CUDA out of memory"
            raise ToolError(message)

    broken = town.ports._replace(trainer=Broken())
    with pytest.raises(ToolError):
        run(town.workspace, town.settings, broken, Options(night="2026-01-01"))

    assert "CUDA out of memory" in town.workspace.archive.joinpath("2026-01-01/failure-1.txt").read_text()
    assert "run --night 2026-01-01" in town.inbox.notices[0].body
    assert night(town, "2026-01-01").outcome is NightOutcome.PUBLISHED


def test_a_manifest_whose_file_is_gone_stops_the_night(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    run(town.workspace, town.settings, town.ports, Options(night="2026-01-01", until="curate"))
    town.workspace.stage("2026-01-01", "curate").joinpath("dataset.jsonl").unlink()
    with pytest.raises(CorruptStateError, match="--redo curate"):
        night(town, "2026-01-01")


def test_a_dry_run_counts_everything_and_leaves_nothing(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    plan = rehearse(town.workspace, town.settings, town.ports, "2026-01-01")

    assert plan.collect.collected == 6
    assert plan.curate.new == 6
    assert plan.rows["delta"] >= 6
    assert plan.problems == 8
    assert plan.generations == 2 * 8 * 2
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
    assert town.learner.fits == 0


def test_benchmark_problems_never_reach_the_dataset(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    for line in (tmp_path / "suite.jsonl").read_text().splitlines()[:1]:
        problem = json.loads(line)
        leave_trace(town.workspace, "leak", 2)
        town.workspace.runs.joinpath("leak/spec.txt").write_text(problem["spec"].upper())
        town.workspace.runs.joinpath("leak/rtl.v").write_text(problem["golden"])
        town.workspace.runs.joinpath("leak/tb.v").write_text(problem["testbench"])
        trace = town.workspace.runs.joinpath("leak/trace.jsonl")
        trace.write_text(trace.read_text().replace("spec2", "leaked"))
    night(town, "2026-01-01")
    refused = town.workspace.stage("2026-01-01", "curate").joinpath("rejected.jsonl").read_text()

    assert '"reason":"contaminated"' in refused


def test_records_list_every_ended_night_in_order(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    for name in ("2026-01-01", "2026-01-01.2", "2026-01-01.10"):
        night(town, name)

    assert [record.night for record in records(town.workspace)] == [
        "2026-01-01",
        "2026-01-01.2",
        "2026-01-01.10",
    ]


def test_a_copied_tree_whose_link_became_a_directory_is_refused(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    night(town, "2026-01-01")
    link = town.workspace.models / "latest_nightly"
    target = link.resolve()
    link.unlink()
    shutil.copytree(target, link)
    leave_trace(town.workspace, "run_9", 9)
    with pytest.raises(CorruptStateError, match="not a symlink"):
        night(town, "2026-01-02")


def test_a_night_that_was_not_published_can_be_forced_and_that_is_kept_for_ever(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    strict = town.settings.model_copy(update={"min_delta_score": 1.0})
    record = run(town.workspace, strict, town.ports, Options(night="2026-01-01"))
    assert record is not None
    assert record.outcome is NightOutcome.HELD

    with pytest.raises(UsageError, match="--because"):
        promote(town.workspace, town.ports, "2026-01-01", " ")
    promote(town.workspace, town.ports, "2026-01-01", "the lab needs it")

    assert latest(town.workspace.models) == "nightly_2026-01-01"
    assert verified(town.workspace.models, "nightly_2026-01-01").forced == "the lab needs it"
    move = history(town.workspace.models)[-1]
    assert (move.who, move.why) == ("promote", "forced against hold: the lab needs it")
    assert [path.name for path in town.workspace.models.glob(".*")] == []


def test_what_published_by_itself_or_was_touched_cannot_be_forced(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    night(town, "2026-01-01")
    with pytest.raises(UsageError, match="published by itself"):
        promote(town.workspace, town.ports, "2026-01-01", "why not")
    with pytest.raises(UsageError, match="is not over"):
        promote(town.workspace, town.ports, "2026-01-05", "why not")
    leave_trace(town.workspace, "run_8", 8)
    strict = town.settings.model_copy(update={"min_delta_score": 1.0})
    run(town.workspace, strict, town.ports, Options(night="2026-01-02"))
    weights = town.workspace.stage("2026-01-02", "train") / "adapter" / "adapter_model.safetensors"
    weights.write_text("other weights")
    with pytest.raises(CorruptStateError, match="adapter_model"):
        promote(town.workspace, town.ports, "2026-01-02", "why not")

    assert latest(town.workspace.models) == "nightly_2026-01-01"


def test_what_an_earlier_release_could_do_is_missed(tmp_path: Path) -> None:
    town = town_with_runs(tmp_path)
    night(town, "2026-01-01")
    leave_trace(town.workspace, "run_8", 8)
    forgetful = found(tmp_path / "other", forgets=True)
    record = run(town.workspace, town.settings, forgetful.ports, Options(night="2026-01-02"))

    assert record is not None
    assert record.outcome is NightOutcome.REJECTED
    assert record.metrics["forgotten"] == 6
