"""Whether a training learned anything, told from its loss curve; every way of not learning has a reason of its own.

Not covered: an adapter whose loss fell and whose answers are no better, which the benchmark measures.
"""

import math
from collections.abc import Sequence

from ct_retrain.core.records.training import LossPoint

_ENOUGH = 3
"""Logged steps after which a loss or a gradient of 0 is no accident."""
_CURVE = 12
"""Logged steps that a curve must have before its fall is looked for."""
_FALL = 0.01
"""Share by which it must fall: both thirds read the same rows about equally often, so less is the noise of batches."""

NO_LABELS = (
    "no token of the rows is learned from: look whether the mixture's rows have completions, and whether the chat "
    "template marks where the answer begins"
)
NO_GRADIENT = "nothing is trainable, or the gradient does not reach it: look at train.hyperparameters.targets and at dtype"
DIVERGED = (
    "training diverged: lower train.hyperparameters.learning_rate, or look for broken rows in the mixture"
)
FLAT = (
    "training taught nothing: raise train.hyperparameters.learning_rate or passes, or look whether mainline knows "
    "these rows already"
)


def hopeless(losses: Sequence[LossPoint]) -> str:
    """Why a training that is under way need not go on; empty while there is hope."""
    return _diverged(losses) or (_idle(losses[:_ENOUGH]) if len(losses) >= _ENOUGH else "")


def in_vain(losses: Sequence[LossPoint]) -> str:
    """Why a training that is over taught nothing; empty where it did, or where its curve is too short to tell."""
    reason = _diverged(losses) or _idle(losses)
    if reason or len(losses) < _CURVE:
        return reason
    third = len(losses) // 3
    before = sum(point.loss for point in losses[:third]) / third
    after = sum(point.loss for point in losses[-third:]) / third
    if after < (1 - _FALL) * before:
        return ""
    return f"the loss never fell: {before:.4g} over the first third of the steps, {after:.4g} over the last: {FLAT}"


def _diverged(losses: Sequence[LossPoint]) -> str:
    for point in losses:
        if not math.isfinite(point.loss):
            return f"the loss became {point.loss} at step {point.step}: {DIVERGED}"
        if point.gradient_norm is not None and not math.isfinite(point.gradient_norm):
            return f"the gradient norm became {point.gradient_norm} at step {point.step}: {DIVERGED}"
    return ""


def _idle(losses: Sequence[LossPoint]) -> str:
    if losses and not any(point.loss for point in losses):
        return f"the loss is 0 from the start, after {losses[-1].step} steps: {NO_LABELS}"
    norms = [point.gradient_norm for point in losses if point.gradient_norm is not None]
    if norms and not any(norms):
        return f"the gradient norm is 0, after {losses[-1].step} steps: {NO_GRADIENT}"
    return ""
