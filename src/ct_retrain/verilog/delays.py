"""Remove the delays of a design: synthesis ignores them, so a design must also be right without them."""

import re

from pyslang.syntax import SyntaxKind, SyntaxNode

from ct_retrain.verilog.tree import Parsed, parse


def undelayed(rtl: str) -> str | None:
    """Return *rtl* without `#` delays, unchanged if it has none; None if a delay is hidden in a macro."""
    parsed = parse(rtl) if "#" in rtl else None
    if parsed is None or not _delays(parsed):
        return rtl
    defined = parse(_IN_A_MACRO.sub(lambda found: found[1], rtl))
    if defined is None:
        return None
    data = bytearray(defined.data)
    for node in _delays(defined):
        start, end = _place(defined, node)
        data[start:end] = b" " * (end - start)
    text = data.decode("utf-8", "replace")
    left = parse(text)
    return None if left is None or _delays(left) else text


_IN_A_MACRO = re.compile(r"^([ \t]*`define[ \t][^\n#]*)#[ \t]*\d[\w.]*", re.MULTILINE)


def _delays(parsed: Parsed) -> list[SyntaxNode]:
    return parsed.of_kinds({SyntaxKind.DelayControl, SyntaxKind.Delay3})


def _place(parsed: Parsed, node: SyntaxNode) -> tuple[int, int]:
    """Return where *node* lies, with the macro use that it ends in; None if a macro produced all of it."""
    place = parsed.span(node)
    if place is not None:
        return place
    manager, where = parsed.tree.sourceManager, node.sourceRange
    if not manager.isFileLoc(where.start):
        return 0, 0
    end = manager.getExpansionRange(where.end).end
    return where.start.offset, max(where.start.offset, end.offset)
