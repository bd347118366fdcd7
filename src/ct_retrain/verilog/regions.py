"""Split a model's answer into regions: contents of fences, tags and JSON strings, and the text around."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple


class Region(NamedTuple):
    """A part of an answer without fences and tags."""

    text: str
    marked: bool
    """Whether the answer marks it as code: by a fence, tags or a JSON string."""


def regions(text: str) -> list[Region]:
    """Return the regions of *text* in order; a fence or tag that is never closed reaches to the end.

    The strings of JSON objects are regions too, after the text around them.
    """
    if not _MAY_BE_MARKED.search(text):
        return [Region(text, marked=False)]
    around, inside = _unpacked(text)
    return [*_cut(around), *inside]


def unmarked(text: str) -> str:
    """Return *text* with fences and tags replaced by line ends, for answers whose marks do not match."""
    return _MARK.sub("\n", text)


_MAY_BE_MARKED = re.compile(r"```|~~~|</?[A-Za-z]|\[[A-Za-z/]|\{\s*\"")
_NAMES = "code|answer|verilog|systemverilog|rtl|solution|final|final_answer|output|response|module_code"
_MARK = re.compile(
    rf"""
    (?P<indent>^[ \t]*(?:>[ \t]?)*(?:(?:[-*+]|\d{{1,3}}[.)])[ \t]+)?)?
    (?: (?P<fence>`{{3,}}+ | (?(indent)~{{3,}}+|(?!)))[ \t]*(?P<info>[^\n`]*)
      | \[(?P<word>BEGIN|DONE|/?CODE|/?ANSWER)\]
      | <(?P<tag>/?(?:{_NAMES}))(?:[ \t]+[\w-]+="[^"\n]*")*[ \t]*>
    )""",
    re.MULTILINE | re.VERBOSE | re.IGNORECASE,
)
_COMMENT = re.compile(r"^[ \t]*(?://|\*)")
_KEYWORD = re.compile(
    r"module|macromodule|package|interface|typedef|import|localparam|parameter|function|assign"
)
_LANGUAGE = re.compile(r"[\w+#.-]*")
_LOOKS_LIKE_CODE = re.compile(r"[;`]|\bmodule\b")


class _Open(NamedTuple):
    """A mark whose closing mark has not been found yet."""

    character: str
    """The fence's character, or "" for a tag."""
    length: int


def _cut(text: str) -> Iterator[Region]:
    opened: list[_Open] = []
    start, indent = 0, 0
    for mark in _MARK.finditer(text):
        if mark.start() < start or _in_comment(text, mark):
            continue
        yield _region(text[start : mark.start()], indent, marked=bool(opened))
        start, indent = mark.end(), len(mark["indent"] or "")
        if mark["fence"]:
            start = mark.start("info") + _fence(opened, mark)
        else:
            _tag(opened, mark["word"] or mark["tag"])
    yield _region(text[start:], indent, marked=bool(opened))


def _in_comment(text: str, mark: re.Match[str]) -> bool:
    line = text[text.rfind("\n", 0, mark.start()) + 1 : mark.start()]
    return bool(_COMMENT.match(line)) or "//" in line.replace("://", "")


def _fence(opened: list[_Open], mark: re.Match[str]) -> int:
    """Record a fence in *opened*; return how many characters of the rest of its line are not code."""
    fence, info = _Open(mark["fence"][0], len(mark["fence"])), mark["info"]
    last = opened[-1] if opened else _Open("", 0)
    alike = last.character == fence.character and fence.length >= last.length
    if alike or (last.character and mark["indent"] is None):
        opened.pop()
        if not info.strip() or mark["indent"] is None:
            return 0
    # A fence that names a language opens a block, so the one before it was never closed.
    opened.append(fence)
    word = _LANGUAGE.match(info)
    language = word.end() if word and not _KEYWORD.fullmatch(word[0]) else 0
    return language if _LOOKS_LIKE_CODE.search(info[language:]) or not language else len(info)


def _tag(opened: list[_Open], name: str) -> None:
    if name.startswith("/") or name.upper() == "DONE":
        # Regions opened between the tags end with them.
        while opened and opened.pop().character:
            pass
    else:
        opened.append(_Open("", 0))


def _region(text: str, indent: int, *, marked: bool) -> Region:
    """Return *text* without the list indentation or quotation marks that its fence has."""
    if marked and text.strip():
        lines = text.split("\n")
        if all(line.startswith(">") for line in lines[1:] if line.strip()) and len(lines) > 2:
            text = "\n".join(re.sub(r"^> ?", "", line) for line in lines)
        elif indent:
            text = "\n".join(line[min(indent, len(line) - len(line.lstrip())) :] for line in lines)
    return Region(text, marked)


_JSON = re.compile(r"\{\s*\"[^\"\n{}]{1,40}\"\s*:\s*[\[{\"]")
_PROSE_KEYS = re.compile(
    r"expla|reason|thought|think|comment|descr|note|analy|plan|summar|testbench|\btb\b", re.IGNORECASE
)


def _unpacked(text: str) -> tuple[str, list[Region]]:
    """Return *text* without its JSON objects, and the regions of their strings."""
    around: list[str] = []
    inside: list[Region] = []
    start = 0
    while found := _JSON.search(text, start):
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(text, found.start())
        except (ValueError, RecursionError):
            break
        around.append(text[start : found.start()])
        for key, string in _strings(value, ""):
            # A string may contain a whole answer, with its own fences.
            cut = list(_cut(string))
            code = len(cut) == 1 and not _PROSE_KEYS.search(key)
            inside += [Region(part.text, part.marked or code) for part in cut]
        start = end
    return "\n".join([*around, text[start:]]), inside


def _strings(value: object, key: str) -> Iterator[tuple[str, str]]:
    """Yield every string in the JSON *value*, with the key that holds it."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, str(name))
