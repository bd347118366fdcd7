"""Takes the delays out of a design: synthesis ignores them, so what is right only with them is not right."""

import re

from pyslang.syntax import SyntaxKind, SyntaxNode

from ct_retrain.verilog.tree import Parsed, nodes, parse


def undelayed(rtl: str) -> str | None:
    """*rtl* without any `#` delay; *rtl* itself where it has none, None where a macro hides one too well."""
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
    kinds = {SyntaxKind.DelayControl, SyntaxKind.Delay3}
    return [node for node in nodes(parsed.tree.root) if node.kind in kinds]


def _place(parsed: Parsed, node: SyntaxNode) -> tuple[int, int]:
    """Where *node* lies in the text, with the whole use of a macro that it ends in; nowhere when one makes it all."""
    place = parsed.span(node)
    if place is not None:
        return place
    manager, where = parsed.tree.sourceManager, node.sourceRange
    if not manager.isFileLoc(where.start):
        return 0, 0
    end = manager.getExpansionRange(where.end).end
    return where.start.offset, max(where.start.offset, end.offset)
