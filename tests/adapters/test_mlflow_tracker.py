"""Nights in a real MLflow store, an SQLite file, by MLflow's own client; the schema is made once for all tests."""

import json
import re
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.small_workspace import found, leave_trace

from ct_retrain import disk
from ct_retrain.adapters import doctor_checks, mlflow_tracker
from ct_retrain.adapters.mlflow_tracker import MlflowTracker, tracker_of
from ct_retrain.cli import call
from ct_retrain.core.configuration.settings import PathSettings, Settings, TrackingSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.installation import install_command
from ct_retrain.core.records.tracked import (
    Aliases,
    Point,
    TrackedAdapter,
    TrackedExperiment,
    TrackedNight,
    TrackerInput,
)
from ct_retrain.core.workspace import Workspace
from ct_retrain.nightly.releases.promotion import promote
from ct_retrain.nightly.releases.rollback import roll_back
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.tracking import retrack

LONG = TrackingSettings(timeout=300)


def night(name: str, *, score: float = 0.5, trained: bool = True) -> TrackedNight:
    adapter = TrackedAdapter(path=f"/models/nightly_{name}", tags={"release": f"nightly_{name}"})
    return TrackedNight(
        night=name,
        started=datetime(2026, 1, 1, 2, tzinfo=UTC),
        finished=datetime(2026, 1, 1, 3, tzinfo=UTC),
        base="some/base",
        parameters={f"gate.{number}": "on" for number in range(120)},
        metrics={"candidate.pass_at_1": score, "delta.mainline": -0.25},
        curves={"curve.loss": tuple(Point(step=step, value=1 / (step + 1)) for step in range(1100))},
        tags={"outcome": "published", "sha256.dataset": "ab" * 32},
        adapter=adapter if trained else None,
    )


def story(*nights: TrackedNight, latest: str | None = None) -> TrackerInput:
    return TrackerInput(nights=nights, aliases=Aliases(latest_nightly=latest, mainline="some/base"))


def embedded(path: Path) -> MlflowTracker:
    return MlflowTracker(f"sqlite:///{path}", path, LONG)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with its tables and nothing in them, which take MLflow ten seconds."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    assert embedded(path).follow(story()).nights == ()
    return path


@pytest.fixture
def store(template: Path, tmp_path: Path) -> MlflowTracker:
    path = tmp_path / "mlflow.db"
    shutil.copyfile(template, path)
    return embedded(path)


def client(tracker: MlflowTracker):
    from mlflow import MlflowClient

    return MlflowClient(tracker.uri, tracker.uri)


def everything(tracker: MlflowTracker):
    mlflow = client(tracker)
    return mlflow.search_runs([mlflow.get_experiment_by_name("ct-retrain").experiment_id])


def runs(tracker: MlflowTracker):
    return {run.info.run_name: run for run in everything(tracker)}


@pytest.mark.slow
def test_a_night_told_twice_and_changed_is_one_run(store: MlflowTracker) -> None:
    held = store.follow(story(night("2026-01-01"), night("2026-01-02", trained=False), latest="2026-01-01"))
    first = runs(store)["2026-01-01"]

    assert held.aliases == {"latest_nightly": "2026-01-01", "mainline": "some/base"}
    assert first.data.params["gate.7"] == "on"
    assert first.data.metrics["candidate.pass_at_1"] == 0.5
    assert first.data.tags["outcome"] == "published"
    assert (first.info.end_time - first.info.start_time) == 3600_000
    assert first.info.status == "FINISHED"
    curve = client(store).get_metric_history(first.info.run_id, "curve.loss")
    assert [point.step for point in curve] == list(range(1100))

    held = store.follow(story(night("2026-01-01"), night("2026-01-02", score=0.75)))
    assert held.nights == ("2026-01-01", "2026-01-02")
    assert held.aliases == {"mainline": "some/base"}, "the pointer is gone, and the alias with it"
    assert len(everything(store)) == 2, "what was told before is gone"
    assert runs(store)["2026-01-02"].data.metrics["candidate.pass_at_1"] == 0.75
    versions = client(store).search_model_versions("name = 'qwen_coder_rtl'")
    assert sorted(one.source for one in versions) == [
        "ct-retrain:/models/nightly_2026-01-01",
        "ct-retrain:/models/nightly_2026-01-02",
        "ct-retrain:some/base",
    ]


