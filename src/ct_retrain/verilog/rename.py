"""Rename the modules of a text, in declarations and uses."""

from pyslang.parsing import TokenKind

from ct_retrain.verilog.modules import module_names
from ct_retrain.verilog.tree import parse


def with_suffix(text: str, suffix: str) -> str:
    """Append *suffix* to every module name of *text*; return "" if a macro produces one or it does not parse."""
    parsed = parse(text)
    if parsed is None or parsed.errors:
        return ""
    defined = module_names(parsed).defined
    pieces: list[bytes] = []
    at = 0
    for token in parsed.tokens:
        if token.kind == TokenKind.Identifier and token.valueText in defined:
            place = parsed.span(token)
            if place is None or token.rawText.startswith("\\"):
                return ""
            pieces += [parsed.data[at : place.end], suffix.encode()]
            at = place.end
    return b"".join([*pieces, parsed.data[at:]]).decode("utf-8", "replace")
