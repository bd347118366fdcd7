"""Find waits that hardware cannot have: anywhere but at the head of an `always`.

A process that waits in its middle, or calls a task that does, can put out hard-coded answers one after another.
Delays inside an `always` are allowed here because they are an old habit; a design with delays must also pass
without them (`judge.second_opinion`).
"""

from collections.abc import Iterator

from pyslang.syntax import SyntaxKind, SyntaxNode

from ct_retrain.verilog.kinds import ALWAYS
from ct_retrain.verilog.tree import Parsed, enclosing

_EVENTS = frozenset(
    {SyntaxKind.EventControl, SyntaxKind.EventControlWithExpression, SyntaxKind.ImplicitEventControl}
)
_WAITS = frozenset(
    {SyntaxKind.DelayControl, SyntaxKind.Delay3, SyntaxKind.OneStepDelay, SyntaxKind.WaitStatement}
)
_ONCE = {
    SyntaxKind.InitialBlock: "an initial block that waits",
    SyntaxKind.TaskDeclaration: "a task that waits",
    SyntaxKind.FunctionDeclaration: "a function that waits",
}


def waits(parsed: Parsed) -> Iterator[tuple[SyntaxNode, str]]:
    """Yield every wait in *parsed* that is not an `always`'s own, with what is wrong with it."""
    for node in parsed.of_kinds(_EVENTS):
        if not _at_head(node):
            yield node, _around(node) or "an event control that is not at the head of an always"
    for node in parsed.of_kinds(_WAITS):
        around = _around(node)
        if around:
            yield node, around


def _at_head(control: SyntaxNode) -> bool:
    statement = control.parent
    return statement.kind == SyntaxKind.TimingControlStatement and statement.parent.kind in ALWAYS


def _around(node: SyntaxNode) -> str:
    """Return the construct around *node* in which nothing may take time."""
    return next((_ONCE[above.kind] for above in enclosing(node) if above.kind in _ONCE), "")
