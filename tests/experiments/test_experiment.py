"""Experiments run to an answer, resume, stop what is surely worse, share the machine with nights, and publish nothing."""

import json
import shutil
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.experiments.school import NIGHT, DyingPupil, Pupil, School, opened
from tests.fakes import Chalkboard
from tests.small_workspace import copy_of, leave_trace

from ct_retrain import disk
from ct_retrain.adapters._http import RefusedError
from ct_retrain.cli import cli
from ct_retrain.core.errors import CorruptStateError, LockedError, ToolError, UsageError
from ct_retrain.core.records.experiment import ExperimentPlan
from ct_retrain.core.records.night import NightOutcome
from ct_retrain.core.records.training import Fit, TrainPlan
from ct_retrain.experiments import last_result, new_definition, read_definition, run_experiment
from ct_retrain.experiments.definition import settings_of_arms
from ct_retrain.nightly.audit import check_workspace
from ct_retrain.nightly.run import Options
from ct_retrain.nightly.run import run_night as run
from ct_retrain.nightly.tracking import track_experiment
from ct_retrain.report.experiment_page import write_experiment

PUBLISHED = Path(__file__).parents[2] / "docs" / "experiments"

ASKED = """
question = "Does rank matter?"
seeds = 3
[arms.same.hyperparameters]
learning_rate = 1e-4
[arms.weak.hyperparameters]
rank = 1
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> School:
    return opened(tmp_path_factory.mktemp("school") / "workspace")


@pytest.fixture
def school(before: School, tmp_path: Path) -> School:
    return School(copy_of(before.small, tmp_path / "workspace"), Pupil({}))


def published(school: School) -> list[str]:
    return sorted(path.name for path in school.small.workspace.models.iterdir())


def test_an_experiment_tells_equal_from_worse_and_publishes_nothing(school: School) -> None:
    school.ask("rank", ASKED)
    served = published(school)
    result = run_experiment(school.where, "rank")
    said = {one.arm: one for one in result.differences}

    assert said["same"].answer == "cannot_tell"
    assert said["same"].low <= 0 <= said["same"].high
    assert said["weak"].answer == "worse"
    assert said["weak"].difference == pytest.approx(1 / 16 - 15 / 16)
    assert [(one.arm, one.kind, one.seeds) for one in result.ended] == [("weak", "stopped", 2)]
    assert school.taught("rank") == [
        *(f"control/seed-{seed}" for seed in range(3)),
        *(f"same/seed-{seed}" for seed in range(3)),
        *(f"weak/seed-{seed}" for seed in range(2)),
    ]
    assert result.complete
    assert result.night == NIGHT
    assert result.recipes["weak"]["hyperparameters.rank"] == "1"
    costs = {one.arm: one for one in result.costs}
    assert (costs["control"].trained_tokens, costs["weak"].trained_tokens) == (30, 20)
    assert costs["control"].answer_tokens > 0
    assert published(school) == served
    assert not check_workspace(school.small.workspace).breaches


def test_a_finished_experiment_is_not_trained_again(school: School) -> None:
    school.ask("rank", ASKED)
    first = run_experiment(school.where, "rank")
    fits = school.pupil.fits

    assert run_experiment(school.where, "rank") == first == last_result(school.small.workspace, "rank")
    assert school.pupil.fits == fits


@pytest.mark.parametrize("moment", [1, 5, 8])
def test_an_experiment_that_died_goes_on_and_ends_in_the_same_answer(
    school: School, before: School, tmp_path: Path, moment: int
) -> None:
    undisturbed = School(copy_of(before.small, tmp_path / "other"), Pupil({}))
    for one in (school, undisturbed):
        one.ask("rank", ASKED)
    expected = run_experiment(undisturbed.where, "rank")

    with pytest.raises(KeyboardInterrupt):
        run_experiment(school._replace(pupil=DyingPupil(moment)).where, "rank")
    result = run_experiment(school.where, "rank")

    assert result.differences == expected.differences
    assert result.scores == expected.scores
    assert result.ended == expected.ended
    assert school.pupil.fits == 8 - (moment - 1)


def test_adding_trainings_reuses_those_there_are_and_pays_for_the_look_that_was_had(school: School) -> None:
    path = school.ask("rank", ASKED)
    first = run_experiment(school.where, "rank")
    path.write_text(ASKED.replace("seeds = 3", "seeds = 5"))
    more = school._replace(pupil=Pupil({}))
    second = run_experiment(more.where, "rank")
    plan = disk.read_record(school.small.workspace.experiments / "rank" / "plan.json", ExperimentPlan)

    assert [one.seeds for one in plan.rounds] == [3, 5]
    assert second.confidence > first.confidence
    assert school.pupil.fits == 8
    assert more.pupil.fits in range(4, 8)
    assert {one.arm: one.seeds for one in second.differences}["same"] == 5


def test_an_arm_that_cannot_be_trained_is_told_and_the_others_go_on(school: School) -> None:
    school.ask("rank", ASKED + "[arms.broken.hyperparameters]\nrank = 2\n")
    result = run_experiment(school.where, "rank")
    broken = next(one for one in result.ended if one.arm == "broken")

    assert broken.kind == "failed"
    assert "diverged" in broken.reason
    assert {one.arm for one in result.differences} == {"same", "weak"}


class RefusedPupil(Pupil):
    """Of rank 2 it is refused with an error that has a status of its own, as one of a server has."""

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        if plan.hyperparameters.rank == 2:
            raise RefusedError("the server says 422", 422, "no such rank")
        return super().fit(plan, out)


def test_an_arm_that_fails_on_a_device_is_told_whatever_its_error_holds(school: School) -> None:
    school.ask("rank", ASKED + "[arms.broken.hyperparameters]\nrank = 2\n")
    where = school._replace(pupil=RefusedPupil({})).where._replace(devices=("0", "1"))
    result = run_experiment(where, "rank")
    broken = next(one for one in result.ended if one.arm == "broken")

    assert (broken.kind, broken.reason) == ("failed", "the server says 422")
    assert {one.arm for one in result.differences} == {"same", "weak"}


def test_a_control_that_cannot_be_trained_ends_the_experiment(school: School) -> None:
    school.ask("rank", ASKED + "[control.hyperparameters]\nrank = 2\n")
    with pytest.raises(ToolError, match="diverged"):
        run_experiment(school.where, "rank")


def test_examples_are_frozen_and_the_night_may_go_away(school: School) -> None:
    workspace = school.small.workspace
    school.ask("rank", ASKED.replace("seeds = 3", "seeds = 2"))
    first = run_experiment(school.where, "rank")
    shutil.rmtree(workspace.night(NIGHT))

    assert run_experiment(school.where, "rank") == first


def test_frozen_examples_that_somebody_changed_are_noticed(school: School) -> None:
    workspace = school.small.workspace
    school.ask("rank", ASKED.replace("seeds = 3", "seeds = 2"))
    run_experiment(school.where, "rank")
    dataset = workspace.experiments / "rank" / "curate" / "dataset.jsonl"
    dataset.write_bytes(dataset.read_bytes() + b"\n")
    with pytest.raises(CorruptStateError, match="was changed"):
        run_experiment(school.where, "rank")


def test_another_night_is_another_experiment(school: School) -> None:
    path = school.ask("rank", ASKED.replace("seeds = 3", "seeds = 2"))
    run_experiment(school.where, "rank")
    path.write_text('night = "2026-01-02"\n' + ASKED)
    with pytest.raises(UsageError, match="another night is another experiment"):
        run_experiment(school.where, "rank")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[arms.x.hyperparameters]\nrnk = 3\n", "did you mean arms.x.hyperparameters.rank"),
        ("[arms.x]\nmin_new = 3\n", "cannot be set by an arm"),
        ("sedes = 3\n[arms.x]\n", "did you mean seeds"),
        ("seeds = 1\n[arms.x]\n", "greater than or equal to 2"),
        ("[arms.control]\n", r"called \[control\]"),
        ("[arms]\n", "at least 1 item"),
        ("cluster = '('\n[arms.x]\n", "not a regular expression"),
        ("cluster = 'flip'\n[arms.x]\n", "one cluster"),
        ('suites = ["suite.jsonl", "suite.jsonl"]\n[arms.x]\n', "two suites are called"),
        ('suites = ["nowhere.jsonl"]\n[arms.x]\n', "nowhere.jsonl"),
        ('night = "2020-01-01"\n[arms.x]\n', "no night 2020-01-01 is over"),
        ("what = [", "not valid TOML"),
    ],
)
def test_what_cannot_be_asked_says_where_and_what_to_do(school: School, text: str, said: str) -> None:
    school.ask("wrong", text)
    with pytest.raises(UsageError, match=said):
        run_experiment(school.where, "wrong")
    assert school.pupil.fits == 0


def test_names_that_are_no_names_are_refused(school: School) -> None:
    with pytest.raises(UsageError, match="a name is letters"):
        run_experiment(school.where, "../rank")
    with pytest.raises(UsageError, match="experiment new missing"):
        run_experiment(school.where, "missing")
    with pytest.raises(UsageError, match="no result yet"):
        last_result(school.small.workspace, "missing")


def test_the_question_to_start_from_is_one_that_can_be_asked(school: School) -> None:
    workspace = school.small.workspace
    path = new_definition(workspace, "shares")
    asked = read_definition(workspace, "shares")

    assert asked.seeds == 3
    assert set(settings_of_arms(asked, school.small.settings, path)) == {"control", "half_delta", "all_delta"}
    with pytest.raises(UsageError, match="already exists"):
        new_definition(workspace, "shares")


@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*.toml")), ids=lambda path: path.stem)
def test_the_questions_of_the_documents_can_be_asked(school: School, path: Path) -> None:
    name = path.stem
    asked = school.ask(name, path.read_text())
    arms = settings_of_arms(read_definition(school.small.workspace, name), school.small.settings, asked)

    assert len(arms) >= 3
    assert f"[`{path.name}`]({path.name})" in (PUBLISHED / "README.md").read_text()


def test_two_experiments_at_once_are_one_too_many(school: School) -> None:
    school.ask("rank", ASKED)
    lock = school.small.workspace.experiments / ".lock"
    with (
        disk.lock(lock, "experiment other"),
        pytest.raises(LockedError, match="experiment other is running; wait for it, or interrupt"),
    ):
        run_experiment(school.where, "rank")
    assert school.pupil.fits == 0


def test_a_night_goes_first_and_the_experiment_goes_on_after_it(school: School) -> None:
    """The night starts while the first training is under way, waits for its end, and the rest waits for the night."""
    small, order = school.small, []
    leave_trace(small.workspace, "run_18", 18)
    begun = threading.Event()

    class Slow(Pupil):
        def fit(self, plan, out):
            order.append("experiment" if "experiments" in out.parts else "night")
            if not begun.is_set():
                begun.set()
                while disk.holder(small.workspace.lock.with_name(".lock.next")) is None:
                    pass
            return super().fit(plan, out)

    slow = school._replace(pupil=Slow({}))
    slow.ask("rank", ASKED.replace("seeds = 3", "seeds = 2"))
    answers = []
    thread = threading.Thread(target=lambda: answers.append(run_experiment(slow.where, "rank")))
    thread.start()
    assert begun.wait(60)
    record = run(small.workspace, small.settings, slow.ports_of(small.settings), Options(night="2026-01-02"))
    thread.join(120)

    assert record is not None
    assert record.outcome is not NightOutcome.NOTHING_NEW
    assert order[:2] == ["experiment", "night"]
    assert order.count("experiment") == 6
    assert answers[0].night == NIGHT


def test_the_answer_is_a_table_a_page_and_json(school: School) -> None:
    school.ask("rank", ASKED)
    result = run_experiment(school.where, "rank")
    root = str(school.small.workspace.root)
    shown = CliRunner().invoke(cli, ["-C", root, "experiment", "show", "rank"])
    as_json = CliRunner().invoke(cli, ["-C", root, "experiment", "show", "rank", "--json"])
    page = (school.small.workspace.reports / "experiment_rank.html").read_text()

    assert shown.exit_code == 0, shown.output
    assert "Does rank matter?" in shown.output
    assert "cannot tell" in shown.output
    assert "worse" in shown.output
    assert "stopped  weak after 2 trainings" in shown.output
    assert json.loads(as_json.stdout)["differences"] == json.loads(result.model_dump_json())["differences"]
    assert page.count('<svg class="chart"') == 2
    assert "weak</strong> is worse than the control" in page
    assert "<script" not in page
    assert page == write_experiment(school.small.workspace, result).read_text()


def test_a_tracker_is_told_a_row_for_every_training(school: School) -> None:
    board = Chalkboard()
    ports = school.small.ports._replace(tracker=board)
    school.ask("rank", ASKED)
    result = run_experiment(school.where, "rank")
    track_experiment(school.small.workspace, school.small.settings, ports, result)
    (told,) = board.stories[-1].experiments

    assert told.name == "rank"
    assert len(told.rows) == 8
    weak = next(row for row in told.rows if row.night == "weak/0")
    assert weak.parameters["hyperparameters.rank"] == "1"
    assert weak.metrics["suite.functional"] == pytest.approx(1 / 16)
    assert weak.tags["answer.suite"] == "worse"
    board.dead = True
    track_experiment(school.small.workspace, school.small.settings, ports, result)
