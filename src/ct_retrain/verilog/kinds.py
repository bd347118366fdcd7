"""Groups of syntax kinds, and small questions about nodes, that several readers of a tree ask."""

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    ExpressionSyntax,
    FunctionDeclarationSyntax,
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
"""`=`, `<=`, `+=` and the others."""
STEPS = frozenset(kind for name, kind in SyntaxKind.__members__.items() if "crementExpression" in name)
"""`++` and `--`, before and behind."""
ALWAYS = frozenset(
    {
        *(SyntaxKind.AlwaysBlock, SyntaxKind.AlwaysCombBlock),
        *(SyntaxKind.AlwaysFFBlock, SyntaxKind.AlwaysLatchBlock),
    }
)


def identifiers(node: SyntaxNode) -> list[str]:
    """Every name in *node*, in order, as often as it stands there."""
    return [token.valueText for token in tokens(node) if token.kind == TokenKind.Identifier]


def function_name(node: FunctionDeclarationSyntax) -> str:
    """What the function or task *node* is called; "" where its name is missing."""
    return next((token.valueText for token in reversed(tokens(node.prototype.name))), "")


def system_task(expression: ExpressionSyntax) -> str:
    """The system task that *expression* is or calls; "" for anything else."""
    name = expression
    while isinstance(name, InvocationExpressionSyntax):
        # Attributes behind a call make it the name of another call, without arguments.
        name = name.left
    return name.systemIdentifier.valueText if isinstance(name, SystemNameSyntax) else ""


def implicit(connection: NamedPortConnectionSyntax) -> bool:
    """Whether *connection* is `.a`, which connects what is called so where it stands."""
    return len(tokens(connection)) == _DOT_AND_NAME


_DOT_AND_NAME = 2
