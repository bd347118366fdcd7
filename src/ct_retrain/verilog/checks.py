"""Evaluate the checks that a design makes of its own parameters: checks that hold can be left out.

`initial if (WIDTH < 1) begin $error("…"); $finish; end` does nothing if its condition is constant and false.
Only the parameters that the design gives its own modules are considered, not those that a testbench sets.
"""

from collections.abc import Iterator

from pyslang.ast import (
    ASTContext,
    BlockStatement,
    ConditionalStatement,
    EmptyStatement,
    EvalContext,
    Expression,
    GenerateBlockSymbol,
    ImmediateAssertionStatement,
    LookupLocation,
    ProceduralBlockKind,
    ProceduralBlockSymbol,
    Statement,
    StatementList,
    VisitAction,
)
from pyslang.syntax import ExpressionStatementSyntax, ProceduralBlockSyntax, SyntaxKind, SyntaxNode

from ct_retrain.verilog.nonfunctional import (
    ENDS,
    PRINTS,
    harmless,
    task_of,
)
from ct_retrain.verilog.tree import Parsed, compilation, nodes


def held_checks(parsed: Parsed) -> frozenset[tuple[int, int]]:
    """Return the places of `initial` blocks that only check constants and whose checks hold.

    A failed check must end the simulation. The check must hold for every instance in the design; one in a branch
    that is not generated has none, and must say what is wrong. A place is a buffer and an offset.
    """
    if not any(word.encode() in parsed.data for word in ENDS):
        return frozenset()
    blocks = parsed.kinds.get(SyntaxKind.InitialBlock, ())
    checks = {
        place_of(block) for block in blocks if isinstance(block, ProceduralBlockSyntax) and _is_check(block)
    }
    held = {
        place_of(block)
        for block in blocks
        if any(
            task_of(call) in _SPEAK for call in nodes(block) if isinstance(call, ExpressionStatementSyntax)
        )
    }
    broken: set[tuple[int, int]] = set()

    def visit(symbol: object) -> VisitAction | None:
        if isinstance(symbol, GenerateBlockSymbol) and symbol.isUninstantiated:
            return VisitAction.Skip
        if isinstance(symbol, ProceduralBlockSymbol) and symbol.procedureKind == ProceduralBlockKind.Initial:
            syntax = symbol.syntax
            if place_of(syntax) in checks:
                (broken if _ends(symbol) else held).add(place_of(syntax))
        return None

    try:
        compilation(parsed, None).getRoot().visit(visit)
    except RuntimeError:
        return frozenset()
    return frozenset((checks & held) - broken)


_SPEAK = PRINTS | {"$fatal"}


def place_of(node: SyntaxNode) -> tuple[int, int]:
    """Return a key for the place where *node* begins."""
    start = node.sourceRange.start
    return start.buffer.id, start.offset


def _is_check(block: ProceduralBlockSyntax) -> bool:
    """Whether *node* is only conditions, assertions and calls that print or end the simulation, with one that ends it."""
    statements = {
        SyntaxKind.SequentialBlockStatement,
        SyntaxKind.ConditionalStatement,
        SyntaxKind.EmptyStatement,
        SyntaxKind.ImmediateAssertStatement,
    }
    calls = [node for node in nodes(block) if isinstance(node, ExpressionStatementSyntax)]
    others = [
        node
        for node in nodes(block)
        if node.kind.name.endswith("Statement")
        and node.kind not in statements | {SyntaxKind.ExpressionStatement}
    ]
    tasks = {task_of(call) for call in calls}
    known = tasks <= PRINTS | ENDS and bool(tasks & ENDS)
    return known and not others and harmless(block, ENDS)


def _ends(block: ProceduralBlockSymbol) -> bool:
    """Whether a call that ends the simulation is reached; True if this cannot be decided."""
    context = EvalContext(ASTContext(block.parentScope, LookupLocation.max))
    return any(_reached(block.body, context))


def _reached(statement: Statement, context: EvalContext) -> Iterator[bool]:
    """Whether *node* is reached; True if this cannot be decided."""
    match statement:
        case BlockStatement():
            yield from _reached(statement.body, context)
        case StatementList():
            for each in statement.list:
                yield from _reached(each, context)
        case ConditionalStatement() if len(statement.conditions) == 1:
            yield from _branch(statement, statement.conditions[0].expr, context)
        case ImmediateAssertionStatement():
            yield from _branch(statement, statement.cond, context)
        case EmptyStatement():
            pass
        case _:
            yield task_of(statement.syntax) not in PRINTS


def _branch(
    statement: ConditionalStatement | ImmediateAssertionStatement, condition: Expression, context: EvalContext
) -> Iterator[bool]:
    """Do the work of `_reached` for the branch that *condition* chooses."""
    value = condition.eval(context)
    if not value or value.value is None:
        yield True
        return
    branch: Statement | None = getattr(statement, "ifTrue" if value.isTrue() else "ifFalse", None)
    yield from () if branch is None else _reached(branch, context)
