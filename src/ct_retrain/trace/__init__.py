"""The interface to any RTL pipeline: the format of `trace.jsonl`, its writer, and a lenient reader."""

from ct_retrain.trace.format import SimulationLine, SimulationPayload, TraceLine, json_schema
from ct_retrain.trace.lines import BadLine, Simulation, UnknownStage, simulations
from ct_retrain.trace.run_files import FileRefusal, TraceFileRules, TraceFiles
from ct_retrain.trace.spec import READING, instruction_of, spec_hash_of
from ct_retrain.trace.writer import TraceWriter

__all__ = [
    "READING",
    "BadLine",
    "FileRefusal",
    "Simulation",
    "SimulationLine",
    "SimulationPayload",
    "TraceFileRules",
    "TraceFiles",
    "TraceLine",
    "TraceWriter",
    "UnknownStage",
    "instruction_of",
    "json_schema",
    "simulations",
    "spec_hash_of",
]
