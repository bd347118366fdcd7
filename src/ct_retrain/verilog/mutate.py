"""Mutants of a design: small errors that a good testbench detects.

Each mutant is one edit of the text at a place that the parser names. Places are spread evenly over the
operators and drawn with a seed from the text, so the same design gives the same mutants. A mutant may be
equivalent to the design or fail to compile; the caller has to tell.
"""

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    BinaryEventExpressionSyntax,
    BinaryExpressionSyntax,
    ConditionalExpressionSyntax,
    ConditionalStatementSyntax,
    ExpressionStatementSyntax,
    LiteralExpressionSyntax,
    PrefixUnaryExpressionSyntax,
    PrimitiveInstantiationSyntax,
    SignalEventExpressionSyntax,
    StandardCaseItemSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.edits import Edit, edited
from ct_retrain.verilog.fingerprint import canonical
from ct_retrain.verilog.guard import approve
from ct_retrain.verilog.tree import Parsed, Visited, parse


class Mutant(NamedTuple):
    """A design with one edit."""

    operator: str
    line: int
    rtl: str


def mutants(rtl: str, most: int) -> Iterator[Mutant]:
    """Return up to *most* different mutants of *rtl*, operators in turn; none if the text does not parse.

    The text that is mutated is the canonical one, which the judge reads, so that each mutant differs in code
    that runs.
    """
    text = approve(rtl).text
    parsed = parse(text) if text else None
    if parsed is None:
        return
    chance = random.Random(hashlib.sha256(rtl.encode("utf-8", "replace")).digest())  # noqa: S311 - drawn by the text
    queues: defaultdict[str, list[Edit]] = defaultdict(list)
    for operator, edit in _edits(parsed):
        queues[operator].append(edit)
    for queue in queues.values():
        chance.shuffle(queue)
    seen: defaultdict[str, list[str]] = defaultdict(list, {_outline(text): [text]})
    while queues and most > 0:
        for operator in sorted(queues):
            edit = queues[operator].pop()
            if not queues[operator]:
                del queues[operator]
            changed = edited(parsed.data, [edit])
            alike = seen[_outline(changed)]
            if most > 0 and not (alike and canonical(changed) in map(canonical, alike)):
                alike.append(changed)
                most -= 1
                yield Mutant(operator, parsed.data[: edit.start].count(b"\n") + 1, changed)


def _outline(text: str) -> str:
    """Return *text* without spaces and names: texts with equal `canonical` digests have equal outlines, which cost less."""
    return "".join(_WORD.sub("w", text).split())


_WORD = re.compile(r"[A-Za-z_][\w$]*")
_SWAPS = {
    "+": "-",
    "-": "+",
    "*": "+",
    "&": "|",
    "|": "&",
    "^": "|",
    "~^": "^",
    "^~": "^",
    "&&": "||",
    "||": "&&",
    "==": "!=",
    "!=": "==",
    "===": "!==",
    "!==": "===",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "<<": ">>",
    ">>": "<<",
    ">>>": "<<",
    "<<<": ">>",
}
_REDUCTIONS = {"&": "|", "|": "&", "^": "|", "~&": "~|", "~|": "~&", "~^": "^"}


def _edits(parsed: Parsed) -> Iterator[tuple[str, Edit]]:
    fixed = _spans(parsed, _CONSTANT_KINDS)
    for node in parsed.nodes:
        place = parsed.span(node)
        if place is None or any(start <= place.start and place.end <= end for start, end in fixed):
            continue
        for part, operator, text in _changes(parsed, node):
            where = parsed.span(part)
            if where is not None:
                yield operator, Edit(where.start, where.end, text)


_GATES = {
    "and": "or",
    "or": "and",
    "nand": "nor",
    "nor": "nand",
    "xor": "xnor",
    "xnor": "xor",
    "not": "buf",
    "buf": "not",
}

_CONSTANT_KINDS = frozenset(
    {
        SyntaxKind.VariableDimension,
        SyntaxKind.ParameterDeclaration,
        SyntaxKind.LoopGenerate,
        SyntaxKind.ForLoopStatement,
    }
)
"""Constructs where a change alters widths and counts rather than behaviour, and mostly does not compile."""


def _spans(parsed: Parsed, kinds: frozenset[SyntaxKind]) -> list[tuple[int, int]]:
    found = map(parsed.span, parsed.of_kinds(kinds))
    return [(place.start, place.end) for place in found if place is not None]


def _changes(parsed: Parsed, node: SyntaxNode) -> Iterator[tuple[Visited, str, str]]:
    """Yield the edits of *node*: operator, place and new text."""
    match node:
        case BinaryExpressionSyntax() if node.kind in _ASSIGNING:
            if not _ZERO.fullmatch(parsed.text(node.right)):
                yield node.right, "assign zero", "0"
        case BinaryExpressionSyntax():
            sign = node.operatorToken.rawText
            if sign in _SWAPS:
                yield node.operatorToken, "other operator", _SWAPS[sign]
        case PrefixUnaryExpressionSyntax():
            sign = node.operatorToken.rawText
            if sign in {"~", "!"}:
                yield node.operatorToken, "no negation", ""
            elif sign in _REDUCTIONS:
                yield node.operatorToken, "other reduction", _REDUCTIONS[sign]
        case ConditionalStatementSyntax():
            condition = parsed.text(node.predicate)
            yield node.predicate, "negated condition", f"!({condition})"
            yield node.predicate, "condition true", "1'b1"
        case ConditionalExpressionSyntax():
            left, right = parsed.text(node.left), parsed.text(node.right)
            yield node, "swapped choices", f"({parsed.text(node.predicate)}) ? ({right}) : ({left})"
        case LiteralExpressionSyntax() | SyntaxNode(kind=SyntaxKind.IntegerVectorExpression):
            yield from _literal(parsed, node)
        case ExpressionStatementSyntax():
            yield node, "no statement", ";"
        case _:
            yield from _control(parsed, node)


_ASSIGNING = frozenset({SyntaxKind.AssignmentExpression, SyntaxKind.NonblockingAssignmentExpression})
_ZERO = re.compile(r"\d*(?:'[sS]?[bBdDhHoO]\s*)?[0_]+|'0")
_NUMBER = re.compile(r"(?P<size>\d+)?'[sS]?[bBdDhHoO]\s*[0-9a-fA-F_]+|\d+")


def _literal(parsed: Parsed, node: SyntaxNode) -> Iterator[tuple[Visited, str, str]]:
    text = parsed.text(node)
    if _NUMBER.fullmatch(text):
        yield node, "other number", f"({text} ^ 1'b1)"


def _control(parsed: Parsed, node: SyntaxNode) -> Iterator[tuple[Visited, str, str]]:
    match node:
        case SignalEventExpressionSyntax() if node.edge.kind in {
            TokenKind.PosEdgeKeyword,
            TokenKind.NegEdgeKeyword,
        }:
            other = "negedge" if node.edge.kind == TokenKind.PosEdgeKeyword else "posedge"
            yield node.edge, "other edge", other
        case BinaryEventExpressionSyntax() if "edge" in parsed.text(node.right):
            yield node, "no second edge", parsed.text(node.left)
        case StandardCaseItemSyntax():
            yield node, "no case item", ""
        case PrimitiveInstantiationSyntax() if node.type.valueText in _GATES:
            yield node.type, "other gate", _GATES[node.type.valueText]
        case _:
            pass
