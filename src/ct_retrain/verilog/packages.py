"""Find what a testbench takes from the packages of a design: types and constants are allowed, functions are
not.

A testbench that computes its expected values with a function of the design would let the design judge itself.
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
    """Return the packages that *testbench* imports from and does not define."""
    if "::" not in testbench:
        return ()
    parsed = parse(testbench)
    if parsed is None:
        return ()
    everything = parsed.nodes
    own = {package.header.name.valueText for package in packages_in(parsed)}
    used = {name for node in everything if (name := _package_of(node))}
    return tuple(sorted(used - own))


def packages_alone(rtl: str, names: tuple[str, ...]) -> str:
    """Return every package of *rtl* if one of *names* is among them (packages may need each other), else ""."""
    parsed = parse(rtl) if names else None
    found = list(packages_in(parsed)) if parsed is not None else []
    if parsed is None or not {package.header.name.valueText for package in found} & set(names):
        return ""
    return "".join(f"{parsed.text(package)}\n" for package in found)


def telling_name(rtl: str, names: tuple[str, ...], testbench: str) -> str:
    """Return what *testbench* uses of the packages *names* that could compute or hold expected values, or ""."""
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
    """Return the packages that *parsed* declares."""
    for node in parsed.of(ModuleDeclarationSyntax):
        if node.kind == SyntaxKind.PackageDeclaration:
            yield node


def _package_of(node: SyntaxNode) -> str:
    if isinstance(node, PackageImportItemSyntax):
        return node.package.valueText
    if isinstance(node, ScopedNameSyntax) and node.separator.kind == TokenKind.DoubleColon:
        return next((word.valueText for word in tokens(node.left)), "")
    return ""


def _telling(package: ModuleDeclarationSyntax) -> Iterator[str]:
    """Yield functions, tasks and tables (constants of several elements)."""
    for node in nodes(package):
        if isinstance(node, FunctionDeclarationSyntax):
            yield function_name(node)
        elif isinstance(node, ParameterDeclarationSyntax):
            for one in items_of(node, "declarators", DeclaratorSyntax):
                if any(inner.kind == SyntaxKind.VariableDimension for inner in one.dimensions):
                    yield one.name.valueText
