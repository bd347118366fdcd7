"""Bounds what the macros of a text expand to, without expanding them: the parser itself has no such bound.

An argument stands as often as the body repeats its parameter, once more for every macro that it is handed on to, and
arguments lie in each other's parentheses. So a text is walked with a stack of how often what is read now will stand in
the end. What the parser may read otherwise than we do is refused beside macros.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST = 200_000
"""Characters that macros may add; what is counted stops there."""

_NAME = r"[A-Za-z_][\w$]*"
_BLOCK = r"/\*.*?(?:\*/|\Z)"
_STRING = r"\"(?:[^\"\\\n]|\\.)*\"?"
_FLAGS = re.DOTALL | re.ASCII
_DEFINE = re.compile(rf"`define(?:[ \t]|{_BLOCK}|\\\n)+(?P<name>{_NAME})", _FLAGS)
_BODY = re.compile(
    rf"(?:{_BLOCK}|//(?:[^\n\\]|\\.)*|{_STRING}|\\(?:[!-~]+|.)|\n(?=(?:[ \t]|{_BLOCK})*\\\n)|[^\n\\\"])*",
    _FLAGS,
)
"""Up to the end of the line; for the parser also one that the next line takes back."""
_EMPTY = re.compile(
    rf"(?:[ \t]|\\?\n|`(?:endif|else)\b|`(?:define|undef|ifdef|ifndef|elsif)[ \t]+{_NAME})*", _FLAGS
)
"""Switches, and macros that stand for nothing."""
_EVENT = re.compile(
    rf"//[^\n]*|{_BLOCK}|(?P<raw>\"\"\")|(?P<pasted>``(?=`)|`{_NAME}``)|``|`\\`\"|`\"|{_STRING}"
    rf"|(?P<define>`define\b)|`(?P<use>{_NAME})|(?P<word>{_NAME})|(?P<mark>[()\[\]{{}}])"
    r"|(?P<escaped>`\\[!-~])|\\(?P<name>[!-~]+)|(?P<strange>[^\x20-\x7e\t\n])",
    _FLAGS,
)
"""What may change how often something stands; in front of it what hides that."""
_ODD = {
    "raw": "a string in three quotes",
    "pasted": "the name of a macro that is pasted together",
    "escaped": "the escaped name of a macro",
    "strange": "a character that is not printable ASCII",
}
"""What is not followed: the parser may read on elsewhere than we do."""
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_ESCAPED = re.compile(r"\\[!-~]")
_WORD = re.compile(_NAME, re.ASCII)


def unbounded(text: str) -> str:
    """Why the macros of *text* must not be expanded, or "" when they may."""
    if "`define" not in text:
        return ""
    walk = _Walk(text)
    if walk.odd:
        return f"macros, and beside them {walk.odd}"
    if walk.endless():
        return "a macro that may stand in itself"
    return f"macros expand to more than {MOST} characters" if walk.added() > MOST else ""


def expansion(text: str) -> int:
    """An upper bound on the characters that macros add to *text*, at most one more than `MOST`."""
    return _Walk(text).added()


def _capped(size: int) -> int:
    return min(size, MOST + 1)


class _Bound(NamedTuple):
    """What a text becomes at worst."""

    size: int
    """In characters."""
    copies: int = 1
    """How often an argument stands in it, or what follows it in parentheses."""


class _Macro(NamedTuple):
    parameters: frozenset[str]
    body: str
    listing: str
    """The parentheses of the parameters, which may hold default arguments."""


class _Walk:
    """The macros of one text, and what is known of each so far."""

    def __init__(self, text: str) -> None:
        self._macros: dict[str, list[_Macro]] = {}
        self.odd = ""
        """What of the text cannot be followed; nothing else is known then."""
        self._known: dict[str, _Bound] = {}
        self._outside = "\n".join(self._without_macros(text.replace("\r\n", "\n").replace("\r", "\n")))

    def added(self) -> int:
        """An upper bound on the characters that macros add to the text, at most one more than `MOST`."""
        if self.odd:
            return MOST + 1
        return _capped(self._become(self._outside, frozenset()).size - len(self._outside))

    def endless(self) -> bool:
        """Whether a macro may stand in itself; the parser notices that in a body, and dies of it in an argument."""
        reached = {
            name: {use for macro in each for use in (*_uses(macro.listing), *_uses(macro.body))}
            & self._macros.keys()
            for name, each in self._macros.items()
        }
        return any(name in _from(uses, reached) for name, uses in reached.items())

    def _without_macros(self, text: str) -> Iterator[str]:
        """Take note of the macros of *text*; the text between them."""
        at = 0
        for event in _EVENT.finditer(text):
            self.odd = self.odd or next((said for name, said in _ODD.items() if event[name]), "")
            if not event["define"]:
                continue
            found = _DEFINE.match(text, event.start())
            if event.start() < at:
                # One that stands for nothing, as macros define it that combine switches, adds nothing.
                if not _EMPTY.fullmatch(text, event.start(), at):
                    self.odd = "the definition of a macro in another"
            elif found is None:
                self.odd = "a macro without a plain name"
            else:
                yield text[at : event.start()]
                at = self._defined(text, found["name"], found.end())
        yield text[at:]

    def _defined(self, text: str, name: str, begin: int) -> int:
        """Take note of the macro *name* whose definition goes on at *begin*; where that ends."""
        start = _closed(text, begin) if text.startswith("(", begin) else begin
        if start is None:
            self.odd = "a list of parameters without an end"
            return len(text)
        body = _BODY.match(text, start)
        end = body.end() if body else start
        listing = text[begin:start]
        macro = _Macro(frozenset(_WORD.findall(listing)), text[start:end], listing)
        if _uses(macro.body) & macro.parameters:
            self.odd = "a macro that is named by a parameter"
        if _ESCAPED.search(listing):
            self.odd = "a parameter with an escaped name"
        self._macros.setdefault(name, []).append(macro)
        return end

    def _become(self, text: str, parameters: frozenset[str]) -> _Bound:
        """What *text*, the body of a macro with *parameters* or a text without any, becomes."""
        size = at = 0
        now = pending = 1
        outer: list[tuple[str, int]] = []
        stands: dict[str, int] = {}
        for event in _EVENT.finditer(text):
            size += now * (event.start() - at)
            at = event.start()
            if event["use"] in self._macros:
                used = self._of(event["use"])
                size += now * used.size
                pending = _capped(pending * used.copies)
            elif (word := event["word"] or event["name"]) in parameters:
                stands[word] = _capped(stands.get(word, 0) + now)
            elif event["mark"] in _CLOSES:
                outer.append((_CLOSES[event["mark"]], now))
                if event["mark"] == "(":
                    now, pending = _capped(now * pending), 1
            elif event["mark"] and outer and outer[-1][0] == event["mark"]:
                now = outer.pop()[1]
            if size > MOST + len(text):
                break
        size += now * (len(text) - at)
        return _Bound(size, _capped(max(stands.values(), default=1) * pending))

    def _of(self, name: str) -> _Bound:
        """What a use of the macro *name* adds, without its arguments; of two with one name both together."""
        if name not in self._known:
            # A macro that reaches itself is an error to the parser, which stops there; so may we.
            self._known[name] = _Bound(0)
            size, copies = 0, 1
            for macro in self._macros[name]:
                body = self._become(macro.body, macro.parameters)
                defaults = self._become(macro.listing, frozenset()).size if "`" in macro.listing else 0
                size += body.size + body.copies * (defaults or len(macro.listing))
                copies = max(copies, body.copies)
            self._known[name] = _Bound(_capped(size), copies)
        return self._known[name]


def _uses(text: str) -> set[str]:
    return {event["use"] for event in _EVENT.finditer(text) if event["use"]}


def _from(start: set[str], reached: dict[str, set[str]]) -> set[str]:
    """Every name that one in *start* leads to."""
    seen: set[str] = set()
    ahead = list(start)
    while ahead:
        here = ahead.pop()
        if here not in seen:
            seen.add(here)
            ahead += reached.get(here, ())
    return seen


def _closed(text: str, start: int) -> int | None:
    """Right behind the parenthesis that closes the one at *start*; None when none does."""
    depth = 0
    for event in _EVENT.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(event["mark"] or "", 0)
        if depth == 0:
            return event.end()
    return None
