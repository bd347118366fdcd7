"""Read VGen as published: directories of prompts at three levels of detail, a testbench and an answer.

Each level is a suite of its own, since its problems have the same answers. A problem without `answer_*.v` is judged
by its testbench alone.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.records.problem import Problem
from ct_retrain.suites import fsm
from ct_retrain.suites.files import text_of_file
from ct_retrain.suites.lines import problem_of
from ct_retrain.suites.verilogeval import COMPLETE
from ct_retrain.verilog.modules import instantiated

LICENCE = "Apache-2.0"
LEVELS = {"low": 1, "medium": 2, "high": 3}
"""Detail of the prompt, in the paper's words → number in the files' names."""
USUAL = "medium"
"""What other harnesses ask."""


def _read(path: Path, number: int) -> Iterator[Problem | Rejected]:
    for testbench in sorted(path.rglob("tb_*.v"), key=lambda one: one.parent.name):
        yield _problem(testbench, number, testbench.parent.relative_to(path))


readers = {level: partial(_read, number=number) for level, number in LEVELS.items()}
"""Level → what returns a problem or a reason for every `tb_*.v` below a path."""


def _problem(testbench: Path, number: int, place: Path) -> Problem | Rejected:
    home, name = testbench.parent, testbench.stem.removeprefix("tb_")
    asked, answer = home / f"prompt{number}_{name}.v", home / f"answer_{name}.v"
    if not asked.is_file():
        return Rejected(subject=str(place), reason="missing_file", detail=f"{asked.name} does not exist")
    begun, test = text_of_file(asked), text_of_file(testbench)
    golden = text_of_file(answer) if answer.is_file() else ""
    return problem_of(
        str(place),
        id=f"{home.name}_{name}",
        spec=begun,
        prompt=f"{COMPLETE}\n\n{begun}\n",
        top=next(iter(instantiated(test)), ""),
        interface=begun,
        testbench=test,
        golden=golden,
        category="fsm" if name in fsm.VGEN else home.name.rstrip("0123456789"),
        licence=LICENCE,
        source=digest(begun, test, golden),
    )
