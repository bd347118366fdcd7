"""Runs a night from the lock to the notice: its stages, its end, what follows it, and the dry run."""

from ct_retrain.nightly.run.dry_run import Rehearsal, rehearse
from ct_retrain.nightly.run.harvest_check import Tasted, taste
from ct_retrain.nightly.run.run import Options, run

__all__ = [
    "Options",
    "Rehearsal",
    "Tasted",
    "rehearse",
    "run",
    "taste",
]
