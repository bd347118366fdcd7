"""The spec bank: every golden is right, the split is sound, draws repeat."""

from random import Random

import pytest
from benchmarks.embedded.blocks import block_families

from ct_retrain.demo.families import (
    Family,
    belongs,
    is_held_out,
    mastered_families,
    missing_families,
    sample,
)
from ct_retrain.demo.families.task import Split
from ct_retrain.verilog.fingerprint import shape

EVERY_FAMILY = tuple(dict.fromkeys((*mastered_families(), *missing_families(), *block_families())))
GRADED_FAMILIES = (*mastered_families(), *missing_families())


@pytest.mark.parametrize("family", GRADED_FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("split", ["train", "held_out"])
def test_every_graded_family_has_tasks_on_both_sides_of_the_split(family: Family, split: Split) -> None:
    task = sample((family,), Random(7), split)

    assert is_held_out(task.key) == (split == "held_out")


@pytest.mark.parametrize("family", EVERY_FAMILY, ids=lambda family: family.name)
def test_no_key_is_on_both_sides_of_the_split(family: Family) -> None:
    rng = Random(3)
    trained = {sample((family,), rng, "train").key for _ in range(100)}
    held_out = {sample((family,), rng, "held_out").key for _ in range(20)}

    assert not trained & held_out


@pytest.mark.parametrize("family", missing_families(), ids=lambda family: family.name)
def test_values_to_try_a_recipe_on_are_trainable_ones_and_not_all_of_them(family: Family) -> None:
    rng = Random(3)
    tried = {sample((family,), rng, "development").key for _ in range(20)}
    trained = {sample((family,), rng, "train").key for _ in range(100)}

    assert all(belongs(key, "train") for key in tried)
    assert not all(belongs(key, "development") for key in trained)


@pytest.mark.parametrize("family", missing_families(), ids=lambda family: family.name)
def test_no_design_of_a_missing_family_is_on_both_sides_of_the_split_under_other_names(
    family: Family,
) -> None:
    rng = Random(3)
    trained = {shape(sample((family,), rng, "train").rtl) for _ in range(300)}
    held_out = {shape(sample((family,), rng, "held_out").rtl) for _ in range(60)}

    assert len(held_out) >= 15
    assert not trained & held_out


def test_the_same_seed_draws_the_same_tasks() -> None:
    first, second = (
        [sample(EVERY_FAMILY, rng, "train") for _ in range(50)] for rng in (Random(5), Random(5))
    )

    assert first == second


@pytest.mark.parametrize("family", EVERY_FAMILY, ids=lambda family: family.name)
def test_ports_of_a_task_have_different_names(family: Family) -> None:
    rng = Random(11)
    for _ in range(200):
        task = sample((family,), rng, "train")
        names = [task.module, *(name for name, _ in (*task.inputs, *task.outputs))]

        assert len(names) == len(set(names)), task.instruction


def test_missing_families_are_none_of_the_trained_ones() -> None:
    missing = {family.name for family in missing_families()}
    trained = {family.name for family in (*mastered_families(), *block_families())}

    assert len(missing) >= 5
    assert not missing & trained


def test_a_missing_family_is_a_state_machine() -> None:
    assert "fsm" in {family.category for family in missing_families()}
