"""Groups of categories or tags: near-duplicates among a group's problems count once."""

from collections.abc import Mapping

import pytest
from tests.core.test_gate import card
from tests.small_workspace import golden

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.arm import Role
from ct_retrain.core.records.problem import Problem
from ct_retrain.core.rules.statistics import Resampling, clustered
from ct_retrain.report.groups import Group, group_table, grouped
from ct_retrain.suites.near_duplicates import cluster_names

GATE = GateSettings()


def problem(name: str, rtl: str, category: str = "logic", tags: tuple[str, ...] = ()) -> Problem:
    return Problem(id=name, spec="", top="m", testbench="", golden=rtl, category=category, tags=tags)


PROBLEMS = [
    problem("a", golden(4)),
    problem("b", golden(4).replace("inv4", "flip").replace("~a", "~a /* same */")),
    problem("c", golden(5)),
    problem("d", golden(6), "fsm", ("new", "cluster:six")),
    problem("e", golden(7), "fsm", ("new", "cluster:six")),
    problem("f", "", "memory"),
]
PASSED = {"a": 1, "b": 1, "c": 0, "d": 1, "e": 0, "f": 1}


def only(groups: Mapping[str, tuple[str, ...]], arms: tuple[Role, ...] = (Role.CANDIDATE,)) -> Group:
    cards = [card(arm, PASSED) for arm in arms]
    [found] = grouped(cards, {one.id: one for one in PROBLEMS}, groups, GATE)
    return found


def test_near_duplicates_are_those_that_the_suite_names_and_goldens_alike_but_for_names() -> None:
    names = cluster_names(PROBLEMS)

    assert names["a"] == names["b"] != names["c"]
    assert names["d"] == names["e"] == "cluster:six"
    assert names["f"] == "f", "a problem without a golden is a cluster of its own"
    assert cluster_names(PROBLEMS, "[ab]") == {"a": "a", "b": "b", "c": "c", "d": "d", "e": "e", "f": "f"}


@pytest.mark.parametrize("arms", [(Role.CANDIDATE,), (Role.CANDIDATE, Role.MAINLINE)])
def test_the_interval_of_a_group_is_over_clusters(arms: tuple[Role, ...]) -> None:
    found = only({"old": ("logic",)}, arms)
    how = Resampling.of(GATE)

    assert (found.problems, found.clusters) == (3, 2)
    assert found.shares == {arm: clustered([1, 1, 0], ["x", "x", "y"], 10, how) for arm in arms}


def test_a_tag_makes_a_group_as_a_category_does() -> None:
    assert only({"new": ("new",)})[2:4] == only({"fsm": ("fsm",)})[2:4] == (2, 1)
    assert only({"all": ("new", "memory", "logic")}).problems == 6


def test_a_group_without_a_problem_says_so() -> None:
    table = group_table([card(Role.CANDIDATE, PASSED)], [only({"kept": ("dsp", "cdc")})])

    assert table.rows == [("kept", "0, no problem is of dsp, cdc", "–", "–")]


def test_a_night_that_measured_nothing_has_groups_without_problems() -> None:
    assert list(grouped([], {one.id: one for one in PROBLEMS}, {"new": ("new",)}, GATE)) == [
        Group("new", ("new",), 0, 0, {})
    ]
