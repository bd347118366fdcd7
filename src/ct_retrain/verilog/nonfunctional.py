"""Find the parts of a design that only print or check, which can be left out without changing what it
computes.

Left out are:
- calls of tasks that print or record waves, and assertions whose failure only prints;
- concurrent assertions with their properties;
- checks of parameters that hold, and elaboration tasks that are not reached.

Everything in them must be free of side effects: no assignment, no call of the design's own functions, no
random draw. What could end the simulation stays, and the guard refuses it, unless it is under a condition
that is constant and false.
"""

import re

from pyslang.parsing import Token, TokenKind
from pyslang.syntax import (
    ElseClauseSyntax,
    ExpressionStatementSyntax,
    ImmediateAssertionStatementSyntax,
    InvocationExpressionSyntax,
    SyntaxKind,
    SyntaxNode,
)

from ct_retrain.verilog.kinds import ASSIGNMENTS, STEPS, system_task
from ct_retrain.verilog.legal import CALLS
from ct_retrain.verilog.tree import Visited, enclosing, nodes, tokens

PRINTS = frozenset(
    {
        *(
            f"${task}{base}"
            for task in ("display", "write", "strobe", "monitor")
            for base in ("", "b", "o", "h")
        ),
        *("$info", "$warning", "$error", "$timeformat", "$printtimescale", "$monitoron", "$monitoroff"),
        *("$dumpfile", "$dumpvars", "$dumpon", "$dumpoff", "$dumpall", "$dumplimit", "$dumpflush"),
    }
)
"""System tasks that print or record waves, and change nothing else."""
ENDS = frozenset({"$finish", "$stop", "$fatal"})
"""System tasks that end the simulation."""
_SAMPLES = frozenset(
    {"$past", "$rose", "$fell", "$stable", "$changed", "$sampled", "$isunknown", "$countbits"}
)
_ASKS = CALLS | PRINTS | _SAMPLES | {"$time", "$stime", "$realtime"}
_CHANGES = ASSIGNMENTS | STEPS


def task_of(node: SyntaxNode) -> str:
    """Return the system task that the statement *node* calls; "" for anything else."""
    return system_task(node.expr) if isinstance(node, ExpressionStatementSyntax) else ""


def only_prints(node: SyntaxNode) -> bool:
    """Whether the statement *node* only prints, and prints no verdict; `$fatal` too, where the design runs."""
    also: set[str] = set() if _once(node) else {"$fatal"}
    return task_of(node) in PRINTS | also and harmless(node, frozenset(also)) and not _says_a_verdict(node)


_VERDICT = re.compile(
    r"\bpass(?:ed|es)?\b|success|\bcorrect\b|\bok\b|mismatches:|\berrors\s*[=:]|\bchecks\s*=", re.IGNORECASE
)
"""Words that state a verdict; a design that prints them is refused, although the judge ignores them."""


def _says_a_verdict(node: SyntaxNode) -> bool:
    said = (word.rawText for word in tokens(node) if word.kind == TokenKind.StringLiteral)
    return any(_VERDICT.search(text) for text in said)


LOADS = re.compile(r"\$readmem[hb]\b")
"""System tasks that fill a memory from a file."""


def loads(node: SyntaxNode) -> bool:
    """Whether the statement *node* only fills a memory from a file, once, before the simulation starts."""
    if not LOADS.fullmatch(task_of(node)) or not harmless(node, frozenset({"$readmemh", "$readmemb"})):
        return False
    return _once(node)


def _once(node: SyntaxNode) -> bool:
    """Whether the statement *node* is in an `initial` block."""
    return any(above.kind == SyntaxKind.InitialBlock for above in enclosing(node))


def only_checks(node: SyntaxNode) -> bool:
    """Whether *node* is an immediate assertion with an `else` that only prints the result."""
    if not isinstance(node, ImmediateAssertionStatementSyntax):
        return False
    calls = [each for each in nodes(node.action) if isinstance(each, ExpressionStatementSyntax)]
    otherwise: ElseClauseSyntax | None = getattr(node.action, "elseClause", None)
    return otherwise is not None and all(map(only_prints, calls)) and harmless(node, frozenset({"$fatal"}))


def harmless(node: SyntaxNode, also: frozenset[str] = frozenset()) -> bool:
    """Whether evaluating *node* has no side effects; *also* are system tasks to ignore."""
    allowed = True

    def visit(item: Visited) -> None:
        nonlocal allowed
        if isinstance(item, Token):
            if item.kind == TokenKind.SystemIdentifier and item.valueText not in _ASKS | also:
                allowed = False
        elif item.kind in _CHANGES or item.kind in _STEPS or _calls_the_design(item):
            allowed = False

    node.visit(visit)
    return allowed


def _calls_the_design(node: SyntaxNode) -> bool:
    """Whether *node* calls anything but a system task."""
    if not isinstance(node, InvocationExpressionSyntax) or getattr(node, "arguments", None) is None:
        return False
    return not system_task(node)


_STEPS = frozenset(
    {
        *(SyntaxKind.BlockingEventTriggerStatement, SyntaxKind.NonblockingEventTriggerStatement),
        *(SyntaxKind.ProceduralAssignStatement, SyntaxKind.ProceduralDeassignStatement),
        *(SyntaxKind.ProceduralForceStatement, SyntaxKind.ProceduralReleaseStatement),
        *(SyntaxKind.DisableStatement, SyntaxKind.DisableForkStatement),
    }
)


def assertion(node: SyntaxNode) -> bool:
    """Whether *node*, a kind of `CONCURRENT`, can be left out; what its failure would end is ignored."""
    return harmless(node, ENDS)


CONCURRENT = frozenset(
    kind
    for name in (
        *(
            "ConcurrentAssertionMember",
            "AssertPropertyStatement",
            "AssumePropertyStatement",
            "CoverPropertyStatement",
            "ImmediateCoverStatement",
            "ImmediateAssertionMember",
        ),
        *(
            "CoverSequenceStatement",
            "PropertyDeclaration",
            "SequenceDeclaration",
            "DefaultDisableDeclaration",
        ),
    )
    if (kind := SyntaxKind.__members__.get(name)) is not None
)
"""Concurrent assertions and what only they use, covers, and assertions that are members; no simulator here runs them, and synthesis ignores them."""