@pytest.mark.slow
def test_a_run_that_was_cut_short_is_written_anew(store: MlflowTracker) -> None:
    mlflow = client(store)
    experiment = mlflow.get_experiment_by_name("ct-retrain").experiment_id
    for _ in range(2):
        mlflow.create_run(experiment, run_name="2026-01-01", tags={"ct_retrain.night": "2026-01-01"})

    store.follow(story(night("2026-01-01"), latest="2026-01-01"))

    (only,) = mlflow.search_runs([experiment])
    assert only.data.metrics["delta.mainline"] == -0.25
    assert mlflow.get_model_version_by_alias("qwen_coder_rtl", "latest_nightly").run_id == only.info.run_id


@pytest.mark.slow
def test_aliases_follow_the_pointer_and_a_rebuilt_store_holds_what_was_told_night_by_night(
    tmp_path: Path, template: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CT_RETRAIN_TRACKING__STORE")
    small = found(tmp_path)
    path = disk.make_directory(small.workspace.records) / "mlflow.db"
    shutil.copyfile(template, path)
    store = embedded(path)
    ports = small.ports._replace(tracker=store)
    for name, widths in (("2026-01-01", range(2, 8)), ("2026-01-02", range(8, 10))):
        for width in widths:
            leave_trace(small.workspace, f"run_{width}", width)
        assert run_night(small.workspace, small.settings, ports, Options(night=name)) is not None
    assert aliased(store) == "2026-01-01"
    promote(small.workspace, small.settings, ports, "2026-01-02", "eight of eight")
    retrack(small.workspace, small.settings, ports, "2026-01-02")
    assert aliased(store) == "2026-01-02"

    roll_back(small.workspace, ports.generators, None, "asked for")
    retrack(small.workspace, small.settings, ports)
    assert aliased(store) == "2026-01-01"

    incremental = contents(store)
    path.with_name("mlflow.db-journal").write_bytes(b"left by one that was killed")
    path.unlink()
    capsys.readouterr()
    (tmp_path / "ct-retrain.toml").write_text(
        '[train]\nmainline = "nothing/here"\n[tracking]\ntimeout = 300\n'
    )
    assert call(["-C", str(tmp_path), "track", "rebuild", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["nights"] == ["2026-01-01", "2026-01-02"]
    assert contents(store) == incremental
    assert sorted(one.name for one in path.parent.iterdir()) == [
        "2026-01-01.json",
        "2026-01-02.json",
        "mlflow.db",
    ]


def aliased(tracker: MlflowTracker) -> str:
    return (
        client(tracker)
        .get_model_version_by_alias("qwen_coder_rtl", "latest_nightly")
        .tags["ct_retrain.night"]
    )


def contents(tracker: MlflowTracker) -> dict[str, object]:
    mlflow = client(tracker)
    experiment = mlflow.get_experiment_by_name("ct-retrain")
    tracked = {
        run.info.run_name: (
            run.data.params,
            run.data.metrics,
            run.data.tags,
            run.info.start_time,
            run.info.end_time,
        )
        for run in mlflow.search_runs([experiment.experiment_id])
    }
    versions = {one.version: one for one in mlflow.search_model_versions("name = 'qwen_coder_rtl'")}
    model = mlflow.get_registered_model("qwen_coder_rtl")
    return {
        "runs": tracked,
        "versions": sorted((one.source, sorted(one.tags.items())) for one in versions.values()),
        "aliases": {alias: versions[int(number)].source for alias, number in model.aliases.items()},
    }


def test_a_locked_store_is_a_clear_error_within_its_time(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE nights (name TEXT)")
    holder.execute("BEGIN IMMEDIATE")
    impatient = MlflowTracker(f"sqlite:///{path}", path, TrackingSettings(timeout=1))

    for attempt in (impatient.follow, impatient.rebuild):
        with pytest.raises(ToolError, match=r"mlflow\.db cannot be written \(database is locked\)"):
            attempt(story())
    holder.close()


def test_a_store_that_is_no_database_says_how_to_mend_it(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    path.write_bytes(b"not a database, not at all" * 100)

    with pytest.raises(ToolError, match="move it away, then `ct-retrain track rebuild`"):
        embedded(path).follow(story())


def test_a_server_that_does_not_answer_costs_its_time_and_no_more() -> None:
    deaf = MlflowTracker("http://127.0.0.1:9", None, TrackingSettings(timeout=0.5))

    with pytest.raises(ToolError, match="MLflow did not finish within 0 s"):
        deaf.follow(story())


def test_a_password_in_the_setting_is_refused_and_not_repeated(tmp_path: Path) -> None:
    store = "http://user:secret@tracking:5000"
    with pytest.raises(UsageError, match="MLFLOW_TRACKING_PASSWORD") as told:
        tracker_of(Workspace(tmp_path, PathSettings()), TrackingSettings(store=store))
    assert "secret" not in str(told.value)


def test_an_embedded_store_that_is_not_there_holds_nothing_and_is_not_made(tmp_path: Path) -> None:
    assert embedded(tmp_path / "mlflow.db").holds().nights == ()
    assert list(tmp_path.iterdir()) == []


def test_the_setting_chooses_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path, PathSettings())

    assert tracker_of(workspace, TrackingSettings(store="off")) is None
    chosen = tracker_of(workspace, TrackingSettings(store="auto"))
    assert chosen is not None
    assert chosen.uri == f"sqlite:///{tmp_path}/data/run_db/nightly/mlflow.db"
    server = tracker_of(workspace, TrackingSettings(store="http://tracking:5000"))
    assert server is not None
    assert server.embedded is None

    monkeypatch.setattr(mlflow_tracker, "_NEEDED", ("mlflow", "no_such_package"))
    assert tracker_of(workspace, TrackingSettings(store="auto")) is None
    with pytest.raises(
        ToolError, match=re.escape(f"tracking needs no_such_package: {install_command('track')}")
    ):
        server.follow(story())


@pytest.mark.parametrize(("store", "fine"), [("auto", True), ("http://tracking:5000", False), ("off", True)])
def test_doctor_says_when_mlflow_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str, fine: bool
) -> None:
    monkeypatch.setattr(mlflow_tracker, "_NEEDED", ("no_such_package",))
    settings = Settings.model_construct(tracking=TrackingSettings(store=store))

    finding = doctor_checks.tracking_finding(Workspace(tmp_path, PathSettings()), settings)

    assert finding.fine is fine
    assert finding.remedy == (install_command("track") if store != "off" else "")


@pytest.mark.slow
def test_an_experiment_is_a_run_for_each_training_apart_from_the_nights(store: MlflowTracker) -> None:
    rows = tuple(night(f"weak/{seed}", trained=False) for seed in range(2))
    told = story(night("2026-01-01")).model_copy(
        update={"experiments": (TrackedExperiment(name="rank", rows=rows),)}
    )
    store.follow(told)
    fewer = TrackedExperiment(name="rank", rows=rows[:1])
    held = store.follow(told.model_copy(update={"experiments": (fewer,)}))

    assert held.nights == ("2026-01-01",)
    mlflow = client(store)
    experiment = mlflow.get_experiment_by_name("ct-retrain/rank")
    assert [run.info.run_name for run in mlflow.search_runs([experiment.experiment_id])] == ["weak/0"]
