"""RTL as compared: digests up to names, order and constants; ports; and shingles for similarity."""

import hashlib
import re
from collections import Counter
from typing import NamedTuple

from ct_retrain.verilog.extract import find_rtl
from ct_retrain.verilog.fingerprint import canonical, shape_words
from ct_retrain.verilog.modules import Module, declared_ports, module_names, roots
from ct_retrain.verilog.statements import is_clocked, module_statements
from ct_retrain.verilog.tree import parse

TRIVIAL_TOKENS = 20
"""A golden with fewer tokens (a gate, a wire, a half adder, a multiplexer of two) is trivial."""
_SHINGLE = 5


class Signature(NamedTuple):
    """The ports of a module without their names."""

    ports: tuple[tuple[str, int | None, int], ...]
    """(direction, width) → number of such ports, in order."""
    clocked: bool


class Rtl(NamedTuple):
    """A text with at least one module."""

    text: str
    canonical: str
    shape: str
    statements: frozenset[str]
    """Digest of the statements of every module."""
    tokens: int
    """Number of tokens of all statements."""
    tops: tuple[Module, ...]
    """Modules that no other module of the text instantiates."""
    clocked: bool
    shingles: frozenset[str]

    @property
    def trivial(self) -> bool:
        """Whether unrelated data may well contain the same design."""
        return self.tokens < TRIVIAL_TOKENS

    def signature(self, top: Module) -> Signature:
        """Return the signature of the module *top*."""
        kinds = Counter((port.direction, port.width) for port in top.ports)
        listed = sorted(kinds.items(), key=lambda item: (item[0][0], item[0][1] or 0))
        return Signature(tuple((*kind, count) for kind, count in listed), self.clocked)


def read_rtl(text: str) -> Rtl | None:
    """Return *text* in the compared form; None if it defines no module."""
    parsed = parse(text)
    if parsed is None:
        return None
    found = module_names(parsed)
    if not found.defined:
        return None
    ports = declared_ports(parsed, found.defined)
    defined = tuple(Module(name, ports.get(name, ())) for name in found.defined)
    statements = module_statements(parsed, defined)
    outer = roots(found)
    words = shape_words(text)
    return Rtl(
        text=text,
        canonical=canonical(text),
        shape=hashlib.sha256("\x1f".join(words).encode("utf-8", "replace")).hexdigest(),
        statements=frozenset(one.digest for one in statements.values()),
        tokens=sum(one.tokens for one in statements.values()),
        tops=tuple(module for module in defined if module.name in outer),
        clocked=is_clocked(parsed),
        shingles=frozenset(_shingles(words)),
    )


def _shingles(words: list[str]) -> list[str]:
    """Return hashed runs of five tokens; a single one for a shorter text."""
    runs = range(max(1, len(words) - _SHINGLE + 1))
    texts = ("\x1f".join(words[at : at + _SHINGLE]) for at in runs)
    return [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest() for text in texts]


_HEADER = re.compile(r"^[ \t]*module\s+[A-Za-z_]\w*[^;]*;", re.MULTILINE)
_BODY_END = re.compile(r"\bendmodule\b")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*$", re.MULTILINE)


def rtl_in(question: str, answer: str) -> str:
    """Return the RTL of *answer* without prose; "" if there is none.

    If the question ends in a module's header and the answer is the rest of the module, return both together.
    """
    whole = find_rtl(answer)
    if whole:
        return whole
    headers = _HEADER.findall(question)
    body = _FENCE.sub("", answer)
    end = _BODY_END.search(body)
    return f"{headers[-1]}\n{body[: end.end()]}\n" if headers and end else ""
