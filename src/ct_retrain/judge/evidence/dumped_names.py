"""Let Icarus Verilog 13 compile a testbench whose `$dumpvars` names a signal above its declaration, as VerilogEval's do.

Verilog wants the declaration first; Icarus takes either order up to version 12. A name behind that of its module may
be declared anywhere, and is the same signal, so every version compiles the same and no verdict changes.
"""

from collections.abc import Iterator

from pyslang.syntax import (
    ArgumentListSyntax,
    DataDeclarationSyntax,
    DeclaratorSyntax,
    ExpressionStatementSyntax,
    ModuleDeclarationSyntax,
    NetDeclarationSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.edits import Edit, insertion
from ct_retrain.verilog.kinds import system_task
from ct_retrain.verilog.tree import Parsed, Span, enclosing, items_of


def qualified_dumps(parsed: Parsed, suffix: str) -> Iterator[Edit]:
    """Yield edits that write its module, whose name ends in *suffix*, before each name that is dumped too early."""
    for node in parsed.of(ExpressionStatementSyntax):
        module = _module_around(node) if system_task(node.expr) == "$dumpvars" else None
        if module is not None:
            declared = dict(_declared(parsed, module))
            for name, place in _arguments(parsed, node):
                if declared.get(name, place).start > place.start:
                    yield insertion(place.start, f"{module.header.name.rawText}{suffix} .")


def _module_around(node: SyntaxNode) -> ModuleDeclarationSyntax | None:
    modules = (above for above in enclosing(node) if above.kind == SyntaxKind.ModuleDeclaration)
    return next((one for one in modules if isinstance(one, ModuleDeclarationSyntax)), None)


def _declared(parsed: Parsed, module: ModuleDeclarationSyntax) -> Iterator[tuple[str, Span]]:
    for member in items_of(module, "members", SyntaxNode):
        if isinstance(member, DataDeclarationSyntax | NetDeclarationSyntax):
            for one in items_of(member, "declarators", DeclaratorSyntax):
                place = parsed.span(one.name)
                if place is not None:
                    yield one.name.valueText, place


def _arguments(parsed: Parsed, call: ExpressionStatementSyntax) -> Iterator[tuple[str, Span]]:
    arguments: ArgumentListSyntax | None = getattr(call.expr, "arguments", None)
    for item in items_of(arguments, "parameters", SyntaxNode) if arguments is not None else ():
        place = parsed.span(item)
        if place is not None:
            yield parsed.text(item), place
