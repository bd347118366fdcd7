"""The documents and the code say the same: what is there is described, and what is described is there."""

import re
from pathlib import Path

import click
import pytest

from ct_retrain.cli import cli
from ct_retrain.cli.reference import pages
from ct_retrain.core.configuration.loading import setting_names
from ct_retrain.core.configuration.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
PAGES = [
    *sorted(
        path
        for path in (ROOT / "docs").rglob("*.md")
        if path.parts[-2] != "adr" and path.name not in {"files.md", "api.md"}
    ),
    ROOT / "README.md",
    ROOT / "deploy" / "README.md",
]

ELSEWHERE = {"CT_RETRAIN_WORKSPACE", "CT_RETRAIN_NIGHTLY"}
"""Variables of the GitHub workflow, not of ours."""

_CODE = re.compile(
    r"^ *```(?!text|json|mermaid)\w*\n(.*?)^ *```|`(ct-retrain [^`\n]+)`", re.MULTILINE | re.DOTALL
)
_CALL = re.compile(
    r"ct-retrain((?: +(?:-C|-s|--set|--config) +\S+)*)((?: +[a-z][a-z-]*(?![\w./-]))+)([^\n|#]*)"
)
_VARIABLE = re.compile(rf"\b{PREFIX}[A-Z][A-Z_]*\b")
_DOTTED = re.compile(r"`([a-z]+(?:\.[a-z_]+)+)`")


PAGES_OF_CODE = pages(cli)

CHANGES = ROOT / "docs" / "how-to" / "where-to-change-what.md"
_PATH = re.compile(r"`([\w.-]*/[\w./-]*|[\w-]+\.(?:py|md|sh|toml))`")
_NEW = re.compile(r"[A-Z]{4}(?:_\w+)?\.py")


def changed_paths() -> list[str]:
    """Every path that the page of changes names, from the root or beside the one named before it."""
    return _PATH.findall(CHANGES.read_text())


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that *words* name, and the words that it takes as arguments."""
    command: click.Command = cli
    for position, word in enumerate(words):
        found = command.commands.get(word) if isinstance(command, click.Group) else None
        if found is None:
            return command, words[position:]
        command = found
    return command, []


def is_module(name: str) -> bool:
    path = ROOT / "src" / "ct_retrain" / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file() or path.parent.joinpath(path.stem).is_file()


@pytest.mark.parametrize("name", sorted(PAGES_OF_CODE))
def test_a_page_made_from_the_code_is_up_to_date(name: str) -> None:
    text = PAGES_OF_CODE[name]

    assert (ROOT / "docs" / "reference" / name).read_text() == text, "make reference"


def test_every_setting_has_a_meaning() -> None:
    assert "|  |" not in (ROOT / "docs" / "reference" / "settings.md").read_text()


def test_every_command_has_a_use_and_a_sentence_on_each_option() -> None:
    def commands(group: click.Group) -> list[click.Command]:
        below = [one for one in group.commands.values() if not one.hidden]
        return [*below, *(leaf for one in below if isinstance(one, click.Group) for leaf in commands(one))]

    every = commands(cli)
    assert [one.name for one in every if not one.help] == []
    silent = [
        (one.name, p.name) for one in every for p in one.params if isinstance(p, click.Option) and not p.help
    ]
    assert silent == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    unknown = []
    code = "\n".join(block or span for block, span in _CODE.findall(page.read_text()))
    for _, words, rest in _CALL.findall(code):
        command, arguments = resolved(words.split())
        if command is cli and arguments:
            unknown.append(f"ct-retrain{words}")
        known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
        unknown += [
            f"ct-retrain{words} {option}"
            for option in re.findall(r"(?<=\s)--[a-z-]+", rest)
            if option not in known and option != "--help"
        ]

    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text()
    known = set(setting_names())
    sections = {name.partition(".")[0] for name in known if "." in name}
    variables = {PREFIX + name.upper().replace(".", "__") for name in [*known, *Settings.model_fields]}
    dotted = {name for name in _DOTTED.findall(text) if name.partition(".")[0] in sections}
    prefixes = {".".join(name.split(".")[:depth]) for name in known for depth in range(1, 4)}

    assert set(_VARIABLE.findall(text)) - variables - ELSEWHERE == set()
    assert {name for name in dotted if name not in prefixes and not is_module(name)} == set()


def test_every_path_that_the_page_of_changes_names_is_there() -> None:
    beside = ROOT
    missing = []
    for name in changed_paths():
        path = ROOT / name if "/" in name or (ROOT / name).exists() else beside / name
        beside = path.parent
        # A file that the change brings has its place already.
        if not (beside if _NEW.fullmatch(path.name) else path).exists():
            missing.append(name)

    assert len(changed_paths()) > 80
    assert missing == []


def test_every_name_in_a_file_that_the_page_of_changes_gives_is_there() -> None:
    given = re.findall(r"`(\w+)`(?: and `(\w+)`)? (?:in|of) `(src/[\w./]+\.py)`", CHANGES.read_text())
    absent = [
        (name, path)
        for *named, path in given
        for name in named
        if name and not re.search(rf"^ *(?:def |class )?{name}\b", (ROOT / path).read_text(), re.MULTILINE)
    ]

    assert len(given) > 8
    assert absent == []
