"""Suites by name or path: the built-in ones, and plain JSONL files of Problems."""

import json
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ct_retrain.core.errors import UsageError
from ct_retrain.core.problem import Problem, Suite
from ct_retrain.core.record import digest

BUILT_IN = ("behavioural",)


def load_suite(name: str, workspace: Path) -> Suite:
    """The suite *name*: one of BUILT_IN, or a JSONL path relative to *workspace*.

    Raise UsageError naming every problem that cannot be used, with its line.
    """
    if name in BUILT_IN:
        return _suite(name, list(_built_in(name)), name)
    path = workspace / name
    if not path.is_file():
        message = (
            f"no suite {name!r}: the built-in ones are {', '.join(BUILT_IN)}; {path} is not a file either"
        )
        raise UsageError(message)
    return _suite(path.stem, list(_jsonl(path)), str(path))


def _suite(name: str, problems: list[Problem], origin: str) -> Suite:
    twice = [problem for problem, count in Counter(one.id for one in problems).items() if count > 1]
    if twice:
        message = f"{origin}: problem ids must be distinct, these are not: {', '.join(sorted(twice))}"
        raise UsageError(message)
    if not problems:
        message = f"{origin} holds no problem"
        raise UsageError(message)
    ordered = tuple(sorted(problems, key=lambda one: one.id))
    return Suite(name=name, problems=ordered, digest=digest(*ordered))


def _built_in(name: str) -> Iterator[Problem]:
    root = resources.files("ct_retrain.suites") / name
    for directory in sorted(root.iterdir(), key=lambda one: one.name):
        if directory.is_dir() and (directory / "problem.json").is_file():
            yield _problem(directory)


def _problem(directory: Traversable) -> Problem:
    facts = json.loads((directory / "problem.json").read_text())
    return Problem(
        id=directory.name,
        spec=(directory / "spec.md").read_text(),
        top=facts["top"],
        testbench=(directory / "testbench.v").read_text(),
        golden=(directory / "golden.v").read_text(),
        category=facts["category"],
        tags=tuple(facts["tags"]),
    )


def _jsonl(path: Path) -> Iterator[Problem]:
    adapter = TypeAdapter(Problem)
    wrong: list[str] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                yield adapter.validate_json(line)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                place = ".".join(str(part) for part in first["loc"])
                wrong.append(f"{path}:{number}: {place}: {first['msg']}")
    if wrong:
        raise UsageError("\n".join(wrong))
