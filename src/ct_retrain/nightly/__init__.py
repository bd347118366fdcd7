"""The story of a night: five steps in order, one lock, one record, one notice."""

from ct_retrain.nightly.books import last_record, open_nights, records
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.rehearsal import Rehearsal, rehearse
from ct_retrain.nightly.story import Options, run

__all__ = ["Options", "Ports", "Rehearsal", "last_record", "open_nights", "records", "rehearse", "run"]
