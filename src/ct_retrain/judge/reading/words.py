"""Interpret one printed line: a grammar of verdict words and counts, in any case and punctuation.

A count is stronger than a word: `errors = 0`, `3 tests failed`, `PASS: 20 FAIL: 0`, `8/256 passed`,
`failures: none`. A word of failure in a count of zero is no failure. `Error: 0 + 3 gave 17` is no count,
because a number is a count only if the phrase ends after it. The rest is read by its markers (`[PASS]`,
`FAILED:`, a mark at the end), then by its words. Not covered: languages other than English, and verdicts in
codes (`RESULT 0x55`).
"""

import itertools
import re
from enum import Enum
from typing import NamedTuple


class LineMeaning(Enum):
    """What a line says about the design."""

    YES = "yes"
    NO = "no"
    NOTHING = "nothing"


class LineCounts(NamedTuple):
    """The counts in a line; a field is None if the line does not hold it."""

    good: int | None = None
    """Checks or tests that passed."""
    bad: int | None = None
    """Checks or tests that failed, or errors."""
    total: int | None = None
    """Total that the good or bad ones are part of, if stated (`8 of 256`, `100 %`)."""

    @property
    def says(self) -> LineMeaning:
        """YES for no failure and something checked, NO for a failure or fewer passes than checks."""
        if self.bad:
            return LineMeaning.NO
        if self.good is not None and self.total is not None:
            return LineMeaning.YES if self.good == self.total > 0 else LineMeaning.NO
        if self.good is not None:
            return LineMeaning.YES if self.good else LineMeaning.NOTHING
        return LineMeaning.NOTHING if self.bad is None else LineMeaning.YES


class LineReading(NamedTuple):
    """An interpreted line."""

    counts: LineCounts | None
    """Its counts; None if there are none."""
    words: LineMeaning
    """Meaning of its words, without the phrases that count."""

    @property
    def says(self) -> LineMeaning:
        """Meaning of the line: a counted or stated failure, else a success."""
        counted = self.counts.says if self.counts else LineMeaning.NOTHING
        found = {counted, self.words}
        return next((one for one in (LineMeaning.NO, LineMeaning.YES) if one in found), LineMeaning.NOTHING)


def read_line(line: str) -> LineReading:
    """Interpret *line*; terminal control sequences are ignored."""
    tokens = _tokens(_ANSI.sub("", line))
    counts, rest = _counted(tokens)
    return LineReading(counts, _spoken(rest))


class _Token(NamedTuple):
    kind: str
    """bad, good, noun, total, number, none, not, of, percent, sep, close, or word; `mark` for other
    characters.
    """
    text: str
    value: int = 0
    capital: bool = False
    space: bool = False
    """Whether a blank precedes it."""


