"""The interface to any RTL pipeline: the format of `trace.jsonl`, its writer, and a lenient reader."""

from ct_retrain.trace.format import SimulationLine, SimulationPayload, TraceLine, json_schema
from ct_retrain.trace.lines import Flaw, Lookalike, Simulation, simulations
from ct_retrain.trace.reach import FileRefusal, Reach, Rules
from ct_retrain.trace.spec import READING, instruction_of, spec_hash_of
from ct_retrain.trace.writer import TraceWriter

__all__ = [
    "READING",
    "FileRefusal",
    "Flaw",
    "Lookalike",
    "Reach",
    "Rules",
    "Simulation",
    "SimulationLine",
    "SimulationPayload",
    "TraceLine",
    "TraceWriter",
    "instruction_of",
    "json_schema",
    "simulations",
    "spec_hash_of",
]
