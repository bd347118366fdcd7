"""Whole lines, whoever else writes and however an earlier writer died."""

import json
import multiprocessing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ct_retrain.core.errors import ToolError
from ct_retrain.trace import SimulationLine, TraceLine, TraceWriter
from ct_retrain.trace.lines import Simulation, simulations


def _lines(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "trace.jsonl").read_text().splitlines()]


def test_three_lines_are_enough_to_adopt_it(tmp_path: Path) -> None:
    trace = TraceWriter(tmp_path / "r1", source="my-flow")
    trace.stage("Lint", status="pass", warnings=0)
    trace.stage("Simulation", status="pass", spec_path="spec.txt", rtl_file=Path("rtl/top.v"))

    lint, simulation = _lines(tmp_path / "r1")
    assert (lint["run_id"], lint["stage"], lint["payload"]["source"]) == ("r1", "Lint", "my-flow")
    assert simulation["payload"]["rtl_file"] == "rtl/top.v"


def test_what_it_writes_is_what_the_records_and_the_reader_say(tmp_path: Path) -> None:
    noon = datetime(2026, 1, 2, 14, tzinfo=timezone(timedelta(hours=2)))
    trace = TraceWriter(tmp_path, "run-7", clock=lambda: noon)
    trace.stage("Simulation", status="pass", spec="a counter\n", score=float("nan"), when=noon)

    raw = (tmp_path / "trace.jsonl").read_bytes()
    line = SimulationLine.model_validate_json(raw)
    assert line.timestamp == "2026-01-02T12:00:00.000000+00:00"
    assert TraceLine.model_validate_json(raw).payload["score"] == "nan"
    (found,) = simulations(raw, 0)
    assert isinstance(found, Simulation)
    assert (found.payload.status, found.payload.spec) == ("pass", "a counter\n")


def test_values_that_json_lacks_are_text_however_deep(tmp_path: Path) -> None:
    trace = TraceWriter(tmp_path)
    trace.stage("Report", metrics={"a": [float("inf"), 1.5, (Path("x"), datetime(2026, 1, 2, tzinfo=UTC))]})

    assert _lines(tmp_path)[0]["payload"]["metrics"] == {
        "a": ["inf", 1.5, ["x", "2026-01-02T00:00:00+00:00"]]
    }


def test_a_torn_tail_gets_its_own_line_break_first(tmp_path: Path) -> None:
    (tmp_path / "trace.jsonl").write_bytes(b'{"stage": "Lint"}\n{"stage": "Simul')

    TraceWriter(tmp_path, "r").stage("Lint", status="pass")

    first, torn, new = (tmp_path / "trace.jsonl").read_bytes().splitlines()
    assert (first, torn) == (b'{"stage": "Lint"}', b'{"stage": "Simul')
    assert json.loads(new)["payload"]["status"] == "pass"


def _write_many(run: Path, name: str, count: int) -> None:
    trace = TraceWriter(run, name)
    for number in range(count):
        trace.stage("Lint", number=number, log="x" * (number * 997 % 20_000))


def test_processes_that_share_a_file_never_spoil_each_others_lines(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write_many, args=(tmp_path, f"w{one}", 40)) for one in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    seen = [(line["run_id"], line["payload"]["number"]) for line in _lines(tmp_path)]
    assert sorted(seen) == [(f"w{one}", number) for one in range(3) for number in range(40)]


def test_a_short_write_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))

    TraceWriter(tmp_path).stage("Lint", status="pass")

    assert _lines(tmp_path)[0]["stage"] == "Lint"


def test_where_it_cannot_write_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ToolError, match="cannot append to"):
        TraceWriter(tmp_path / "file" / "run").stage("Lint")
