"""Wrong answers beside verified ones: which become a rejected side, how they are carried on, and who is handed them."""

from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, found, golden, leave_trace, spec, wrong

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Sha256
from ct_retrain.core.records.dataset import Preference
from ct_retrain.core.records.night import CurateFacts, Manifest
from ct_retrain.core.records.training import Fit, TrainPlan
from ct_retrain.nightly.run import Options
from ct_retrain.nightly.run import run_night as run


def wanting(root: Path, most: int, *, handed: bool = False) -> SmallWorkspace:
    small = found(root)
    curate = small.settings.curate.model_copy(update={"preferences": most})
    train = small.settings.train.model_copy(update={"preferences": handed})
    settings = small.settings.model_copy(update={"curate": curate, "train": train})
    return small._replace(settings=settings)


def curated(small: SmallWorkspace, night: str = "2026-01-01") -> list[Preference]:
    run(small.workspace, small.settings, small.ports, Options(night=night, until="curate"))
    out = small.workspace.stage(night, "curate")
    pairs = list(disk.read_lines(out / "preferences.jsonl", Preference))
    facts = disk.read_record(out / "manifest.json", Manifest).facts
    assert isinstance(facts, CurateFacts)
    assert facts.preferences == len(pairs)
    return pairs


def test_none_are_kept_unless_they_are_wanted(tmp_path: Path) -> None:
    small = wanting(tmp_path, 0)
    leave_trace(small.workspace, "run", 4, fails_first=True)

    assert curated(small) == []


def test_a_failed_attempt_comes_first_and_mutants_that_the_testbench_notices_fill_up(tmp_path: Path) -> None:
    small = wanting(tmp_path, 3)
    leave_trace(small.workspace, "run", 4, fails_first=True)
    first, *others = curated(small)

    assert (first.origin, first.rejected) == ("attempt", wrong(4))
    assert (first.prompt, first.chosen) == (spec(4), golden(4))
    assert "errors=" in first.log
    assert {one.origin for one in others} == {"mutant"}
    assert all(one.operator and one.line == 2 and one.log for one in others)
    assert len({one.rejected for one in (first, *others)}) == 1 + len(others) <= 3


def test_what_does_not_compile_is_no_rejected_side(tmp_path: Path) -> None:
    small = wanting(tmp_path, 1)
    leave_trace(small.workspace, "run", 4, fails_first=True)
    (small.workspace.runs / "run" / "bad.v").write_text(golden(4).replace("assign", "assing"))
    (pair,) = curated(small)

    assert pair.origin == "mutant"


def test_pairs_are_carried_on_with_their_examples(tmp_path: Path) -> None:
    small = wanting(tmp_path, 1)
    leave_trace(small.workspace, "run_4", 4, fails_first=True)
    run(small.workspace, small.settings, small.ports, Options(night="2026-01-01"))
    leave_trace(small.workspace, "run_5", 5, fails_first=True)
    pairs = curated(small, "2026-01-02")

    assert [(one.night, one.chosen) for one in pairs] == [
        ("2026-01-01", golden(4)),
        ("2026-01-02", golden(5)),
    ]


def test_a_trainer_is_handed_the_pairs_whose_answers_it_may_learn(tmp_path: Path) -> None:
    small = wanting(tmp_path, 1, handed=True)
    plans: list[TrainPlan] = []

    class Preferring(type(small.learner)):  # type: ignore[misc]
        def fit(self, plan: TrainPlan, out: Path) -> Fit:
            plans.append(plan)
            return super().fit(plan, out)

    small = small._replace(ports=small.ports._replace(trainer=Preferring({})))
    for width in (4, 5):
        leave_trace(small.workspace, f"run_{width}", width, fails_first=True)
    run(small.workspace, small.settings, small.ports, Options(night="2026-01-01", until="train"))
    (plan,) = plans
    handed = list(disk.read_lines(Path(plan.preferences), Preference))
    sealed = disk.read_record(small.workspace.stage("2026-01-01", "train") / "manifest.json", Manifest)
    digests: dict[str, Sha256] = {one.path: one.sha256 for one in sealed.files}

    assert {one.rejected for one in handed} == {wrong(4), wrong(5)}
    assert plan.preferences_sha256 == disk.sha256_of(Path(plan.preferences)) == digests["preferences.jsonl"]


def test_pairs_that_are_wanted_and_not_there_are_an_error_that_says_so(tmp_path: Path) -> None:
    small = wanting(tmp_path, 0, handed=True)
    leave_trace(small.workspace, "run", 4)
    with pytest.raises(UsageError, match=r"set curate\.preferences"):
        run(small.workspace, small.settings, small.ports, Options(night="2026-01-01"))
