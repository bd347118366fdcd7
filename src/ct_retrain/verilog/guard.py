"""Says what in a design's text no synthesizable design needs: the ways to speak, stop, reach out and hide.

An allow-list over the parsed text, so that code behind parameters, macros and untaken branches is seen too, and a
construct this parser learns tomorrow is refused until somebody allows it. What is allowed and why: ADR 0009.
Not covered, and left to the harness and the sandbox: endless loops without delay, sizes, outputs that stay
unknown, and power-up values.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pyslang.parsing import Token, TokenKind, TriviaKind
from pyslang.syntax import (
    ConditionalBranchDirectiveSyntax,
    DeclaratorSyntax,
    DefineDirectiveSyntax,
    DisableStatementSyntax,
    ExpressionStatementSyntax,
    FunctionPrototypeSyntax,
    HierarchyInstantiationSyntax,
    IdentifierNameSyntax,
    InstanceNameSyntax,
    InvocationExpressionSyntax,
    ModuleDeclarationSyntax,
    NamedBlockClauseSyntax,
    ProceduralBlockSyntax,
    ScopedNameSyntax,
    SyntaxKind,
    SyntaxNode,
    UdpDeclarationSyntax,
)

from ct_retrain.verilog.bounds import too_much
from ct_retrain.verilog.legal import CALLS, DETECTORS, HIDES_FROM_SYNTHESIS, KINDS
from ct_retrain.verilog.tree import Parsed, Visited, code_of, elaboration, parse, tokens

GUARD_VERSION = "3"
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


def guard(rtl: str, reserved: frozenset[str] = frozenset()) -> Report:
    """Examine *rtl*; *reserved* are names of modules that a design may neither define nor use."""
    if "\0" in rtl:
        return Report((Refusal(rtl[: rtl.index("\0")].count("\n") + 1, "a NUL character"),), ())
    parsed = parse(rtl)
    if parsed is None:
        return Report((Refusal(1, too_much(rtl) or "nested too deep to be read"),), ())
    seen = _look(parsed)
    refused, unread = [*_directives(parsed, seen), *_words(parsed, seen)], [*_unread(parsed)]
    refused += [
        Refusal(rtl[: found.start()].count("\n") + 1, f"{found[0]}: code that synthesis skips")
        for found in HIDES_FROM_SYNTHESIS.finditer(rtl)
    ]
    # In a text with syntax errors the parser guesses, so its guesses are no ground for an accusation.
    (unread if parsed.errors else refused).extend([*_kinds(parsed, seen), *_names(parsed, seen, reserved)])
    return Report(tuple(sorted(set(refused))), tuple(sorted(set(unread))))


class _Seen(NamedTuple):
    """One walk: every node, token and directive, in order."""

    nodes: list[SyntaxNode]
    tokens: list[Token]
    directives: list[SyntaxNode]


def _look(parsed: Parsed) -> _Seen:
    seen = _Seen([], [], [])

    def visit(item: Visited) -> None:
        if isinstance(item, SyntaxNode):
            seen.nodes.append(item)
            return
        seen.tokens.append(item)
        for trivia in item.trivia:
            if trivia.kind == TriviaKind.Directive:
                seen.directives.append(trivia.syntax())

    parsed.tree.root.visit(visit)
    return seen


def _kinds(parsed: Parsed, seen: _Seen) -> Iterator[Refusal]:
    """Constructs outside the allow-list, and time inside `initial`."""
    for node in seen.nodes:
        if node.kind not in KINDS:
            yield Refusal(parsed.line(node), f"{_plain(node.kind)} is not synthesizable")
        elif node.kind == SyntaxKind.InitialBlock and isinstance(node, ProceduralBlockSyntax):
            yield from _timed(parsed, node)


def _directives(parsed: Parsed, seen: _Seen) -> Iterator[Refusal]:
    """Directives outside the allow-list, and code that another tool would read differently."""
    for node in seen.directives:
        if node.kind not in KINDS:
            yield Refusal(parsed.line(node), f"{_plain(node.kind)} is not allowed")
    defined = {node.name.valueText for node in seen.directives if isinstance(node, DefineDirectiveSyntax)}
    for node in seen.directives:
        if isinstance(node, ConditionalBranchDirectiveSyntax):
            for token in tokens(node.expr):
                name = token.valueText
                if token.kind == TokenKind.Identifier and (name in DETECTORS or name not in defined):
                    yield Refusal(parsed.line(node), f"code that depends on the macro {name}")


def _timed(parsed: Parsed, block: ProceduralBlockSyntax) -> Iterator[Refusal]:
    times = {SyntaxKind.TimingControlStatement, SyntaxKind.WaitStatement, SyntaxKind.DelayControl}
    found: list[SyntaxNode] = []

    def visit(item: Visited) -> None:
        if isinstance(item, SyntaxNode) and item.kind in times:
            found.append(item)

    block.visit(visit)
    for node in found[:1]:
        yield Refusal(parsed.line(node), "an initial block that waits")


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


_UNREAD = (
    "UndeclaredIdentifier",
    "UnknownModule",
    "CouldNotResolveHierarchicalPath",
    "UnknownPackage",
    "UnknownInterface",
)


def _unread(parsed: Parsed) -> Iterator[Refusal]:
    """Syntax errors, and names that nothing in the text explains."""
    for found in parsed.tree.diagnostics:
        if found.isError():
            yield Refusal(parsed.line_of(found.location), f"cannot be read ({code_of(found)})")
    problems = elaboration(parsed)
    if problems is None:
        yield Refusal(1, "cannot be elaborated")
        return
    for found in problems:
        if found.isError() and code_of(found) in _UNREAD:
            yield Refusal(parsed.line_of(found.location), f"cannot be resolved ({code_of(found)})")


def _plain(kind: SyntaxKind) -> str:
    """`FinalBlock` as "final block"."""
    return (
        re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.name)
        .lower()
        .removesuffix(" statement")
        .removesuffix(" directive")
    )
