"""Count what the standard forbids in a text, because simulators differ in what they accept."""

from ct_retrain.verilog.tree import elaboration, parse


def faults(rtl: str) -> int:
    """Return the number of errors in *rtl*; for a text that cannot be read, a number above any real count."""
    parsed = parse(rtl)
    problems = elaboration(parsed) if parsed else None
    if parsed is None or problems is None:
        return len(rtl) + 1
    return sum(found.isError() for found in [*parsed.tree.diagnostics, *problems])
