"""The story of a night, with a real judge and a learner that is quick."""

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.fakes import Inbox
from tests.small_workspace import SmallWorkspace, Taught, found, leave_trace, live, other_problem

from ct_retrain import disk
from ct_retrain.cli import call
from ct_retrain.core.errors import CorruptStateError, LockedError, ToolError, UsageError
from ct_retrain.core.records.dataset import Example
from ct_retrain.core.records.night import NightOutcome, NightRecord
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.nightly.records.index import open_nights, records
from ct_retrain.nightly.records.inspection import inspect
from ct_retrain.nightly.releases.mainline_evidence import evidence_for_mainline
from ct_retrain.nightly.releases.promotion import promote
from ct_retrain.nightly.run import Options, plan_night, run_night
from ct_retrain.releases import latest, moves_of, verified


def town_with_runs(root: Path, widths: range = range(2, 8)) -> SmallWorkspace:
    small = found(root)
    for width in widths:
        leave_trace(small.workspace, f"run_{width}", width, fails_first=width == 3)
    return small


def test_a_better_adapter_is_published(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    record = live(small, "2026-01-01")

    assert record.outcome is NightOutcome.PUBLISHED
    assert latest(small.workspace.models) == "nightly_2026-01-01"
    assert record.metrics["candidate.functional"] == 0.75
    assert record.metrics["mainline.functional"] == 0.0
    assert record.exit_code == 0
    assert [move.target for move in moves_of(small.workspace.models)] == ["nightly_2026-01-01"]
    assert [notice.level for notice in small.inbox.notices] == ["info"]


def test_a_night_without_new_runs_ends_early_and_says_so(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    live(small, "2026-01-01")
    record = live(small, "2026-01-02")

    assert record.outcome is NightOutcome.NOTHING_NEW
    assert record.exit_code == 0
    assert small.learner.fits == 1
    assert latest(small.workspace.models) == "nightly_2026-01-01"


def test_the_dataset_accumulates_and_the_champion_is_measured_again(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path, range(2, 7))
    live(small, "2026-01-01")
    for width in (7, 8, 9):
        leave_trace(small.workspace, f"run_{width}", width)
    record = live(small, "2026-01-02")

    assert record.metrics["curate.examples"] == 8
    assert record.metrics["curate.new"] == 3
    assert record.metrics["champion.functional"] == pytest.approx(5 / 8)
    assert record.metrics["candidate.functional"] == 1.0


def test_an_unchanged_model_is_held_and_kept_for_triage(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    live(small, "2026-01-01")
    small.workspace.runs.joinpath("late").mkdir()
    leave_trace(small.workspace, "run_again", 2)
    # The same design again for another spec is a duplicate; a new spec with a known answer changes nothing.
    small.workspace.runs.joinpath("run_again/trace.jsonl").write_text(
        small.workspace.runs.joinpath("run_again/trace.jsonl").read_text().replace("spec2", "another")
    )
    small.workspace.runs.joinpath("run_again/rtl.v").write_text(
        "module inv2(input [1:0] a, output [1:0] y); assign y = a ^ 2'b11; endmodule\n"
    )
    record = live(small, "2026-01-02")

    assert record.outcome is NightOutcome.HELD
    assert record.exit_code == 6
    assert small.workspace.archive.joinpath("2026-01-02/benchmark/scorecards.jsonl").exists()
    assert latest(small.workspace.models) == "nightly_2026-01-01"
    assert small.inbox.notices[-1].level == "warning"


def test_a_model_that_forgets_is_rejected(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    live(small, "2026-01-01")
    forgetful = found(tmp_path / "other", forgets=True)
    leave_trace(small.workspace, "run_8", 8)
    ports = small.ports._replace(trainer=forgetful.learner)
    record = run_night(small.workspace, small.settings, ports, Options(night="2026-01-02"))

    assert record is not None
    assert record.outcome is NightOutcome.REJECTED
    assert record.exit_code == 3
    assert latest(small.workspace.models) == "nightly_2026-01-01"


def test_failing_attempts_before_a_pass_become_repair_records(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    live(small, "2026-01-01")
    repairs = list(disk.read_lines(small.workspace.stage("2026-01-01", "curate") / "repairs.jsonl", Example))

    assert [repair.metadata.spec_hash for repair in repairs] == ["spec3"]
    assert "assign y = a;" in repairs[0].instruction
    assert "assign y = ~a;" in repairs[0].output


def test_a_night_that_is_over_is_returned_as_it_is(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    first = live(small, "2026-01-01")

    assert live(small, "2026-01-01") == first
    assert small.learner.fits == 1
    assert len(small.inbox.notices) == 1


def test_a_dead_notifier_changes_nothing_and_is_tried_again(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    dead = small._replace(ports=small.ports._replace(notifier=Inbox(dead=True)))

    assert live(dead, "2026-01-01").outcome is NightOutcome.PUBLISHED
    assert live(small, "2026-01-01").outcome is NightOutcome.PUBLISHED
    assert len(small.inbox.notices) == 1


def test_the_second_of_two_nights_at_once_is_locked_out(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    with disk.lock(small.workspace.lock), pytest.raises(LockedError, match=str(os.getpid())):
        live(small, "2026-01-01")


def test_nights_only_go_forward(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    live(small, "2026-01-02")
    with pytest.raises(UsageError, match=r"2026-01-02\.2"):
        live(small, "2026-01-01")


def test_until_leaves_the_night_open_and_a_later_run_goes_on(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    options = Options(night="2026-01-01", until="curate")

    assert run_night(small.workspace, small.settings, small.ports, options) is None
    assert [plan.night for plan in open_nights(small.workspace)] == ["2026-01-01"]
    assert live(small, "2026-01-01").outcome is NightOutcome.PUBLISHED
    assert open_nights(small.workspace) == []


def test_redo_throws_a_stage_away_and_what_follows(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    run_night(small.workspace, small.settings, small.ports, Options(night="2026-01-01", until="train"))
    live(small, "2026-01-01", redo="train")

    assert small.learner.fits == 2


def test_a_published_night_cannot_be_redone(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    live(small, "2026-01-01")
    with pytest.raises(UsageError, match="later nights build on it"):
        live(small, "2026-01-01", redo="train")


def test_a_changed_setting_redoes_only_what_it_touches(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    run_night(small.workspace, small.settings, small.ports, Options(night="2026-01-01", until="train"))
    before = small.workspace.stage("2026-01-01", "curate").joinpath("manifest.json").read_bytes()
    train = small.settings.train.model_copy(update={"min_new": 2})
    hyper = train.model_copy(
        update={"hyperparameters": train.hyperparameters.model_copy(update={"learning_rate": 3e-4})}
    )
    changed = small._replace(settings=small.settings.model_copy(update={"train": hyper}))
    live(changed, "2026-01-01")

    assert small.learner.fits == 2
    assert small.workspace.stage("2026-01-01", "curate").joinpath("manifest.json").read_bytes() == before


def test_a_broken_night_is_archived_told_and_can_be_resumed(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)

    class Broken:
        tool = small.learner.tool

        def fit(self, plan, out):
            message = "CUDA out of memory"
            raise ToolError(message)

    broken = small.ports._replace(trainer=Broken())
    with pytest.raises(ToolError):
        run_night(small.workspace, small.settings, broken, Options(night="2026-01-01"))

    assert "CUDA out of memory" in small.workspace.archive.joinpath("2026-01-01/failure-1.txt").read_text()
    assert "run --night 2026-01-01" in small.inbox.notices[0].body
    assert live(small, "2026-01-01").outcome is NightOutcome.PUBLISHED


def test_a_manifest_whose_file_is_gone_stops_the_night(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    run_night(small.workspace, small.settings, small.ports, Options(night="2026-01-01", until="curate"))
    small.workspace.stage("2026-01-01", "curate").joinpath("dataset.jsonl").unlink()
    with pytest.raises(CorruptStateError, match="--redo curate"):
        live(small, "2026-01-01")


def test_a_dry_run_counts_everything_and_leaves_nothing(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    plan = plan_night(small.workspace, small.settings, small.ports, "2026-01-01")

    assert plan.collect.collected == 6
    assert plan.curate.new == 6
    assert plan.rows["delta"] >= 6
    assert plan.problems == 8
    assert plan.generations == 2 * 8 * 2
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
    assert small.learner.fits == 0


def test_benchmark_problems_never_reach_the_dataset(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    for line in (tmp_path / "suite.jsonl").read_text().splitlines()[:1]:
        problem = json.loads(line)
        leave_trace(small.workspace, "leak", 2)
        small.workspace.runs.joinpath("leak/spec.txt").write_text(problem["spec"].upper())
        small.workspace.runs.joinpath("leak/rtl.v").write_text(problem["golden"])
        small.workspace.runs.joinpath("leak/tb.v").write_text(problem["testbench"])
        trace = small.workspace.runs.joinpath("leak/trace.jsonl")
        trace.write_text(trace.read_text().replace("spec2", "leaked"))
    live(small, "2026-01-01")
    refused = small.workspace.stage("2026-01-01", "curate").joinpath("rejected.jsonl").read_text()

    assert '"reason":"contaminated_copied_question"' in refused


def test_records_list_every_ended_night_in_order(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    for name in ("2026-01-01", "2026-01-01.2", "2026-01-01.10"):
        live(small, name)

    assert [record.night for record in records(small.workspace)] == [
        "2026-01-01",
        "2026-01-01.2",
        "2026-01-01.10",
    ]


def test_a_copied_tree_whose_link_became_a_directory_is_refused(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    live(small, "2026-01-01")
    link = small.workspace.models / "latest_nightly"
    target = link.resolve()
    link.unlink()
    shutil.copytree(target, link)
    leave_trace(small.workspace, "run_9", 9)
    with pytest.raises(CorruptStateError, match="not a symlink"):
        live(small, "2026-01-02")


def test_a_night_that_was_not_published_can_be_forced_and_that_is_kept_for_ever(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    strict = small.settings.model_copy(update={"min_delta_score": 1.0})
    record = run_night(small.workspace, strict, small.ports, Options(night="2026-01-01"))
    assert record is not None
    assert record.outcome is NightOutcome.HELD

    with pytest.raises(UsageError, match="--because"):
        promote(small.workspace, small.settings, small.ports, "2026-01-01", " ")
    promote(small.workspace, small.settings, small.ports, "2026-01-01", "the lab needs it")

    assert latest(small.workspace.models) == "nightly_2026-01-01"
    assert verified(small.workspace.models, "nightly_2026-01-01").forced == "the lab needs it"
    move = moves_of(small.workspace.models)[-1]
    assert (move.who, move.why) == ("promote", "forced against hold: the lab needs it")
    assert [path.name for path in small.workspace.models.glob(".*")] == []


def test_what_published_by_itself_or_was_touched_cannot_be_forced(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    live(small, "2026-01-01")
    with pytest.raises(UsageError, match="published by itself"):
        promote(small.workspace, small.settings, small.ports, "2026-01-01", "why not")
    with pytest.raises(UsageError, match="is not over"):
        promote(small.workspace, small.settings, small.ports, "2026-01-05", "why not")
    leave_trace(small.workspace, "run_8", 8)
    strict = small.settings.model_copy(update={"min_delta_score": 1.0})
    run_night(small.workspace, strict, small.ports, Options(night="2026-01-02"))
    weights = small.workspace.stage("2026-01-02", "train") / "adapter" / "adapter_model.safetensors"
    weights.write_text("other weights")
    with pytest.raises(CorruptStateError, match="adapter_model"):
        promote(small.workspace, small.settings, small.ports, "2026-01-02", "why not")

    assert latest(small.workspace.models) == "nightly_2026-01-01"


def test_what_an_earlier_release_could_do_is_missed(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    live(small, "2026-01-01")
    leave_trace(small.workspace, "run_8", 8)
    forgetful = found(tmp_path / "other", forgets=True)
    record = run_night(small.workspace, small.settings, forgetful.ports, Options(night="2026-01-02"))

    assert record is not None
    assert record.outcome is NightOutcome.REJECTED
    assert record.metrics["forgotten"] == 6


def seeded(small: SmallWorkspace, name: str, *, fresh: bool, temperature: float = 0.6) -> NightRecord:
    """A night that draws at *temperature*, with a seed of its own if *fresh*."""
    drawn = small.settings.benchmark.model_copy(update={"fresh_seeds": fresh, "temperature": temperature})
    settings = small.settings.model_copy(update={"benchmark": drawn})
    record = run_night(small.workspace, settings, small.ports, Options(night=name))
    assert record is not None
    return record


def drawn_with(small: SmallWorkspace, name: str) -> set[int]:
    path = small.workspace.stage(name, "benchmark") / "scorecards.jsonl"
    return {card.sampling.seed for card in disk.read_lines(path, Scorecard)}


@pytest.mark.parametrize(
    ("fresh", "temperature", "counted"),
    [(True, 0.6, ["2026-01-02", "2026-01-03"]), (False, 0.6, ["2026-01-02"]), (True, 0.0, ["2026-01-02"])],
)
def test_nights_are_evidence_on_mainline_when_they_drew_answers_of_their_own(
    tmp_path: Path, fresh: bool, temperature: float, counted: list[str]
) -> None:
    small = town_with_runs(tmp_path, range(2, 6))
    names = ["2026-01-01", "2026-01-02", "2026-01-03"]
    for name, width in zip(names, (6, 7, 8), strict=True):
        leave_trace(small.workspace, f"run_{width}", width)
        seeded(small, name, fresh=fresh, temperature=temperature)

    seeds = [drawn_with(small, name) for name in names]
    assert all(len(one) == 1 for one in seeds), "the arms of one night draw from the same streams"
    assert len(set.union(*seeds)) == (3 if len(counted) > 1 else 1)
    assert list(evidence_for_mainline(small.workspace, 0.05).nights) == counted


def test_status_tells_the_evidence_on_mainline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = town_with_runs(tmp_path, range(2, 6))
    for name, width in (("2026-01-01", 6), ("2026-01-02", 7)):
        leave_trace(small.workspace, f"run_{width}", width)
        seeded(small, name, fresh=True)
    capsys.readouterr()

    assert call(["-C", str(tmp_path), "status"]) == 0
    assert "mainline The release may not yet replace mainline: evidence" in capsys.readouterr().out
    assert call(["-C", str(tmp_path), "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mainline"]["nights"] == ["2026-01-02"]


class Unloadable(Taught):
    """Cannot open the adapter of *night*, or nothing at all when *night* is empty."""

    def __init__(self, night: str) -> None:
        super().__init__({})
        self._night = night

    def open(self, adapter: Path | None):
        if not self._night or (adapter is not None and self._night in adapter.parts):
            message = "half of the weights have no place in this base"
            raise ToolError(message)
        return super().open(adapter)


def test_an_adapter_that_does_not_load_is_rejected_and_says_why(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    ports = small.ports._replace(generators=Unloadable("2026-01-01"))
    record = run_night(small.workspace, small.settings, ports, Options(night="2026-01-01"))

    assert record is not None
    assert record.outcome is NightOutcome.REJECTED
    assert "the adapter does not load. half of the weights have no place" in record.reason
    assert [check.name for check in record.decision.evidence.checks if not check.holds] == ["adapter loads"]
    assert latest(small.workspace.models) is None
    assert small.inbox.notices[-1].level == "error"
    with pytest.raises(UsageError, match="asked no problem: Rejected"):
        inspect(small.workspace, record, other_problem(2))
    with pytest.raises(UsageError, match="was never measured"):
        promote(small.workspace, small.settings, small.ports, "2026-01-01", "it loads by now")
    assert live(small, "2026-01-01", redo="benchmark").outcome is NightOutcome.PUBLISHED


def test_where_mainline_does_not_open_either_nothing_is_said_of_the_adapter(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    ports = small.ports._replace(generators=Unloadable(""))
    with pytest.raises(ToolError, match="half of the weights"):
        run_night(small.workspace, small.settings, ports, Options(night="2026-01-01"))

    assert [plan.night for plan in open_nights(small.workspace)] == ["2026-01-01"]
    assert live(small, "2026-01-01").outcome is NightOutcome.PUBLISHED


def test_where_the_champion_does_not_open_either_the_loader_is_at_fault(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    live(small, "2026-01-01")
    leave_trace(small.workspace, "run_8", 8)

    class Merging(Taught):
        """A machine on which no adapter loads, whosever it is."""

        def open(self, adapter: Path | None):
            if adapter is not None:
                message = "no memory left for an adapter"
                raise ToolError(message)
            return super().open(adapter)

    ports = small.ports._replace(generators=Merging({}))
    with pytest.raises(ToolError, match="no memory left"):
        run_night(small.workspace, small.settings, ports, Options(night="2026-01-02"))


def test_a_manifest_that_was_changed_since_is_not_forced(tmp_path: Path) -> None:
    small = town_with_runs(tmp_path)
    strict = small.settings.model_copy(update={"min_delta_score": 1.0})
    run_night(small.workspace, strict, small.ports, Options(night="2026-01-01"))
    manifest = small.workspace.stage("2026-01-01", "train") / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"seconds": 0.0', '"seconds": 1.0'))
    with pytest.raises(CorruptStateError, match="is not the manifest that the night ended with"):
        promote(small.workspace, small.settings, small.ports, "2026-01-01", "why not")


def test_forcing_a_night_is_a_command_with_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = town_with_runs(tmp_path)
    strict = small.settings.model_copy(update={"min_delta_score": 1.0})
    run_night(small.workspace, strict, small.ports, Options(night="2026-01-01"))

    assert call(["-C", str(tmp_path), "promote", "2026-01-01", "--because", "we like it"]) == 2
    assert "--force overrules it" in capsys.readouterr().err
    assert call(["-C", str(tmp_path), "promote", "2026-01-01", "--force"]) == 2
    assert "--because" in capsys.readouterr().err
    assert call(["-C", str(tmp_path), "promote", "2026-01-09", "--force", "--because", "x"]) == 2
    assert "`ct-retrain status` lists the nights" in capsys.readouterr().err
    with disk.lock(small.workspace.lock):
        assert call(["-C", str(tmp_path), "promote", "2026-01-01", "--force", "--because", "x"]) == 11
    assert latest(small.workspace.models) is None
