"""How an answer ended, in one word or one letter."""

from ct_retrain.core.records.problem import Sample
from ct_retrain.core.records.verdict import Outcome

NO_MODULE = "no_module"
TRUNCATED = "truncated"
NOT_ATTEMPTED = "not_attempted"


def failure_of(sample: Sample) -> str:
    """Return how an answer ended: an Outcome, or why it could not be judged.

    - `truncated`: it ran into the token limit and fails, whatever was found in it.
    - `no_module`: it holds no module.
    """
    if sample.verdict.passed:
        return Outcome.PASS.value
    if not sample.finished:
        return TRUNCATED
    return sample.verdict.outcome.value if sample.rtl else NO_MODULE


LETTERS = {
    Outcome.PASS.value: ".",
    Outcome.MISMATCH.value: "R",
    Outcome.COMPILE_ERROR.value: "C",
    Outcome.TIMEOUT.value: "T",
    Outcome.FORBIDDEN.value: "F",
    Outcome.NO_EVIDENCE.value: "E",
    Outcome.RESOURCE_LIMIT.value: "L",
    Outcome.DISPUTED.value: "D",
    Outcome.UNCONFIRMED.value: "S",
    Outcome.UNPROVEN.value: "P",
    TRUNCATED: "U",
    NO_MODULE: "N",
    NOT_ATTEMPTED: "-",
}
"""One letter per ending; `.`, `R`, `C` and `T` are those of VerilogEval v2."""


def letter_of(sample: Sample) -> str:
    """Return the letter of *sample*'s ending; the suite's own if its grader gives letters."""
    own = sample.verdict.detail
    graded = sample.verdict.tool.name.startswith("official ") and len(own) == 1
    return own if graded else LETTERS[failure_of(sample)]
