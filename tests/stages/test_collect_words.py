"""Words for a pass and for the stage: taken in any usual spelling, and what is not taken is said."""

import json
from pathlib import Path

import pytest
from tests.stages._runs import Workspace

from ct_retrain.trace.format import FAILED, PASSED, SILENT, STAGES, word_of


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def staged(line: bytes, stage: str | None) -> bytes:
    entry = {**json.loads(line), "stage": stage}
    if stage is None:
        del entry["stage"]
    return json.dumps(entry).encode() + b"\n"


def test_no_word_means_two_things() -> None:
    assert not PASSED & FAILED
    assert not (PASSED | FAILED) & SILENT


def test_the_reference_names_every_word() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "trace.md").read_text()

    assert [
        word for word in sorted(PASSED | FAILED | STAGES | SILENT - {""}) if f"`{word}`" not in page
    ] == []


@pytest.mark.parametrize(
    "status", ["PASS", "passed", "Passed!", " pass ", "Success", "succeeded", "ok", "OK", True, "true"]
)
def test_a_pass_by_another_name_is_collected(workspace: Workspace, status: str | bool) -> None:
    workspace.write("r1", workspace.line("r1", status))  # type: ignore[arg-type]

    night = workspace.night()

    assert night.places == [("r1", 1)]
    assert (night.facts.passing, night.facts.untaken) == (1, "")


@pytest.mark.parametrize(
    "stage", ["simulation", "SIMULATION", "Simulate", "sim", "RTL Simulation", "rtl-simulation"]
)
def test_the_stage_by_another_name_is_collected(workspace: Workspace, stage: str) -> None:
    workspace.write("r1", staged(workspace.line("r1"), stage))

    assert workspace.night().places == [("r1", 1)]


@pytest.mark.parametrize("status", ["FAILED", "Error", False, "timeout", "mismatch"])
def test_a_failure_by_another_name_is_an_attempt_of_the_pass_that_follows(
    workspace: Workspace, status: str | bool
) -> None:
    workspace.line("r1")
    (workspace.runs / "r1" / "bad.v").write_text("module wrong; endmodule")
    workspace.write("r1", workspace.line("r1", status, rtl_file="bad.v"), workspace.line("r1", "PASSED"))  # type: ignore[arg-type]

    [trace] = workspace.night().traces

    assert [attempt.line for attempt in trace.attempts] == [1]


@pytest.mark.parametrize("status", ["green", "PASS (2 warnings)", "done"])
def test_a_status_that_nobody_knows_is_named_with_its_word(workspace: Workspace, status: str) -> None:
    workspace.write("r1", workspace.line("r1", status))

    night = workspace.night()

    assert night.refusals == [("runs/r1/trace.jsonl:1", "other_status")]
    assert repr(status) in night.rejected[0].detail
    assert night.facts.untaken == "0 of 1 simulations that look passed were taken (1 other_status)"


@pytest.mark.parametrize("status", ["skipped", "SKIP", "Running", "pending", ""])
def test_a_simulation_that_did_not_run_is_passed_over_without_a_word(
    workspace: Workspace, status: str
) -> None:
    workspace.write("r1", workspace.line("r1", status))

    night = workspace.night()

    assert (night.places, night.refusals, night.facts.untaken) == ([], [], "")


@pytest.mark.parametrize("stage", ["Verification", "cocotb", "run_tests", "Testbench", None])
def test_a_run_whose_simulation_goes_by_a_name_of_its_own_is_told(
    workspace: Workspace, stage: str | None
) -> None:
    lines = [staged(workspace.line("r1", "PASS", n=n), stage) for n in range(3)]
    workspace.write("r1", *lines)

    night = workspace.night()

    assert night.refusals == [("runs/r1/trace.jsonl:1", "other_stage")]
    assert "3 passed under stage" in night.rejected[0].detail
    assert night.facts.passing == 3


def test_other_stages_of_a_run_that_simulates_are_its_own_business(workspace: Workspace) -> None:
    lines = [staged(workspace.line("r1"), name) for name in ("Verification", "Testbench Generation", "Lint")]
    workspace.write("r1", *lines, workspace.line("r1"))
    workspace.write(
        "r2", *[staged(workspace.line("r2"), name) for name in ("Synthesis", "Testbench Generation")]
    )

    night = workspace.night()

    assert (night.places, night.refusals) == ([("r1", 4)], [])


def test_passes_that_cannot_be_taken_are_counted_as_such(workspace: Workspace) -> None:
    workspace.write(
        "r1", workspace.line("r1", rtl_file="gone.v"), workspace.line("r1", testbench_file="gone.v")
    )

    night = workspace.night()

    assert night.facts.untaken == "0 of 2 simulations that look passed were taken (2 artefact_missing)"


def test_a_word_is_compared_without_its_looks() -> None:
    assert {word_of(text) for text in ("RTL-Simulation", " rtl  simulation.", "Rtl_Simulation!")} == {
        "rtl_simulation"
    }
    assert (word_of(True), word_of(None), word_of(7)) == ("true", "", "")
