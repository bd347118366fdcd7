"""Refuse what no synthesizable design needs: printing, stopping, reaching outside, and hiding code.

The guard is an allow-list over the parsed text. It sees code behind parameters, macros and untaken branches,
and refuses a construct that is new to the parser until it is added. What is allowed and why: ADR 0009.

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
from ct_retrain.verilog.tree import Parsed, parse, tokens
from ct_retrain.verilog.unread import failed_checks, syntax, unexplained
from ct_retrain.verilog.waits import waits

GUARD_VERSION = "8"
"""Version of the rules; change it whenever a text could be judged differently."""


class GuardFinding(NamedTuple):
    """One thing that the text may not contain."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class Report(NamedTuple):
    """What the guard found."""

    refused: tuple[GuardFinding, ...]
    """Reasons to refuse the design, by line; empty if there are none."""
    unread: tuple[GuardFinding, ...]
    """Names that the text does not explain; if it compiles, the compiler found them in the testbench."""


class Approved(NamedTuple):
    """A checked design: the guard's findings, and the text that the judge uses."""

    report: Report
    text: str
    """The design in its canonical spelling; "" when it has syntax errors or cannot be rewritten."""
    names: frozenset[str] = frozenset()
    """Every identifier in the text, or every word of one with syntax errors."""
    illegal: tuple[GuardFinding, ...] = ()
    """Errors of elaboration that hide no names: the design is not legal SystemVerilog."""
    left_out: tuple[GuardFinding, ...] = ()
    """Prints and checks that were dropped from the text."""
    units: frozenset[str] = frozenset()
    """Modules, packages and interfaces that the text defines."""


def guard(rtl: str, reserved: frozenset[str] = frozenset()) -> Report:
    """Check *rtl*; *reserved* are module names that a design may neither define nor use."""
    return approve(rtl, reserved).report


def approve(rtl: str, reserved: frozenset[str] = frozenset()) -> Approved:
    """Check *rtl* as `guard` does, and return the one text of it that a tool may read.

    The design is rewritten first, and the tree of the new text is what is checked. So nothing that only
    another tool would see in the original can be overlooked.
    """
    alone = _approve(rtl, frozenset())
    # What names no reserved word can do nothing with one.
    return _approve(rtl, reserved) if reserved & alone.names else alone


@lru_cache(maxsize=8)
def _approve(rtl: str, reserved: frozenset[str]) -> Approved:
    """Do the work of `approve`; cached, because simulator and synthesiser ask about one design in turn."""
    if "\0" in rtl:
        return _rejected(rtl[: rtl.index("\0")].count("\n") + 1, "a NUL character")
    cut = without_regions(rtl)
    if cut.unclosed:
        return _rejected(cut.unclosed, "code that synthesis skips, without a beginning or an end")
    parsed = parse(cut.text)
    if parsed is None:
        return _rejected(1, too_much(rtl) or "nested too deep to be read")
    refused = [GuardFinding(*found) for found in directives(parsed)]
    refused += [
        GuardFinding(cut.text[: found.start()].count("\n") + 1, f"{found[0]}: code that synthesis skips")
        for found in HIDES_FROM_SYNTHESIS.finditer(cut.text)
    ]
    if parsed.errors:
        return _unreadable(parsed, reserved, refused)
    made = written(parsed)
    again = parse(made.text)
    refused += [GuardFinding(*found) for found in made.problems]
    if again is None or again.errors:
        why = again.errors[0] if again else "nested too deep"
        refused = refused or [GuardFinding(1, f"cannot be rewritten ({why})")]
        return Approved(Report(_sorted(refused), ()), "")
    refused += [*_words(again), *_kinds(again), *_names(again, reserved)]
    unread, illegal = unexplained(again)
    if made.left_out:
        illegal += failed_checks(parsed)
    left_out = [*(Unwritable(line, "a region that synthesis skips") for line in cut.regions), *made.left_out]
    return Approved(
        Report(_sorted(refused), _sorted(GuardFinding(*found) for found in unread)),
        "" if made.problems else made.text,
        made.names,
        _sorted(GuardFinding(*found) for found in illegal),
        _sorted(GuardFinding(*found) for found in left_out),
        frozenset(node.header.name.valueText for node in again.of(ModuleDeclarationSyntax)),
    )


