"""End a testbench at the first error that it counts, where a run to its end could only count more.

For designs of which no more is asked than whether they pass. It is done where the verdict is a count and every place
that names the counter is understood: it is one integer, counted up, set to zero only before time has passed, compared
in conditions, and printed. Anything else leaves the testbench as it is.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from pyslang.parsing import Token, TokenKind
from pyslang.syntax import (
    BlockStatementSyntax,
    DataDeclarationSyntax,
    DeclaratorSyntax,
    ExpressionStatementSyntax,
    InvocationExpressionSyntax,
    ProceduralBlockSyntax,
    StructUnionMemberSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.edits import Edit, insertion
from ct_retrain.verilog.kinds import ASSIGNMENTS, STEPS, system_task
from ct_retrain.verilog.tree import Parsed, items_of, nodes, tokens

STOP_MARK = "stopped at the first counted error"
"""Printed after the secret where the test ends early."""


class CountReport(NamedTuple):
    """How a style prints its count of errors: two patterns of tokens written without spaces."""

    call: re.Pattern[str]
    """The whole call, with the counter as the group `errors`."""
    sign: str
    """Text that occurs in these calls alone."""


def early_stops(parsed: Parsed, report: CountReport, blank: str) -> list[Edit]:
    """Return edits that print *blank* and `STOP_MARK` and end the test where *parsed* counts an error.

    Empty where the count could fall, or is not surely what *report* prints.
    """
    everything = parsed.nodes
    counter = _counter(everything, report)
    if not counter or not _declared(everything, counter):
        return []
    additions, zeros = _additions(counter), _zeros(counter)
    counts = [node for node in everything if _is(node, additions)]
    resets = [node for node in everything if _is(node, zeros) and _at_the_start(node)]
    reads = [node for node in everything if _reads(node)]
    if not _all_understood(everything[0], counter, [*counts, *resets, *reads]):
        return []
    stops = [_stop(parsed, node, blank) for node in counts]
    return [edit for stop in stops for edit in stop] if all(stops) else []


def _stop(parsed: Parsed, statement: SyntaxNode, blank: str) -> list[Edit]:
    """Return the edit `n = n + 1;` → `begin n = n + 1; if ($time > 0) … end`: at time 0 it may be reset yet."""
    place = parsed.span(statement)
    if place is None or getattr(statement, "label", None) is not None:
        return []
    stop = f' if ($time > 0) begin $display("{blank} {STOP_MARK}"); $finish; end end'
    return [insertion(place.start, "begin "), insertion(place.end, stop)]


def _counter(everything: list[SyntaxNode], report: CountReport) -> str:
    """Return what every *report* prints, `errors` or `stats1.errors`; "" if they differ or something is like one."""
    calls = [_written(node) for node in everything if isinstance(node, InvocationExpressionSyntax)]
    found = [match["errors"] for call in calls if (match := report.call.fullmatch(call))]
    alike = _written(everything[0]).count(report.sign)
    return found[0] if len(set(found)) == 1 and alike == len(found) else ""


def _written(node: SyntaxNode) -> str:
    """Return the tokens of *node* without what is between them."""
    return "".join(token.rawText for token in tokens(node))


def _additions(counter: str) -> frozenset[str]:
    ones = ("1", "1'b1", "1'd1", "32'd1")
    sums = [f"{counter}{sign}{counter}+{one};" for sign in ("=", "<=") for one in ones]
    return frozenset([*sums, *(f"{counter}+={one};" for one in ones), f"{counter}++;", f"++{counter};"])


def _zeros(counter: str) -> frozenset[str]:
    return frozenset(f"{counter}{sign}0;" for sign in ("=", "<="))


def _is(node: SyntaxNode, statements: Iterable[str]) -> bool:
    return isinstance(node, ExpressionStatementSyntax) and _written(node) in statements


def _at_the_start(statement: SyntaxNode) -> bool:
    """Whether only assignments that take no time are before *statement* in the block of its `initial`."""
    block = statement.parent
    if not isinstance(block, BlockStatementSyntax) or block.kind != SyntaxKind.SequentialBlockStatement:
        return False
    initial = block.parent
    if not isinstance(initial, ProceduralBlockSyntax) or initial.kind != SyntaxKind.InitialBlock:
        return False
    items = items_of(block, "items", SyntaxNode)
    return all(_instant(item) for item in items[: items.index(statement)])


def _instant(item: SyntaxNode) -> bool:
    if not isinstance(item, ExpressionStatementSyntax):
        return False
    calls = [node for node in nodes(item) if isinstance(node, InvocationExpressionSyntax)]
    waits = any(node.kind == SyntaxKind.TimingControlExpression for node in nodes(item))
    return (
        not waits
        and (item.expr.kind in _PLAIN or bool(system_task(item.expr)))
        and all(map(system_task, calls))
    )


_PLAIN = frozenset({SyntaxKind.AssignmentExpression, SyntaxKind.NonblockingAssignmentExpression})
_SPEAKING = frozenset({"$display", "$write", "$strobe", "$monitor", "$error", "$fatal", "$info", "$warning"})


def _reads(node: SyntaxNode) -> bool:
    """Whether *node* is a condition or prints something, and changes nothing by it."""
    speaks = isinstance(node, InvocationExpressionSyntax) and system_task(node) in _SPEAKING
    if not speaks and node.kind != SyntaxKind.ConditionalPredicate:
        return False
    inner = nodes(node)
    calls = [one for one in inner if isinstance(one, InvocationExpressionSyntax) and not system_task(one)]
    return not calls and not any(one.kind in ASSIGNMENTS or one.kind in STEPS for one in inner)


def _declared(everything: list[SyntaxNode], counter: str) -> bool:
    """Whether each name of *counter* is declared once, and the last as an integer that begins at zero or unknown."""
    declarators = [node for node in everything if isinstance(node, DeclaratorSyntax)]
    for name in counter.split("."):
        if [_written(one) for one in declarators if one.name.valueText == name] not in (
            [name],
            [f"{name}=0"],
        ):
            return False
    last = counter.rsplit(".", maxsplit=1)[-1]
    whole = any(_is_whole(one) for one in declarators if one.name.valueText == last)
    return whole and not any(node.kind == SyntaxKind.UnionType for node in everything)


def _is_whole(declarator: DeclaratorSyntax) -> bool:
    owner: SyntaxNode | None = declarator.parent
    return isinstance(owner, DataDeclarationSyntax | StructUnionMemberSyntax) and owner.type.kind in _WHOLE


_WHOLE = frozenset({SyntaxKind.IntegerType, SyntaxKind.IntType})


def _all_understood(root: SyntaxNode, counter: str, known: Iterable[SyntaxNode]) -> bool:
    """Whether *counter* is named nowhere but in its declaration and the nodes *known*."""
    owner, _, name = counter.rpartition(".")
    places = {place for node in known for place in _places(tokens(node), name)}
    words = tokens(root)
    # What is done to the whole structure is done to the counter.
    apart = [word for word, after in pairwise(words) if _named(word, owner) and after.rawText != "."]
    return len(set(_places(words, name)) - places) == 1 and len(apart) == bool(owner)


def _places(words: Iterable[Token], name: str) -> Iterator[int]:
    return (word.location.offset for word in words if _named(word, name))


def _named(word: Token, name: str) -> bool:
    return word.kind == TokenKind.Identifier and word.valueText == name
