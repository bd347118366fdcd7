"""How far a text is from being SystemVerilog: the standard's word, where simulators differ in what they can read."""

from ct_retrain.verilog.tree import elaboration, parse


def faults(rtl: str) -> int:
    """How many things in *rtl* the standard forbids; more than any text has for one that cannot be read."""
    parsed = parse(rtl)
    problems = elaboration(parsed) if parsed else None
    if parsed is None or problems is None:
        return len(rtl) + 1
    return sum(found.isError() for found in [*parsed.tree.diagnostics, *problems])
