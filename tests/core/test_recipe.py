"""The schedule of a training: how many steps, how much a step reads, how often each row is read."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.core.configuration.settings import ShareSettings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.training import Hyperparameters, Row
from ct_retrain.core.rules import recipe
from ct_retrain.core.rules.mix import row_counts
from ct_retrain.core.rules.recipe import DataAmounts

DEFAULTS = Hyperparameters()


def amounts(
    delta: int, gold: int = 0, *, tokens: int = 400, longest: int = 0, packed: bool = False
) -> DataAmounts:
    """What the default shares make of *delta* harvested and *gold* gold rows of *tokens* tokens each."""
    available = {"delta": delta, "repair": 0, "gold": gold, "general": 0}
    lines = row_counts(available, ShareSettings())
    distinct = {name: min(count, available[name]) for name, count in lines.items()}
    return DataAmounts(
        lines=lines,
        distinct=distinct,
        tokens={name: tokens * count for name, count in distinct.items()},
        longest=longest or tokens,
        packed=packed,
    )


@pytest.mark.parametrize("rows", [1, 10, 120, 240, 500, 2_000, 50_000])
@pytest.mark.parametrize("packed", [False, True])
def test_the_defaults_give_at_least_the_smallest_and_at_most_the_largest_number_of_steps(
    rows: int, packed: bool
) -> None:
    found = recipe.training_schedule(DEFAULTS, amounts(rows, 3 * rows, packed=packed))

    assert DEFAULTS.min_steps <= found.steps <= DEFAULTS.step_limit
    assert found.first_learning_rate > 0


@pytest.mark.parametrize("rows", [20, 120, 240, 500])
def test_each_harvested_row_is_read_as_often_as_asked(rows: int) -> None:
    for passes in (4.0, 5.0, 6.0):
        knobs = Hyperparameters(passes=passes)
        found = recipe.training_schedule(knobs, amounts(rows, 3 * rows))

        assert found.passes == pytest.approx(passes, abs=0.05)
        assert found.rule in {"passes", "min_steps"}


def test_a_hundred_harvested_rows_and_three_hundred_of_gold_are_more_than_sixty_steps() -> None:
    found = recipe.training_schedule(DEFAULTS, amounts(100, 300))

    assert (found.steps, found.sequences_a_step, found.passes) == (107, 16, 5.0)
    assert found.readings == {"delta": 500, "gold": 1200}
    assert found.tokens_a_step <= recipe.USUAL.tokens


def test_a_share_is_one_of_readings() -> None:
    found = recipe.training_schedule(DEFAULTS, amounts(100, 5000))
    total = sum(found.readings.values())

    assert found.readings["delta"] / total == pytest.approx(0.25 / 0.85, abs=0.01)


def test_long_rows_make_a_step_of_fewer_rows() -> None:
    found = recipe.training_schedule(DEFAULTS, amounts(200, 600, tokens=2000))

    assert found.sequences_a_step <= recipe.USUAL.tokens / 2000
    assert found.batch_size * 2000 <= DEFAULTS.max_length


def test_too_many_rows_make_larger_steps_before_rows_are_read_less_often() -> None:
    some = recipe.training_schedule(DEFAULTS, amounts(4_000, 12_000))
    many = recipe.training_schedule(DEFAULTS, amounts(50_000, 150_000))

    assert (some.rule, some.passes) == ("step_limit", 5.0)
    assert recipe.USUAL.rows < some.sequences_a_step <= recipe.LARGEST.rows
    assert many.rule == "step_limit"
    assert many.passes < 1
    assert many.tokens_a_step <= recipe.LARGEST.tokens


def test_numbers_that_are_set_are_kept() -> None:
    rows = amounts(100, 300)
    exact = recipe.training_schedule(Hyperparameters(max_steps=7, batch_size=2, accumulation=3), rows)
    once = recipe.training_schedule(Hyperparameters(epochs=1, batch_size=1, accumulation=16), rows)
    batch = recipe.training_schedule(Hyperparameters(batch_size=4), rows)

    assert (exact.steps, exact.sequences_a_step, exact.rule) == (7, 6, "max_steps")
    assert sum(exact.readings.values()) == 42
    assert (once.steps, once.epochs, once.rule) == (math.ceil(sum(rows.lines.values()) / 16), 1.0, "epochs")
    assert (batch.batch_size, batch.accumulation) == (4, 4)


def test_a_large_batch_that_is_set_is_filled_by_reading_rows_more_often() -> None:
    found = recipe.training_schedule(Hyperparameters(batch_size=16, accumulation=16), amounts(10, 30))

    assert found.steps == DEFAULTS.min_steps
    assert found.passes > DEFAULTS.passes


def test_packed_sequences_are_short_enough_for_the_steps_that_are_wanted() -> None:
    few = recipe.training_schedule(DEFAULTS, amounts(20, 60, packed=True))
    many = recipe.training_schedule(DEFAULTS, amounts(500, 1500, packed=True))

    assert few.pack_to < DEFAULTS.max_length
    assert (few.batch_size, few.accumulation) == (1, 1)
    assert few.tokens / few.pack_to >= DEFAULTS.min_steps
    assert many.pack_to * many.sequences_a_step == pytest.approx(many.tokens_a_step, rel=0.05)


def test_rows_that_pack_into_too_few_sequences_are_not_packed() -> None:
    planned = recipe.training_schedule(DEFAULTS, amounts(20, 60, packed=True))

    assert recipe.packed_schedule(DEFAULTS, planned, 59) is None
    found = recipe.packed_schedule(DEFAULTS, planned, 150)
    assert found is not None
    assert found.steps * found.sequences_a_step >= 150


ROWS = st.integers(1, 3000)


@given(
    delta=ROWS, gold=st.integers(0, 9000), tokens=st.integers(20, 3000), packed=st.booleans(),
    batch=st.sampled_from([0, 0, 1, 4, 16]), accumulation=st.sampled_from([0, 0, 1, 8]),
    passes=st.floats(0.5, 8), least=st.integers(1, 200), span=st.integers(0, 3000),
)  # fmt: skip
def test_no_mixture_gets_fewer_steps_than_asked(
    delta: int, gold: int, tokens: int, packed: bool, batch: int, accumulation: int, passes: float,
    least: int, span: int,
) -> None:  # fmt: skip
    knobs = Hyperparameters(
        batch_size=batch, accumulation=accumulation, passes=passes, min_steps=least, step_limit=least + span
    )
    found = recipe.training_schedule(knobs, amounts(delta, gold, tokens=tokens, packed=packed))

    assert least <= found.steps <= least + span
    assert min(found.readings.values()) >= 0
    assert found.batch_size * found.accumulation == found.sequences_a_step >= 1
    if not packed:
        assert (found.steps - 1) * found.sequences_a_step < sum(found.readings.values())
        assert sum(found.readings.values()) <= found.steps * found.sequences_a_step
    if not (batch or accumulation) and not packed:
        assert found.sequences_a_step <= recipe.LARGEST.rows


@given(
    steps=st.integers(1, 400),
    ratio=st.floats(0, 0.99),
    kind=st.sampled_from(["cosine", "linear", "constant_with_warmup"]),
)
def test_every_step_learns_and_the_peak_is_reached(steps: int, ratio: float, kind: str) -> None:
    knobs = Hyperparameters.model_validate({"max_steps": steps, "warmup_ratio": ratio, "schedule": kind})
    found = recipe.training_schedule(knobs, amounts(10, 30))
    rates = [recipe.rate(knobs, found, step) for step in range(found.steps)]

    assert min(rates) > 0
    assert max(rates) == 1.0
    assert rates[0] * knobs.learning_rate == pytest.approx(found.first_learning_rate)
    assert rates[: found.warmup_steps + 1] == sorted(rates[: found.warmup_steps + 1])


@given(st.integers(0, 5000), st.dictionaries(st.sampled_from("abcd"), st.integers(1, 99), min_size=1))
def test_shares_of_a_whole_add_up(total: int, weights: dict[str, int]) -> None:
    given_out = recipe.allot(total, weights)

    assert sum(given_out.values()) == total
    for name, weight in weights.items():
        assert abs(given_out[name] - total * weight / sum(weights.values())) < 1


def test_lines_that_say_the_same_are_one_row() -> None:
    row = Row(prompt="p", completion="c", source="delta")
    found = recipe.amounts_of([row, row, row.model_copy(update={"source": "gold"})], lambda _: 7)

    assert (found.lines, found.distinct) == ({"delta": 2, "gold": 1}, {"delta": 1, "gold": 1})
    assert found.tokens == {"delta": 7, "gold": 7}


@given(
    st.integers(1, 400),
    st.sampled_from([1, 2, 3, 4, 8]),
    st.sampled_from([0, 2]),
    st.booleans(),
    st.sampled_from([300, 2_000]),
)
def test_several_devices_share_every_step_and_read_about_as_many_rows_in_it(
    rows: int, devices: int, batch: int, packed: bool, longest: int
) -> None:
    knobs = DEFAULTS.model_copy(update={"batch_size": batch})
    found = amounts(rows, rows, tokens=300, longest=longest, packed=packed)
    alone = recipe.training_schedule(knobs, found)
    shared = recipe.training_schedule(knobs, found, devices)

    assert shared.accumulation % devices == 0
    assert shared.batch_size <= alone.batch_size
    assert shared.sequences_a_step <= alone.sequences_a_step + devices * shared.batch_size
    if alone.accumulation % devices == 0:
        assert (shared.sequences_a_step, shared.steps) == (alone.sequences_a_step, alone.steps)


def test_an_accumulation_that_devices_cannot_share_is_a_usage_error() -> None:
    knobs = DEFAULTS.model_copy(update={"accumulation": 3})

    with pytest.raises(UsageError, match=r"accumulation is 3 and train\.devices 2.*or to 0"):
        recipe.training_schedule(knobs, amounts(100), 2)
    assert recipe.training_schedule(knobs, amounts(100), 3) == recipe.training_schedule(knobs, amounts(100))
