"""A night as Markdown: for the summary of a CI job, and in a terminal."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.report.nights import HELD, NOTHING, PUBLISHED, REJECTED
from tests.small_workspace import SmallWorkspace, found, leave_trace

from ct_retrain.cli import call
from ct_retrain.cli.job_summary import VARIABLE, add_to_summary
from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.nightly.records.index import record_of
from ct_retrain.report.markdown import broken_markdown, night_markdown


@pytest.mark.parametrize(
    ("name", "next_step"),
    [
        (PUBLISHED, "nothing to do; to serve the previous release: `ct-retrain rollback`"),
        (NOTHING, "nothing to do; to train on the same data: `ct-retrain run --again`"),
        (HELD, "nothing to do, the data is kept and the next night tries again; "),
        (
            REJECTED,
            f"nothing was published, and the served release stays; what it lost: `ct-retrain show {REJECTED}`",
        ),
    ],
)
def test_a_night_says_how_it_ended_why_and_what_next(
    nights: SmallWorkspace, name: str, next_step: str
) -> None:
    record = record_of(nights.workspace, name)
    text = night_markdown(record)

    assert text.splitlines()[0].endswith(f"{name}: {record.outcome.value.replace('_', ' ')}")
    assert f"Next: {next_step}" in text
    widths = {line.count("|") for line in re.search(r"(?:^\|.*\n)+|$", text, re.MULTILINE)[0].splitlines()}  # type: ignore[index]
    assert widths in ({3}, set())


def test_lost_problems_are_named(nights: SmallWorkspace) -> None:
    assert re.search(
        r"- Lost against last nightly: flip\\_2, flip\\_3",
        night_markdown(record_of(nights.workspace, REJECTED)),
    )


def test_what_others_wrote_is_text_and_no_markup(nights: SmallWorkspace) -> None:
    record = record_of(nights.workspace, PUBLISHED)
    text = night_markdown(record.model_copy(update={"reason": "<img src=x> | [a](b) `c`\nmore **d**"}))

    assert r"\<img src=x\> \| \[a\](b) \`c\`" in text
    assert r"- more \*\*d\*\*" in text


def test_a_job_that_names_a_file_gets_the_summary(
    nights: SmallWorkspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv(VARIABLE, str(summary))
    add_to_summary(nights.workspace, record_of(nights.workspace, HELD))
    assert call(["-C", str(nights.workspace.root), "show", HELD, "--markdown"]) == 0

    assert summary.read_text() == "before\n" + capsys.readouterr().out
    monkeypatch.setenv(VARIABLE, str(tmp_path / "no/such/file"))
    add_to_summary(nights.workspace, record_of(nights.workspace, HELD))
    assert "warning" in capsys.readouterr().err


def test_a_broken_night_says_where_and_how_it_goes_on() -> None:
    broken = Breakdown.model_construct(
        night=HELD,
        at=datetime(2026, 1, 3, tzinfo=UTC),
        stage="train",
        kind="ToolError",
        said="no space",
        traceback="x",
        log=("a", "b"),
    )
    text = broken_markdown(broken)

    assert text.startswith(f"## ✕ {HELD}: broken in train")
    assert "    a\n    b" in text
    assert f"go on where it stopped: `ct-retrain run --night {HELD}`" in text


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_the_night_that_broke_is_told_of_and_not_a_later_one_that_broke_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = found(tmp_path / "town")
    leave_trace(small.workspace, "run_3", 3)
    root = small.workspace.root
    (root / "ct-retrain.toml").write_text(
        '[benchmark]\nsuite = "suite.jsonl"\n[judge]\nsimulator = "icarus"\nrequire = { iverilog = ">=99" }\n'
    )
    assert call(["-C", str(root), "run", "--night", "2026-01-02"]) == 4
    monkeypatch.setenv(VARIABLE, str(tmp_path / "summary.md"))

    assert call(["-C", str(root), "run", "--night", "2026-01-01"]) == 4
    assert (tmp_path / "summary.md").read_text().startswith("## ✕ 2026-01-01: broken in ")
