"""Rewards for reinforcement learning with TRL: an answer is worth 1 where the judge says that it passes, else 0.

    trainer = GRPOTrainer(model, reward_funcs=simulation_reward, train_dataset=dataset)

The dataset has a column `testbench` beside `prompt`, and may have `top`, the name of the module that is asked for.
A pass cannot be forged: what guard, evidence and second opinion refuse is worth 0, and is told.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import structlog

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge
from ct_retrain.verilog.extract import find_rtl

_LOG = structlog.get_logger("ct_retrain.rewards")
_NO_MODULE = "no_module"
_CHEATS = frozenset({Outcome.FORBIDDEN.value, Outcome.NO_EVIDENCE.value, Outcome.DISPUTED.value})
"""Endings that an honest mistake rarely has, and a model that learns to please the judge often."""

Texts = Sequence[str | Sequence[Mapping[str, str]]]
"""Answers as TRL gives them: texts, or chats of which the last turn counts."""


def simulation_reward(completions: Texts, testbench: Sequence[str], **columns: Any) -> list[float]:
    """1.0 for each completion that passes its testbench, else 0.0, as the judge with default limits says.

    TRL calls it with these names, and with `prompts`, the other columns of the dataset and its own logs. These get
    how each answer ended (`outcome`) and the shares of the endings (`simulation/pass` and so on). Raise ToolError
    when the simulator is at fault. The judge starts with the first call and lives as long as the process.
    """
    return reward_with(_judge())(completions, testbench, **columns)


def reward_with(simulator: Simulator, workers: int = 0) -> Callable[..., list[float]]:
    """`simulation_reward` with a judge of your own: with other limits, or one that remembers its verdicts."""

    def simulation_reward(completions: Texts, testbench: Sequence[str], **columns: Any) -> list[float]:
        tops = columns.get("top") or [""] * len(completions)
        found = [find_rtl(_text(one), name) for one, name in zip(completions, tops, strict=True)]
        designs = [Design(rtl=rtl, testbench=bench) for rtl, bench in zip(found, testbench, strict=True)]
        verdicts = _judged(simulator, [one for one in designs if one.rtl], workers)
        endings = [verdicts[one].outcome.value if one.rtl else _NO_MODULE for one in designs]
        _tell(endings, columns.get("log_extra"), columns.get("log_metric"))
        return [float(ending == Outcome.PASS.value) for ending in endings]

    return simulation_reward


def _judged(simulator: Simulator, designs: Sequence[Design], workers: int) -> dict[Design, Verdict]:
    """Each design once: a model that is sure of itself answers the same again and again."""
    different = list(dict.fromkeys(designs))
    return dict(zip(different, check_all(simulator, different, workers), strict=True))


def _text(completion: str | Sequence[Mapping[str, str]]) -> str:
    return completion if isinstance(completion, str) else completion[-1]["content"]


def _tell(
    endings: list[str],
    log_extra: Callable[[str, list[str]], None] | None,
    log_metric: Callable[[str, float], None] | None,
) -> None:
    counts = Counter(endings)
    if log_extra is not None:
        log_extra("outcome", endings)
    if log_metric is not None:
        for ending in (*(one.value for one in Outcome), _NO_MODULE):
            log_metric(f"simulation/{ending}", counts[ending] / max(1, len(endings)))
    cheats = {ending: count for ending, count in counts.items() if ending in _CHEATS}
    if cheats:
        _LOG.warning("passes that are none", answers=len(endings), **cheats)


@cache
def _judge() -> Judge:
    return Judge(JudgeSettings())
