"""Whether a training learned anything, from its loss curve, with a reason for each way of failing.

Not covered: an adapter whose loss fell and whose answers are no better; the benchmark measures that.
"""

import math
from collections.abc import Sequence

from ct_retrain.core.records.training import LossPoint

_ENOUGH = 3
"""Logged steps after which a loss or a gradient of 0 is not an accident."""
_CURVE = 12
"""Minimum logged steps of a curve before its fall is tested."""
_FALL = 0.01
"""Minimum share by which the loss must fall; both thirds read the same rows, so less is batch noise."""

NO_LABELS = (
    "no token of the rows is trained on: check whether the mixture's rows have completions, and whether the chat "
    "template marks where the answer begins"
)
NO_GRADIENT = (
    "nothing is trainable, or the gradient does not reach it: check train.hyperparameters.targets and dtype"
)
DIVERGED = (
    "training diverged: lower train.hyperparameters.learning_rate, or check the mixture for broken rows"
)
FLAT = (
    "training taught nothing: raise train.hyperparameters.learning_rate or passes, or check whether mainline knows "
    "these rows already"
)


def stop_reason(losses: Sequence[LossPoint]) -> str:
    """Return why a running training should be stopped; empty if it should go on."""
    return diverged(losses) or (_idle(losses[:_ENOUGH]) if len(losses) >= _ENOUGH else "")


def taught_nothing(losses: Sequence[LossPoint]) -> str:
    """Return why a finished training taught nothing; empty if it did teach, or if its curve is too short."""
    reason = diverged(losses) or _idle(losses)
    if reason or len(losses) < _CURVE:
        return reason
    third = len(losses) // 3
    before = sum(point.loss for point in losses[:third]) / third
    after = sum(point.loss for point in losses[-third:]) / third
    if after < (1 - _FALL) * before:
        return ""
    return f"the loss never fell: {before:.4g} over the first third of the steps, {after:.4g} over the last: {FLAT}"


def diverged(losses: Sequence[LossPoint]) -> str:
    """Return at which step a loss or gradient norm was not finite; empty if all are."""
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
