"""Rename the modules of a text, in declarations and uses."""

from collections.abc import Collection

from pyslang.parsing import TokenKind

from ct_retrain.verilog.modules import module_names
from ct_retrain.verilog.tree import parse


def with_suffix(text: str, suffix: str, only: Collection[str] = ()) -> str:
    """Append *suffix* to every module name of *text*, or to those in *only*.

    Return "" if a macro produces one or the text does not parse.
    """
    parsed = parse(text)
    if parsed is None or parsed.errors:
        return ""
    defined = [name for name in module_names(parsed).defined if not only or name in only]
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
