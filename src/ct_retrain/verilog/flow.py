"""Data flow of a testbench, by name: what is assigned, copied, compared and passed on.

Scopes are not told apart, so the result is an over-approximation. Copies, selections, concatenations and
casts carry a value on; arithmetic makes a new value.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    BinaryExpressionSyntax,
    DeclaratorSyntax,
    FunctionDeclarationSyntax,
    HierarchicalInstanceSyntax,
    HierarchyInstantiationSyntax,
    InvocationExpressionSyntax,
    SyntaxKind,
    SyntaxNode,
    SystemNameSyntax,
)

from ct_retrain.verilog.directions import children, first_names
from ct_retrain.verilog.kinds import ASSIGNMENTS, function_name
from ct_retrain.verilog.tree import items_of, nodes, tokens


class Write(NamedTuple):
    """One assignment."""

    to: frozenset[str]
    carries: frozenset[str]
    """Names whose value is copied unchanged."""
    value: SyntaxNode


class Flow(NamedTuple):
    """The data flow of one module."""

    writes: tuple[Write, ...]
    compared: tuple[tuple[frozenset[str], frozenset[str]], ...]
    """The carried names of both sides of each comparison or difference (xor, subtraction)."""
    called: tuple[frozenset[str], ...]
    """The names passed to each call of a task or function."""
    judged: tuple[frozenset[str], ...]
    """The names passed to each call that compares or queues its arguments."""
    placed: tuple[frozenset[str], ...]
    """The names connected to each instance."""

    @property
    def written(self) -> frozenset[str]:
        """Every name that is assigned to."""
        return frozenset(name for write in self.writes for name in write.to)

    def carriers(self, names: Iterable[str]) -> frozenset[str]:
        """Return *names* and every name that their values are copied to."""
        found = frozenset(names)
        while True:
            more = found.union(*(write.to for write in self.writes if write.carries & found))
            if more == found:
                return found
            found = more


def flow(scope: SyntaxNode, foreign: frozenset[str] = frozenset()) -> Flow:
    """Return the data flow of the module *scope*; instances of *foreign* modules are left out."""
    writes: list[Write] = []
    compared: list[tuple[frozenset[str], frozenset[str]]] = []
    called: list[frozenset[str]] = []
    judged: list[frozenset[str]] = []
    placed: list[frozenset[str]] = []
    judges = frozenset(_judges(scope))
    for node in nodes(scope):
        match node:
            case BinaryExpressionSyntax() if node.kind in ASSIGNMENTS:
                writes.append(Write(_targets(node.left), carried(node.right), node.right))
            case BinaryExpressionSyntax() if node.kind in _COMPARES:
                compared.append((carried(node.left), carried(node.right)))
            case DeclaratorSyntax():
                writes += [
                    Write(frozenset({node.name.valueText}), carried(value), value)
                    for value in children(node)
                    if value.kind == SyntaxKind.EqualsValueClause
                ]
            case InvocationExpressionSyntax() if not isinstance(node.left, SystemNameSyntax):
                given = carried(*children(node)[1:])
                called.append(given)
                name = tokens(node.left)[-1:]
                judged += [given] if name and name[0].valueText in judges else []
            case HierarchyInstantiationSyntax() if node.type.valueText not in foreign:
                placed += [
                    carried(*children(item))
                    for item in items_of(node, "instances", HierarchicalInstanceSyntax)
                ]
            case _:
                pass
    return Flow(tuple(writes), tuple(compared), tuple(called), tuple(judged), tuple(placed))


def _judges(scope: SyntaxNode) -> Iterator[str]:
    """Yield the tasks and functions that compare, and the queue methods that keep a value for later."""
    yield from ("push_back", "push_front", "put", "insert")
    for node in nodes(scope):
        if isinstance(node, FunctionDeclarationSyntax) and any(
            each.kind in _COMPARES for each in nodes(node)
        ):
            yield function_name(node)


def carried(*values: SyntaxNode) -> frozenset[str]:
    """Return the names whose value reaches *values* unchanged, whole or in part."""
    return frozenset(name for value in values for name in _carried(value))


def _carried(value: SyntaxNode) -> Iterator[str]:
    if value.kind in _NAMES:
        yield from (word.valueText for word in tokens(value)[:1] if word.kind == TokenKind.Identifier)
    elif value.kind in _CARRY:
        for child in children(value):
            yield from _carried(child)


def _targets(left: SyntaxNode) -> frozenset[str]:
    return frozenset(first_names(left, frozenset()))


def _kinds(*names: str) -> frozenset[SyntaxKind]:
    return frozenset(kind for name in names if (kind := SyntaxKind.__members__.get(name)) is not None)


_COMPARES = _kinds(
    *("EqualityExpression", "InequalityExpression", "CaseEqualityExpression", "CaseInequalityExpression"),
    *("WildcardEqualityExpression", "WildcardInequalityExpression"),
    *("BinaryXorExpression", "BinaryXnorExpression", "SubtractExpression"),
)
_NAMES = _kinds("IdentifierName", "IdentifierSelectName")
_CARRY = _kinds(
    *("ParenthesizedExpression", "ConcatenationExpression", "ElementSelectExpression", "CastExpression"),
    *("SignedCastExpression", "EqualsValueClause", "ArgumentList", "OrderedArgument", "NamedArgument"),
    *("SimplePropertyExpr", "SimpleSequenceExpr", "NamedPortConnection", "OrderedPortConnection"),
    *("MultipleConcatenationExpression", "TimingControlExpression"),
    *("BinaryXorExpression", "BinaryXnorExpression", "InvocationExpression"),
)
