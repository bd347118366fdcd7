"""Check the compiler directives of a design.

Preprocessing is done once, by the parser: a branch that is not taken is not part of the design, and macros
that the design does not define are undefined. A design that tests for the macro of the judging simulator is
refused, because any other tool would see a different design.
"""

import re
from collections.abc import Iterator

from pyslang.parsing import TokenKind, TriviaKind
from pyslang.syntax import (
    ConditionalBranchDirectiveSyntax,
    DefaultNetTypeDirectiveSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.legal import DETECTORS, DIRECTIVES
from ct_retrain.verilog.tree import Parsed, tokens


def directives(parsed: Parsed) -> Iterator[tuple[int, str]]:
    """Yield line and reason of every directive that a design may not contain."""
    for node in _held(parsed) if b"`" in parsed.data else ():
        if node.kind not in DIRECTIVES:
            yield parsed.line(node), f"{plain_words(node.kind)} is not allowed"
        elif isinstance(node, DefaultNetTypeDirectiveSyntax) and node.netType.rawText not in {"wire", "none"}:
            yield parsed.line(node), f"undeclared names that become {node.netType.rawText} nets"
        elif isinstance(node, ConditionalBranchDirectiveSyntax):
            for token in tokens(node.expr):
                if token.kind == TokenKind.Identifier and token.valueText in DETECTORS:
                    yield parsed.line(node), f"code that depends on the macro {token.valueText}"


def _held(parsed: Parsed) -> list[SyntaxNode]:
    return [
        each.syntax()
        for token in parsed.all_tokens
        for each in token.trivia
        if each.kind == TriviaKind.Directive
    ]


def plain_words(kind: SyntaxKind) -> str:
    """Return a syntax kind as words: `FinalBlock` as "final block"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.name).lower()
    return words.removesuffix(" statement").removesuffix(" directive")
