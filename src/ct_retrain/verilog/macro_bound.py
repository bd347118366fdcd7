"""Bound the size to which a text's macros expand, without expanding them; pyslang has no such bound.

An argument is copied as often as the body repeats its parameter, again for each macro that it is passed on
to, and arguments nest in each other's parentheses. The text is therefore walked with a stack of
multiplicities: how often the current text will occur in the expansion. Anything beside macros that the parser
may read differently is refused.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST = 200_000
"""Maximum number of characters that macros may add; counting stops there."""

_NAME = r"[A-Za-z_][\w$]*"
_BLOCK = r"/\*.*?(?:\*/|\Z)"
_STRING = r"\"(?:[^\"\\\n]|\\.)*\"?"
_FLAGS = re.DOTALL | re.ASCII
_DEFINE = re.compile(rf"`define(?:[ \t]|{_BLOCK}|\\\n)+(?P<name>{_NAME})", _FLAGS)
_BODY = re.compile(
    rf"(?:{_BLOCK}|//(?:[^\n\\]|\\.)*|{_STRING}|\\(?:[!-~]+|.)|\n(?=(?:[ \t]|{_BLOCK})*\\\n)|[^\n\\\"])*",
    _FLAGS,
)
"""A macro's body: the rest of the line, and lines continued by a backslash."""
_EMPTY = re.compile(
    rf"(?:[ \t]|\\?\n|`(?:endif|else)\b|`(?:define|undef|ifdef|ifndef|elsif)[ \t]+{_NAME})*", _FLAGS
)
"""Switches, and macros that expand to nothing."""
_EVENT = re.compile(
    rf"//[^\n]*|{_BLOCK}|(?P<raw>\"\"\")|(?P<pasted>``(?=`)|`{_NAME}``)|``|`\\`\"|`\"|{_STRING}"
    rf"|(?P<define>`define\b)|`(?P<use>{_NAME})|(?P<word>{_NAME})|(?P<mark>[()\[\]{{}}])"
    r"|(?P<escaped>`\\[!-~])|\\(?P<name>[!-~]+)|(?P<strange>[^\x20-\x7e\t\n])",
    _FLAGS,
)
"""What may change how often a text occurs, preceded by what hides it (comments, strings)."""
_ODD = {
    "raw": "a string in three quotes",
    "pasted": "the name of a macro that is pasted together",
    "escaped": "the escaped name of a macro",
    "strange": "a character that is not printable ASCII",
}
"""Constructs that are not followed, because the parser may read on elsewhere."""
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_ESCAPED = re.compile(r"\\[!-~]")
_WORD = re.compile(_NAME, re.ASCII)


def unbounded(text: str) -> str:
    """Return why the macros of *text* must not be expanded, or "" if they may be."""
    if "`define" not in text:
        return ""
    walk = _Walk(text)
    if walk.odd:
        return f"macros, and beside them {walk.odd}"
    if walk.endless():
        return "a macro that may stand in itself"
    return f"macros expand to more than {MOST} characters" if walk.added() > MOST else ""


def expansion(text: str) -> int:
    """Return an upper bound on the characters that macros add to *text*, at most `MOST` + 1."""
    return _Walk(text).added()


def _capped(size: int) -> int:
    return min(size, MOST + 1)


class _Bound(NamedTuple):
    """An upper bound on the expansion of a text."""

    size: int
    """Size in characters."""
    copies: int = 1
    """How often an argument occurs in it, or the text that follows it in parentheses."""


class _Macro(NamedTuple):
    parameters: frozenset[str]
    body: str
    listing: str
    """The parenthesised parameter list, which may hold default arguments."""


class _Walk:
    """The macros of one text, and what is known of each so far."""

    def __init__(self, text: str) -> None:
        self._macros: dict[str, list[_Macro]] = {}
        self.odd = ""
        """What in the text cannot be followed; if set, nothing else is known."""
        self._known: dict[str, _Bound] = {}
        self._outside = "\n".join(self._without_macros(text.replace("\r\n", "\n").replace("\r", "\n")))

    def added(self) -> int:
        """Return an upper bound on the characters that macros add to the text, at most `MOST` + 1."""
        if self.odd:
            return MOST + 1
        return _capped(self._become(self._outside, frozenset()).size - len(self._outside))

    def endless(self) -> bool:
        """Whether a macro may contain itself: pyslang reports that in a body, and crashes on an argument."""
        reached = {
            name: {use for macro in each for use in (*_uses(macro.listing), *_uses(macro.body))}
            & self._macros.keys()
            for name, each in self._macros.items()
        }
        return any(name in _from(uses, reached) for name, uses in reached.items())

    def _without_macros(self, text: str) -> Iterator[str]:
        """Record the macros of *text*; return the text between them."""
        at = 0
        for event in _EVENT.finditer(text):
            self.odd = self.odd or next((said for name, said in _ODD.items() if event[name]), "")
            if not event["define"]:
                continue
            found = _DEFINE.match(text, event.start())
            if event.start() < at:
                # A macro without a body, as defined to combine switches, adds nothing.
                if not _EMPTY.fullmatch(text, event.start(), at):
                    self.odd = "the definition of a macro in another"
            elif found is None:
                self.odd = "a macro without a plain name"
            else:
                yield text[at : event.start()]
                at = self._defined(text, found["name"], found.end())
        yield text[at:]

    def _defined(self, text: str, name: str, begin: int) -> int:
        """Record the macro *name* whose definition continues at *begin*; return where it ends."""
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
        """Bound the expansion of *text*, the body of a macro with *parameters* or a text without any."""
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
        """Bound what a use of the macro *name* adds, without its arguments; several definitions are added up."""
        if name not in self._known:
            # A macro that reaches itself is an error at which the parser stops, so this may stop as well.
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
    """Return every name reachable from *start*."""
    seen: set[str] = set()
    ahead = list(start)
    while ahead:
        here = ahead.pop()
        if here not in seen:
            seen.add(here)
            ahead += reached.get(here, ())
    return seen


def _closed(text: str, start: int) -> int | None:
    """Return the offset behind the parenthesis that closes the one at *start*; None if there is none."""
    depth = 0
    for event in _EVENT.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(event["mark"] or "", 0)
        if depth == 0:
            return event.end()
    return None
