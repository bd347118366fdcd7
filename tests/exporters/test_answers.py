"""A night's answers as other harnesses read them, read back where a reader is here."""

import json
import shutil
from pathlib import Path

import pytest
from tests.small_workspace import found, leave_trace

from ct_retrain.adapters.recorded import RecordedGenerator
from ct_retrain.cli import call
from ct_retrain.core.records.problem import Sample
from ct_retrain.exporters.answers import write_answers
from ct_retrain.importers import builds
from ct_retrain.nightly.records.index import record_of
from ct_retrain.nightly.records.inspection import answers_of
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.suites.load import load_suite

if shutil.which("iverilog") is None:
    pytest.skip("Icarus Verilog is not installed", allow_module_level=True)

NIGHT = "2026-01-01"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a night over."""
    small = found(tmp_path_factory.mktemp("over") / "town")
    for width in range(2, 7):
        leave_trace(small.workspace, f"run_{width}", width)
    assert run_night(small.workspace, small.settings, small.ports, Options(night=NIGHT)) is not None
    (small.workspace.root / "ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    return small.workspace.root


def _samples(root: Path) -> list[Sample]:
    from ct_retrain.compose import build

    workspace = build(root).workspace
    return answers_of(workspace, record_of(workspace, NIGHT), "candidate")


@pytest.mark.parametrize(("form", "key"), [("humaneval", "task_id"), ("cvdp", "id")])
def test_a_line_an_answer_in_their_order(form: str, key: str, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "sub" / "answers.jsonl"

    assert call(["-C", str(root), "export", NIGHT, "--answers", form, "--out", str(out)]) == 0

    told = [json.loads(line) for line in out.read_text().splitlines()]
    expected = sorted(_samples(root), key=lambda one: (one.problem_id, one.index))
    assert told == [{key: one.problem_id, "completion": one.text} for one in expected]
    assert len(told) > 1


def test_what_is_exported_for_humaneval_is_read_as_the_same_answers(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    assert call(["-C", str(root), "export", NIGHT, "--answers", "humaneval", "--out", str(out)]) == 0

    suite = load_suite("suite.jsonl", root)
    read = RecordedGenerator(out, frozenset(problem.id for problem in suite.problems))

    assert read.rejected == []
    assert read.samples * len({one.problem_id for one in _samples(root)}) == len(_samples(root))


def test_a_build_directory_holds_the_rtl_of_each_answer(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "build"
    assert call(["-C", str(root), "export", NIGHT, "--answers", "verilogeval", "--out", str(out)]) == 0

    samples = _samples(root)
    for one in samples:
        assert (out / one.problem_id / f"{one.problem_id}_sample{one.index + 1:02}.sv").read_text() == one.rtl
    found = list(builds.attempts(out, load_suite("suite.jsonl", root)))
    assert len(found) == len(samples)
    assert "unknown_problem" not in {getattr(one, "reason", "") for one in found}


def test_nothing_is_overwritten_and_an_arm_that_was_not_asked_is_said(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["-C", str(root), "export", NIGHT, "--answers", "cvdp"]
    assert call([*place, "--out", str(tmp_path)]) == 2
    assert call([*place, "--out", ""]) == 2
    assert "is there already" in capsys.readouterr().err
    assert call([*place, "--arm", "champion", "--out", str(tmp_path / "new")]) == 2
    assert "did not ask champion" in capsys.readouterr().err


def test_turtle_gets_an_object_an_answer_with_the_files_of_verilogeval(root: Path, tmp_path: Path) -> None:
    taken = [
        one.model_copy(update={"problem_id": f"Prob00{place // 2}_gate"})
        for place, one in enumerate(_samples(root)[:4])
    ]
    write_answers("turtle", taken, tmp_path / "generations.json")

    told = json.loads((tmp_path / "generations.json").read_text())
    assert [len(answers) for answers in told] == [2, 2]
    # The keys and paths of the results that TuRTLe publishes.
    assert set(told[0][0]) == {"prompt", "test_path", "ref_path", "reasoning", "generation"}
    assert told[1][0]["test_path"] == "turtle/tasks/verilog-eval/dataset_spec-to-rtl/Prob001_gate_test.sv"
    assert [one["generation"] for answers in told for one in answers] == [one.rtl for one in taken]


def test_answers_to_other_problems_have_no_place_in_turtle(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "generations.json"
    assert call(["-C", str(root), "export", NIGHT, "--answers", "turtle", "--out", str(out)]) == 2
    assert "no problem of VerilogEval v2" in capsys.readouterr().err
    assert not out.exists()
