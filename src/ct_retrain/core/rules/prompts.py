"""How a model is asked; training and every later use share the words."""

from ct_retrain.core.records.verdict import Verdict


def repair_prompt(instruction: str, attempt: str, verdict: Verdict) -> str:
    """Ask for the corrected module, given a failing *attempt* and what the simulator said of it."""
    return (
        f"{instruction}\n\nThis attempt fails:\n```verilog\n{attempt.rstrip()}\n```\n"
        f"The simulator says ({verdict.outcome.value}): {verdict.detail}\nWrite the corrected module."
    )
