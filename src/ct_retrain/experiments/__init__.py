"""Experiments compare recipes: arms × trainings on one night's data, on the same problems. Nothing is published."""

from ct_retrain.experiments.definition import ExperimentDefinition, new_definition, read_definition
from ct_retrain.experiments.run import ExperimentContext, last_result, run_experiment

__all__ = [
    "ExperimentContext",
    "ExperimentDefinition",
    "last_result",
    "new_definition",
    "read_definition",
    "run_experiment",
]
