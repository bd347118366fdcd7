"""Published figures: a line a model, each with its rule, tool and n, or a reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from ct_retrain.core.errors import UsageError
from ct_retrain.suites.published import read_published


def figure(**changes: Any) -> dict[str, Any]:
    right = {
        "model": "GPT-4o",
        "suite": "mine",
        "rule": "official",
        "tool": "iverilog 12",
        "n": 20,
        "scores": {"pass@1": 62.6},
    }
    return {**right, **changes}


def written(root: Path, *rows: dict[str, Any]) -> Path:
    path = root / "published.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_figures_of_a_suite_are_read_and_those_of_others_left(tmp_path: Path) -> None:
    path = written(tmp_path, figure(), figure(suite="another"), figure(model="o4-mini"))
    found = read_published(path, "mine")

    assert [one.model for one in found.published] == ["GPT-4o", "o4-mini"]
    assert found.published[0].scores == {"pass@1": 62.6}
    assert found.rejected == ()


@pytest.mark.parametrize(
    "changes",
    [{"n": 0}, {"scores": {"pass@1": 162}}, {"scores": {"pass_1": 62}}, {"rule": 3}, {"extra": 1}],
)
def test_a_line_that_is_no_figure_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    found = read_published(written(tmp_path, figure(), figure(**changes)), "mine")

    assert len(found.published) == 1
    assert [(one.subject, one.reason) for one in found.rejected] == [("published.jsonl:2", "bad_field")]


def test_a_file_that_says_nothing_of_the_suite_is_the_callers_fault(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no figures for mine: it is about another"):
        read_published(written(tmp_path, figure(suite="another")), "mine")
    with pytest.raises(UsageError, match=r"no line of it is a figure; published.jsonl:1: n: "):
        read_published(written(tmp_path, figure(n=0)), "mine")
    with pytest.raises(UsageError, match="cannot be read"):
        read_published(tmp_path / "nowhere.jsonl", "mine")
