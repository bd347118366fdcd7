"""Groups of syntax kinds and small questions about nodes that several modules share."""

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    ExpressionSyntax,
    FunctionDeclarationSyntax,
    HierarchicalInstanceSyntax,
    InstanceNameSyntax,
    InvocationExpressionSyntax,
    NamedPortConnectionSyntax,
    SyntaxKind,
    SyntaxNode,
    SystemNameSyntax,
)

from ct_retrain.verilog.tree import tokens

ASSIGNMENTS = frozenset(
    kind for name, kind in SyntaxKind.__members__.items() if name.endswith("AssignmentExpression")
)
"""Assignment operators: `=`, `<=`, `+=` and the others."""
STEPS = frozenset(kind for name, kind in SyntaxKind.__members__.items() if "crementExpression" in name)
"""Increment and decrement, before and behind."""
ALWAYS = frozenset(
    {
        *(SyntaxKind.AlwaysBlock, SyntaxKind.AlwaysCombBlock),
        *(SyntaxKind.AlwaysFFBlock, SyntaxKind.AlwaysLatchBlock),
    }
)


def identifiers(node: SyntaxNode) -> list[str]:
    """Yield every name in *node*, in order, with repetitions."""
    return [token.valueText for token in tokens(node) if token.kind == TokenKind.Identifier]


def function_name(node: FunctionDeclarationSyntax) -> str:
    """Return the name of the function or task *node*; "" if it is missing."""
    return next((token.valueText for token in reversed(tokens(node.prototype.name))), "")


def instance_name(item: HierarchicalInstanceSyntax) -> str:
    """Return the name of the instance *item*; "" if it has none, as primitives may."""
    named: InstanceNameSyntax | None = getattr(item, "decl", None)
    return named.name.valueText if named else ""


def system_task(expression: ExpressionSyntax) -> str:
    """Return the system task that *expression* is or calls; "" for anything else."""
    name = expression
    while isinstance(name, InvocationExpressionSyntax):
        # With attributes behind it, the parser reads a call as another one without arguments.
        name = name.left
    return name.systemIdentifier.valueText if isinstance(name, SystemNameSyntax) else ""


def implicit(connection: NamedPortConnectionSyntax) -> bool:
    """Whether *connection* is `.a`, which connects the signal of that name."""
    return len(tokens(connection)) == _DOT_AND_NAME


_DOT_AND_NAME = 2
