"""Read ArchXBench as published: directories of a description, specifications and a testbench, none with a golden.

Problems whose outputs a Python script compares after the simulation are Rejected: such a testbench gives no verdict.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.records.problem import Problem
from ct_retrain.suites.files import files_beside, text_of_file
from ct_retrain.suites.lines import problem_of
from ct_retrain.verilog.modules import instantiated

SPEC, DESCRIPTION = "design-specs.txt", "problem-description.txt"
LICENCE = "none stated"
_TESTBENCHES = ("tb.v", "testbench.v", "tb_*.v")


def read(path: Path) -> Iterator[Problem | Rejected]:
    """Return a problem or a reason for every `design-specs.txt` below *path*."""
    for spec in sorted(path.rglob(SPEC)):
        yield _problem(spec.parent, spec.parent.relative_to(path))


def _problem(home: Path, place: Path) -> Problem | Rejected:
    if any(home.rglob("compare_outputs.py")):
        detail = "outputs are compared by scripts/compare_outputs.py, after the simulation"
        return Rejected(subject=str(place), reason="script_judged", detail=detail)
    benches = [found for pattern in _TESTBENCHES for found in sorted(home.glob(pattern))]
    if not benches or not (home / DESCRIPTION).is_file():
        missing = DESCRIPTION if benches else "tb.v"
        return Rejected(subject=str(place), reason="missing_file", detail=f"{missing} does not exist")
    asked, spec, testbench = map(text_of_file, (home / DESCRIPTION, home / SPEC, benches[0]))
    top = next(iter(instantiated(testbench)), "")
    return problem_of(
        str(place),
        id="_".join(place.parts) or home.name,
        spec=f"{asked.strip()}\n\n{spec.strip()}\n",
        top=top,
        interface=_header(spec, top),
        testbench=testbench,
        golden="",
        category=place.parts[0] if len(place.parts) > 1 else home.parent.name,
        licence=LICENCE,
        files=files_beside(home, testbench),
        source=digest(asked, spec, testbench),
    )


def _header(spec: str, top: str) -> str:
    """Return the header of *top* that the specifications give, with directions that follow it; "" if none."""
    header = rf"^[ \t]*module\s+{re.escape(top)}\b[^;]*;(?:\s*(?:input|output|inout)\b[^;]*;)*"
    found = re.search(header, spec, re.MULTILINE) if top else None
    return f"{found[0].strip()}\n" if found else ""
