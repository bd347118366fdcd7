"""The story of a night: five steps in order, one lock, one record, one notice."""

from ct_retrain.nightly.books import last_record, open_nights, record_of, records, tonight
from ct_retrain.nightly.certified import certificate_of
from ct_retrain.nightly.check import check
from ct_retrain.nightly.inspection import Failure, failures, inspect, quarantined, trained
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.outbox import lost as lost_notices
from ct_retrain.nightly.promotion import promote
from ct_retrain.nightly.rehearsal import Rehearsal, rehearse
from ct_retrain.nightly.rollback import roll_back, roll_back_to_mainline
from ct_retrain.nightly.schedule import SCHEDULERS, Installation, Scheduler, units
from ct_retrain.nightly.story import Options, run
from ct_retrain.nightly.succession import succession
from ct_retrain.nightly.tracking import rebuild_tracking, retrack, tracker
from ct_retrain.nightly.underway import Underway, underway
from ct_retrain.nightly.verify import judge_again, verify
from ct_retrain.report import Inspection

__all__ = [
    "SCHEDULERS",
    "Failure",
    "Inspection",
    "Installation",
    "Options",
    "Ports",
    "Rehearsal",
    "Scheduler",
    "Underway",
    "certificate_of",
    "check",
    "failures",
    "inspect",
    "judge_again",
    "last_record",
    "lost_notices",
    "open_nights",
    "promote",
    "quarantined",
    "rebuild_tracking",
    "record_of",
    "records",
    "rehearse",
    "retrack",
    "roll_back",
    "roll_back_to_mainline",
    "run",
    "succession",
    "tonight",
    "tracker",
    "trained",
    "underway",
    "units",
    "verify",
]
