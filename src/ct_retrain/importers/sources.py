"""What an agent wrote in the course of its tool calls: files and texts, sorted into design and testbench."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

from ct_retrain.verilog.assembly import File, assembled
from ct_retrain.verilog.extract import find_rtl
from ct_retrain.verilog.pieces import ELEMENTS, Piece, pieces

_NAMES = ("path", "file_path", "filepath", "file", "filename", "file_name", "name")
_CONTENTS = ("content", "contents", "file_text", "text", "code", "body")
_EDITS = (("old_str", "new_str"), ("old_string", "new_string"), ("old", "new"), ("search", "replace"))
_HEREDOC = re.compile(
    r"cat\s*>\s*(?P<path>\S+)\s*<<-?\s*(?P<quote>['\"]?)(?P<mark>\w+)(?P=quote)[^\n]*\n(?P<text>.*?)\n(?P=mark)\b",
    re.DOTALL,
)
_MODULE = re.compile(r"\bmodule\b.*\bendmodule\b", re.DOTALL)
_ELEMENT = re.compile(r"\bend(?:module|package|interface|primitive)\b")
_VERILOG = re.compile(r"\.(?:s?vh?|inc|h)$", re.IGNORECASE)
_HELPS = re.compile(
    r"(?:^|/)(?:tb|tests?|testbench|bench|verif\w*|ref|reference|golden)/"
    r"|(?:^|[/_])(?:tb|bfm|(?:ref|reference|golden)(?:_model)?)\.\w+$",
    re.IGNORECASE,
)
"""Names of files that belong to a testbench although they hold none: its reference, its models of the bus."""


class DesignPair(NamedTuple):
    """A design and its testbench; either may be "" ."""

    rtl: str
    testbench: str


class Sources:
    """The Verilog that was written up to some point of a conversation; a file written again replaces the earlier one."""

    def __init__(self, files: Mapping[str, str] | None = None) -> None:
        """Begin with the testbenches among *files*, name → text; a design that was there is not the model's."""
        self._files: dict[str, str] = {}
        for name, text in (files or {}).items():
            if _is_bench(text):
                self._put(name, text)

    def note(self, arguments: Mapping[str, Any]) -> None:
        """Take in what a tool call with *arguments* writes, edits or hands over."""
        texts = {key: value for key, value in arguments.items() if isinstance(value, str)}
        path = next((texts[key] for key in _NAMES if key in texts), "")
        handed: dict[str, str] = {}
        for key, text in texts.items():
            written = list(_HEREDOC.finditer(text))
            for found in written:
                self._put(found["path"], found["text"])
            header = key in _CONTENTS and _VERILOG.search(path)
            if not written and (header or _ELEMENT.search(text)) and not any(key in pair for pair in _EDITS):
                handed[key] = text
        for key, text in handed.items():
            # A path names one text; where several come with it, it names none of them.
            self._put(path if path and len(handed) == 1 else key, text)
        for old, new in _EDITS:
            if path in self._files and texts.get(old) and new in texts:
                self._put(path, self._files[path].replace(texts[old], texts[new], 1))

    def sides(self) -> DesignPair:
        """Design and testbench as they are now: the latest testbench, and of elements of one name the latest.

        A file with a testbench belongs to it as a whole, less what the design defines; it is divided where no other
        file holds a design.
        """
        texts = {path: self._whole(path) for path, text in self._files.items() if _ELEMENT.search(text)}
        benches = [path for path, text in texts.items() if _is_bench(text)]
        helpers = [path for path in texts if path not in benches and _HELPS.search(path)] if benches else []
        designs = [path for path in texts if path not in {*benches, *helpers}] or helpers or benches[-1:]
        rtl = _latest(find_rtl(texts[path]) for path in designs)
        beside = [texts[path] for path in [*helpers, *benches[-1:]] if path in benches or path not in designs]
        bench = [_without(text, _names(rtl)) for text in beside]
        return DesignPair(rtl, "\n".join(bench))

    def _whole(self, path: str) -> str:
        """The file *path* with the headers that it includes; a file with modules or packages comes by itself."""

        def find(name: str, _: str) -> File | None:
            named = PurePath(name).name
            found = next((one for one in reversed(self._files) if PurePath(one).name == named), None)
            if found is None:
                return None
            text = self._files[found]
            return File(found, "" if _ELEMENT.search(text) else text)

        return assembled([File(path, self._files[path])], find).text

    def _put(self, path: str, text: str) -> None:
        self._files.pop(path, None)
        if _ELEMENT.search(text) or _VERILOG.search(path):
            self._files[path] = text


def _is_bench(text: str) -> bool:
    """Whether *text* holds a testbench, alone or with other modules."""
    return bool(_MODULE.search(text)) and _names(find_rtl(text)) != _names(text)


def _latest(texts: Iterable[str]) -> str:
    """Join *texts*, packages first; one that a later one defines anew is left out."""
    kept: dict[frozenset[str], str] = {}
    for text in texts:
        if names := _names(text):
            kept = {known: one for known, one in kept.items() if not known & names}
            kept[names] = text
    return "\n".join(sorted(kept.values(), key=lambda text: bool(_MODULE.search(text))))


def _without(text: str, names: frozenset[str]) -> str:
    """*text* without the elements of *names*."""
    for piece in reversed(_elements(text)):
        if piece.name in names:
            text = text[: piece.start] + text[piece.end :]
    return text


def _names(text: str) -> frozenset[str]:
    return frozenset(piece.name for piece in _elements(text))


def _elements(text: str) -> list[Piece]:
    return [piece for piece in pieces(text).found if piece.kind in ELEMENTS]
