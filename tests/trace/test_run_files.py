"""Every accepted form of a name, and where the workspace ends."""

from pathlib import Path

import pytest

from ct_retrain.trace import FileRefusal, TraceFileRules, TraceFiles

EVERYTHING = TraceFileRules(shared=(".",))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    home = tmp_path / "ws" / "data" / "runs" / "r1"
    (home / "rtl").mkdir(parents=True)
    (home / "rtl" / "top.v").write_text("in the run")
    (tmp_path / "ws" / "shared").mkdir()
    (tmp_path / "ws" / "shared" / "tb.v").write_text("in the workspace")
    (tmp_path / "ws" / "alias").symlink_to("data/runs/r1/rtl")
    (tmp_path / "ws2").symlink_to("ws")
    return home


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rtl/top.v", "in the run"),
        ("./rtl//top.v", "in the run"),
        ("data/runs/r1/rtl/top.v", "in the run"),
        ("{ws}/data/runs/r1/rtl/top.v", "in the run"),
        ("{ws}2/data/runs/r1/rtl/top.v", "in the run"),
        ("alias/top.v", "in the run"),
        ("rtl/../rtl/top.v", "in the run"),
        ("shared/tb.v", "in the workspace"),
        ("../../../shared/tb.v", "in the workspace"),
        ("{ws}/shared/tb.v", "in the workspace"),
        ("{ws}/shared/../alias/top.v", "in the run"),
    ],
)
def test_a_name_relative_to_run_or_workspace_or_absolute_inside_it_is_found(
    run: Path, name: str, text: str
) -> None:
    workspace = run.parents[2]
    with TraceFiles.of(workspace, run, EVERYTHING) as reach:
        assert reach.read(name.format(ws=workspace), 100) == text.encode()
        assert reach.read_end(name.format(ws=workspace), 3) == text.encode()[-3:]


def test_the_run_goes_before_the_workspace(run: Path) -> None:
    (run / "shared").mkdir()
    (run / "shared" / "tb.v").write_text("nearer")
    with TraceFiles.of(run.parents[2], run, EVERYTHING) as reach:
        assert reach.read("shared/tb.v", 100) == b"nearer"


def test_runs_outside_the_workspace_reach_their_own_files(tmp_path: Path, run: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with TraceFiles.of(tmp_path / "elsewhere", run) as reach:
        assert reach.read("rtl/top.v", 100) == b"in the run"
        assert reach.read(f"{run}/rtl/top.v", 100) == b"in the run"
        assert reach.read(f"{run.parents[2]}/shared/tb.v", 100) == FileRefusal(
            "path_escapes", f"{run.parents[2]}/shared/tb.v"
        )


def test_a_neighbour_whose_name_begins_like_the_workspace_is_outside(tmp_path: Path, run: Path) -> None:
    (tmp_path / "ws-secret").mkdir()
    (tmp_path / "ws-secret" / "x").write_text("secret")
    with TraceFiles.of(run.parents[2], run) as reach:
        found = reach.read(f"{tmp_path}/ws-secret/x", 100)
    assert isinstance(found, FileRefusal)
    assert found.reason == "path_escapes"


@pytest.mark.parametrize("name", ["shared/tb.v", "{ws}/shared/tb.v", "../../../shared/tb.v"])
def test_the_workspace_is_out_of_reach_but_for_what_is_shared(run: Path, name: str) -> None:
    workspace = run.parents[2]
    with TraceFiles.of(workspace, run) as reach:
        refused = reach.read(name.format(ws=workspace), 100)
    with TraceFiles.of(workspace, run, TraceFileRules(shared=("data/specs", "shared"))) as reach:
        shared = reach.read(name.format(ws=workspace), 100)

    assert isinstance(refused, FileRefusal)
    assert refused.reason == "out_of_reach"
    assert shared == b"in the workspace"


@pytest.mark.parametrize(
    "place",
    ["secret.toml", "sub/SECRET.TOML", ".env", ".ssh/key", "data/runs/r1/.env", "data/runs/r1/run.toml"],
)
def test_hidden_files_and_settings_are_out_of_reach_everywhere(run: Path, place: str) -> None:
    workspace = run.parents[2]
    (workspace / place).parent.mkdir(parents=True, exist_ok=True)
    (workspace / place).write_text("secret")
    with TraceFiles.of(workspace, run, EVERYTHING) as reach:
        found = [reach.read(place, 100), reach.read(f"{workspace}/{place}", 100)]

    assert [isinstance(one, FileRefusal) and one.reason for one in found] == ["out_of_reach", "out_of_reach"]


def test_a_link_in_the_run_does_not_widen_its_reach(run: Path) -> None:
    workspace = run.parents[2]
    (workspace / "secret.env").write_text("secret")
    (run / "spec.txt").symlink_to(workspace / "secret.env")
    with TraceFiles.of(workspace, run, TraceFileRules(shared=("data/runs",))) as reach:
        found = reach.read("spec.txt", 100)

    assert isinstance(found, FileRefusal)
    assert found.reason == "out_of_reach"


def test_what_may_never_be_named_wins_over_what_is_shared(run: Path) -> None:
    workspace = run.parents[2]
    (workspace / "work" / "night").mkdir(parents=True)
    (workspace / "work" / "night" / "x.v").write_text("a night's")
    with TraceFiles.of(workspace, run, TraceFileRules(shared=(".",), never=("work",))) as reach:
        found = reach.read("work/night/x.v", 100)

    assert isinstance(found, FileRefusal)
    assert found.reason == "out_of_reach"


def test_a_file_that_is_not_there_is_missing_wherever_it_would_have_been(run: Path) -> None:
    with TraceFiles.of(run.parents[2], run) as reach:
        found = reach.read("shared/gone.v", 100)

    assert found == FileRefusal("artefact_missing", "shared/gone.v")
