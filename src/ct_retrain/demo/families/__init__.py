"""The spec bank of the demo: families that the embedded mainline writes, and families it cannot write."""

from collections.abc import Sequence
from random import Random

from ct_retrain.demo.families.counters import counter_families
from ct_retrain.demo.families.datapath import datapath_families
from ct_retrain.demo.families.missing import missing_families
from ct_retrain.demo.families.render import draw_task
from ct_retrain.demo.families.storage import storage_families
from ct_retrain.demo.families.task import Family, Port, Split, Task, belongs, is_held_out

__all__ = [
    "Family",
    "Port",
    "Split",
    "Task",
    "belongs",
    "is_held_out",
    "mastered_families",
    "missing_families",
    "sample",
]


def mastered_families() -> tuple[Family, ...]:
    """List the families that the embedded mainline writes."""
    return (*counter_families(), *storage_families(), *datapath_families())


def sample(families: Sequence[Family], rng: Random, split: Split) -> Task:
    """Draw one task of a random family among *families*, from the training side of the split.

    Families have many parameters, because one without a held-out value would never return.
    """
    family = rng.choice(families)
    while True:
        task = draw_task(family, rng)
        if belongs(task.key, split):
            return task
