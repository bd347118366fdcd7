"""Write a model's answers as the harnesses of public benchmarks read them."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.problem import Sample
from ct_retrain.exporters.places import demand_free


def write_answers(form: str, samples: Sequence[Sample], out: Path) -> int:
    """Write *samples* to *out* in *form*, a key of FORMS; return how many files or lines that are.

    Raise UsageError if something is there already.
    """
    demand_free(out)
    return FORMS[form](sorted(samples, key=lambda one: (one.problem_id, one.index)), out)


def _lines(samples: Sequence[Sample], out: Path, key: str) -> int:
    """One object a line, the problem under *key*; several answers to one problem follow each other in their order."""
    lines = (json.dumps({key: one.problem_id, "completion": one.text}) + "\n" for one in samples)
    disk.write_text(out, "".join(lines))
    return len(samples)


def _verilogeval(samples: Sequence[Sample], out: Path) -> int:
    """A build directory: the RTL of each answer as `ID/ID_sampleNN.sv`, also where it holds no module."""
    for one, path in zip(samples, _places(samples, out), strict=True):
        disk.make_directory(path.parent)
        disk.write_text(path, one.rtl)
    return len(samples)


def _turtle(samples: Sequence[Sample], out: Path) -> int:
    """One JSON: a list a problem, in it an object an answer, which names the problem's files in TuRTLe's tree."""
    foreign = next((one.problem_id for one in samples if not _VERILOGEVAL.fullmatch(one.problem_id)), None)
    if foreign is not None:
        raise UsageError(f"{foreign} is no problem of VerilogEval v2: TuRTLe has a place for those alone")
    told = [
        [
            {
                "prompt": "",  # its own way of asking, which it does not read when it judges
                "test_path": f"{_TURTLE}/{name}_test.sv",
                "ref_path": f"{_TURTLE}/{name}_ref.sv",
                "reasoning": None,
                "generation": one.rtl,
            }
            for one in answers
        ]
        for name, answers in groupby(samples, key=lambda one: one.problem_id)
    ]
    disk.write_text(out, json.dumps(told) + "\n")
    return len(samples)


_VERILOGEVAL = re.compile(r"Prob\d+_\w+")
_TURTLE = "turtle/tasks/verilog-eval/dataset_spec-to-rtl"


def _places(samples: Sequence[Sample], out: Path) -> Iterator[Path]:
    for one in samples:
        yield out / one.problem_id / f"{one.problem_id}_sample{one.index + 1:02}.sv"


FORMS: dict[str, Callable[[Sequence[Sample], Path], int]] = {
    "humaneval": partial(_lines, key="task_id"),
    "cvdp": partial(_lines, key="id"),
    "verilogeval": _verilogeval,
    "turtle": _turtle,
}
"""humaneval: JSONL of `task_id` and `completion`; cvdp: JSONL of `id` and `completion` for its local import;
verilogeval: a build directory of version 2; turtle: TuRTLe's JSON of generations for its task verilog_eval_rtl.
"""
