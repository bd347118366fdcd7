"""Checks that a workspace holds its invariants, and recomputes what its nights claim."""

from ct_retrain.nightly.audit.check import check
from ct_retrain.nightly.audit.verify import judge_again, verify

__all__ = [
    "check",
    "judge_again",
    "verify",
]
