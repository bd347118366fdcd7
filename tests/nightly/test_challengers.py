"""Challengers: trained beside the default recipe, measured as it is, promoted in its place, resumed one by one."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.experiments.school import TAUGHT, DyingPupil, Pupil
from tests.small_workspace import SmallWorkspace, copy_of, found, leave_trace, live
from tests.trees import tree

from ct_retrain import disk
from ct_retrain.adapters.provenance import gather
from ct_retrain.cli import cli
from ct_retrain.core.configuration.settings import TrainSettings
from ct_retrain.core.records.certificate import Certificate
from ct_retrain.core.records.decision import Promote
from ct_retrain.core.records.night import Manifest, NightOutcome, NightRecord, Release, TrainFacts
from ct_retrain.core.records.training import Hyperparameters
from ct_retrain.manifests import facts_of
from ct_retrain.nightly.audit import check_workspace
from ct_retrain.nightly.audit.verify import verify
from ct_retrain.nightly.records.archive import archive_night
from ct_retrain.nightly.records.challengers import recipes_now
from ct_retrain.nightly.records.inspection import certificate_of
from ct_retrain.nightly.releases.promotion import adapter_inputs
from ct_retrain.nightly.run import Options, plan_night
from ct_retrain.nightly.run import run_night as run
from ct_retrain.releases import latest
from ct_retrain.stages.publish import write_merged_cards

NIGHT = "2026-01-01"
WIDE = {"wide": {"hyperparameters": {"rank": 16}}}
"""Of rank 1, the default here, a pupil learns one problem of sixteen; of rank 16 all but one; of rank 2 it diverges."""


def challenged(small: SmallWorkspace, challengers: dict[str, Any], **changes: Any) -> SmallWorkspace:
    """*small* with another pupil, a default recipe of rank 1 and *challengers*."""
    train = TrainSettings(
        mainline="nothing/here", hyperparameters=Hyperparameters(rank=1), challengers=challengers, **changes
    )
    pupil, settings = Pupil({}), small.settings.model_copy(update={"train": train})
    made = gather((small.ports.simulator.tool,), settings)
    return small._replace(
        settings=settings,
        ports=small.ports._replace(trainer=pupil, generators=pupil, provenance=lambda: made),
        learner=pupil,
    )


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """A workspace before its first night."""
    small = found(tmp_path_factory.mktemp("challenged") / "workspace", problems=TAUGHT, remembers=True)
    for width in TAUGHT:
        leave_trace(small.workspace, f"run_{width}", width)
    return small


@pytest.fixture
def small(traces: SmallWorkspace, tmp_path: Path) -> SmallWorkspace:
    return copy_of(traces, tmp_path / "workspace")


def lived(small: SmallWorkspace, night: str = NIGHT) -> NightRecord:
    return live(small, night, again=True)


def trained(small: SmallWorkspace, record: NightRecord) -> TrainFacts:
    facts = facts_of(small.workspace, record, TrainFacts)
    assert facts is not None
    return facts


def test_a_challenger_is_promoted_in_place_of_the_candidate(small: SmallWorkspace) -> None:
    small = challenged(small, WIDE)
    record = lived(small)
    workspace = small.workspace

    assert record.outcome is NightOutcome.PUBLISHED
    assert isinstance(record.decision, Promote)
    assert record.decision.arm == record.arm == "challenger.wide"
    assert [(one.arm, one.kind) for one in record.decision.others] == [("candidate", "hold")]
    assert record.metrics["challenger.wide.functional"] == 15 / 16
    assert record.metrics["candidate.functional"] == 1 / 16
    assert record.adapter == f"work/continuous_retrain/{NIGHT}/train/challengers/wide/adapter"
    assert record.hyperparameters is not None
    assert record.hyperparameters.rank == 16
    served = workspace.models / (latest(workspace.models) or "")
    weights = "adapter_model.safetensors"
    assert (served / weights).read_text() == (workspace.root / record.adapter / weights).read_text()
    assert disk.read_record(served / "release.json", Release).decision.arm == "challenger.wide"
    assert "LoRA rank 16" in (served / "README.md").read_text()
    assert not check_workspace(workspace).breaches
    claims = verify(workspace, small.settings, small.ports, record).claims
    assert {claim.finding for claim in claims} == {"confirmed"}, claims


def test_the_night_is_told_in_plain_words(small: SmallWorkspace) -> None:
    small = challenged(small, WIDE | {"broken": {"hyperparameters": {"rank": 2}}}, challenger_minutes=0)
    record = lived(small)
    (notice,) = small.inbox.notices
    root = str(small.workspace.root)
    options = [
        "--set",
        "train.challengers.wide.hyperparameters.rank=16",
        "--set",
        "benchmark.suite=suite.jsonl",
    ]
    shown = CliRunner().invoke(cli, ["-C", root, *options, "show"])

    assert "Promoted, challenger wide." in notice.body
    assert "The default recipe – Held: " in notice.body
    assert "2 arms contended" in notice.body
    assert "Functional: wide 93.8%; mainline 0.0%" in notice.body
    assert "Challengers: wide trained; broken failed: the loss became nan" in notice.body
    assert "93.8% functional" in notice.title
    assert shown.exit_code == 0, shown.output
    assert "hyperparameters.rank = 16" in shown.output
    assert "promote" in shown.output
    assert record.recipes[0].told in shown.output


def test_without_challengers_a_night_is_as_ever(small: SmallWorkspace) -> None:
    plain, empty = challenged(small, {}), challenged(copy_of(small, small.workspace.root.parent / "b"), {})
    record = lived(plain)
    empty = empty._replace(
        settings=empty.settings.model_copy(
            update={"train": empty.settings.train.model_copy(update={"challenger_minutes": 1.0})}
        )
    )

    assert record.decision is not None
    assert record.decision.others == ()
    assert record.recipes == ()
    assert trained(plain, record).recipe is None
    assert trained(plain, record).hyperparameters.seed == 0
    assert lived(empty).decision == record.decision


def test_every_training_has_a_seed_of_its_own_every_night(small: SmallWorkspace) -> None:
    small = challenged(small, {"same": {"hyperparameters": {"dropout": 0.1}}}, challenger_minutes=0)
    seeds = set()
    for night in (NIGHT, "2026-01-02"):
        lived(small, night)
        place = small.workspace.stage(night, "train")
        for path in (place, place / "challengers" / "same"):
            seeds.add(disk.read_record(path / "manifest.json", Manifest).facts.hyperparameters.seed)
    assert len(seeds) == 4


@pytest.mark.parametrize("moment", [1, 2, 3])
def test_a_night_that_dies_in_a_training_goes_on_in_that_one(
    small: SmallWorkspace, tmp_path: Path, moment: int
) -> None:
    recipes = WIDE | {"other": {"hyperparameters": {"learning_rate": 1e-4}}}
    undisturbed = challenged(copy_of(small, tmp_path / "other"), recipes, challenger_minutes=0)
    expected = lived(undisturbed)

    small = challenged(small, recipes, challenger_minutes=0)
    dying = DyingPupil(moment)
    with pytest.raises(KeyboardInterrupt):
        run(
            small.workspace,
            small.settings,
            small.ports._replace(trainer=dying, generators=dying),
            Options(night=NIGHT),
        )
    for path in small.workspace.root.rglob("half-written"):
        path.unlink()
    record = lived(small)

    assert small.learner.fits == 3 - (moment - 1), "a training that was done is not done again"
    assert record.decision == expected.decision
    assert tree(small.workspace.stage(NIGHT, "train")) == tree(undisturbed.workspace.stage(NIGHT, "train"))


def test_a_challenger_whose_adapter_does_not_load_is_rejected_alone(small: SmallWorkspace) -> None:
    class Unloadable(Pupil):
        def open(self, adapter):
            if adapter is not None and "challengers" in adapter.parts:
                (adapter / "adapter_model.safetensors").unlink(missing_ok=True)
                from ct_retrain.core.errors import ToolError

                raise ToolError("no weights in it")
            return super().open(adapter)

    small = challenged(small, WIDE)
    pupil = Unloadable({})
    record = lived(small._replace(ports=small.ports._replace(trainer=pupil, generators=pupil)))

    assert record.decision is not None
    assert record.arm == "candidate"
    (other,) = record.decision.others
    assert (other.arm, other.kind) == ("challenger.wide", "reject")
    assert "no weights in it" in other.evidence.explanation


def test_challengers_take_turns_within_the_minutes_of_a_night(small: SmallWorkspace) -> None:
    """Nobody knows on the first night how long one takes, so it goes alone; later both fit."""
    recipes = WIDE | {"other": {"hyperparameters": {"learning_rate": 1e-4}}}
    small = challenged(small, recipes, challenger_minutes=1)
    first, second, third = (lived(small, f"2026-01-0{day}") for day in (1, 2, 3))
    turns = [
        (
            [one.name for one in trained(small, record).challengers],
            dict(trained(small, record).waiting),
        )
        for record in (first, second, third)
    ]

    assert turns[0] == (
        ["other"],
        {"wide": "how long it takes is not known yet, so it is trained on a night alone"},
    )
    assert [names for names, _ in turns[1:]] == [["wide", "other"], ["other", "wide"]]
    assert [one.challenger for one in third.recipes] == ["other", "wide"]
    assert [len(one.nights) for one in third.recipes] == [3, 2]


def test_challengers_take_turns_within_the_tokens_of_a_night(small: SmallWorkspace) -> None:
    """Each reads ten."""
    recipes = WIDE | {"other": {"hyperparameters": {"learning_rate": 1e-4}}}
    small = challenged(small, recipes, challenger_tokens=15)
    facts = [trained(small, lived(small, f"2026-01-0{day}")) for day in (1, 2, 3)]

    assert [[one.name for one in of.challengers] for of in facts] == [["other"], ["wide"], ["other"]]
    assert facts[1].challengers[0].tokens == 10
    assert facts[1].waiting == {
        "other": "it takes about 10 tokens, and 5 of the 15 tokens of train.challenger_tokens are left tonight"
    }


def test_a_dry_run_says_who_would_be_trained(small: SmallWorkspace) -> None:
    small = challenged(small, WIDE, challenger_minutes=0)
    plan = plan_night(small.workspace, small.settings, small.ports, NIGHT)
    assert plan.challengers == ("wide",)
    assert plan.generations == 3 * 16 * 2
    assert small.learner.fits == 0


def test_a_challenger_that_is_the_default_by_now_waits(small: SmallWorkspace) -> None:
    small = challenged(small, {"same": {"hyperparameters": {"rank": 1}}})
    facts = trained(small, lived(small))
    assert facts.challengers == ()
    assert "take it out of train.challengers" in facts.waiting["same"]


def test_of_two_challengers_of_one_recipe_the_second_waits(small: SmallWorkspace) -> None:
    again = {"hyperparameters": {"rank": 16, "seed": 7}}
    facts = trained(small, lived(challenged(small, WIDE | {"again": again}, challenger_minutes=0)))

    assert [one.name for one in facts.challengers] == ["wide"]
    assert "the same recipe as wide" in facts.waiting["again"]


def test_a_challenger_is_told_of_by_the_name_that_it_has_now(small: SmallWorkspace) -> None:
    record = lived(challenged(small, WIDE, challenger_minutes=0))
    renamed = challenged(small, {"broad": WIDE["wide"]}).settings.train

    assert [one.challenger for one in record.recipes] == ["wide"]
    assert [one.challenger for one in recipes_now([record], renamed)] == ["broad"]


def test_a_challenger_with_other_devices_has_a_trainer_of_its_own(small: SmallWorkspace) -> None:
    small = challenged(small, {"two": {"devices": 2}}, challenger_minutes=0)
    asked: list[int] = []

    def trainer_of(train: TrainSettings) -> Pupil:
        asked.append(train.devices)
        return small.learner

    lived(small._replace(ports=small.ports._replace(trainer_of=trainer_of)))

    assert {*asked} == {2}


def test_the_certificate_is_that_of_the_mixture_which_made_the_release(small: SmallWorkspace) -> None:
    small = challenged(small, WIDE, challenger_minutes=0)
    record = lived(small)
    place = small.workspace.stage(NIGHT, "train") / "challengers" / "wide"

    assert record.arm == "challenger.wide"
    assert certificate_of(small.workspace, record) == disk.read_record(
        place / "certificate.json", Certificate
    )
    place.chmod(0o755)
    (place / "manifest.json").unlink()
    assert certificate_of(small.workspace, record) is None


def test_what_is_exported_of_a_challenger_tells_its_own_training(
    small: SmallWorkspace, tmp_path: Path
) -> None:
    small = challenged(small, WIDE)
    inputs = adapter_inputs(small.workspace, small.settings, lived(small))
    write_merged_cards(tmp_path, inputs)

    assert inputs.adapter.parent.name == "wide"
    assert "LoRA rank 16" in (tmp_path / "README.md").read_text()


def test_a_challenger_that_keeps_winning_is_told_to_have_won(small: SmallWorkspace) -> None:
    small = challenged(small, WIDE, challenger_minutes=0)
    records = [lived(small, f"2026-01-{day:02}") for day in range(1, 8)]
    reached = [record.night for record in records if record.recipes[0].reached == record.night]
    won = next(one for one in small.inbox.notices if "has beaten the default recipe" in one.body)
    status = CliRunner().invoke(
        cli,
        [
            "-C",
            str(small.workspace.root),
            *("--set", "train.mainline=nothing/here"),
            *("--set", "train.hyperparameters.rank=1"),
            *("--set", "train.challengers.wide.hyperparameters.rank=16"),
            "status",
        ],
    )

    assert len(reached) == 1
    assert reached[0] == won.night
    assert records[4].recipes[0].reached is None, "five nights are not enough for any difference"
    assert records[-1].recipes[0].difference == pytest.approx(14 / 16)
    assert "train.hyperparameters.rank = 16" in won.body
    assert status.exit_code == 0, status.output
    assert "recipe   challenger wide has beaten the default recipe" in status.output
    assert "train.hyperparameters.rank = 16" in status.output


def test_what_is_kept_for_triage_names_challengers_too(small: SmallWorkspace) -> None:
    small = challenged(small, WIDE)
    lived(small)
    kept = archive_night(small.workspace, NIGHT, None)
    assert (kept / "train/challengers/wide/manifest.json").is_file()
