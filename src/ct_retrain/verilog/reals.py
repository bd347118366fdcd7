"""Find real numbers and strings that change while a design runs; hardware has none, and no synthesiser
accepts them.

Constants, functions and `initial` blocks may compute with them (to fill a sine table, for example).
"""

from collections.abc import Iterator

from pyslang.syntax import DeclaratorSyntax, SyntaxKind, SyntaxNode

from ct_retrain.verilog.kinds import ALWAYS, identifiers
from ct_retrain.verilog.tree import Parsed, enclosing, nodes

_TYPES = frozenset(
    {SyntaxKind.RealType, SyntaxKind.RealTimeType, SyntaxKind.ShortRealType, SyntaxKind.StringType}
)
_BEFORE = frozenset(
    {
        *(SyntaxKind.InitialBlock, SyntaxKind.FunctionDeclaration, SyntaxKind.ParameterDeclaration),
        *(SyntaxKind.TypeParameterDeclaration, SyntaxKind.CastExpression),
    }
)
"""Contexts that are evaluated before the simulation runs."""
_RUNNING = ALWAYS | {
    *(SyntaxKind.ContinuousAssign, SyntaxKind.HierarchyInstantiation, SyntaxKind.PrimitiveInstantiation),
    *(SyntaxKind.NetDeclaration, SyntaxKind.TaskDeclaration),
}


def reals(parsed: Parsed) -> Iterator[tuple[SyntaxNode, str]]:
    """Yield every declaration in *parsed* of a real or string that running code uses, and a sentence about it."""
    types = parsed.of_kinds(_TYPES)
    if not types:
        return
    used = {name for node in parsed.of_kinds(_RUNNING) for name in identifiers(node)}
    for node in types:
        owner = _owner(node)
        if owner is None:
            continue
        names = {each.name.valueText for each in nodes(owner) if isinstance(each, DeclaratorSyntax)}
        if owner.kind not in _DECLARATIONS or names & used:
            yield node, "a real number or a string that changes while the design runs"


_DECLARATIONS = frozenset({SyntaxKind.DataDeclaration, SyntaxKind.LocalVariableDeclaration})
"""A type anywhere else, such as in a port or a typedef, is used by running code."""


def _owner(node: SyntaxNode) -> SyntaxNode | None:
    """Return the declaration that uses the type *node*; None if it is evaluated before the simulation runs."""
    return None if any(above.kind in _BEFORE for above in enclosing(node)) else node.parent
