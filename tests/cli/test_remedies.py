"""Every `ct-retrain …` that a message, a page or a template names is a command that exists, with options that it has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

import click
import pytest

import ct_retrain
from ct_retrain.cli import cli

PACKAGE = Path(ct_retrain.__file__).parent
_PROSE = {"trained", "names", "reach", "was", "of"}
"""What follows the program's name where a sentence speaks of it."""
_COMMAND = re.compile(
    r"ct-retrain(?: (?:-C|-s|--set|--config) \S+)*((?: [a-z][a-z-]*| --?[A-Za-z][a-z-]*| [A-Z\d_][\w.=-]*)+)"
)
_FIRST = re.compile(r"^[a-z][a-z-]*$")


class Remedy(NamedTuple):
    """A command line as a text of ours names it."""

    where: str
    words: tuple[str, ...]


def texts() -> Iterator[tuple[str, str]]:
    """Every string that the program may print: literals without docstrings, f-strings with VALUE in their gaps, templates."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        docs = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        inside = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = (str(one.value) if isinstance(one, ast.Constant) else "VALUE" for one in node.values)
                yield path.name, "".join(parts)
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in docs | inside
            ):
                yield path.name, node.value
    for path in sorted(PACKAGE.rglob("*.j2")):
        yield path.name, re.sub(r"\{\{.*?\}\}", "VALUE", path.read_text())


def remedies() -> Iterator[Remedy]:
    for where, text in texts():
        for found in _COMMAND.finditer(text):
            yield Remedy(where, tuple(found[1].split()))


def named(root: click.Group, words: tuple[str, ...]) -> tuple[click.Command, tuple[str, ...]]:
    """The command that *words* begin with, and what is left of them."""
    command: click.Command = root
    while words and isinstance(command, click.Group) and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    return command, words


FOUND = sorted({one for one in remedies() if _FIRST.match(one.words[0]) and one.words[0] not in _PROSE})


def test_remedies_are_found() -> None:
    assert len(FOUND) > 40
    assert {"run", "rollback", "restore", "forget", "show"} <= {one.words[0] for one in FOUND}


@pytest.mark.parametrize("remedy", FOUND, ids=lambda one: f"{one.where}: {' '.join(one.words)}")
def test_a_remedy_names_a_command_and_its_options(remedy: Remedy) -> None:
    command, rest = named(cast(click.Group, cli), remedy.words)
    known = {flag for one in command.params for flag in one.opts}

    assert command is not cli, f"there is no command {remedy.words[0]}"
    assert [word for word in rest if word.startswith("-") and word not in known] == []
