"""Read ResBench as published: `problems.json`, lists of problems by category, none with a golden.

Its own harness runs Vivado; here the same testbenches run on Icarus Verilog, and the use of resources is not measured.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.records.problem import Problem
from ct_retrain.suites.lines import JsonLine, problem_of, text_of

FILE = "problems.json"
LICENCE = "none stated"
_CATEGORIES = {"finite_state_machines": "fsm"}
_FILE = TypeAdapter(dict[str, list[dict[str, object]]])


def read(path: Path) -> Iterator[Problem | Rejected]:
    """Return the problems of *path*, the file or its directory; raise UsageError if it is no such file."""
    file = path / FILE if path.is_dir() else path
    try:
        found = _FILE.validate_json(file.read_bytes())
    except ValidationError as error:
        raise UsageError(f"{file} is no object of lists of problems by category") from error
    for category, rows in found.items():
        for number, fields in enumerate(rows, 1):
            lower = {name.lower(): value for name, value in fields.items()}  # "Module Header" is there, too
            line = JsonLine(f"{file.name}: {category} {number}", json.dumps(fields), lower)
            yield _problem(line, category.lower().replace(" ", "_"))


def _problem(line: JsonLine, category: str) -> Problem | Rejected:
    found = text_of(line, "module", "problem", "module header", "testbench")
    if isinstance(found, Rejected):
        return found
    asked, header = found["problem"], found["module header"].strip()
    return problem_of(
        line.place,
        id=found["module"],
        spec=f"{asked}\n\n{header}\n",
        prompt=_PROMPT.format(asked=asked, header=header),
        top=found["module"],
        interface=f"{header}\n",
        testbench=found["testbench"],
        golden="",
        category=_CATEGORIES.get(category, category),
        licence=LICENCE,
        source=digest(line.text),
    )


_PROMPT = """Write a Verilog module that solves the following problem, with the exact module header below. \
SystemVerilog is not supported.

Problem:
{asked}

Module header (must not be changed):
{header}
"""
