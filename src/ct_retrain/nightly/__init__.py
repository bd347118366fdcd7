"""The story of a night: five steps in order, one lock, one record, one notice."""

from ct_retrain.nightly.books import last_record, open_nights, records
from ct_retrain.nightly.inspection import Failure, failures, inspect, quarantined
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.promotion import promote
from ct_retrain.nightly.rehearsal import Rehearsal, rehearse
from ct_retrain.nightly.rollback import roll_back, roll_back_to_mainline
from ct_retrain.nightly.story import Options, run
from ct_retrain.nightly.succession import succession
from ct_retrain.nightly.underway import Underway, underway
from ct_retrain.report import Inspection

__all__ = [
    "Failure",
    "Inspection",
    "Options",
    "Ports",
    "Rehearsal",
    "Underway",
    "failures",
    "inspect",
    "last_record",
    "open_nights",
    "promote",
    "quarantined",
    "records",
    "rehearse",
    "roll_back",
    "roll_back_to_mainline",
    "run",
    "succession",
    "underway",
]
