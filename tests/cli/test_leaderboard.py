"""`ct-retrain leaderboard` on what `benchmark --json` prints and on what a night leaves."""

import contextlib
import io
import json
import shutil
from pathlib import Path

import pytest
from tests.cli.test_benchmark import RIGHT, WRONG, answer, bench
from tests.suites.layouts import plain_row, write_lines

from ct_retrain.cli import call
from ct_retrain.core.records.problem import Scorecard

pytestmark = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
NAMES = [f"p{number}" for number in range(8)]


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scorecards of two models on one suite, and of one on a part of it."""
    root = tmp_path_factory.mktemp("cards")
    rows = [plain_row(name, category="fsm" if name < "p3" else "logic") for name in NAMES]
    write_lines(root / "mine.jsonl", rows)
    write_lines(root / "few.jsonl", rows[:4])
    for suite, model, right in (("mine.jsonl", "good", 8), ("mine.jsonl", "bad", 1), ("few.jsonl", "few", 2)):
        texts = [RIGHT] * right + [WRONG] * (8 - right)
        write_lines(root / "answers.jsonl", [answer(*pair) for pair in zip(NAMES, texts, strict=True)])
        with contextlib.redirect_stdout(io.StringIO()) as said:
            assert bench(root, "--json", suite=suite) == 0
        (root / f"{model}.json").write_text(said.getvalue())
    return root


def board(cards: Path, *arguments: str) -> int:
    return call(["-C", str(cards), "-s", "gate.bootstrap=400", "leaderboard", *arguments])


def test_scores_differences_and_categories_stand_side_by_side(
    cards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert board(cards, f"a & b={cards}/bad.json", f"good={cards}/good.json", "--json") == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    first, second = table["standings"]
    assert (first["name"], second["name"]) == ("good", "a & b")
    assert first["difference"]["value"] == pytest.approx(7 / 8)
    assert first["difference"]["p_value"] == pytest.approx(2 / 2**7)

    assert board(cards, f"a & b={cards}/bad.json", f"good={cards}/good.json") == 0
    said = capsys.readouterr().out
    for words in ("mine, judged by", "points over a & b", "+87.5 [", "0.016", "the base", "fsm", "logic"):
        assert words in said


def test_another_suite_is_not_compared_and_that_is_said(
    cards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert board(cards, f"good={cards}/good.json", f"few={cards}/few.json") == 0
    said = capsys.readouterr().out
    assert "few: not compared with good: another suite, few instead of mine" in " ".join(said.split())


def test_latex_and_html_hold_the_same_figures_and_harmless_names(
    cards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = (f"a_& <b>={cards}/bad.json", f"good={cards}/good.json")
    assert board(cards, *named, "--form", "latex") == 0
    latex = capsys.readouterr().out
    assert r"a\_\& $<$b$>$ & 12.5\% [" in latex
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == 2
    assert all(line.startswith("%") for line in latex.splitlines() if "brackets" in line)

    assert board(cards, *named, "--form", "html") == 0
    page = capsys.readouterr().out
    assert "a_&amp; &lt;b&gt;" in page
    assert "+87.5 [" in page
    assert "<script" not in page


def test_the_file_of_a_night_holds_an_arm_a_line(cards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[str] = []
    for model, arm in (("good", "candidate"), ("bad", "mainline")):
        given = json.loads((cards / f"{model}.json").read_text())
        card = {**{key: given[key] for key in Scorecard.model_fields}, "arm": arm}
        rows.append(json.dumps(card))
    (cards / "scorecards.jsonl").write_text("\n".join(rows) + "\n")

    assert board(cards, f"{cards}/scorecards.jsonl", "--against", "mainline", "--json") == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    assert table["base"] == "mainline"
    assert [one["name"] for one in table["standings"]] == ["candidate", "mainline"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("tools", [], "tools: Tuple should have at least 1 item"),
        ("passes", dict.fromkeys(NAMES, 2), "passes.p0: 2 of 1 samples passed"),
        ("passes", {"p0": 1}, "passes: 1 problems, and functional.problems is 8"),
        (
            "passes",
            {f"q{number}": 1 for number in range(8)},
            "passes: not the problems that {cards}/good.json has, under the same suite_digest",
        ),
    ],
)
def test_a_scorecard_edited_by_hand_is_refused_by_file_and_field(
    cards: Path, capsys: pytest.CaptureFixture[str], field: str, value: object, said: str
) -> None:
    edited = {**json.loads((cards / "good.json").read_text()), field: value}
    (cards / "edited.json").write_text(json.dumps(edited))

    assert board(cards, f"{cards}/good.json", f"edited={cards}/edited.json") == 2
    told = capsys.readouterr().err
    assert f"{cards}/edited.json" in told
    assert said.format(cards=cards) in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{cards}/mine.jsonl"], "holds no scorecard"),
        (["{cards}/absent.json"], "cannot be read"),
        (["{cards}/good.json", "{cards}/good.json"], "give them names, NAME=FILE"),
        (["x={cards}/good.json", "--against", "y"], "--against y: no scorecard is called that; there are x"),
    ],
)
def test_what_cannot_be_shown_is_the_callers_fault(
    cards: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert board(cards, *(one.format(cards=cards) for one in arguments)) == 2
    assert said in capsys.readouterr().err
