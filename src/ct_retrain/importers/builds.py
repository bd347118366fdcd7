"""Import directories of answers that a suite's own scripts built: VerilogEval's, RTLLM's, CVDP's.

A file named after a problem is an answer to it (`Prob001_zero_sample01.sv`, `t1/adder_8bit.v`); the sources of a
directory named after one are an answer together (`cvdp_…_0001/harness/1/rtl/*.sv`). What a log beside it says is the
status. Specification and testbench are those of the suite.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ct_retrain.core.record import Rejected
from ct_retrain.core.records.problem import Problem, Suite
from ct_retrain.importers.attempt import ImportedAttempt
from ct_retrain.importers.reported_status import status_of
from ct_retrain.suites.answer import rtl_of
from ct_retrain.suites.files import text_of_file

_SOURCES = (".v", ".sv")
_OTHERS = re.compile(r"_(?:test|ref|tb|ifc)$|^(?:testbench|verified_|tb_)|(?:^|/)(?:verif|docs)/")


def attempts(path: Path, suite: Suite) -> Iterator[ImportedAttempt | Rejected]:
    """Yield the answers below *path* to problems of *suite*."""
    problems = {problem.id: problem for problem in suite.problems}
    together: dict[tuple[str, Path], list[Path]] = {}
    for file in sorted(one for one in path.rglob("*") if one.suffix in _SOURCES and one.is_file()):
        inside = file.relative_to(path)
        if _OTHERS.search(inside.with_suffix("").as_posix()) or _OTHERS.search(file.stem):
            continue
        own = _named(file.stem, problems)
        above = next((name for part in reversed(inside.parts[:-1]) if (name := _named(part, problems))), "")
        if own:
            yield _attempt(problems[own], inside, [file], file.parent.glob(f"{file.stem}[-.]*"))
        elif above:
            together.setdefault((above, file.parent), []).append(file)
        else:
            detail = f"neither the file nor a directory above it is named after a problem of {suite.name}"
            yield Rejected(subject=str(inside), reason="unknown_problem", detail=detail)
    for (name, place), files in together.items():
        yield _attempt(problems[name], place.relative_to(path), files, place.parent.rglob("*"))


def _named(name: str, problems: dict[str, Problem]) -> str:
    """The problem that *name* is: its id, alone or before `_sample…` or a number."""
    known = re.sub(r"(?:_sample)?[-_]?\d*$", "", name)
    return next((one for one in (name, re.sub(r"_sample\d+$", "", name), known) if one in problems), "")


def _attempt(
    problem: Problem, place: Path, files: list[Path], beside: Iterator[Path]
) -> ImportedAttempt | Rejected:
    rtl = rtl_of(problem, "\n".join(text_of_file(file) for file in files))
    logs = [one for one in sorted(beside) if one.suffix in {".log", ".txt"} and one.is_file()]
    log = "\n".join(text_of_file(one) for one in logs)
    status = status_of(log)
    if not rtl:
        return Rejected(subject=str(place), reason="no_rtl", detail=f"no module {problem.top} is in it")
    if not status:
        detail = f"{', '.join(one.name for one in logs) or 'no log beside it'} does not say how the simulation ended"
        return Rejected(subject=str(place), reason="no_verdict", detail=detail)
    return ImportedAttempt(
        run=str(place.with_suffix("")),
        spec=problem.question,
        rtl=rtl,
        testbench=problem.testbench,
        status=status,
        log=log,
        category=problem.category,
        files=tuple((one.name, one.text.encode()) for one in problem.files),
    )
