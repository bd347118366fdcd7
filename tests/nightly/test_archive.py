"""What is kept of a night that failed: enough to see why, whole or not at all, and no secret."""

import json
import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.fakes import Inbox
from tests.small_workspace import SmallWorkspace, found, leave_trace

from ct_retrain import disk
from ct_retrain.core.configuration.settings import EndpointSettings, NoticeSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.night import NightOutcome, Provenance
from ct_retrain.nightly.run import Options, run_night

SECRET = "xoxb-not-for-archives"


class Broken:
    """A trainer that dies of something that names a secret."""

    def __init__(self, small: SmallWorkspace) -> None:
        self.tool = small.learner.tool

    def fit(self, plan, out):
        message = f"POST https://me:hunter2@example.invalid/hook?token={SECRET} answers 500"
        raise ToolError(message)


def town_with_secrets(root: Path) -> SmallWorkspace:
    small = found(root)
    for width in range(2, 6):
        leave_trace(small.workspace, f"run_{width}", width)
    secrets = {
        "notices": NoticeSettings(urls=SecretStr(f"slack://{SECRET} jsons://other")),
        "endpoint": EndpointSettings(api_key=SecretStr(SECRET)),
    }
    return small._replace(settings=small.settings.model_copy(update=secrets))


def files(directory: Path) -> set[str]:
    found_there = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix() for path in found_there}


def broken(small: SmallWorkspace) -> Path:
    with pytest.raises(ToolError):
        run_night(
            small.workspace,
            small.settings,
            small.ports._replace(trainer=Broken(small)),
            Options(night="2026-01-01"),
        )
    return small.workspace.archive / "2026-01-01"


def test_a_rejected_or_held_night_keeps_what_tells_why(tmp_path: Path) -> None:
    small = town_with_secrets(tmp_path)
    small.workspace.night("2026-01-01").mkdir(parents=True)
    small.workspace.night("2026-01-01").joinpath("night.log").write_text("it began\n")
    strict = small.settings.model_copy(update={"min_delta_score": 1.0})
    record = run_night(small.workspace, strict, small.ports, Options(night="2026-01-01"))
    kept = small.workspace.archive / "2026-01-01"

    assert record is not None
    assert record.outcome is NightOutcome.HELD
    assert {
        "plan.json",
        "night.log",
        "environment.json",
        "collect/manifest.json",
        "curate/manifest.json",
        "curate/rejected.jsonl",
        "train/manifest.json",
        "train/adapter/adapter_config.json",
        "benchmark/manifest.json",
        "benchmark/scorecards.jsonl",
        "benchmark/flips.jsonl",
    } <= files(kept)
    assert len([name for name in files(kept) if name.startswith("benchmark/samples/")]) == 2
    assert disk.read_record(kept / "environment.json", Provenance) == record.provenance
    assert not any("safetensors" in name or "dataset" in name for name in files(kept))


def test_a_broken_night_keeps_traceback_plan_manifests_and_environment(tmp_path: Path) -> None:
    small = town_with_secrets(tmp_path)
    kept = broken(small)

    assert {
        "failure-1.txt",
        "plan.json",
        "environment.json",
        "collect/manifest.json",
        "curate/manifest.json",
    } <= files(kept)
    assert "Traceback" in kept.joinpath("failure-1.txt").read_text()
    assert broken(small) == kept
    assert {"failure-1.txt", "failure-2.txt"} <= files(kept)
    assert [path.name for path in small.workspace.archive.glob(".*")] == []


def test_no_secret_is_in_anything_that_was_written_or_told(tmp_path: Path) -> None:
    small = town_with_secrets(tmp_path)
    broken(small)
    said = small.inbox.notices[-1]
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    assert "https://***@example.invalid/hook?token=*** answers 500" in said.body
    for secret in (SECRET, "hunter2"):
        assert secret not in said.body
        assert [path for path, data in written.items() if secret.encode() in data] == []


def test_a_night_whose_failure_cannot_be_archived_is_told_all_the_same(tmp_path: Path) -> None:
    small = town_with_secrets(tmp_path)
    small.workspace.archive.write_text("somebody put a file here")
    broken(small)

    assert small.inbox.notices[-1].level == "error"
    assert "Traceback: in the log; " in small.inbox.notices[-1].body


def test_a_tool_that_cannot_even_tell_its_version_does_not_hide_the_failure(tmp_path: Path) -> None:
    small = town_with_secrets(tmp_path)

    def nobody_home() -> Provenance:
        message = "iverilog did not start"
        raise ToolError(message)

    kept = broken(small._replace(ports=small.ports._replace(provenance=nobody_home)))

    assert "answers 500" in kept.joinpath("failure-1.txt").read_text()
    assert "environment.json" not in files(kept)


def test_tracebacks_survive_an_archive_that_was_cut_short(tmp_path: Path) -> None:
    small = town_with_secrets(tmp_path)
    kept = broken(small)
    kept.rename(kept.with_name(".2026-01-01.old"))
    shutil.copytree(kept.with_name(".2026-01-01.old"), kept.with_name(".2026-01-01.tmp"))
    strict = small.settings.model_copy(update={"min_delta_score": 1.0})
    inbox = Inbox()
    run_night(small.workspace, strict, small.ports._replace(notifier=inbox), Options(night="2026-01-01"))

    assert {"failure-1.txt", "benchmark/manifest.json"} <= files(kept)
    assert json.loads(kept.joinpath("environment.json").read_text())["version"]
    assert [path.name for path in small.workspace.archive.glob(".*")] == []
