"""`ct-retrain show NIGHT --problem ID`: what each arm made of it, the answer that failed, its log and its diff."""

import json
from pathlib import Path

import pytest
from tests.fakes import Scripted
from tests.small_workspace import SmallWorkspace, found, leave_trace, other_problem

from ct_retrain import disk
from ct_retrain.cli import call
from ct_retrain.core.errors import UsageError
from ct_retrain.core.ports import Generator
from ct_retrain.core.records.night import NightRecord
from ct_retrain.nightly.records.inspection import failed_problems, inspect
from ct_retrain.nightly.run import Options, run_night

NIGHT = "2026-01-01"


class Arms:
    """A candidate whose answers are given by width, and a mainline that knows nothing."""

    def __init__(self, answers: dict[int, str]) -> None:
        self._answers = {other_problem(width).spec: text for width, text in answers.items()}

    def open(self, adapter: Path | None) -> Generator:
        return Scripted(self._answers, "candidate") if adapter else Scripted({}, "mainline")

    def close(self) -> None:
        """It holds nothing."""


def flip(width: int) -> str:
    return other_problem(width).golden


def ended(root: Path, answers: dict[int, str], **benchmark: int) -> tuple[SmallWorkspace, NightRecord]:
    """A night in which the candidate gave *answers* to the problems 2 to 5."""
    small = found(root, problems=range(2, 6))
    for width in range(2, 5):
        leave_trace(small.workspace, f"run_{width}", width)
    settings = small.settings.model_copy(
        update={"benchmark": small.settings.benchmark.model_copy(update=benchmark)}
    )
    ports = small.ports._replace(generators=Arms(answers))
    record = run_night(small.workspace, settings, ports, Options(night=NIGHT))
    assert record is not None
    (root / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    return small, record


ANSWERS = {2: flip(2), 3: flip(3).replace("~a", "a"), 4: "I would rather not.", 5: flip(5)}


def test_a_wrong_answer_is_shown_with_its_place_log_and_diff(tmp_path: Path) -> None:
    small, record = ended(tmp_path, ANSWERS)
    seen = inspect(small.workspace, record, other_problem(3))

    assert (seen.night, seen.problem, seen.outcome) == (NIGHT, "flip_3", "mismatch")
    assert [(one.arm, one.passed, one.samples, one.failures) for one in seen.attempts] == [
        ("candidate", 0, 2, {"mismatch": 2}),
        ("mainline", 0, 2, {"compile_error": 2}),
    ]
    assert "16 of 16 checks differ" in seen.detail
    assert "CT_VERDICT checks=16 errors=16" in seen.log
    assert "-  assign y = ~a;\n+  assign y = a;" in seen.diff
    name, _, number = seen.where.rpartition(":")
    line = json.loads((tmp_path / name).read_text().splitlines()[int(number) - 1])
    assert (line["problem_id"], line["index"], line["verdict"]["detail"]) == ("flip_3", 0, seen.detail)


def test_an_answer_without_a_module_is_compared_as_it_is(tmp_path: Path) -> None:
    small, record = ended(tmp_path, ANSWERS)
    seen = inspect(small.workspace, record, other_problem(4))

    assert seen.outcome == "no_module"
    assert "+I would rather not." in seen.diff


def test_a_problem_that_the_candidate_solved_shows_no_answer(tmp_path: Path) -> None:
    small, record = ended(tmp_path, ANSWERS)
    seen = inspect(small.workspace, record, other_problem(2))

    assert [(one.arm, one.passed) for one in seen.attempts] == [("candidate", 2), ("mainline", 0)]
    assert (seen.where, seen.outcome, seen.log, seen.diff) == ("", "", "", "")


def test_answers_that_the_stock_brought_on_top_are_not_counted(tmp_path: Path) -> None:
    small, record = ended(tmp_path, ANSWERS, samples=5)
    assert record.decision is not None
    fewer = small.settings.model_copy(
        update={"benchmark": small.settings.benchmark.model_copy(update={"samples": 2})}
    )
    leave_trace(small.workspace, "run_9", 9)
    ports = small.ports._replace(generators=Arms(ANSWERS))
    second = run_night(small.workspace, fewer, ports, Options(night="2026-01-02"))
    assert second is not None
    seen = inspect(small.workspace, second, other_problem(3))

    assert [(one.samples, one.failures) for one in seen.attempts if one.arm == "mainline"] == [
        (2, {"compile_error": 2})
    ]


def test_answers_that_another_machine_drew_before_the_night_was_resumed_are_not_counted(
    tmp_path: Path,
) -> None:
    small, record = ended(tmp_path, ANSWERS)
    samples = small.workspace.stage(NIGHT, "benchmark") / "samples"
    [path] = samples.glob("candidate-*.jsonl")
    samples.joinpath("candidate-0.jsonl").write_bytes(path.read_bytes().replace(b'"pass"', b'"timeout"'))
    seen = inspect(small.workspace, record, other_problem(3))

    assert seen.attempts[0].failures == {"mismatch": 2}
    assert f"{path.name}:" in seen.where


def test_what_a_night_did_not_measure_is_a_usage_error(tmp_path: Path) -> None:
    small, record = ended(tmp_path, ANSWERS)
    with pytest.raises(UsageError, match="did not use problem flip_8"):
        inspect(small.workspace, record, other_problem(8))
    idle = run_night(small.workspace, small.settings, small.ports, Options(night="2026-01-02"))
    assert idle is not None
    with pytest.raises(UsageError, match="was not benchmarked: Nothing new"):
        inspect(small.workspace, idle, other_problem(2))


def test_show_prints_outcome_place_log_and_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended(tmp_path, ANSWERS)
    capsys.readouterr()
    assert call(["-C", str(tmp_path), "show", NIGHT, "--problem", "flip_3"]) == 0
    said = capsys.readouterr().out

    assert "mismatch: 16 of 16 checks differ" in said
    assert f"answer in work/continuous_retrain/{NIGHT}/benchmark/samples/candidate-" in said
    assert "  CT_VERDICT checks=16 errors=16" in said
    assert "+  assign y = a;" in said

    assert call(["-C", str(tmp_path), "show", NIGHT, "--problem", "flip_2"]) == 0
    assert "no answer of the candidate failed" in capsys.readouterr().out


def test_show_prints_the_same_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small, record = ended(tmp_path, ANSWERS)
    capsys.readouterr()
    assert call(["-C", str(tmp_path), "show", "--problem", "flip_3", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)

    assert said == inspect(small.workspace, record, other_problem(3)).model_dump(mode="json")


def test_what_a_model_wrote_does_not_command_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended(tmp_path, {3: flip(3).replace("~a", "a /* \x1b[2J */")})
    capsys.readouterr()
    assert call(["-C", str(tmp_path), "show", "--problem", "flip_3"]) == 0
    said = capsys.readouterr().out

    assert "\x1b" not in said
    assert "�[2J" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", NIGHT, "--problem", "flip_99"], f"has no problem flip_99; `ct-retrain show {NIGHT}`"),
        (["show", "2026-01-09", "--problem", "flip_2"], "no night 2026-01-09 on record; `ct-retrain status`"),
        (["show", "2026-01-09"], "no night 2026-01-09 on record; `ct-retrain status`"),
    ],
)
def test_an_unknown_problem_or_night_is_the_callers_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    ended(tmp_path, ANSWERS)
    assert call(["-C", str(tmp_path), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_show_names_the_problems_that_flipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended(tmp_path, ANSWERS)
    capsys.readouterr()
    assert call(["-C", str(tmp_path), "show", NIGHT]) == 0
    said = capsys.readouterr().out

    assert "won against mainline: flip_2, flip_5" in said
    assert f"`ct-retrain show {NIGHT} --problem ID`" in said
    assert "lost against" not in said


def test_notice_and_show_lead_to_the_failing_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, record = ended(tmp_path, ANSWERS)
    found = failed_problems(small.workspace, record, 9)

    assert [one.problem for one in found] == ["flip_3", "flip_4"]
    file, _, line = found[0].where.rpartition(":")
    sample = json.loads((tmp_path / file).read_text().splitlines()[int(line) - 1])
    assert (sample["problem_id"], sample["verdict"]["outcome"]) == ("flip_3", "mismatch")
    assert sample["verdict"]["log"]

    body = small.inbox.notices[-1].body
    assert f"fails flip_3: {found[0].where}; log and diff: ct-retrain show {NIGHT} --problem flip_3" in body
    capsys.readouterr()
    assert call(["-C", str(tmp_path), "show", NIGHT]) == 0
    said = capsys.readouterr().out
    assert found[0].where in said
    assert found[1].where in said


def test_problems_that_no_arm_was_asked_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = found(tmp_path, problems=range(2, 6))
    suite = tmp_path / "suite.jsonl"
    sick = [json.loads(line) for line in suite.read_text().splitlines()]
    sick[0]["golden"] = sick[0]["golden"].replace("~a", "a")
    suite.write_text("".join(json.dumps(row) + "\n" for row in sick))
    for width in range(2, 5):
        leave_trace(small.workspace, f"run_{width}", width)
    run_night(
        small.workspace, small.settings, small.ports._replace(generators=Arms(ANSWERS)), Options(night=NIGHT)
    )

    assert "left out for all arms: flip_2" in small.inbox.notices[-1].body
    (tmp_path / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    capsys.readouterr()
    assert call(["-C", str(tmp_path), "show", NIGHT]) == 0
    assert "not asked of any arm: flip_2; reasons in" in capsys.readouterr().out


def test_a_night_whose_files_are_gone_is_shown_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, record = ended(tmp_path, ANSWERS)
    disk.remove_tree(small.workspace.night(NIGHT))

    assert failed_problems(small.workspace, record, 9) == []
    capsys.readouterr()
    assert call(["-C", str(tmp_path), "show", NIGHT]) == 0
    assert "won against mainline: flip_2" in capsys.readouterr().out
