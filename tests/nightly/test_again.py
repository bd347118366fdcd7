"""After "nothing new" a night can train again, by a word or because its settings changed; and what was refused is explained."""

from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, copy_of, found, leave_trace

from ct_retrain.cli import call
from ct_retrain.core.configuration.loading import recordable
from ct_retrain.core.records.night import NightOutcome, NightRecord
from ct_retrain.nightly.run import Options, plan_night, run_night

FIRST = "2026-01-01"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """A workspace whose only night trained; a line of a run is no JSON."""
    small = found(tmp_path_factory.mktemp("trained") / "town")
    leave_trace(small.workspace, "run_2", 2)
    with (small.workspace.runs / "run_2/trace.jsonl").open("a") as file:
        file.write("no JSON\n")
    (small.workspace.root / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    assert live(small, Options(FIRST)).adapter is not None
    return small


def live(small: SmallWorkspace, options: Options) -> NightRecord:
    record = run_night(small.workspace, small.settings, small.ports, options)
    assert record is not None
    return record


def told(small: SmallWorkspace, **train: object) -> SmallWorkspace:
    """*small* with these settings of training, which its nights put on record."""
    settings = small.settings.model_copy(update={"train": small.settings.train.model_copy(update=train)})
    provenance = small.ports.provenance().model_copy(update={"settings": recordable(settings)})
    return small._replace(settings=settings, ports=small.ports._replace(provenance=lambda: provenance))


def test_a_night_trains_on_the_same_data_again_where_a_person_says_so(
    tmp_path: Path, trained: SmallWorkspace
) -> None:
    small = copy_of(trained, tmp_path / "town")
    second = live(small, Options("2026-01-02"))
    plan = plan_night(small.workspace, small.settings, small.ports, "2026-01-03", again=True)
    third = live(small, Options("2026-01-02", again=True))

    assert (second.outcome, second.adapter) == (NightOutcome.NOTHING_NEW, None)
    assert plan.rows == {"delta": 1, "gold": 1}
    assert third.night == "2026-01-02.2"
    assert third.adapter is not None


def test_other_settings_of_training_are_something_new_where_a_setting_says_so(
    tmp_path: Path, trained: SmallWorkspace
) -> None:
    small = told(copy_of(trained, tmp_path / "town"), new_settings=True)
    same = live(small, Options("2026-01-02"))
    gentler = small.settings.train.hyperparameters.model_copy(update={"learning_rate": 1e-5})
    other = live(told(small, hyperparameters=gentler), Options("2026-01-03"))
    still = live(told(small, hyperparameters=gentler), Options("2026-01-04"))

    assert [one.adapter is None for one in (same, other, still)] == [True, False, True]


def test_a_refusal_is_explained_by_run_and_by_night(
    trained: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["-C", str(trained.workspace.root), "explain"]
    for subject in ("run_2", FIRST, "data/runs/run_2/"):
        assert call([*place, subject]) == 0
        said = capsys.readouterr().out
        assert "data/runs/run_2/trace.jsonl:2: malformed_json (collect, 2026-01-01)" in said
        assert "remedy: write a trace with ct_retrain.TraceWriter" in said

    assert call([*place, "run_3"]) == 2
    assert "neither a night run_3 nor a run" in capsys.readouterr().err
