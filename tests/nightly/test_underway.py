"""What `status` says of a night that runs: which, since when, which stage, how far."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from ct_retrain import disk
from ct_retrain.cli import cli
from ct_retrain.cli.logs import configure
from ct_retrain.core.configuration.settings import PathSettings
from ct_retrain.core.records.night import NightPlan
from ct_retrain.core.workspace import PLAN, Workspace
from ct_retrain.nightly.records.progress import underway


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, PathSettings())


def begin(workspace: Workspace, night: str) -> None:
    plan = NightPlan(night=night, started=datetime.now(UTC), previous=None, champion=None)
    workspace.night(night).mkdir(parents=True)
    disk.write_record(workspace.night(night) / PLAN, plan)


def test_nothing_runs_where_nobody_holds_the_lock(workspace: Workspace) -> None:
    assert underway(workspace) is None
    with disk.lock(workspace.lock):
        pass
    assert underway(workspace) is None


def test_a_night_that_runs_says_how_far_it_is(workspace: Workspace) -> None:
    begin(workspace, "2026-01-01")
    configure(json_lines=True, nights=workspace.work)
    with disk.lock(workspace.lock), structlog.contextvars.bound_contextvars(night="2026-01-01"):
        log = structlog.get_logger()
        log.info("stage starts", stage="collect")
        log.info("progress", what="collect: run files", done=9, total=None, rate=1.0, left=None, over=False)
        log.info("stage starts", stage="benchmark")
        log.info("progress", what="benchmark: mainline", done=30, total=120, rate=1.5, left=60, over=False)
        running = underway(workspace)
        said = CliRunner().invoke(cli, ["-C", str(workspace.root), "status"]).output
        as_json = json.loads(CliRunner().invoke(cli, ["-C", str(workspace.root), "status", "--json"]).stdout)

    assert running is not None
    assert (running.night, running.stage, running.what) == ("2026-01-01", "benchmark", "benchmark: mainline")
    assert (running.done, running.total, running.left) == (30, 120, 60)
    assert "benchmark: mainline: 30 of 120, 1.5/s, 60 s left" in said
    assert as_json["running"]["night"] == "2026-01-01"


def test_a_lock_without_a_night_is_named_as_what_it_is(workspace: Workspace) -> None:
    with disk.lock(workspace.lock):
        said = CliRunner().invoke(cli, ["-C", str(workspace.root), "status"]).output

    assert "not a night" in said


def test_a_log_that_a_crash_tore_is_read_as_far_as_it_goes(workspace: Workspace) -> None:
    begin(workspace, "2026-01-01")
    log = workspace.night("2026-01-01") / "night.log"
    log.write_text(
        '{"event": "stage starts", "stage": "train", "timestamp": "2026-01-01T02:00:00Z"}\n{"event": "prog'
    )
    with disk.lock(workspace.lock):
        running = underway(workspace)

    assert running is not None
    assert running.stage == "train"
