"""Read RTLLM as published: a directory per design, at any depth and with spaces in names, with its data
files.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.records.problem import Problem
from ct_retrain.suites import fsm
from ct_retrain.suites.files import files_beside, text_of_file
from ct_retrain.suites.lines import unfit
from ct_retrain.verilog.category import OTHER
from ct_retrain.verilog.modules import instantiated, modules, tops

SPEC, TESTBENCH = "design_description.txt", "testbench.v"
LICENCE = "MIT"


def read(path: Path) -> Iterator[Problem | Rejected]:
    """Return a problem for every `design_description.txt` below *path*, a reason for every other testbench."""
    homes = {found.parent for name in (SPEC, TESTBENCH) for found in path.rglob(name)}
    for home in sorted(homes, key=lambda one: one.name):
        yield _problem(home, home.relative_to(path))


def _problem(home: Path, place: Path) -> Problem | Rejected:
    for name in (SPEC, TESTBENCH):
        if not (home / name).is_file():
            return Rejected(subject=str(place), reason="missing_file", detail=f"{name} does not exist")
    goldens = sorted(home.glob("verified_*.v"))
    if not goldens:
        return Rejected(subject=str(place), reason="missing_golden", detail="verified_*.v does not exist")
    spec, testbench = text_of_file(home / SPEC), text_of_file(home / TESTBENCH)
    written = "\n".join(text_of_file(file) for file in goldens)
    wanted = instantiated(testbench)
    if not wanted:
        return Rejected(
            subject=str(place), reason="wrong_interface", detail="the testbench instantiates no design"
        )
    try:
        return Problem(
            id=home.name,
            spec=spec,
            top=wanted[0],
            testbench=testbench,
            golden=_named(written, wanted),
            category=_category(place),
            tags=place.parts[:-1],
            licence=LICENCE,
            files=files_beside(home, testbench),
            source=digest(spec, testbench, written),
        )
    except ValidationError as error:
        return unfit(str(place), error)


def _named(golden: str, wanted: tuple[str, ...]) -> str:
    """Return *golden* with its `verified_x` renamed to the module that the testbench instantiates."""
    defined = [module.name for module in modules(golden)]
    for name in wanted:
        if name in defined:
            continue
        old = f"verified_{name}" if f"verified_{name}" in defined else next(iter(tops(golden)), "")
        if old and (len(wanted) == 1 or old == f"verified_{name}"):
            golden = re.sub(rf"\b{re.escape(old)}\b", name, golden)
    return golden


def _category(place: Path) -> str:
    if place.name in fsm.RTLLM:
        return "fsm"
    return place.parts[0].lower().replace(" ", "_") if len(place.parts) > 1 else OTHER
