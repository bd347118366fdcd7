"""RTLLM's tree is read unchanged: spaces in names, data files, goldens under names of their own."""

import pytest
from tests.suites.layouts import DATA, gate, published_rtllm, rtllm

from ct_retrain.suites.load import load_suite

here = pytest.mark.skipif(not (DATA / "README.md").is_file(), reason="the published suites are not here")


def test_a_design_is_found_at_any_depth_with_its_data_and_its_golden_renamed(tmp_path):
    [fsm] = load_suite(str(rtllm(tmp_path, ["Control/Finite State Machine/fsm"])), tmp_path).problems

    assert (fsm.id, fsm.top, fsm.category) == ("fsm", "fsm", "fsm")
    assert fsm.tags == ("Control", "Finite State Machine")
    assert [file.name for file in fsm.files] == ["expected.dat"]
    assert fsm.golden == gate("fsm")


def test_a_flat_tree_is_the_older_release(tmp_path):
    suite = load_suite(str(rtllm(tmp_path, ["accu", "fsm"])), tmp_path)

    assert [(problem.id, problem.category) for problem in suite.problems] == [
        ("accu", "logic"),
        ("fsm", "fsm"),
    ]


def test_a_golden_of_another_name_is_renamed_too(tmp_path):
    home = rtllm(tmp_path, ["Memory/adder"]) / "Memory" / "adder"
    (home / "verified_adder.v").write_text(gate("verified_adder_64bit"))

    [adder] = load_suite(str(tmp_path), tmp_path).problems

    assert adder.golden == gate("adder")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("verified_one.v", "missing_golden"),
        ("testbench.v", "missing_file"),
        ("design_description.txt", "missing_file"),
    ],
)
def test_a_design_with_a_file_missing_is_named(tmp_path, name, reason):
    rtllm(tmp_path, ["Memory/one", "Memory/two"])
    (tmp_path / "Memory" / "one" / name).unlink()

    suite = load_suite(str(tmp_path), tmp_path)

    assert [problem.id for problem in suite.problems] == ["two"]
    assert [(one.subject, one.reason) for one in suite.rejected] == [("Memory/one", reason)]


def test_comments_in_another_encoding_lose_no_problem(tmp_path):
    home = rtllm(tmp_path, ["Memory/one"]) / "Memory" / "one"
    (home / "testbench.v").write_bytes(b"// \xb2\xe2\xca\xd4\n" + (home / "testbench.v").read_bytes())

    assert len(load_suite(str(tmp_path), tmp_path).problems) == 1


@here
def test_the_published_designs_are_read_whole(tmp_path):
    suite = load_suite(str(published_rtllm(tmp_path)), tmp_path)

    assert (len(suite.problems), suite.rejected) == (50, ())
    assert [problem.id for problem in suite.problems if problem.category == "fsm"] == [
        "fsm",
        "sequence_detector",
    ]
    assert {"asyn_fifo", "calendar"} <= {problem.id for problem in suite.problems if problem.files}
