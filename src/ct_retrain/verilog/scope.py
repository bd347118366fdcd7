"""Find file-scope names of a design that a testbench could use by mistake.

Testbench and design are one compilation unit. A name that the testbench uses outside the scope that declares
it (an implicit net, a task of an enclosing module) may therefore resolve to a file-scope name of the design.
A name that the testbench declares nowhere is meant to come from the design.
"""

from pyslang.syntax import (
    CompilationUnitSyntax,
    DeclaratorSyntax,
    FunctionDeclarationSyntax,
    ModuleDeclarationSyntax,
    PackageImportDeclarationSyntax,
    SyntaxNode,
    TypedefDeclarationSyntax,
)

from ct_retrain.verilog.kinds import function_name
from ct_retrain.verilog.packages import packages_in
from ct_retrain.verilog.tree import Parsed, code_of, elaboration, items_of, nodes, parse


def captured(rtl: str, testbench: str) -> str:
    """Return a name that *rtl* declares at file scope and *testbench* means to be another; "" if none."""
    parsed = parse(rtl)
    declared = frozenset[str]() if parsed is None else _at_file_scope(parsed)
    if not declared:
        return ""
    return min(declared & _exposed(testbench), default="")


def _at_file_scope(parsed: Parsed) -> frozenset[str]:
    """Return what *parsed* declares outside modules, and what it imports there from its own packages."""
    root = parsed.tree.root
    members = items_of(root, "members", SyntaxNode) if isinstance(root, CompilationUnitSyntax) else [root]
    outside = [member for member in members if not isinstance(member, ModuleDeclarationSyntax)]
    if any(isinstance(member, PackageImportDeclarationSyntax) for member in outside):
        outside += [
            inner for package in packages_in(parsed) for inner in items_of(package, "members", SyntaxNode)
        ]
    return frozenset(name for member in outside for name in _declared(member))


def _declared(member: SyntaxNode) -> list[str]:
    """Yield the names that *member* declares, enumeration values included (and fields, which do no harm)."""
    if isinstance(member, FunctionDeclarationSyntax):
        return [name] if (name := function_name(member)) else []
    named = [member.name.valueText] if isinstance(member, TypedefDeclarationSyntax) else []
    return [*named, *(node.name.valueText for node in nodes(member) if isinstance(node, DeclaratorSyntax))]


def _exposed(testbench: str) -> frozenset[str]:
    """Return the names that *testbench* declares, but not in the scope that uses them, and its implicit nets."""
    parsed = parse(testbench)
    if parsed is None:
        return frozenset()
    found: dict[str, set[str]] = {}
    for problem in elaboration(parsed) or ():
        found.setdefault(code_of(problem), set()).update(str(argument) for argument in problem.args)
    own = {
        name for node in parsed.of(DeclaratorSyntax, FunctionDeclarationSyntax) for name in _declared(node)
    }
    return frozenset(
        found.get("ImplicitNet", set())
        | (own & (found.get("UsedBeforeDeclared", set()) | found.get("UndeclaredIdentifier", set())))
    )
