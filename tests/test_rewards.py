"""Rewards for TRL: a pass is worth 1, whatever else 0, a forged pass too; and TRL itself trains with them."""

from pathlib import Path

import pytest
import structlog

from ct_retrain.rewards import simulation_reward
from tests.judge.benches import GOLDEN, HOUSE
from tests.small_workspace import bench, golden, spec, wrong

FORGED = GOLDEN.replace("endmodule", '  initial begin $display("PASS"); $finish; end\nendmodule')


def test_a_pass_is_worth_1_and_whatever_else_0() -> None:
    extra: dict[str, list[str]] = {}
    metrics: dict[str, float] = {}
    answers = [
        golden(4),
        wrong(4),
        f"Here:\n```verilog\n{golden(4)}```",
        "I do not know.",
        "module inv4(; endmodule",
    ]
    rewards = simulation_reward(
        prompts=[spec(4)] * 5,
        completions=answers,
        testbench=[bench(4)] * 5,
        top=["inv4"] * 5,
        completion_ids=[[1]] * 5,
        trainer_state=None,
        log_extra=extra.__setitem__,
        log_metric=metrics.__setitem__,
    )

    assert rewards == [1.0, 0.0, 1.0, 0.0, 0.0]
    assert extra["outcome"] == ["pass", "mismatch", "pass", "no_module", "compile_error"]
    assert metrics["simulation/pass"] == 0.4
    assert metrics["simulation/no_module"] == 0.2


def test_chats_are_read_at_their_last_turn() -> None:
    chat = [{"role": "assistant", "content": golden(4)}]

    assert simulation_reward(completions=[chat], testbench=[bench(4)]) == [1.0]


def test_a_forged_pass_is_worth_nothing_and_is_told() -> None:
    structlog.reset_defaults()
    with structlog.testing.capture_logs() as logs:
        assert simulation_reward(completions=[FORGED, GOLDEN], testbench=[HOUSE, HOUSE]) == [0.0, 1.0]

    assert logs == [{"event": "passes that are none", "log_level": "warning", "answers": 2, "forbidden": 1}]


@pytest.mark.slow
def test_trl_trains_the_embedded_model_with_the_judge_as_reward(tmp_path: Path) -> None:
    import datasets
    import trl

    model = str(Path(__file__).parents[1] / "src" / "ct_retrain" / "demo" / "model")
    rows = [
        {
            "prompt": [{"role": "user", "content": spec(width)}],
            "testbench": bench(width),
            "top": f"inv{width}",
        }
        for width in (2, 3)
    ]
    arguments = trl.GRPOConfig(
        output_dir=str(tmp_path),
        max_steps=1,
        per_device_train_batch_size=4,
        num_generations=2,
        max_completion_length=48,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
    )
    trainer = trl.GRPOTrainer(
        model=model,
        reward_funcs=simulation_reward,
        args=arguments,
        train_dataset=datasets.Dataset.from_list(rows),
    )
    trainer.train()

    logged = trainer.state.log_history[0]
    assert 0 <= logged["rewards/simulation_reward/mean"] <= 1
    endings = [value for name, value in logged.items() if "simulation/" in name]
    assert sum(endings) == pytest.approx(1.0)
