"""Logs: bars on a terminal, sparse lines elsewhere, JSON where asked, and a bounded copy in the night's own directory."""

import io
import json
from pathlib import Path

import pytest
import structlog
from rich.console import Console

from ct_retrain.cli.bars import Bars, pace_of, time_left
from ct_retrain.cli.logs import NightCopy, ProgressFilter, brief, configure


def progress(done: int, *, over: bool = False, what: str = "benchmark: candidate") -> dict[str, object]:
    return {
        "event": "progress", "what": what, "done": done, "total": 40, "rate": 2.0, "left": 19.0, "over": over,
    }  # fmt: skip


def passes(processor: object, event: dict[str, object]) -> bool:
    try:
        processor(None, "info", event)  # type: ignore[operator]
    except structlog.DropEvent:
        return False
    return True


def test_a_bar_shows_how_much_is_done_and_left_and_is_gone_when_it_is_over() -> None:
    screen = io.StringIO()
    bars = Bars(Console(file=screen, force_terminal=True, width=100))

    assert not passes(bars, progress(2))
    assert not passes(bars, progress(20))
    shown = screen.getvalue()
    assert not passes(bars, progress(40, over=True))

    assert "benchmark: candidate" in shown
    assert "2/40" in shown
    assert "2/s, 19 s left" in shown
    assert passes(bars, {"event": "stage done"})


def test_without_a_terminal_a_step_gets_a_line_now_and_then_and_one_at_its_end() -> None:
    sparse = ProgressFilter(apart=3600)

    assert [passes(sparse, progress(done)) for done in (1, 2, 3)] == [True, False, False]
    assert passes(sparse, progress(1, what="another"))
    assert passes(sparse, progress(40, over=True))
    assert not passes(sparse, progress(40, over=True, what="never said"))


def test_a_line_of_progress_reads_as_a_bar_does() -> None:
    bound = {"night": "2026-01-01", "level": "info"}
    assert brief(None, "info", progress(20) | bound) == {
        "level": "info", "event": "benchmark: candidate: 20 of 40, 2/s, 19 s left",
    }  # fmt: skip
    assert brief(None, "info", progress(40, over=True)) == {"event": "benchmark: candidate: 40 of 40"}
    assert brief(None, "info", progress(3) | {"total": None, "left": None})["event"].endswith(": 3, 2/s")


def test_what_is_logged_while_a_night_is_bound_is_kept_in_its_directory(tmp_path: Path) -> None:
    tmp_path.joinpath("2026-01-01").mkdir()
    copy = NightCopy(tmp_path)
    copy(None, "info", {"event": "stage starts", "stage": "train", "night": "2026-01-01"})
    copy(None, "info", {"event": "stage starts", "stage": "train", "night": "2026-01-02"})
    copy(None, "info", {"event": "no night is bound"})

    lines = tmp_path.joinpath("2026-01-01/night.log").read_text().splitlines()
    assert [json.loads(line)["stage"] for line in lines] == ["train"]
    assert not tmp_path.joinpath("2026-01-02").exists()


def test_the_copy_of_a_night_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ct_retrain.cli.logs._LOG_BYTES", 2000)
    tmp_path.joinpath("2026-01-01").mkdir()
    copy = NightCopy(tmp_path)
    for number in range(500):
        copy(None, "info", {"event": "noise", "number": number, "night": "2026-01-01"})

    files = sorted(path.name for path in tmp_path.joinpath("2026-01-01").iterdir())
    assert files == ["night.log", "night.log.1", "night.log.2"]
    assert '"number": 499' in tmp_path.joinpath("2026-01-01/night.log").read_text()


def test_elsewhere_than_on_a_terminal_every_line_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json_lines=True)
    with structlog.contextvars.bound_contextvars(night="2026-01-01"):
        structlog.get_logger().info("stage done", stage="collect")

    event = json.loads(capsys.readouterr().err)
    assert (event["night"], event["event"], event["stage"], event["level"]) == (
        "2026-01-01", "stage done", "collect", "info",
    )  # fmt: skip


def test_times_are_told_in_units_that_fit() -> None:
    assert [time_left(seconds) for seconds in (4, 89, 200, 7500)] == ["4 s", "89 s", "3 min", "2 h 05 min"]
    assert pace_of({"rate": 0.25, "left": None}) == "4 s each"


def test_on_a_pipe_a_log_line_is_words_on_one_line_unless_json_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for json_lines in (False, True):
        configure(json_lines=json_lines)
        structlog.get_logger().warning("a notice", night="2026-01-01", body="first\nsecond")
    words, asked = capsys.readouterr().err.splitlines()

    assert "[warning  ] a notice" in words
    assert "night=2026-01-01" in words
    assert "first" not in words
    assert json.loads(asked)["body"] == "first\nsecond"
