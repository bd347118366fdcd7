"""Whether a design is SystemVerilog at all: the standard's word, where simulators differ in what they can read."""

from ct_retrain.verilog.tree import compilation, parse

_NO_FAULT = frozenset({"MissingTimeScale", "UsedBeforeDeclared"})
"""The first depends on what a design is compiled beside, the second is an error that every simulator reads over."""


def illegal(rtl: str) -> str:
    """The first thing in *rtl* that the standard forbids, with its line; "" for a text that elaborates."""
    parsed = parse(rtl)
    if parsed is None:
        return "too large or nested too deep to be read"
    try:
        problems = [*parsed.tree.diagnostics, *compilation(parsed, None).getAllDiagnostics()]
    except RuntimeError:
        return "cannot be elaborated"
    for found in problems:
        code = str(found.code).removeprefix("DiagCode(").removesuffix(")")
        if found.isError() and code not in _NO_FAULT:
            return f"line {parsed.line_of(found.location)}: not legal SystemVerilog ({code})"
    return ""


def faults(rtl: str) -> int:
    """How many things in *rtl* the standard forbids; more than any text has for one that cannot be read."""
    parsed = parse(rtl)
    if parsed is None:
        return len(rtl) + 1
    try:
        problems = [*parsed.tree.diagnostics, *compilation(parsed, None).getAllDiagnostics()]
    except RuntimeError:
        return len(rtl) + 1
    return sum(found.isError() for found in problems)
