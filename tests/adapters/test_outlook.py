"""What a training would take, told before it starts, and what is told where it cannot be."""

import pytest
from tests.adapters.conftest import rows

from ct_retrain.adapters.outlook import outlook, unestimated
from ct_retrain.adapters.qlora import QloraTrainer
from ct_retrain.core.records.training import Row
from ct_retrain.core.rules import recipe

KNOBS = {"max_steps": 0, "batch_size": 0, "accumulation": 0}


def planned(plan, lines):
    """*plan* with the schedule that the stage gives it."""
    amounts = recipe.amounts_of([Row(**line) for line in lines], recipe.by_characters)
    return plan.model_copy(update={"schedule": recipe.training_schedule(plan.hyperparameters, amounts)})


def test_the_schedule_is_the_one_that_is_then_followed(plan_for, tmp_path):
    plan = planned(plan_for(**KNOBS, min_steps=12, passes=3), rows(12))
    seen = outlook(plan)
    fit = QloraTrainer().fit(plan, tmp_path / "out")

    assert seen.counted == "tokenizer"
    assert seen.schedule == fit.schedule
    assert (fit.steps, fit.tokens) == (seen.schedule.steps, seen.schedule.tokens)
    assert fit.losses[0].learning_rate == pytest.approx(seen.schedule.first_learning_rate)
    assert seen.parameters > 0


def test_more_steps_take_longer_and_a_quantised_base_less_memory(plan_for):
    few, many = (outlook(planned(plan_for(**KNOBS, min_steps=steps), rows(12))) for steps in (60, 6000))
    small = outlook(planned(plan_for(**KNOBS, quantization="nf4"), rows(12)))

    assert many.seconds > 20 * few.seconds > 0
    assert 0 < small.memory < few.memory


def test_a_base_that_is_not_at_hand_leaves_the_schedule_by_characters(plan_for):
    plan = planned(plan_for(**KNOBS, model="nobody/nothing"), rows(12))
    seen = outlook(plan)

    assert (seen.counted, seen.seconds, seen.memory) == ("characters", None, None)
    assert seen.schedule == plan.schedule
    assert "hf download nobody/nothing" in seen.basis
    assert "train.command" in unestimated(plan).basis


def test_equal_lines_are_one_row_that_is_read_as_often_as_the_others(plan_for, tmp_path):
    lines = [*rows(10), *rows(4)]
    gold = [{**line, "source": "gold", "prompt": f"{line['prompt']}!"} for line in rows(6)]
    plan = planned(plan_for(lines=[*lines, *gold], **KNOBS, min_steps=1, passes=4), [*lines, *gold])
    fit = QloraTrainer().fit(plan, tmp_path / "out")

    assert fit.examples == 20
    assert fit.schedule.passes == 4.0
    assert fit.schedule.readings == {"delta": 40, "gold": 17}
