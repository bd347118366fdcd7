"""Records of nights: their index, progress of the running night, refusals, and the archive of nights not published."""

from ct_retrain.nightly.records.challengers import recipes_now
from ct_retrain.nightly.records.forget import forget_night, forgotten_nights, plan_forgetting
from ct_retrain.nightly.records.index import broken_at, last_record, night_id, open_nights, record_of, records
from ct_retrain.nightly.records.inspection import (
    FailedProblem,
    answers_of,
    failed_problems,
    inspect,
    quarantined,
    trained,
)
from ct_retrain.nightly.records.progress import Underway, underway

__all__ = [
    "FailedProblem",
    "Underway",
    "answers_of",
    "broken_at",
    "failed_problems",
    "forget_night",
    "forgotten_nights",
    "inspect",
    "last_record",
    "night_id",
    "open_nights",
    "plan_forgetting",
    "quarantined",
    "recipes_now",
    "record_of",
    "records",
    "trained",
    "underway",
]
