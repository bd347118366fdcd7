"""Find the names that texts compiled together can share: those of the compilation unit, and packages."""

from pyslang.syntax import (
    ClassDeclarationSyntax,
    CompilationUnitSyntax,
    DataDeclarationSyntax,
    DeclaratorSyntax,
    ModuleDeclarationSyntax,
    NetDeclarationSyntax,
    ParameterDeclarationStatementSyntax,
    SyntaxKind,
    SyntaxNode,
    TypedefDeclarationSyntax,
)

from ct_retrain.verilog.tree import Parsed, items_of, nodes


def shared_names(parsed: Parsed) -> set[str]:
    """Return variables, nets, parameters, types and classes outside modules, and packages and interfaces."""
    root = parsed.tree.root
    members = items_of(root, "members", SyntaxNode) if isinstance(root, CompilationUnitSyntax) else [root]
    found: set[str] = set()
    for member in members:
        match member:
            case ModuleDeclarationSyntax() if member.kind != SyntaxKind.ModuleDeclaration:
                found.add(member.header.name.valueText)
            case ClassDeclarationSyntax():
                found.add(member.name.valueText)
            case TypedefDeclarationSyntax():
                found.add(member.name.valueText)
                found |= _declared(member)
            case DataDeclarationSyntax() | NetDeclarationSyntax() | ParameterDeclarationStatementSyntax():
                found |= _declared(member)
            case _:
                pass
    return found - {""}


def _declared(member: SyntaxNode) -> set[str]:
    return {node.name.valueText for node in nodes(member) if isinstance(node, DeclaratorSyntax)}
