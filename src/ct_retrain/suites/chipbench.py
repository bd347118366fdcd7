"""Read ChipBench as published: directories of VerilogEval v2's layout, by kind of design or of bug.

Read are `Verilog Gen/dataset_*` and `Verilog Debugging/dataset_debug_*`; the reference models in other languages are
no RTL.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ct_retrain.core.record import Rejected
from ct_retrain.core.records.problem import Problem
from ct_retrain.suites import verilogeval

_BUG = re.compile(r"dataset_debug_(?:zero|one)_shot_(?P<bug>\w+)")
_GEN = ("dataset_cpu_ip", "dataset_not_self_contain", "dataset_self_contain")


def recognised(path: Path) -> bool:
    """Whether *path* is one of ChipBench's directories, by its name."""
    return path.name in _GEN or _BUG.fullmatch(path.name) is not None


def name(path: Path) -> str:
    """Return the name of the suite at *path*: `chipbench-self-contain`, `chipbench-debug-one-shot-timing`."""
    return f"chipbench-{path.name.removeprefix('dataset_').replace('_', '-')}"


def read(path: Path) -> Iterator[Problem | Rejected]:
    """Return the problems of one directory; those of debugging have the kind of bug as their category."""
    bug = _BUG.fullmatch(path.name)
    for one in verilogeval.read_v2(path):
        if bug is None or isinstance(one, Rejected):
            yield one
        else:
            category = "fsm" if bug["bug"] == "state_machine" else bug["bug"]
            yield one.model_copy(update={"category": category})
