"""Whether a design is SystemVerilog at all: the standard's word, where simulators differ in what they can read."""

from pyslang import Diagnostic

from ct_retrain.verilog.tree import Parsed, code_of, elaboration, parse

_NO_FAULT = frozenset({"MissingTimeScale", "UsedBeforeDeclared"})
"""The first depends on what a design is compiled beside, the second is an error that every simulator reads over."""


def illegal(rtl: str) -> str:
    """The first thing in *rtl* that the standard forbids, with its line; "" for a text that elaborates."""
    parsed = parse(rtl)
    if parsed is None:
        return "too large or nested too deep to be read"
    errors = _errors(parsed)
    if errors is None:
        return "cannot be elaborated"
    for found in errors:
        if code_of(found) not in _NO_FAULT:
            return f"line {parsed.line_of(found.location)}: not legal SystemVerilog ({code_of(found)})"
    return ""


def faults(rtl: str) -> int:
    """How many things in *rtl* the standard forbids; more than any text has for one that cannot be read."""
    parsed = parse(rtl)
    errors = None if parsed is None else _errors(parsed)
    return len(rtl) + 1 if errors is None else len(errors)


def _errors(parsed: Parsed) -> list[Diagnostic] | None:
    """Every error of syntax, then every one of elaboration; None for a text that cannot be elaborated."""
    elaborated = elaboration(parsed)
    if elaborated is None:
        return None
    return [found for found in [*parsed.tree.diagnostics, *elaborated] if found.isError()]
