"""Whatever lies in a run: a value with file, line and reason, never an exception, never a hang, never a lost neighbour."""

import json
import os
import socket
from pathlib import Path

import pytest
from tests.stages._runs import Workspace

from ct_retrain.core.errors import ToolError


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws", max_line_bytes=4000, max_artefact_bytes=1000)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"stage": "Simulation", "payload": {', "malformed_json"),
        (b'{"stage": "Simulation"}{"stage": "Simulation"}', "malformed_json"),
        (b"\0" * 64, "malformed_json"),
        (b"[1, 2]", "not_an_object"),
        (b"null", "not_an_object"),
        (b'"Simulation"', "not_an_object"),
        (b'{"stage": "Simulation", "x": "\xff\xfe"}', "bad_utf8"),
        (b'{"stage": "Lint", "x": "\xff\xfe"}', "bad_utf8"),
        (b'{"stage": "Simulation", "payload": "pass"}', "wrong_type"),
        (b'{"stage": "Simulation"}', "wrong_type"),
        (b'{"stage": "Simulation", "payload": {}}', "wrong_type"),
        (b'{"stage": "Simulation", "payload": {"status": "pass", "rtl_file": 7}}', "wrong_type"),
        (b'{"stage": "Simulation", "payload": {"status": "pass", "spec": "x"}}', "no_rtl"),
        (
            b'{"stage": "Simulation", "payload": {"status": "pass", "spec": "x", "rtl_file": "tb.v"}}',
            "no_testbench",
        ),
        (b'{"stage": "Simulation", "payload": {"status": "pass"}}', "no_spec"),
        (b'{"stage": "Lint", "log": "' + b"x" * 4000 + b'"}', "too_large"),
        (b'{"x": ' + b"[" * 1900 + b"]" * 1900 + b"}", "too_deep"),
    ],
)
def test_a_bad_line_is_refused_with_its_place_and_its_neighbours_are_kept(
    workspace: Workspace, line: bytes, reason: str
) -> None:
    workspace.write("r1", workspace.line("r1", n=1), line + b"\n", workspace.line("r1", n=2))

    night = workspace.night()

    assert night.places == [("r1", 1), ("r1", 3)]
    assert night.refusals == [("runs/r1/trace.jsonl:2", reason)]
    assert night.facts.rejected == {reason: 1}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: b"\xef\xbb\xbf" + line,
        lambda line: line.replace(b"\n", b"\r\n"),
        lambda line: b"  " + line,
        lambda line: line.replace(b'"stage"', b'"score": NaN, "stage"'),
        lambda line: line.replace(b'"spec_hash"', b'"score": -Infinity, "spec_hash"'),
        lambda line: line.replace(b'"stage"', b'"note": "\\ud800", "stage"'),
        lambda line: line.replace(b'"stage": ', b'"stage": "Lint", "stage": '),
        lambda line: line.replace(b'"2026-01-02T03:04:05Z"', b'{"odd": 1}'),
    ],
    ids=["bom", "crlf", "indented", "nan", "infinity", "surrogate", "twice", "timestamp"],
)
def test_what_pipelines_write_by_accident_is_read_all_the_same(workspace: Workspace, spoil) -> None:
    workspace.write("r1", spoil(workspace.line("r1")))

    night = workspace.night()

    assert (night.places, night.rejected) == ([("r1", 1)], [])


def test_a_lone_surrogate_in_a_fact_is_kept_readable(workspace: Workspace) -> None:
    workspace.write("r1", workspace.line("r1", category="\ud800fsm"))

    assert workspace.night().traces[0].category == "\\ud800fsm"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("gone.v", "artefact_missing"),
        ("top.v/deeper.v", "artefact_missing"),
        ("../../../../secret.v", "path_escapes"),
        ("{outside}/secret.v", "path_escapes"),
        ("link.v", "path_escapes"),
        ("linked/secret.v", "path_escapes"),
        ("loop.v", "artefact_missing"),
        ("pipe", "not_a_file"),
        ("socket", "not_a_file"),
        (".", "not_a_file"),
        ("/dev/zero", "path_escapes"),
        ("big.v", "artefact_too_large"),
        ("x" * 300, "bad_path"),
        ("nul\0.v", "bad_path"),
        ("\ud800.v", "bad_path"),
    ],
)
def test_a_file_that_may_not_or_cannot_be_read_refuses_the_line(
    workspace: Workspace, value: str, reason: str
) -> None:
    outside = workspace.root.parent
    (outside / "secret.v").write_text("secret")
    home = workspace.write("r1", b"").parent
    (home / "link.v").symlink_to(outside / "secret.v")
    (home / "linked").symlink_to(outside)
    (home / "loop.v").symlink_to("loop.v")
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(home)
        listening.bind("socket")
        os.chdir(here)
    (home / "big.v").write_text("x" * 1001)
    workspace.write("r1", workspace.line("r1", rtl_file=value.format(outside=outside)), workspace.line("r1"))

    night = workspace.night()

    assert night.refusals == [("runs/r1/trace.jsonl:1", reason)]
    assert night.places == [("r1", 2)]


