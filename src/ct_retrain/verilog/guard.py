"""Says what in a design's text no synthesizable design needs: the ways to speak, stop, reach out and hide.

An allow-list over the parsed text, so that code behind parameters, macros and untaken branches is seen too, and a
construct this parser learns tomorrow is refused until somebody allows it. What is allowed and why: ADR 0009.
Not covered, and left to the harness and the sandbox: endless loops without delay, sizes, outputs that stay
unknown, and power-up values.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from pyslang.parsing import Token, TokenKind
from pyslang.syntax import (
    DeclaratorSyntax,
    DisableStatementSyntax,
    ExpressionStatementSyntax,
    FunctionPrototypeSyntax,
    HierarchyInstantiationSyntax,
    IdentifierNameSyntax,
    InstanceNameSyntax,
    InvocationExpressionSyntax,
    ModuleDeclarationSyntax,
    NamedBlockClauseSyntax,
    ScopedNameSyntax,
    SyntaxKind,
    SyntaxNode,
    UdpDeclarationSyntax,
)

from ct_retrain.verilog.canonical import Unwritable, written
from ct_retrain.verilog.cuts import without_regions
from ct_retrain.verilog.directives import directives, plain_words
from ct_retrain.verilog.input_drivers import driven_inputs
from ct_retrain.verilog.legal import CALLS, HIDES_FROM_SYNTHESIS, KINDS
from ct_retrain.verilog.parse_limits import too_much
from ct_retrain.verilog.reals import reals
from ct_retrain.verilog.tree import Parsed, Visited, parse, tokens
from ct_retrain.verilog.unread import failed_checks, syntax, unexplained
from ct_retrain.verilog.waits import waits

GUARD_VERSION = "7"
"""Changes whenever a text could be judged differently."""


class Refusal(NamedTuple):
    """One thing the text may not hold."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class Report(NamedTuple):
    """What the guard found."""

    refused: tuple[Refusal, ...]
    """Reasons to refuse the design, first line first; empty for a clean one."""
    unread: tuple[Refusal, ...]
    """What the text alone does not explain; a compiler that accepts it found the meaning in the testbench."""


class Approved(NamedTuple):
    """A design as the judge uses it: what the guard found, and the text that it looked at."""

    report: Report
    text: str
    """The design in its canonical spelling; "" when it has syntax errors or cannot be written anew."""
    names: frozenset[str] = frozenset()
    """Every identifier in the text."""
    illegal: tuple[Refusal, ...] = ()
    """Errors of elaboration that hide no names: the design is not legal SystemVerilog."""
    left_out: tuple[Refusal, ...] = ()
    """What the text does not hold because it only speaks or checks."""
    units: frozenset[str] = frozenset()
    """Modules, packages and interfaces that the text defines."""


def guard(rtl: str, reserved: frozenset[str] = frozenset()) -> Report:
    """Examine *rtl*; *reserved* are names of modules that a design may neither define nor use."""
    return approve(rtl, reserved).report


def approve(rtl: str, reserved: frozenset[str] = frozenset()) -> Approved:
    """Examine *rtl* as `guard` does, and give the one text of it that a tool may read.

    The design is written anew first, and what is examined is the tree of the new text, so nothing that only another
    tool would see in the original can be overlooked.
    """
    alone = _approve(rtl, frozenset())
    # What names no reserved word can do nothing with one.
    return alone if alone.text and not reserved & alone.names else _approve(rtl, reserved)


@lru_cache(maxsize=8)
def _approve(rtl: str, reserved: frozenset[str]) -> Approved:
    """The same; remembered, for the simulator and the synthesiser ask about one design in turn."""
    if "\0" in rtl:
        return _rejected(rtl[: rtl.index("\0")].count("\n") + 1, "a NUL character")
    cut = without_regions(rtl)
    if cut.unclosed:
        return _rejected(cut.unclosed, "code that synthesis skips, without a beginning or an end")
    parsed = parse(cut.text)
    if parsed is None:
        return _rejected(1, too_much(rtl) or "nested too deep to be read")
    refused = [Refusal(*found) for found in directives(parsed)]
    refused += [
        Refusal(cut.text[: found.start()].count("\n") + 1, f"{found[0]}: code that synthesis skips")
        for found in HIDES_FROM_SYNTHESIS.finditer(cut.text)
    ]
    if parsed.errors:
        return _unreadable(parsed, reserved, refused)
    made = written(parsed)
    again = parse(made.text)
    if again is None or again.errors:
        why = again.errors[0] if again else "nested too deep"
        return _rejected(1, f"cannot be written anew ({why})")
    seen = _look(again)
    refused += [Refusal(*found) for found in made.problems]
    refused += [*_words(again, seen), *_kinds(again, seen), *_names(again, seen, reserved)]
    unread, illegal = unexplained(again)
    if made.left_out:
        illegal += failed_checks(parsed)
    left_out = [*(Unwritable(line, "a region that synthesis skips") for line in cut.regions), *made.left_out]
    return Approved(
        Report(_sorted(refused), _sorted(Refusal(*found) for found in unread)),
        "" if made.problems else made.text,
        made.names,
        _sorted(Refusal(*found) for found in illegal),
        _sorted(Refusal(*found) for found in left_out),
        frozenset(
            node.header.name.valueText for node in seen.nodes if isinstance(node, ModuleDeclarationSyntax)
        ),
    )


