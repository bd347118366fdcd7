"""The order in which the rows of a mixture are read."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.core.rules.reading_order import Origin, batched, order


def origins(**counts: int) -> list[Origin]:
    return [Origin(source) for source, count in counts.items() for _ in range(count)]


@given(st.integers(1, 40), st.integers(0, 60), st.integers(0, 200), st.integers(0, 200), st.integers(0, 3))
def test_rows_of_a_source_are_read_equally_often(
    delta: int, gold: int, delta_readings: int, gold_readings: int, seed: int
) -> None:
    wanted = {"delta": delta_readings, "gold": gold_readings if gold else 0}
    rows = origins(delta=delta, gold=gold)
    read = Counter(found := order(rows, wanted, seed))

    assert found == order(rows, wanted, seed)
    for source, first, count in (("delta", 0, delta), ("gold", delta, gold)):
        times = [read[index] for index in range(first, first + count)]
        assert sum(times) == wanted[source]
        assert not times or max(times) - min(times) <= 1


def test_the_shares_hold_in_every_part_of_a_training() -> None:
    rows = origins(delta=100, gold=300)
    found = order(rows, {"delta": 500, "gold": 1500}, seed=0)

    for start in range(0, 2000, 200):
        harvested = sum(index < 100 for index in found[start : start + 200])
        assert 40 <= harvested <= 60


def test_a_row_that_is_to_come_again_is_read_once_more() -> None:
    rows = [Origin("delta", again=index < 3) for index in range(10)]
    read = Counter(order(rows, {"delta": 53}, seed=0))

    assert [read[index] for index in range(10)] == [6, 6, 6, 5, 5, 5, 5, 5, 5, 5]


def test_other_seeds_give_other_orders() -> None:
    rows = origins(delta=50)

    assert order(rows, {"delta": 100}, seed=1) != order(rows, {"delta": 100}, seed=2)


@pytest.mark.parametrize(("count", "batch"), [(10, 3), (27, 4), (1, 1), (50, 16), (200, 8)])
def test_batching_reads_the_same_rows(count: int, batch: int) -> None:
    lengths = [37 * number % 101 for number in range(count)]

    assert sorted(batched(range(count), lengths, batch, seed=1)) == list(range(count))


def test_rows_of_like_length_share_a_batch() -> None:
    lengths = [37 * number % 101 for number in range(100)]
    reading = batched(order(origins(delta=100), {"delta": 100}, 0), lengths, 10, seed=0)
    padded = sum(
        10 * max(lengths[index] for index in reading[first : first + 10]) for first in range(0, 100, 10)
    )

    assert padded < 1.35 * sum(lengths)
