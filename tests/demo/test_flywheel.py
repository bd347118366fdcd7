"""The demo's nights, kept to one small night on the embedded model: everything real, little of it."""

import dataclasses
from pathlib import Path

import pytest

from ct_retrain import compose, disk
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.problem import Problem
from ct_retrain.core.records.verdict import Design
from ct_retrain.core.workspace import REJECTED
from ct_retrain.demo.chart import draw
from ct_retrain.demo.flywheel import turn_all
from ct_retrain.demo.nightly_recipe import NIGHTLY
from ct_retrain.demo.planner import planned_task
from ct_retrain.demo.stage_set import NEW, OLD, SUITE, set_up, specs, specs_file
from ct_retrain.pipeline import load_specs
from ct_retrain.suites.near_duplicates import cluster_names
from ct_retrain.verilog.fingerprint import canonical, shape

SMALL = dataclasses.replace(
    NIGHTLY,
    nights=1,
    specs_a_night=6,
    missing_problems=1,
    mastered_problems=1,
    hyperparameters=NIGHTLY.hyperparameters.model_copy(update={"epochs": 1.0}),
)


def test_the_stage_is_set_once_and_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        set_up(tmp_path / name, SMALL)
    suite = [disk.sha256_of(tmp_path / name / SUITE) for name in ("a", "b")]

    assert suite[0] == suite[1]
    assert load_specs(tmp_path / "a" / specs_file(1)) == specs(SMALL, 1)


def test_no_spec_of_any_night_is_a_held_out_problem(tmp_path: Path) -> None:
    set_up(tmp_path, NIGHTLY)
    held_out = {problem.spec for problem in disk.read_lines(tmp_path / SUITE, Problem)}
    asked = {spec.description for night in range(1, NIGHTLY.nights + 1) for spec in specs(NIGHTLY, night)}

    assert len(asked) > 200
    assert not held_out & asked


def test_no_design_of_any_night_is_a_held_out_one_under_other_names(tmp_path: Path) -> None:
    set_up(tmp_path, NIGHTLY)
    held_out = {shape(problem.golden) for problem in disk.read_lines(tmp_path / SUITE, Problem)}
    plans = [spec.plan for night in range(1, NIGHTLY.nights + 1) for spec in specs(NIGHTLY, night)]
    harvested = {shape(planned_task(plan).rtl) for plan in plans if plan}

    assert len(harvested) > 100
    assert not held_out & harvested


def test_held_out_problems_are_distinct_and_near_duplicates_are_one_cluster(tmp_path: Path) -> None:
    set_up(tmp_path, NIGHTLY)
    problems = [one for one in disk.read_lines(tmp_path / SUITE, Problem) if NEW in one.tags]
    names = cluster_names(problems)
    clusters: dict[str, set[str]] = {}
    for problem in problems:
        clusters.setdefault(names[problem.id], set()).add(shape(problem.golden))

    assert len(problems) == 90
    assert len({canonical(problem.golden) for problem in problems}) == 90
    assert len(clusters) == 89
    shapes = [one for cluster in clusters.values() for one in cluster]
    assert len(shapes) == len(set(shapes)), "a design is in two clusters but for its names"


def test_every_held_out_golden_passes_its_testbench(tmp_path: Path) -> None:
    set_up(tmp_path, SMALL)
    app = compose.build(tmp_path)
    for problem in disk.read_lines(tmp_path / SUITE, Problem):
        verdict = app.ports.simulator.check(Design(rtl=problem.golden, testbench=problem.testbench))
        assert verdict.passed, (problem.id, verdict.detail)


@pytest.mark.slow
def test_a_night_of_the_demo_trains_measures_and_draws(tmp_path: Path) -> None:
    set_up(tmp_path, SMALL)
    app = compose.build(tmp_path)
    said: list[str] = []
    [turn] = turn_all(app.workspace, app.settings, app.ports, SMALL, said.append)
    chart = draw([turn], tmp_path / "demo.svg")

    assert turn.harvest.specs == 6
    refused = list(disk.read_lines(app.workspace.stage(turn.record.night, "curate") / REJECTED, Rejected))
    assert {one.reason for one in refused} <= {"contaminated_renamed_rtl"}, "but copies of held-out problems"
    assert turn.record.metrics["curate.examples"] == 6 - len(refused) >= 4
    asked = [problem.tags[0] for problem in disk.read_lines(tmp_path / SUITE, Problem)]
    assert [(one.name, one.problems) for one in turn.groups] == [
        ("new families", asked.count(NEW)),
        ("old families", asked.count(OLD)),
    ]
    assert all(0 < one.clusters <= one.problems == one.shares["mainline"].problems for one in turn.groups)
    assert (
        f"new families ({asked.count(NEW)} problems in {turn.groups[0].clusters} clusters)"
        in chart.read_text()
    )
    page = (app.workspace.reports / f"{turn.record.night}.html").read_text()
    assert "new families" in page, "the night's page counts the same groups"
    again = list(turn_all(app.workspace, app.settings, app.ports, SMALL, said.append))
    assert [one.record for one in again] == [turn.record]
