"""Both releases of VerilogEval are read unchanged, and asked as their own harnesses ask."""

from collections import Counter
from pathlib import Path

import pytest
from tests.suites.layouts import DATA, published_v2, v1, v2

from ct_retrain.core.errors import UsageError
from ct_retrain.suites import fsm
from ct_retrain.suites.load import load_suite

here = pytest.mark.skipif(not (DATA / "README.md").is_file(), reason="the published suites are not here")


def test_v1_asks_with_the_description_and_the_header(tmp_path):
    [problem] = load_suite(str(v1(tmp_path, ["andgate"])), tmp_path).problems

    assert problem.spec == "Build an and gate.\n// Twice.\n\n" + problem.interface
    assert "\n// Build an and gate.\n// Twice.\n\nmodule top_module (" in problem.question
    assert problem.question.endswith(problem.interface)
    assert problem.golden.startswith(problem.interface)
    assert (problem.top, problem.category, problem.licence) == ("top_module", "combinational", "MIT")


def test_v1_without_its_descriptions_says_where_they_belong(tmp_path):
    path = v1(tmp_path, ["andgate"])
    (tmp_path / "descriptions" / "VerilogDescription_Human.jsonl").unlink()

    with pytest.raises(UsageError, match=r"descriptions/VerilogDescription_Human\.jsonl"):
        load_suite(str(path), tmp_path)


def test_v1_problems_that_nobody_describes_are_named(tmp_path):
    path = v1(tmp_path, ["andgate", "orgate"])
    said = tmp_path / "descriptions" / "VerilogDescription_Human.jsonl"
    said.write_text(said.read_text().splitlines()[0] + "\n")

    suite = load_suite(str(path), tmp_path)

    assert [problem.id for problem in suite.problems] == ["andgate"]
    assert [one.reason for one in suite.rejected] == ["missing_description"]


def test_v2_asks_for_a_whole_module_between_marks(tmp_path):
    [problem] = load_suite(str(v2(tmp_path, ["Prob001_zero"])), tmp_path).problems

    assert problem.question.endswith("do NOT output anything else.\n\nAnswer:\n")
    assert "\nQuestion:\nBuild an and gate.\n\nTwice.\n" in problem.question
    assert not problem.interface
    assert "module TopModule" in problem.golden
    assert "RefModule" in problem.testbench
    assert "RefModule" not in problem.golden


def test_v2_completion_asks_with_comments_and_the_header(tmp_path):
    [problem] = load_suite(str(v2(tmp_path, ["Prob001_zero"], header=True)), tmp_path).problems

    assert "\n// Build an and gate.\n//\n// Twice.\n\nmodule TopModule (" in problem.question
    assert problem.interface.startswith("module TopModule (")


@pytest.mark.parametrize(
    ("part", "reason"),
    [("ref.sv", "missing_golden"), ("test.sv", "missing_file"), ("prompt.txt", "missing_file")],
)
def test_v2_problems_with_a_file_missing_are_named(tmp_path, part, reason):
    path = v2(tmp_path, ["Prob001_zero", "Prob002_one"])
    (path / f"Prob002_one_{part}").unlink()

    suite = load_suite(str(path), tmp_path)

    assert [problem.id for problem in suite.problems] == ["Prob001_zero"]
    assert [(one.subject, one.reason) for one in suite.rejected] == [("Prob002_one", reason)]


def test_state_machines_are_those_of_the_table(tmp_path):
    suite = load_suite(str(v2(tmp_path, ["Prob001_zero", "Prob127_lemmings1"])), tmp_path)

    assert [problem.category for problem in suite.problems] == ["combinational", "fsm"]
    assert len(fsm.VERILOGEVAL) == 37


@here
def test_the_published_v1_is_read_whole():
    suite = load_suite(str(DATA / "verilogeval_v1_human.jsonl"), Path())

    assert (len(suite.problems), suite.rejected) == (156, ())
    assert Counter(problem.category for problem in suite.problems)["fsm"] == 37


@here
def test_the_published_v2_is_read_whole(tmp_path):
    suite = load_suite(str(published_v2(tmp_path)), tmp_path)

    assert (len(suite.problems), suite.rejected) == (156, ())
    assert Counter(problem.category for problem in suite.problems)["fsm"] == 37
