"""Checks that a workspace holds its invariants, and recomputes what its nights claim."""

from ct_retrain.nightly.audit.check import check_workspace
from ct_retrain.nightly.audit.verify import judge_again, verify

__all__ = [
    "check_workspace",
    "judge_again",
    "verify",
]
