"""How far a text is from being SystemVerilog: the standard's word, where simulators differ in what they can read."""

from ct_retrain.verilog.tree import compilation, parse


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
