"""What an agent wrote in the course of its tool calls: files and texts, sorted into design and testbench."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ct_retrain.verilog.extract import find_rtl
from ct_retrain.verilog.pieces import pieces

_NAMES = ("path", "file_path", "filepath", "file", "filename", "file_name", "name")
_EDITS = (("old_str", "new_str"), ("old_string", "new_string"), ("old", "new"), ("search", "replace"))
_HEREDOC = re.compile(
    r"cat\s*>\s*(?P<path>\S+)\s*<<-?\s*(?P<quote>['\"]?)(?P<mark>\w+)(?P=quote)[^\n]*\n(?P<text>.*?)\n(?P=mark)\b",
    re.DOTALL,
)
_MODULE = re.compile(r"\bmodule\b.*\bendmodule\b", re.DOTALL)


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
            if not find_rtl(text):
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
            if not written and _MODULE.search(text) and not any(key in pair for pair in _EDITS):
                handed[key] = text
        for key, text in handed.items():
            # A path names one text; where several come with it, it names none of them.
            self._put(path if path and len(handed) == 1 else key, text)
        for old, new in _EDITS:
            if path in self._files and texts.get(old) and new in texts:
                self._put(path, self._files[path].replace(texts[old], texts[new], 1))

    def sides(self) -> DesignPair:
        """Design and testbench as they are now: the latest testbench, and of modules of one name the latest."""
        bench = ""
        designs: dict[tuple[str, ...], str] = {}
        for text in self._files.values():
            rtl = find_rtl(text)
            if rtl:
                names = tuple(_modules(rtl))
                designs = {known: one for known, one in designs.items() if not set(known) & set(names)}
                designs[names] = rtl
            else:
                bench = text
        return DesignPair("\n".join(designs.values()), bench)

    def _put(self, path: str, text: str) -> None:
        self._files.pop(path, None)
        if _MODULE.search(text):
            self._files[path] = text


def _modules(text: str) -> Iterator[str]:
    return (piece.name for piece in pieces(text).found if piece.kind == "module")
