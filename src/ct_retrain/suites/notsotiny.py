"""Read NotSoTiny as JSONL: modules to complete inside a design, judged by proof.

A row is one of the published data set: `task_id`, `prompt` (the design, with a hole between two marks),
`golden_module`, `top_module_name`, and if there `system_message` and `shuttle_name`. The whole design with the
answer in the hole is compared with the whole design with the golden module. What is neither proved nor refuted is no
pass; the suite's own harness counts a proof that runs out of time as one.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.records.problem import Problem
from ct_retrain.suites.lines import JsonLine, problem_of, read_objects, text_of
from ct_retrain.suites.verilogeval import category_of
from ct_retrain.verilog.hierarchy import below
from ct_retrain.verilog.modules import defined

LICENCE = "that of each project"
_FIELDS = ("task_id", "prompt", "golden_module", "top_module_name")
_BEGIN = r"//\s*>>>\s*Module Implementation Begin"
_END = r"//\s*<<<\s*Module Implementation End"


def recognised(fields: dict[str, Any]) -> bool:
    """Whether an object with *fields* is a row of NotSoTiny."""
    return set(_FIELDS) <= set(fields)


def read(path: Path) -> Iterator[Problem | Rejected]:
    """Return the problems of one JSONL file, in its order."""
    for line in read_objects(path):
        yield line if isinstance(line, Rejected) else _problem(line)


def _problem(line: JsonLine) -> Problem | Rejected:
    row = text_of(line, *_FIELDS)
    if isinstance(row, Rejected):
        return row
    module = next(iter(defined(row["golden_module"])), "")
    hole = re.search(
        rf"(?P<header>\bmodule\s+{re.escape(module)}\b[^;]*;)\s*{_BEGIN}.*?{_END}\s*endmodule",
        row["prompt"],
        re.DOTALL,
    )
    if not module or hole is None:
        detail = f"the prompt has no hole for {module or 'a module, and golden_module defines none'}"
        return Rejected(subject=line.place, reason="wrong_interface", detail=detail)
    golden = below(
        f"{row['prompt'][: hole.start()]}{row['golden_module'].strip()}{row['prompt'][hole.end() :]}",
        row["top_module_name"],
    )
    if module not in defined(golden):
        detail = f"{row['top_module_name']} does not need {module}"
        return Rejected(subject=line.place, reason="wrong_interface", detail=detail)
    shuttle, system = (str(line.fields.get(name) or "") for name in ("shuttle_name", "system_message"))
    return problem_of(
        line.place,
        id=re.sub(r"[^A-Za-z0-9_.-]", "_", row["task_id"]),
        spec=row["prompt"],
        prompt=f"{system}\n\n{row['prompt']}".strip() + "\n",
        top=module,
        interface=f"{hole['header']}\n",
        testbench="",
        golden=golden,
        category=category_of(row["golden_module"]),
        tags=(shuttle,) if shuttle else (),
        licence=LICENCE,
        source=digest(*row.values()),
    )
