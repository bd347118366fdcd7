"""Runs a night from the lock to the notice: its stages, its end, what follows it, and the dry run."""

from ct_retrain.nightly.run.dry_run import DryRun, plan_night
from ct_retrain.nightly.run.harvest_check import HarvestCheck, check_harvest
from ct_retrain.nightly.run.run import Options, run_night

__all__ = [
    "DryRun",
    "HarvestCheck",
    "Options",
    "check_harvest",
    "plan_night",
    "run_night",
]
