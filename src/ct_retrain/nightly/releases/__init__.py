"""The releases, the pointer to the one that is served, and its moves, by a person or by a night."""

from ct_retrain.nightly.releases.mainline_evidence import evidence_for_mainline
from ct_retrain.nightly.releases.promotion import adapter_inputs, promote
from ct_retrain.nightly.releases.rollback import roll_back, roll_back_to_mainline

__all__ = [
    "adapter_inputs",
    "evidence_for_mainline",
    "promote",
    "roll_back",
    "roll_back_to_mainline",
]
