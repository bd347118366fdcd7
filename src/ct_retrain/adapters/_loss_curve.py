"""Read the loss curve from the log of a transformers trainer."""

from typing import Any

from ct_retrain.core.records.training import LossPoint


def losses_of(history: list[dict[str, Any]]) -> tuple[LossPoint, ...]:
    """Return the points of *history*, the `log_history` of a trainer's state, that have a loss."""
    return tuple(
        LossPoint(
            step=int(entry["step"]),
            loss=float(entry["loss"]),
            learning_rate=float(entry["learning_rate"]),
            gradient_norm=float(entry["grad_norm"]) if "grad_norm" in entry else None,
        )
        for entry in history
        if "loss" in entry
    )