def usable(approved: Approved) -> bool:
    """Whether a synthesiser or a prover may read *approved*: nothing is refused."""
    report = approved.report
    return bool(approved.text) and not (report.refused or report.unread or approved.illegal)


def _rejected(line: int, reason: str) -> Approved:
    return Approved(Report((GuardFinding(line, reason),), ()), "")


def _unreadable(parsed: Parsed, reserved: frozenset[str], refused: list[GuardFinding]) -> Approved:
    """Report syntax errors only: the parser guesses in such a text, so its tree proves nothing else."""
    unread = [GuardFinding(*found) for found in syntax(parsed)]
    unread += [*_kinds(parsed), *_names(parsed, reserved)]
    return Approved(
        Report(_sorted([*refused, *_words(parsed)]), _sorted(unread)),
        "",
        names=frozenset(token.valueText for token in parsed.all_tokens),
    )


def _sorted(found: Iterable[GuardFinding]) -> tuple[GuardFinding, ...]:
    return tuple(sorted(set(found)))


def _kinds(parsed: Parsed) -> Iterator[GuardFinding]:
    """Yield constructs outside the allow-list, and allowed ones in a place where they are not allowed."""
    for kind in parsed.kinds.keys() - KINDS:
        for node in parsed.kinds[kind]:
            yield GuardFinding(parsed.line(node), f"{plain_words(kind)} is not synthesizable")
    for find in (waits, driven_inputs, reals):
        for node, reason in find(parsed):
            yield GuardFinding(parsed.line(node), reason)


def _words(parsed: Parsed) -> Iterator[GuardFinding]:
    for token in parsed.all_tokens:
        kind = token.kind
        if kind == TokenKind.SystemIdentifier and token.valueText not in CALLS:
            yield GuardFinding(parsed.line(token), f"system task {token.valueText}")
        elif kind == TokenKind.RootSystemName or kind == TokenKind.UnitSystemName:  # noqa: PLR1714 - a set would be hashed for every token
            yield GuardFinding(parsed.line(token), f"{token.rawText} reaches out of the design")


def _names(parsed: Parsed, reserved: frozenset[str]) -> Iterator[GuardFinding]:
    """Yield uses of the testbench's modules, and of dots, calls and disables with an undeclared first name."""
    named = parsed.of(*_NAMING)
    declared = {token.valueText for node in named if (token := _declares(node)) is not None}
    for node in parsed.of(*_USING):
        match node:
            case ModuleDeclarationSyntax() if node.header.name.valueText in reserved:
                yield GuardFinding(
                    parsed.line(node), f"module {node.header.name.valueText} is the testbench's"
                )
            case UdpDeclarationSyntax() if node.name.valueText in reserved:
                yield GuardFinding(parsed.line(node), f"primitive {node.name.valueText} is the testbench's")
            case HierarchyInstantiationSyntax() if node.type.valueText in reserved:
                yield GuardFinding(parsed.line(node), f"an instance of the testbench's {node.type.valueText}")
            case _:
                head = _leads_out(node)
                if head is not None and head.kind == TokenKind.Identifier and head.valueText not in declared:
                    yield GuardFinding(parsed.line(node), f"{head.valueText} is declared outside the design")


def _declares(node: SyntaxNode) -> Token | None:
    """Yield the name that *node* declares and that a dot, a call or a disable may begin with."""
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
    """Return the first name of a reference that may leave its scope: `a.b`, `f(x)`, `t;`, `disable b`."""
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


_NAMING: tuple[type[SyntaxNode], ...] = (
    *(DeclaratorSyntax, InstanceNameSyntax, NamedBlockClauseSyntax),
    *(FunctionPrototypeSyntax, ModuleDeclarationSyntax),
)
_USING: tuple[type[SyntaxNode], ...] = (
    *(ModuleDeclarationSyntax, UdpDeclarationSyntax, HierarchyInstantiationSyntax, ScopedNameSyntax),
    *(InvocationExpressionSyntax, DisableStatementSyntax, ExpressionStatementSyntax),
)