def usable(approved: Approved) -> bool:
    """Whether there is nothing against *approved*, so that a synthesiser or a prover may read it."""
    report = approved.report
    return bool(approved.text) and not (report.refused or report.unread or approved.illegal)


def _rejected(line: int, reason: str) -> Approved:
    return Approved(Report((Refusal(line, reason),), ()), "")


def _unreadable(parsed: Parsed, reserved: frozenset[str], refused: list[Refusal]) -> Approved:
    """What can be said of a text with syntax errors: the parser guesses, so its guesses are no ground for an accusation."""
    seen = _look(parsed)
    unread = [Refusal(*found) for found in syntax(parsed)]
    unread += [*_kinds(parsed, seen), *_names(parsed, seen, reserved)]
    return Approved(Report(_sorted([*refused, *_words(parsed, seen)]), _sorted(unread)), "")


def _sorted(found: Iterable[Refusal]) -> tuple[Refusal, ...]:
    return tuple(sorted(set(found)))


class _Seen(NamedTuple):
    """One walk: every node and token, in order."""

    nodes: list[SyntaxNode]
    tokens: list[Token]


def _look(parsed: Parsed) -> _Seen:
    seen = _Seen([], [])

    def visit(item: Visited) -> None:
        if isinstance(item, SyntaxNode):
            seen.nodes.append(item)
        else:
            seen.tokens.append(item)

    parsed.tree.root.visit(visit)
    return seen


def _kinds(parsed: Parsed, seen: _Seen) -> Iterator[Refusal]:
    """Constructs outside the allow-list, and what is on it but may not stand where it does."""
    for node in seen.nodes:
        if node.kind not in KINDS:
            yield Refusal(parsed.line(node), f"{plain_words(node.kind)} is not synthesizable")
    for find in (waits, driven_inputs, reals):
        for node, reason in find(seen.nodes):
            yield Refusal(parsed.line(node), reason)


def _words(parsed: Parsed, seen: _Seen) -> Iterator[Refusal]:
    for token in seen.tokens:
        if token.kind == TokenKind.SystemIdentifier and token.valueText not in CALLS:
            yield Refusal(parsed.line(token), f"system task {token.valueText}")
        elif token.kind in {TokenKind.RootSystemName, TokenKind.UnitSystemName}:
            yield Refusal(parsed.line(token), f"{token.rawText} reaches out of the design")


def _names(parsed: Parsed, seen: _Seen, reserved: frozenset[str]) -> Iterator[Refusal]:
    """Modules of somebody else, and dots, calls and disables whose name the text does not declare."""
    declared = {token.valueText for node in seen.nodes if (token := _declares(node)) is not None}
    for node in seen.nodes:
        match node:
            case ModuleDeclarationSyntax() if node.header.name.valueText in reserved:
                yield Refusal(parsed.line(node), f"module {node.header.name.valueText} is the testbench's")
            case UdpDeclarationSyntax() if node.name.valueText in reserved:
                yield Refusal(parsed.line(node), f"primitive {node.name.valueText} is the testbench's")
            case HierarchyInstantiationSyntax() if node.type.valueText in reserved:
                yield Refusal(parsed.line(node), f"an instance of the testbench's {node.type.valueText}")
            case _:
                head = _leads_out(node)
                if head is not None and head.kind == TokenKind.Identifier and head.valueText not in declared:
                    yield Refusal(parsed.line(node), f"{head.valueText} is declared outside the design")


def _declares(node: SyntaxNode) -> Token | None:
    """The name that *node* brings into its scope and that a dot, a call or a disable may begin with."""
    match node:
        case DeclaratorSyntax() | InstanceNameSyntax() | NamedBlockClauseSyntax():
            return node.name
        case FunctionPrototypeSyntax():
            return next(reversed(tokens(node.name)), None)
        case ModuleDeclarationSyntax() if node.kind == SyntaxKind.PackageDeclaration:
            return node.header.name
        case _:
            return None


def _leads_out(node: SyntaxNode) -> Token | None:
    """The first name of what may reach beyond its scope: `a.b`, `f(x)`, `t;`, `disable b`."""
    match node:
        case ScopedNameSyntax():
            return next(iter(tokens(node)), None)
        case InvocationExpressionSyntax():
            return next(iter(tokens(node.left)), None)
        case DisableStatementSyntax():
            return next(iter(tokens(node.name)), None)
        case ExpressionStatementSyntax() if isinstance(node.expr, IdentifierNameSyntax):
            return node.expr.identifier
        case _:
            return None
