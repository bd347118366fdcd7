"""What collect finds, and what of it survives crashes, growth and the passing of nights."""

import hashlib
import json
import os
import resource
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages._runs import Workspace

from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.stages import collect as stage
from ct_retrain.stages._artefact_store import artefacts_of
from ct_retrain.stages._discovery import Walk
from ct_retrain.stages._ledger import Ledger, freeze


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def _tree(root: Path) -> dict[str, str]:
    """Every file but the ledger, by digest."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.name.startswith("ledger"))
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def test_a_passed_simulation_is_collected_with_its_files(workspace: Workspace) -> None:
    logs = {"simulation_compile_log": "", "simulation_log": "t=1 ok\nPASS 9/9"}
    workspace.write("r1", workspace.line("r1", category="fsm", generator="qwen", **logs))

    night = workspace.night()

    (trace,) = night.traces
    assert (trace.run_id, trace.line, trace.spec_hash, trace.category) == ("r1", 1, "s1", "fsm")
    assert trace.generated_at == "2026-01-02T03:04:05.000000+00:00"
    assert (trace.source, trace.generator) == ("pipeline", "qwen")
    assert night.text(trace.rtl.sha256) == "module r1; endmodule"
    assert night.text(trace.spec.sha256) == "a counter"
    assert trace.compile_log is None
    assert trace.simulation_log
    assert night.text(trace.simulation_log.sha256) == "t=1 ok\nPASS 9/9"
    assert night.facts.collected == 1
    assert night.facts.bytes_copied == night.kept


def test_other_stages_other_words_and_extra_keys_are_none_of_its_business(workspace: Workspace) -> None:
    others = [
        b'{"stage": "Lint", "payload": {"status": "pass"}}\n',
        b'{"hello": 1}\n',
        b'{"stage": 7}\n',
        b"\n",
    ]
    workspace.write(
        "r1", *others, workspace.line("r1", "skipped"), workspace.line("r1", shiny=[1, {"new": None}])
    )

    night = workspace.night()

    assert night.places == [("r1", 6)]
    assert night.rejected == []
    assert night.facts.lines == 6


def test_traces_and_refusals_are_sorted_by_run_and_line(workspace: Workspace) -> None:
    for run in ("r9", "r10", "a"):
        lines = (workspace.line(run, n=n, rtl_file="gone.v" if n == 1 else "top.v") for n in range(4))
        workspace.write(run, next(lines), b"junk\n", *lines)

    night = workspace.night()

    assert night.places == [(run, line) for run in ("a", "r10", "r9") for line in (1, 4, 5)]
    assert night.refusals[:2] == [
        ("runs/a/trace.jsonl:2", "malformed_json"),
        ("runs/a/trace.jsonl:3", "artefact_missing"),
    ]


def test_equal_contents_are_kept_once(workspace: Workspace) -> None:
    workspace.write("r1", workspace.line("r1", n=1), workspace.line("r1", n=2))
    workspace.write("r2", workspace.line("r2"))

    night = workspace.night()

    named = {one.sha256: one.size for trace in night.traces for one in artefacts_of(trace)}
    assert len(night.traces) == 3
    assert len(named) == 4  # one spec, one testbench, two designs
    assert night.kept == sum(named.values())
    assert all(hashlib.sha256(night.text(name).encode()).hexdigest() == name for name in named)


def test_failed_attempts_before_a_pass_come_with_it_the_last_four_of_them(workspace: Workspace) -> None:
    for n in range(6):
        (workspace.runs / "r1").mkdir(exist_ok=True)
        (workspace.runs / "r1" / f"bad{n}.v").write_text(f"bad {n}")
        workspace.write(
            "r1", workspace.line("r1", "fail", rtl_file=f"bad{n}.v", simulation_log=f"Error {n}\nend")
        )
    other = workspace.line("r1", "fail", spec_hash="other", rtl_file="bad0.v")
    workspace.write("r1", other, workspace.line("r1"), workspace.line("r1", n=2))

    first, second = workspace.night().traces

    assert [one.line for one in first.attempts] == [3, 4, 5, 6]
    assert second.attempts == ()


def test_a_failed_attempt_waits_in_the_ledger_for_a_pass_of_a_later_night(workspace: Workspace) -> None:
    workspace.write("r1", workspace.line("r1", "fail", rtl_file="bad.v", simulation_log="Error at 5\nend"))
    (workspace.runs / "r1" / "bad.v").write_text("bad")
    assert workspace.night().traces == []
    assert workspace.night().traces == []
    workspace.write("r1", workspace.line("r1"))

    night = workspace.night()

    (attempt,) = night.traces[0].attempts
    assert (attempt.line, night.text(attempt.rtl.sha256)) == (1, "bad")
    assert attempt.log
    assert night.text(attempt.log.sha256) == "Error at 5\nend"


def test_an_attempt_whose_file_the_answer_has_overwritten_teaches_nothing(workspace: Workspace) -> None:
    workspace.write("r1", workspace.line("r1", "fail"), workspace.line("r1"))

    assert workspace.night().traces[0].attempts == ()


def test_a_second_night_reads_only_what_is_new(workspace: Workspace) -> None:
    for run in ("r1", "r2"):
        workspace.write(run, workspace.line(run))
    workspace.night()
    workspace.write("r2", b"junk\n", workspace.line("r2", n=2))
    workspace.write("r3", workspace.line("r3"))

    night = workspace.night()

    assert night.places == [("r2", 3), ("r3", 1)]
    assert (night.facts.runs, night.facts.read, night.facts.lines) == (3, 2, 3)
    assert workspace.night().facts.read == 0


@pytest.mark.parametrize(
    "dies_in",
    [
        "stages.collect.harvest_runs",
        "disk.PackWriter.finish",
        "disk.sync_tree",
        "stages.collect.Ledger.finish",
    ],
)
def test_a_night_that_crashed_reads_again_what_it_would_have_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    for run in ("r1", "r2"):
        workspace.write(
            run, workspace.line(run, "fail", rtl_file="tb.v"), b"junk\n", workspace.line(run), b'{"cut'
        )
    undisturbed = _tree(workspace.night().out)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    workspace.nights = 0
    workspace.root.joinpath("work").rename(workspace.root / "first")
    with monkeypatch.context() as patch:
        patch.setattr(f"ct_retrain.{dies_in}", die)
        with pytest.raises(KeyboardInterrupt):
            workspace.night()
    workspace.write("r1", b"\n", workspace.line("r1", n=9))
    workspace.write("r3", workspace.line("r3"))
    night = workspace.night(again=True)

    assert _tree(night.out) == undisturbed
    assert night.facts.runs == 2
    assert workspace.night().places == [("r1", 5), ("r3", 1)]


def test_a_crash_while_the_cut_off_is_frozen_leaves_no_ledger(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write("r1", workspace.line("r1"))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Walk, "_run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            workspace.night()
    assert not (workspace.out / "ledger.sqlite").exists()

    assert workspace.night(again=True).places == [("r1", 1)]


def test_a_finished_night_called_again_answers_the_same_and_touches_nothing(workspace: Workspace) -> None:
    workspace.write("r1", workspace.line("r1"))
    first = workspace.night()
    before = {path: path.stat().st_mtime_ns for path in first.out.rglob("*")}
    workspace.write("r2", workspace.line("r2"))

    assert workspace.night(again=True).facts == first.facts
    assert {path: path.stat().st_mtime_ns for path in first.out.rglob("*")} == before


def test_a_line_being_written_is_read_whole_the_next_night(workspace: Workspace) -> None:
    line = workspace.line("r1", n=2)
    workspace.write("r1", workspace.line("r1"), line[:50])
    first = workspace.night()
    assert (first.places, first.facts.pending, first.rejected) == ([("r1", 1)], 1, [])
    workspace.write("r1", line[50:])

    second = workspace.night()

    assert (second.places, second.facts.pending) == ([("r1", 2)], 0)


def test_a_half_written_line_is_refused_once_when_stale_and_still_read_if_it_is_finished(
    workspace: Workspace,
) -> None:
    line = workspace.line("r1")
    workspace.write("r1", line[:50])
    assert workspace.night().facts.pending == 1
    stale = workspace.night(hours=2)
    assert stale.refusals == [("runs/r1/trace.jsonl:1", "half_written")]
    assert workspace.night(hours=3).rejected == []
    workspace.write("r1", line[50:])

    assert workspace.night().places == [("r1", 1)]


def test_a_last_line_that_only_lacks_its_line_break_is_whole(workspace: Workspace) -> None:
    workspace.write("r1", workspace.line("r1").rstrip())
    assert workspace.night().places == [("r1", 1)]
    workspace.write("r1", b"\n", workspace.line("r1", n=2))
    second = workspace.night()
    assert second.places == [("r1", 2)]
    assert second.facts.lines == 1
    workspace.write("r1", b'{"a":1}')
    workspace.night()
    workspace.write("r1", b'{"glued":1}\n', workspace.line("r1", n=3))

    third = workspace.night()

    assert third.refusals == [("runs/r1/trace.jsonl:3", "malformed_json")]
    assert third.places == [("r1", 4)]


@pytest.mark.parametrize("how", ["replaced", "shrunk", "in place"])
def test_a_rewritten_file_is_read_again_without_repeating_what_is_known(
    workspace: Workspace, how: str
) -> None:
    old, new = workspace.line("r1"), workspace.line("r1", n=2)
    filler = b'{"stage": "Lint"}\n' * (3 if how == "shrunk" else 0)
    path = workspace.write("r1", old, filler)
    workspace.night()
    if how == "replaced":
        other = path.with_name("other")
        other.write_bytes(old + new)
        other.replace(path)
    elif how == "shrunk":
        path.write_bytes(b"\n" + old[:-1])
        assert workspace.night().places == []
        workspace.write("r1", b"\n", new)
    else:
        path.write_bytes(new + old)

    night = workspace.night()

    expected = {"replaced": ("r1", 2), "shrunk": ("r1", 3), "in place": ("r1", 1)}
    assert night.places == [expected[how]]
    if how != "shrunk":
        assert night.refusals == [("runs/r1/trace.jsonl", "rewritten")]


def test_the_same_entry_twice_is_kept_once(workspace: Workspace) -> None:
    line = workspace.line("r1")
    workspace.write("r1", line, line)
    night = workspace.night()
    assert (night.places, night.refusals) == ([("r1", 1)], [("runs/r1/trace.jsonl:2", "duplicate")])
    workspace.write("r1", line)

    assert workspace.night().refusals == [("runs/r1/trace.jsonl:3", "duplicate")]


def test_a_file_replaced_after_the_cut_off_belongs_to_the_next_night(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workspace.write("r1", workspace.line("r1"))
    workspace.write("r2", workspace.line("r2"))
    frozen = freeze

    def freeze_then_replace(*arguments: Any) -> None:
        frozen(*arguments)
        path.rename(path.with_name("kept"))
        path.write_bytes(b"\n" + workspace.line("r1"))
        workspace.trace("r2").unlink()

    with monkeypatch.context() as patch:
        patch.setattr(stage, "freeze", freeze_then_replace)
        first = workspace.night()

    assert first.traces == []
    assert first.refusals == [("runs/r1/trace.jsonl", "replaced"), ("runs/r2/trace.jsonl", "vanished")]
    assert workspace.night().places == [("r1", 2)]


def test_a_ledger_without_room_is_a_tool_error(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.write("r1", workspace.line("r1"))

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "settle", full)
        with pytest.raises(ToolError, match="disk is full"):
            workspace.night()

    assert workspace.night(again=True).places == [("r1", 1)]


def test_a_missing_runs_directory_is_the_users_fault(tmp_path: Path) -> None:
    inputs = stage.CollectInputs(
        tmp_path, tmp_path / "no", None, Workspace(tmp_path).settings, datetime.now(UTC)
    )

    with pytest.raises(UsageError, match=r"paths\.runs"):
        stage.collect(tmp_path, inputs)


@pytest.mark.parametrize(
    "content", [None, b"not a database at all, but long enough to be one" * 40, "version"]
)
def test_a_ledger_that_is_not_ours_is_corrupt_state(
    workspace: Workspace, content: bytes | str | None
) -> None:
    night = workspace.night()
    path = night.out / "ledger.sqlite"
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE other(x)")

    with pytest.raises(CorruptStateError, match=r"ledger\.sqlite"):
        workspace.night()


@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_chunks_appended_over_nights_yield_every_record_once_with_its_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("ws"))
    count = data.draw(st.integers(1, 5))
    end = data.draw(st.sampled_from([b"\n", b"\r\n", b"\n\n"]))
    stream = b"".join(workspace.line("r1", n=n, note="é" * n).rstrip() + end for n in range(count))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    seen: list[tuple[str, int]] = []
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        workspace.write("r1", stream[start:stop])
        night = workspace.night()
        assert night.rejected == []
        seen += night.places

    step = 2 if end == b"\n\n" else 1
    assert seen == [("r1", 1 + step * n) for n in range(count)]


@settings(deadline=None, max_examples=30)
@given(
    soup=st.one_of(st.binary(max_size=200), st.text(alphabet='{}[]",:\\\n\r ntue10\x00\ufeff', max_size=60))
)
def test_no_bytes_between_good_lines_lose_them_or_raise(
    tmp_path_factory: pytest.TempPathFactory, soup: bytes | str
) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("ws"))
    middle = soup if isinstance(soup, bytes) else soup.encode()
    good = [workspace.line("r1", n=n) for n in range(2)]
    workspace.write("r1", good[0], middle, b"\n", good[1])

    night = workspace.night()

    assert night.places == [("r1", 1), ("r1", 3 + middle.count(b"\n"))]
    assert night.facts.lines == 3 + middle.count(b"\n")


def test_nothing_but_the_ledger_the_pack_and_two_lists_is_left(workspace: Workspace) -> None:
    workspace.write("r1", workspace.line("r1"))

    names = sorted(path.name for path in workspace.night().out.iterdir())

    assert names == ["artefacts.pack", "artefacts.sqlite", "ledger.sqlite", "rejected.jsonl", "traces.jsonl"]
    assert json.loads((workspace.out / "traces.jsonl").read_text())["run_id"] == "r1"


def test_a_disk_that_takes_no_more_is_a_tool_error(workspace: Workspace) -> None:
    home = workspace.write("r1", workspace.line("r1")).parent
    (home / "top.v").write_text("module r1; endmodule\n" * 20_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
        with pytest.raises(ToolError, match="File too large; free space"):
            workspace.night()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert workspace.night(again=True).places == [("r1", 1)]


def _touched(workspace: Workspace, run: str, days_ago: float) -> None:
    moment = datetime.now(UTC).timestamp() - days_ago * 86_400
    os.utime(workspace.trace(run), (moment, moment))


def _continued(workspace: Workspace, runs: list[str]) -> None:
    """Another passing line for *runs*, written at a time when they had long been sealed."""
    for run in runs:
        workspace.write(run, workspace.line(run, n=2))
        _touched(workspace, run, 35)


def test_sealed_runs_take_turns_and_none_is_forgotten(workspace: Workspace) -> None:
    runs = sorted(f"run{number}" for number in range(40))
    for run in runs:
        workspace.write(run, workspace.line(run))
        _touched(workspace, run, 40)
    assert len(workspace.night().places) == 40
    _continued(workspace, runs)

    found = [workspace.night(hours=24 * night).places for night in range(1, 101)]

    assert sorted(run for places in found for run, _ in places) == runs
    assert max(map(len, found)) < 10


def test_a_new_run_is_seen_among_sealed_ones_whatever_its_name(workspace: Workspace) -> None:
    for run in ("b", "d"):
        workspace.write(run, workspace.line(run))
        _touched(workspace, run, 40)
    workspace.night()
    workspace.trace("b").unlink()
    for run in ("a", "c", "e"):
        workspace.write(run, workspace.line(run))
        _touched(workspace, run, 40)

    night = workspace.night()
    assert night.places == [("a", 1), ("c", 1), ("e", 1)]
    assert night.facts.runs == 5


@pytest.mark.parametrize(("days", "seal_days"), [(20, 30), (40, 0)])
def test_what_was_written_to_lately_or_with_seals_off_is_looked_at_every_night(
    tmp_path: Path, days: int, seal_days: int
) -> None:
    workspace = Workspace(tmp_path, seal_days=seal_days)
    workspace.write("r1", workspace.line("r1"))
    _touched(workspace, "r1", days)
    workspace.night()
    workspace.write("r1", workspace.line("r1", n=2))
    _touched(workspace, "r1", days - 1)
    assert workspace.night().places == [("r1", 2)]