def test_nothing_of_a_refused_line_is_copied(workspace: Workspace) -> None:
    workspace.write("r1", workspace.line("r1", simulation_log="gone.log"))

    assert workspace.night().kept == 0


def test_a_long_log_is_cut_to_its_end(workspace: Workspace) -> None:
    home = workspace.write("r1", b"").parent
    (home / "sim.log").write_text("start" + "x" * 2000 + "end")
    workspace.write(
        "r1", workspace.line("r1", simulation_log="sim.log", simulation_compile_log="a\n" * 900 + "z")
    )

    night = workspace.night()

    (trace,) = night.traces
    assert trace.simulation_log
    assert trace.compile_log
    assert night.text(trace.simulation_log.sha256) == "x" * 997 + "end"
    assert night.text(trace.compile_log.sha256).endswith("a\nz")
    assert trace.compile_log.size == 1000


def test_a_trace_that_is_no_file_is_refused_once_and_does_not_hang(workspace: Workspace) -> None:
    os.mkfifo(workspace.write("fifo", b"").parent / "p")
    workspace.trace("fifo").unlink()
    os.mkfifo(workspace.trace("fifo"))
    workspace.trace("folder").mkdir(parents=True)
    (workspace.runs / "stray.txt").write_text("not a run")
    (workspace.runs / "empty").mkdir()

    night = workspace.night()

    assert night.refusals == [
        ("runs/fifo/trace.jsonl", "not_a_file"),
        ("runs/folder/trace.jsonl", "not_a_file"),
    ]
    assert night.facts.runs == 3
    assert workspace.night().rejected == []
    workspace.trace("folder").rmdir()
    workspace.write("folder", workspace.line("folder"))
    assert workspace.night().places == [("folder", 1)]


def test_links_out_of_the_workspace_are_refused_and_links_inside_are_followed(workspace: Workspace) -> None:
    outside = workspace.root.parent / "outside"
    outside.mkdir()
    line = workspace.line("real", testbench_file="data/runs/real/tb.v")
    (outside / "trace.jsonl").write_bytes(line)
    (workspace.runs / "run_out").symlink_to(outside)
    workspace.write("real", line)
    (workspace.runs / "run_in").symlink_to("real")
    for name, target in (("out", outside / "trace.jsonl"), ("in", workspace.trace("real"))):
        (workspace.runs / name).mkdir()
        workspace.trace(name).symlink_to(target)

    night = workspace.night()

    assert night.places == [("in", 1), ("real", 1), ("run_in", 1)]
    assert night.refusals == [
        ("runs/out/trace.jsonl", "path_escapes"),
        ("runs/run_out/trace.jsonl", "path_escapes"),
    ]


def test_an_unreadable_trace_is_refused_tonight_and_tried_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workspace.write("r1", workspace.line("r1"))
    _fail_to_open(monkeypatch, os.fsencode(path), PermissionError(13, "Permission denied"))
    assert workspace.night().refusals == [("runs/r1/trace.jsonl", "unreadable")]
    monkeypatch.undo()

    assert workspace.night().places == [("r1", 1)]


def test_a_machine_without_descriptors_is_a_tool_error_and_not_the_runs_fault(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workspace.write("r1", workspace.line("r1"))
    for name in (os.fsencode(path), "top.v"):
        _fail_to_open(monkeypatch, name, OSError(24, "Too many open files"))
        with pytest.raises(ToolError, match="Too many open files"):
            workspace.night()
        monkeypatch.undo()
        workspace.nights -= 1
        (workspace.out.parent / "1").rename(workspace.root / f"broken {name!r}".replace("/", "_"))

    assert workspace.night().places == [("r1", 1)]


def test_a_run_whose_name_is_no_text_is_still_read(workspace: Workspace) -> None:
    workspace.line("r1")
    name = os.fsencode(workspace.runs) + b"/\xff\xfe"
    (workspace.runs / "r1").rename(os.fsdecode(name))
    facts = {"status": "pass", "spec": "words", "rtl_file": "top.v", "testbench_file": "tb.v"}
    Path(os.fsdecode(name), "trace.jsonl").write_text(json.dumps({"stage": "Simulation", "payload": facts}))

    assert workspace.night().places == [("\\udcff\\udcfe", 1)]


def test_a_huge_line_is_skipped_in_bounded_pieces(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ct_retrain.trace.blocks._CHUNK", 1000)
    workspace.write("r1", workspace.line("r1"), b"x" * 20_000 + b"\n", workspace.line("r1", n=2), b"y" * 9000)

    night = workspace.night()

    assert night.places == [("r1", 1), ("r1", 3)]
    assert night.refusals == [("runs/r1/trace.jsonl:2", "too_large")]
    assert night.facts.pending == 1


def _fail_to_open(monkeypatch: pytest.MonkeyPatch, name: bytes | str, error: OSError) -> None:
    real = os.open

    def fake(path, *arguments, **options):
        if path == name:
            raise error
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", fake)
