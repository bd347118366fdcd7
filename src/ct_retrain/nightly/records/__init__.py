"""What is on record of nights: an index of them, how far the one that runs is, what failed, and what is kept for triage."""

from ct_retrain.nightly.records.index import last_record, open_nights, record_of, records, tonight
from ct_retrain.nightly.records.inspection import Failure, failures, inspect, quarantined, trained
from ct_retrain.nightly.records.progress import Underway, underway

__all__ = [
    "Failure",
    "Underway",
    "failures",
    "inspect",
    "last_record",
    "open_nights",
    "quarantined",
    "record_of",
    "records",
    "tonight",
    "trained",
    "underway",
]
