"""Find a testbench's tallies: variables that are set to a number and counted up, and are not a loop's index.

The value of a tally is a count, whatever the words around it: `ERRORS: 0` is not a failure if the number is a
tally.
"""

from collections.abc import Iterable

from pyslang.syntax import (
    BinaryExpressionSyntax,
    DeclaratorSyntax,
    ForLoopStatementSyntax,
    IdentifierNameSyntax,
    LiteralExpressionSyntax,
    PostfixUnaryExpressionSyntax,
    PrefixUnaryExpressionSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.tree import items_of, nodes


def tallies(everything: Iterable[SyntaxNode]) -> frozenset[str]:
    """Return the names of tallies among *everything*, the nodes of a testbench."""
    counted: set[str] = set()
    changed_otherwise: set[str] = set()
    for node in everything:
        if isinstance(node, ForLoopStatementSyntax):
            for part in (*items_of(node, "initializers", SyntaxNode), *items_of(node, "steps", SyntaxNode)):
                changed_otherwise |= _changed(part)
        elif node.kind in _STEPS and isinstance(
            node, PostfixUnaryExpressionSyntax | PrefixUnaryExpressionSyntax
        ):
            counted.add(_name(node.operand))
        elif node.kind in _SETS and isinstance(node, BinaryExpressionSyntax):
            name = _name(node.left)
            if node.kind == SyntaxKind.AddAssignmentExpression or _adds_to(name, node.right):
                counted.add(name)
            elif not isinstance(node.right, LiteralExpressionSyntax):
                changed_otherwise.add(name)
    return frozenset(counted - changed_otherwise - {""})


_STEPS = frozenset({SyntaxKind.PostincrementExpression, SyntaxKind.UnaryPreincrementExpression})
_SETS = frozenset(
    {
        *(SyntaxKind.AssignmentExpression, SyntaxKind.NonblockingAssignmentExpression),
        SyntaxKind.AddAssignmentExpression,
    }
)


def _name(node: SyntaxNode) -> str:
    """Return the variable that *node* is; "" for a part of one, or a path."""
    return node.identifier.valueText if isinstance(node, IdentifierNameSyntax) else ""


def _adds_to(name: str, value: SyntaxNode) -> bool:
    """Whether *value* is `name + …`."""
    plain = value
    while plain.kind == SyntaxKind.ParenthesizedExpression:
        plain = next(one for one in nodes(plain)[1:])
    return (
        plain.kind == SyntaxKind.AddExpression
        and isinstance(plain, BinaryExpressionSyntax)
        and name in {_name(plain.left), _name(plain.right)}
    )


def _changed(node: SyntaxNode) -> set[str]:
    """Return every variable in a part of a loop's head."""
    names = (
        inner.identifier if isinstance(inner, IdentifierNameSyntax) else inner.name
        for inner in nodes(node)
        if isinstance(inner, IdentifierNameSyntax | DeclaratorSyntax)
    )
    return {name.valueText for name in names}