_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PIECE = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)(?![A-Za-z0-9'])|(?P<word>[^\W\d_][^\W_]*(?:'t)?)|(?P<code>\d[\w']*)|(?P<mark>[^\s\w]|_)"
)
_LEXICON = {
    "bad": "error errors err errs fail fails failed failure failures failing mismatch mismatches mismatched incorrect "
    "incorrectly wrong bad violation violations violated unexpected bug bugs broken corrupt corrupted differ differs "
    "timeout ✗ ✘ ❌ ✖",
    "good": "pass passes passed passing success successes successful successfully succeed succeeded correct correctly "
    "ok okay good match matches matched verified clean ✓ ✔ ✅ √",
    "noun": "test tests testcase testcases case cases check checks vector vectors assertion assertions comparison "
    "comparisons sample samples transaction transactions scenario scenarios pattern patterns count cnt counter number "
    "num rate ratio result results status summary score scoreboard data total totals overall run executed",
    "none": "no none zero nil without",
    "not": "not never cannot didn't doesn't isn't wasn't don't can't couldn't won't haven't hasn't un non",
    "of": "of",
}
_KINDS = {word: kind for kind, words in _LEXICON.items() for word in words.split()}
_SEPARATORS = frozenset(":=|")
_CLOSERS = frozenset(",.;|)]}/*!-=#~_")


def _tokens(line: str) -> list[_Token]:
    found: list[_Token] = []
    end = 0
    for piece in _PIECE.finditer(line):
        text, space = piece[0], piece.start() > end
        end = piece.end()
        lower = text.lower()
        if piece["number"]:
            whole, _, fraction = text.partition(".")
            value = int(whole[:18]) if not fraction.strip("0") else -1
            found.append(_Token("number", text, value, space=space))
        elif lower in _KINDS:
            capital = text.isupper() or not text.isalpha()
            found.append(_Token(_KINDS[lower], lower, capital=capital, space=space))
        elif piece["word"] or piece["code"]:
            found.append(_Token("word", lower, space=space))
        else:
            found.append(_Token("percent" if text == "%" else "mark", text, space=space))
    return _joined(found)


def _joined(tokens: list[_Token]) -> list[_Token]:
    """Join `out of` into one token, split `error_count` into words, and leave out the quotes of JSON."""
    found: list[_Token] = []
    for token in tokens:
        if token.kind == "of" and found and found[-1].text == "out":
            found[-1] = token
        elif token.text != '"' and not (token.text == "_" and not token.space):
            found.append(token)
    return found


def _counted(tokens: list[_Token]) -> tuple[LineCounts | None, list[_Token]]:
    """Return the counts in *tokens*, and the tokens outside them."""
    counts: dict[str, int] = {}
    used: set[int] = set()
    for find in (_share, _after, _before):
        for at in range(len(tokens)):
            found = None if at in used else find(tokens, at)
            if found is not None and not used & set(range(found.start, found.end)):
                used |= set(range(found.start, found.end))
                for kind, value in found.values:
                    counts[kind] = max(value, counts.get(kind, 0)) if kind != "good" else value
    if not counts:
        return None, tokens
    rest = [token for at, token in enumerate(tokens) if at not in used]
    return LineCounts(counts.get("good"), counts.get("bad"), counts.get("total")), rest


class _Phrase(NamedTuple):
    """Tokens from *start* up to *end*, and what they count."""

    start: int
    end: int
    values: tuple[tuple[str, int], ...]


def _share(tokens: list[_Token], at: int) -> _Phrase | None:
    """Match `8/256 tests passed`, `passed: 8 of 256`, `score 8 out of 256`, `100 % passed`, `pass rate: 99
    %`.
    """
    if tokens[at].kind != "number":
        return None
    if _kind(tokens, at + 1) == "percent":
        part, whole, end = (tokens[at].value, 100, at + 2)
        part = max(part, 0)
    elif _divides(tokens, at + 1) and _kind(tokens, at + 2) == "number" and not _divides(tokens, at + 3):
        if _divides(tokens, at - 1):
            return None
        part, whole, end = tokens[at].value, tokens[at + 2].value, at + 3
    else:
        return None
    word = _word_behind(tokens, end) or _word_before(tokens, at)
    if word is None:
        return None
    kind = tokens[word].kind if tokens[word].kind in {"good", "bad"} else "good"
    values = ((kind, part), ("total", whole)) if kind == "good" else ((kind, part),)
    return _Phrase(min(word, at), max(word + 1, end), values)


def _after(tokens: list[_Token], at: int) -> _Phrase | None:
    """Match `errors = 0`, `Failed tests: 3`, `error_count=0`, `PASS: 20`, `failures: none`."""
    if tokens[at].kind not in {"good", "bad"}:
        return None
    start = at
    while _kind(tokens, start - 1) == "noun" and not _separates(tokens, start - 1):
        start -= 1
    here = at + 1
    while _kind(tokens, here) == "noun" or _text(tokens, here) in _FILLERS:
        here += 1
    separators = here
    while _text(tokens, here) in _SEPARATORS or _text(tokens, here) in {"is", "are", ">", "-"}:
        here += 1
    alone = here == separators and not (tokens[at].text.endswith("s") and here + 1 == len(tokens))
    if alone or _kind(tokens, here) not in {"number", "none"} or not _ends(tokens, here + 1):
        return None
    return _Phrase(start, here + 1, ((tokens[at].kind, _value(tokens[here])),))


def _before(tokens: list[_Token], at: int) -> _Phrase | None:
    """Match `0 errors`, `3 tests failed`, `no mismatches`, `without any error`; not the number of a test."""
    if tokens[at].kind not in {"number", "none"} or (
        tokens[at].kind == "number"
        and (_kind(tokens, at - 1) == "noun" or _text(tokens, at - 1) in {"#", "["})
    ):
        return None
    here = at + 1
    while (_kind(tokens, here) in {"noun", "word"} or _text(tokens, here) in {"(", ")"}) and here - at < 5:
        here += 1
    if _kind(tokens, here) not in {"good", "bad"} or tokens[here].value:
        return None
    kind = tokens[here].kind
    if tokens[at].kind == "none" and kind == "good":
        return None
    words = [token.text for token in tokens[at + 1 : here] if token.kind == "word" and token.text != "s"]
    if words and (tokens[at].kind == "number" or len(words) > 1):
        return None
    end = here + 1
    if _text(tokens, end) in _SEPARATORS and _kind(tokens, end + 1) == "number":
        return None  # the number after it is the count: `3 errors: 0` is not English
    return _Phrase(at, end, ((kind, _value(tokens[at])),))


def _value(token: _Token) -> int:
    return max(token.value, 0) if token.kind == "number" else 0


def _ends(tokens: list[_Token], at: int) -> bool:
    """Whether a count may end before *at*: at the line's end, at punctuation, or where another phrase begins."""
    if at >= len(tokens) or tokens[at].kind in {"good", "bad", "noun", "percent"}:
        return True
    text = tokens[at].text
    if _text(tokens, at + 1) in _VALUES:
        return False
    if text in {"(", "["}:
        return True
    return text in _CLOSERS and not (text in "-*/=" and _kind(tokens, at + 1) in {"number", "word"})


_FILLERS = frozenset({"(", ")", "s", "found", "detected", "reported", "encountered", "seen", "so", "far"})
"""Words that may be between a counted word and its number."""
_VALUES = frozenset(
    {"expected", "got", "expect", "actual", "exp", "received", "want", "wanted", "vs", "should"}
)
"""Words between values: a number before one of them is a value, not a count."""


def _divides(tokens: list[_Token], at: int) -> bool:
    return _text(tokens, at) == "/" or _kind(tokens, at) == "of"


def _word_behind(tokens: list[_Token], at: int) -> int | None:
    """Return the verdict word that a share before *at* counts."""
    for here in range(at, min(at + 4, len(tokens))):
        if tokens[here].kind in {"good", "bad"}:
            return here
        if tokens[here].kind not in {"noun", "word"} or tokens[here].text in _VALUES:
            return None
    return None


def _word_before(tokens: list[_Token], at: int) -> int | None:
    """Return the verdict word, or word for a score, that a share at *at* counts."""
    for here in range(at - 1, max(at - 6, -1), -1):
        if tokens[here].kind in {"good", "bad"} or tokens[here].text in {"score", "result", "rate"}:
            return here
        if tokens[here].kind not in {"noun", "mark"} and tokens[here].text not in {"is", "are"}:
            return None
    return None


def _spoken(tokens: list[_Token]) -> LineMeaning:
    """Interpret the words: a marker first, then any word of failure, then any of success."""
    if _is_heading(tokens):
        return LineMeaning.NOTHING
    signed = [(_sign(tokens, at), token) for at, token in enumerate(tokens) if token.kind in {"good", "bad"}]
    if not signed:
        return LineMeaning.NOTHING
    words = [token for token in tokens if token.kind != "mark"]
    first, last = words[0], words[-1]
    capital = [says for says, token in signed if token.capital]
    if first.kind in {"good", "bad"}:
        return signed[0][0]
    if capital:
        return capital[0]
    if last.kind in {"good", "bad"}:
        return signed[-1][0]
    return LineMeaning.NO if any(says is LineMeaning.NO for says, _ in signed) else LineMeaning.YES


def _sign(tokens: list[_Token], at: int) -> LineMeaning:
    """Return the sign of the verdict word at *at*, which a word before it may negate."""
    good = tokens[at].kind == "good"
    for here in range(at - 1, max(at - 4, -1), -1):
        if tokens[here].kind == "not" or tokens[here].text == "no":
            good = not good
            break
        if tokens[here].kind not in {"word", "noun"}:
            break
    return LineMeaning.YES if good else LineMeaning.NO


def _is_heading(tokens: list[_Token]) -> bool:
    """Whether both words are side by side, as a heading or a choice: `Pass/Fail`, `PASS | FAIL`."""
    places = [at for at, token in enumerate(tokens) if token.kind in {"good", "bad"}]
    return any(
        {tokens[one].kind, tokens[two].kind} == {"good", "bad"}
        and all(tokens[at].text in {"/", "|", "or", "-", ","} for at in range(one + 1, two))
        and two > one + 1
        for one, two in itertools.pairwise(places)
    )


def _kind(tokens: list[_Token], at: int) -> str:
    return tokens[at].kind if 0 <= at < len(tokens) else ""


def _text(tokens: list[_Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) else ""


def _separates(tokens: list[_Token], at: int) -> bool:
    return _text(tokens, at) in _SEPARATORS
