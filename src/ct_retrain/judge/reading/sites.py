"""Find where a testbench prints, number each place, and decide whether the testbench chose to print there.

A sentence is a verdict only if the testbench decided to print it: under `if`, `case`, `?:` or `assert`, in a
task called that way, or right before one of several ends of the simulation. Everything else is narration,
whatever words of failure it holds. Works on preprocessed text, so that what a macro prints is found as well.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyslang.parsing import Token, TokenKind
from pyslang.syntax import (
    ActionBlockSyntax,
    ArgumentListSyntax,
    BlockStatementSyntax,
    CaseItemSyntax,
    ConditionalExpressionSyntax,
    ConditionalStatementSyntax,
    ElseClauseSyntax,
    ExpressionStatementSyntax,
    FunctionDeclarationSyntax,
    InvocationExpressionSyntax,
    SyntaxNode,
    SystemNameSyntax,
)

from ct_retrain.judge.reading.tallies import tallies
from ct_retrain.verilog.edits import Edit, insertion
from ct_retrain.verilog.kinds import function_name, system_task
from ct_retrain.verilog.tree import Parsed, Span, items_of, nodes, tokens


class PrintSite(NamedTuple):
    """One print statement."""

    number: int
    line: int
    """Line in the preprocessed testbench, from 1."""
    chosen: bool
    """Whether the testbench decided to print here."""
    severity: str
    """`error`, `fatal` or `warning` for the task of that name; else empty."""
    template: str
    """Its format strings, with the conversions in them."""
    picks: bool = False
    """Whether it prints a text chosen elsewhere (`%s` of a variable)."""
    counts: bool = False
    """Whether its numbers are tallies: variables that only count up."""
    rivals: tuple[int, ...] = ()
    """Print statements in the other branch of the same `if`, which are silent when this one prints."""


class MarkedPrints(NamedTuple):
    """Edits for a testbench, and its print statements."""

    edits: tuple[Edit, ...]
    sites: tuple[PrintSite, ...]


def marked(parsed: Parsed, mark: str) -> MarkedPrints:
    """Prefix everything that *parsed* prints with *mark*, the statement's number and a space."""
    everything = parsed.nodes
    printing = list(_printing(parsed, everything))
    choice, counted = _Choice(parsed, everything), tallies(everything)
    spans = [one.span for one in printing]
    ends = _endings(parsed, everything, spans)
    sites = tuple(
        PrintSite(
            number=number,
            line=parsed.line(one.node),
            chosen=choice.covers(one.span) or one.span in ends or _conditional(one.node),
            severity=one.severity,
            template=one.template,
            picks="%s" in one.template or "%0s" in one.template,
            counts=_prints_only(one.node, counted),
            rivals=tuple(sorted(choice.rivals(number, spans))),
        )
        for number, one in enumerate(printing)
    )
    edits = [edit for number, one in enumerate(printing) for edit in _edits(parsed, one, f"{mark} {number} ")]
    return MarkedPrints(tuple(edits), sites)


class _Print(NamedTuple):
    """A statement that prints."""

    node: SyntaxNode
    span: Span
    severity: str
    template: str


_PRINTS = re.compile(r"\$f?(?:display|write|strobe|monitor)[bho]?$")
_SEVERITIES = {"$error": "error", "$fatal": "fatal", "$warning": "warning"}


def _printing(parsed: Parsed, everything: Iterable[SyntaxNode]) -> Iterator[_Print]:
    for node in everything:
        if isinstance(node, InvocationExpressionSyntax) and isinstance(node.left, SystemNameSyntax):
            span = parsed.span(node)
            if span and _PRINTS.match(node.left.systemIdentifier.valueText) and _arguments(node) is not None:
                yield _Print(node, span, "", _template(parsed, node))
        elif isinstance(node, ExpressionStatementSyntax):
            severity, span = _SEVERITIES.get(system_task(node.expr), ""), parsed.span(node)
            if severity and span:
                yield _Print(node, span, severity, _template(parsed, node))


def _arguments(node: InvocationExpressionSyntax) -> ArgumentListSyntax | None:
    return getattr(node, "arguments", None)


def _strings(node: SyntaxNode) -> list[Token]:
    return [token for token in tokens(node) if token.kind == TokenKind.StringLiteral]


def _template(parsed: Parsed, node: SyntaxNode) -> str:
    """Return the first string of *node*: the printed text, up to its values."""
    return next((parsed.text(token)[1:-1] for token in _strings(node)), "")


def _prints_only(node: SyntaxNode, counted: frozenset[str]) -> bool:
    """Whether *node* prints, besides text, only the variables *counted*."""
    if not isinstance(node, InvocationExpressionSyntax) or (given := _arguments(node)) is None:
        return False
    words = [token.valueText for token in tokens(given) if token.kind == TokenKind.Identifier]
    return bool(words) and counted.issuperset(words)


