"""Shares of a night's rows."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.core.configuration.settings import ShareSettings
from ct_retrain.core.rules.mix import choose, row_counts

SHARES = ShareSettings()


def test_wanted_shares_are_met_when_the_sources_are_rich() -> None:
    counts = row_counts({"delta": 100, "repair": 100, "gold": 5000, "general": 500}, SHARES)
    total = sum(counts.values())

    assert {name: round(count / total, 2) for name, count in counts.items()} == {
        "delta": 0.25,
        "repair": 0.10,
        "gold": 0.60,
        "general": 0.05,
    }
    assert counts["delta"] == 300


def test_no_harvested_row_is_left_out_for_want_of_gold() -> None:
    assert row_counts({"delta": 400, "repair": 0, "gold": 10, "general": 0}, SHARES) == {
        "delta": 400,
        "gold": 10,
    }


def test_without_gold_the_delta_is_all_there_is() -> None:
    assert row_counts({"delta": 10, "repair": 0, "gold": 0, "general": 0}, SHARES) == {"delta": 30}


def test_nothing_harvested_means_nothing_to_train() -> None:
    assert row_counts({"delta": 0, "repair": 3, "gold": 10, "general": 10}, SHARES) == {}


@given(st.fixed_dictionaries({name: st.integers(0, 300) for name in ("delta", "repair", "gold", "general")}))
def test_no_source_gives_more_than_it_may(available: dict[str, int]) -> None:
    counts = row_counts(available, SHARES)
    for name, count in counts.items():
        assert count <= available[name] * (3 if name in {"delta", "repair"} else 1)
    if available["delta"]:
        assert counts["delta"] >= available["delta"]


@given(st.integers(1, 20), st.integers(0, 60), st.integers(0, 3))
def test_every_row_is_chosen_as_often_as_any_other(rows: int, count: int, seed: int) -> None:
    chosen = Counter(choose(range(rows), count, seed))

    assert sum(chosen.values()) == count
    assert max(chosen.values(), default=0) - min((chosen[row] for row in range(rows)), default=0) <= 1
    assert choose(range(rows), count, seed) == choose(range(rows), count, seed)


def test_a_weight_decides_who_is_repeated_and_never_how_often() -> None:
    rows = range(20)
    drawn = [
        Counter(choose(rows, 30, seed, weight=lambda row: 9.0 if row < 10 else 1.0)) for seed in range(50)
    ]
    heavy = sum(chosen[row] - 1 for chosen in drawn for row in range(10))

    assert all(set(chosen.values()) == {1, 2} and sum(chosen.values()) == 30 for chosen in drawn)
    assert heavy > 0.7 * 10 * len(drawn), "of ten that are repeated most are among those that weigh more"


@given(st.integers(0, 60), st.integers(0, 5), st.sampled_from((1.0, 10.0)))
def test_weights_that_are_all_equal_change_nothing(count: int, seed: int, weight: float) -> None:
    assert choose(range(20), count, seed, weight=lambda _: weight) == choose(range(20), count, seed)


@given(st.integers(1, 30), st.integers(0, 60), st.integers(0, 5))
def test_needed_rows_come_first_where_not_all_can_be_taken(rows: int, count: int, seed: int) -> None:
    chosen = choose(range(rows), count, seed, lambda row: row < 5)
    needed = [chosen.count(row) for row in range(min(5, rows))]
    others = [chosen.count(row) for row in range(5, rows)]

    assert len(chosen) == count
    assert max([*needed, *others]) - min([*needed, *others]) <= 1
    assert not others or min(needed) >= max(others) or count % rows < len(needed)
