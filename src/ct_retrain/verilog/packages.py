"""What a testbench takes from the packages of a design: types and constants, which it may, and functions, which it may not.

A testbench that computes what it expects by a function of the design asks the design whether it is right.
"""

from collections.abc import Iterator

from pyslang.parsing import TokenKind
from pyslang.syntax import (
    DeclaratorSyntax,
    FunctionDeclarationSyntax,
    ModuleDeclarationSyntax,
    PackageImportItemSyntax,
    ParameterDeclarationSyntax,
    ScopedNameSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.kinds import function_name, identifiers
from ct_retrain.verilog.tree import Parsed, items_of, nodes, parse, tokens


def packages_used(testbench: str) -> tuple[str, ...]:
    """The packages that *testbench* takes names from and does not bring itself."""
    if "::" not in testbench:
        return ()
    parsed = parse(testbench)
    if parsed is None:
        return ()
    everything = nodes(parsed.tree.root)
    own = {package.header.name.valueText for package in packages_in(parsed)}
    used = {name for node in everything if (name := _package_of(node))}
    return tuple(sorted(used - own))


def packages_alone(rtl: str, names: tuple[str, ...]) -> str:
    """Every package of *rtl*, where one of *names* is among them: they may need each other; else ""."""
    parsed = parse(rtl) if names else None
    found = list(packages_in(parsed)) if parsed is not None else []
    if parsed is None or not {package.header.name.valueText for package in found} & set(names):
        return ""
    return "".join(f"{parsed.text(package)}\n" for package in found)


def telling_name(rtl: str, names: tuple[str, ...], testbench: str) -> str:
    """What of the packages *names* of *rtl* the *testbench* uses that could hold or compute what it expects; "" for none."""
    parsed, bench = (parse(rtl), parse(testbench)) if names else (None, None)
    if parsed is None or bench is None:
        return ""
    spoken = set(identifiers(bench.tree.root))
    for package in packages_in(parsed):
        if package.header.name.valueText in names:
            found = min(spoken.intersection(_telling(package)), default="")
            if found:
                return f"{package.header.name.valueText}::{found}"
    return ""


def packages_in(parsed: Parsed) -> Iterator[ModuleDeclarationSyntax]:
    """The packages that *parsed* declares."""
    for node in nodes(parsed.tree.root):
        if isinstance(node, ModuleDeclarationSyntax) and node.kind == SyntaxKind.PackageDeclaration:
            yield node


def _package_of(node: SyntaxNode) -> str:
    if isinstance(node, PackageImportItemSyntax):
        return node.package.valueText
    if isinstance(node, ScopedNameSyntax) and node.separator.kind == TokenKind.DoubleColon:
        return next((word.valueText for word in tokens(node.left)), "")
    return ""


def _telling(package: ModuleDeclarationSyntax) -> Iterator[str]:
    """Functions, tasks, and tables: constants of several elements."""
    for node in nodes(package):
        if isinstance(node, FunctionDeclarationSyntax):
            yield function_name(node)
        elif isinstance(node, ParameterDeclarationSyntax):
            for one in items_of(node, "declarators", DeclaratorSyntax):
                if any(inner.kind == SyntaxKind.VariableDimension for inner in one.dimensions):
                    yield one.name.valueText