def _conditional(node: SyntaxNode) -> bool:
    """Whether an argument chooses between texts by `?:`."""
    return any(isinstance(inner, ConditionalExpressionSyntax) for inner in nodes(node))


class _Choice:
    """The parts of a testbench that run only by decision."""

    def __init__(self, parsed: Parsed, everything: list[SyntaxNode]) -> None:
        self._regions: list[Span] = []
        self._branches: list[tuple[Span, Span]] = []
        for node in everything:
            self._add(parsed, node)
        self._add_tasks(parsed, everything)

    def covers(self, span: Span) -> bool:
        """Whether the code at *span* runs only by decision."""
        return any(_holds(region, span) for region in self._regions)

    def rivals(self, number: int, spans: list[Span]) -> set[int]:
        """Return the numbers of *spans* in the other branch of an `if` that contains *number*."""
        found: set[int] = set()
        for one, two in self._branches:
            for mine, other in ((one, two), (two, one)):
                if _holds(mine, spans[number]):
                    found |= {at for at, span in enumerate(spans) if _holds(other, span)}
        return found

    def _add(self, parsed: Parsed, node: SyntaxNode) -> None:
        match node:
            case ConditionalStatementSyntax():
                taken = parsed.span(node.statement)
                other: ElseClauseSyntax | None = getattr(node, "elseClause", None)
                otherwise = parsed.span(other) if other is not None else None
                self._regions += [span for span in (taken, otherwise) if span]
                if taken and otherwise:
                    self._branches.append((taken, otherwise))
            case CaseItemSyntax() | ActionBlockSyntax():
                span = parsed.span(node)
                self._regions += [span] if span else []
            case _:
                pass

    def _add_tasks(self, parsed: Parsed, everything: list[SyntaxNode]) -> None:
        """Add the bodies of tasks that are called by decision, at any depth."""
        bodies = {
            function_name(node): span
            for node in everything
            if isinstance(node, FunctionDeclarationSyntax) and (span := parsed.span(node))
        }
        calls: dict[str, list[Span]] = defaultdict(list)
        for node in everything:
            name = _called(node)
            if name in bodies and (span := parsed.span(node)):
                calls[name].append(span)
        left = set(bodies)
        while chosen := {name for name in left if any(self.covers(call) for call in calls[name])}:
            self._regions += [bodies[name] for name in chosen]
            left -= chosen


def _called(node: SyntaxNode) -> str:
    if isinstance(node, InvocationExpressionSyntax):
        return str(node.left).strip()
    return str(node.expr).strip() if isinstance(node, ExpressionStatementSyntax) else ""


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


ENDS = frozenset({"$finish", "$stop"})
"""Tasks by which a testbench ends the simulation."""


def _endings(parsed: Parsed, everything: Iterable[SyntaxNode], spans: list[Span]) -> set[Span]:
    """Return prints right before an end of the simulation, if there are several ends."""
    printed = set(spans)
    found: list[list[Span]] = []
    for node in [one for one in everything if isinstance(one, BlockStatementSyntax)]:
        run: list[Span] = []
        for item in items_of(node, "items", SyntaxNode):
            inner = [span for one in nodes(item) if (span := parsed.span(one)) and span in printed]
            if isinstance(item, ExpressionStatementSyntax) and system_task(item.expr) in ENDS:
                found.append(run)
                run = []
            elif inner and not isinstance(item, ConditionalStatementSyntax | BlockStatementSyntax):
                run = [*run, *inner]
            else:
                run = []
    ends = sum(
        isinstance(node, ExpressionStatementSyntax) and system_task(node.expr) in ENDS for node in everything
    )
    return {span for run in found for span in run} if ends > 1 else set()


def _edits(parsed: Parsed, one: _Print, voice: str) -> list[Edit]:
    """Return the edit `$display(x)` → `$display("prefix", x)`, also after each line end in its strings."""
    if one.severity:
        return [insertion(one.span.start, f'begin $display("{voice}"); '), insertion(one.span.end, " end")]
    if not isinstance(one.node, InvocationExpressionSyntax) or not isinstance(
        one.node.left, SystemNameSyntax
    ):
        return []
    arguments = _arguments(one.node)
    words = tokens(arguments) if arguments is not None else []
    to_file = one.node.left.systemIdentifier.valueText.startswith("$f")
    opener = next((word for word in words if word.kind == TokenKind.Comma), None) if to_file else words[0]
    opened = parsed.span(opener) if opener is not None else None
    if opened is None:
        return []
    edits = [insertion(opened.end, f'"{voice}"{", " if to_file or len(words) > _EMPTY else ""}')]
    for token in _strings(one.node):
        place = parsed.span(token)
        if place is not None:
            text = parsed.data[place.start : place.end]
            edits += [insertion(place.start + at.end(), voice) for at in _LINE_END.finditer(text)]
    return edits


_EMPTY = 2
"""Tokens of `()`."""
_LINE_END = re.compile(rb"(?<!\\)(?:\\\\)*\\n(?=[^\"])")
