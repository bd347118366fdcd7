"""Near-duplicates form clusters, and a cap bounds how many of one are taken."""

import importlib
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decontamination.problems import NEUTRAL

from ct_retrain.core.records.certificate import DecontaminationSettings
from ct_retrain.decontamination.clusters import Clusters, beyond, sketch_of
from ct_retrain.decontamination.protection import Protection, certificate, decontaminate
from ct_retrain.decontamination.texts import Candidate


def rom(last: int, name: str = "rom", size: int = 60) -> str:
    """A table of constants: two that differ in one entry are nearly the same text and not the same design."""
    entries = "\n".join(f"    6'd{n}: q = 8'd{last if n == size - 1 else n * 3 % 251};" for n in range(size))
    return f"module {name}(input [5:0] a, output reg [7:0] q);\n  always @* case (a)\n{entries}\n    default: q = 0;\n  endcase\nendmodule\n"


OTHER = "module other(input clk, input d, output reg q);\n  always @(posedge clk) q <= ~d ^ q;\nendmodule\n"


def rows(source: str = "gold") -> list[Candidate]:
    near = [Candidate(f"{NEUTRAL} {n}", rom(n), source) for n in range(8)]
    return [*near, Candidate("Toggle.", OTHER, source), Candidate("Say hello.", "Hello.", source)]


def test_near_duplicates_are_capped_and_never_dropped_as_equal() -> None:
    protection = Protection(settings=DecontaminationSettings(cluster_cap=3))
    made = decontaminate(rows(), protection, seed=1)
    facts = certificate(made, protection, []).clusters

    assert len(made.kept) == 3 + 2
    assert {8, 9} <= set(made.kept), "what is no near-duplicate stays"
    assert (facts.designs, facts.clusters, facts.largest, facts.left_out) == (9, 1, 8, {"gold": 5})


def test_without_a_cap_everything_is_taken_and_clusters_are_still_counted() -> None:
    protection = Protection(settings=DecontaminationSettings(cluster_cap=0))
    made = decontaminate(rows(), protection, seed=1)

    assert len(made.kept) == 10
    assert made.clusters.clusters == 1


def test_each_source_has_a_cap_of_its_own() -> None:
    protection = Protection(settings=DecontaminationSettings(cluster_cap=3))
    made = decontaminate([*rows("gold"), *rows("delta")], protection, seed=1)

    assert made.clusters.left_out == {"delta": 5, "gold": 5}


def test_the_seed_chooses_and_the_same_seed_chooses_the_same() -> None:
    protection = Protection(settings=DecontaminationSettings(cluster_cap=2))
    kept = [tuple(decontaminate(rows(), protection, seed).kept) for seed in (1, 1, 2, 3, 4)]

    assert kept[0] == kept[1]
    assert len(set(kept)) > 1


@given(st.lists(st.integers(0, 6), max_size=12), st.integers(0, 4))
def test_a_cap_leaves_exactly_as_many_of_each_cluster(members: list[int], cap: int) -> None:
    found = Clusters(0.95)
    for key, kind in enumerate(members):
        found.add(key, sketch_of(frozenset({f"{kind} {n}" for n in range(20)})))
    gone = beyond(found.groups(), cap, 0)

    for kind in set(members):
        size = members.count(kind)
        left = sum(members[key] == kind and key not in gone for key in range(len(members)))
        assert left == (min(size, cap) if cap else size)


@pytest.mark.parametrize("similarity", [0.5, 0.8, 0.95])
def test_designs_are_linked_as_the_librarys_index_links_them(similarity: float) -> None:
    chance = random.Random(3)
    sets = [
        frozenset(
            f"{number % 9} {n if chance.random() > number % 5 / 20 else -chance.random()}" for n in range(40)
        )
        for number in range(120)
    ]
    sketches = {sketch_of(one): key for key, one in enumerate(sets)}
    library: Any = importlib.import_module("datasketch")  # it has no stubs
    index, lean = library.MinHashLSH(threshold=similarity, num_perm=128), library.LeanMinHash
    found = Clusters(similarity)
    links: set[tuple[int, int]] = set()
    read = {key: lean.deserialize(sketch) for sketch, key in sketches.items()}
    for sketch, key in sketches.items():
        links |= {
            (key, other) for other in index.query(read[key]) if read[key].jaccard(read[other]) >= similarity
        }
        index.insert(key, read[key])
        found.add(key, sketch)
    together = {key: set(group) for group in found.groups() for key in group}

    assert links
    assert all(other in together[key] for key, other in links)
    assert sum(len(group) - 1 for group in found.groups()) <= len(links)
