"""The prompt texts, shared by training and every later use."""

from ct_retrain.core.records.verdict import Verdict


def repair_prompt(instruction: str, attempt: str, verdict: Verdict) -> str:
    """Return a prompt for correcting a failing *attempt*, given the simulator's verdict."""
    return (
        f"{instruction}\n\nThis attempt fails:\n```verilog\n{attempt.rstrip()}\n```\n"
        f"The simulator says ({verdict.outcome.value}): {verdict.detail}\nWrite the corrected module."
    )
