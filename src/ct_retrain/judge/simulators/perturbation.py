"""Tests whether a pass holds: with values for unknown bits, with other random numbers, and only through the inputs.

The testbench that passed the design runs again with one thing changed (`judge.evidence.experiment`) which a correct
pass does not depend on. A pass that does not hold came from unknown bits, or from stored answers.
"""

import hashlib
from collections.abc import Sequence

from ct_retrain.core.records.verdict import Outcome, Verdict
from ct_retrain.judge.evidence.cocotb import is_cocotb, speaks_of_z, wanted
from ct_retrain.judge.evidence.experiment import Experiment, Held, Unknown
from ct_retrain.judge.simulators.protocol import Ask, Pass
from ct_retrain.verilog.modules import defined
from ct_retrain.verilog.stub import stub


def check_perturbed(claim: Pass, ask: Ask) -> Verdict:
    """Return the verdict of *claim*, a pass, or a refusal if it does not hold."""
    answer = claim.answer
    why = _unknown(claim, ask) if answer["loose"] else ""
    if why:
        return claim.refused(why)
    failed = _under_other_numbers(claim, ask) if answer["draws"] else ""
    if failed:
        why = f"passes with the random numbers that the testbench draws, and not with others: {failed}"
        return claim.refused(why, Outcome.DISPUTED)
    if answer["held"] and _may_be_hard_coded(claim, ask, answer["held"]):
        return claim.refused("passes without seeing the values of its data inputs", Outcome.DISPUTED)
    return claim.verdict


_DIFFERENT = frozenset({Outcome.MISMATCH})


_SEEDS = 3
"""A test in Python may draw a number that it does not allow for, so it may fail a right design once, and again."""


def _under_other_numbers(claim: Pass, ask: Ask) -> str:
    """Return what fails with every other stream of random numbers that is tried; "" if one passes."""
    other: dict[str, object] = {}
    for number in range(_SEEDS if is_cocotb(claim.design.testbench) else 1):
        other = _run(claim, ask, Experiment(stream=_key(claim, number)))
        if other["outcome"] not in _DIFFERENT:
            return ""
    return str(other["detail"])


def _key(claim: Pass, number: int) -> str:
    """Return eight digits of a digest of the design's text, which a design cannot be written to suit."""
    named = f"stream{number or ''}".encode() + claim.design.rtl.encode(errors="replace")
    return hashlib.sha256(named).hexdigest()[:8]


def _run(claim: Pass, ask: Ask, tried: Experiment) -> dict[str, object]:
    """Return the answer with *tried* changed; the design may be run with other settings than the golden was."""
    design = claim.other().model_copy(update={"expected": None})
    return ask(design, experiment=tried)


def _passes(claim: Pass, ask: Ask, tried: Experiment) -> bool:
    return _run(claim, ask, tried)["outcome"] == Outcome.PASS


_VALUES: tuple[Unknown, ...] = ("1", "0", "random")


def _unknown(claim: Pass, ask: Ask) -> str:
    """Return why the pass does not hold when unknown output bits get values; "" if it holds.

    Before reset a correct design is unknown, too. If the testbench compares that early, the first eighth of its run is
    exempt, and no more than that can be hidden there.
    """
    failed = _first_failing(claim, ask, "")
    if failed is None:
        # A floating output was left as it was, if the testbench compares with z.
        return _blind(claim, ask) if _floats(claim) else ""
    if not _passes(claim, ask, Experiment(apart=True)):
        # The testbench rejects the wrapper itself, so only its comparisons can be changed.
        return _blind(claim, ask)
    since = _eighth(str(claim.answer["ended"]))
    later = _first_failing(claim, ask, since) if since else failed
    return "" if later is None else f"{_UNKNOWN_BITS}: {later['detail']}"


def _blind(claim: Pass, ask: Ask) -> str:
    """Return why the pass fails when comparisons detect unknown bits; "" if it holds, or they cannot be changed."""
    again = _run(claim, ask, Experiment(strict=True))
    return f"{_UNKNOWN_BITS}: {again['detail']}" if again["outcome"] in _DIFFERENT else ""


def _floats(claim: Pass) -> bool:
    return speaks_of_z(claim.design.testbench)


_UNKNOWN_BITS = "passes only while bits of its outputs are unknown"


def _first_failing(claim: Pass, ask: Ask, since: str) -> dict[str, object] | None:
    """Return the answer for the first value with which the design fails; None if it passes with all."""
    for value in _VALUES:
        answer = _run(claim, ask, Experiment(apart=True, unknown=value, since=since, floats=_floats(claim)))
        if answer["outcome"] != Outcome.PASS:
            return answer
    return None


def _eighth(ended: str) -> str:
    """Return an eighth of the time *ended*, a number and its unit; "" if it is too short to divide."""
    number, _, unit = ended.partition(" ")
    return f"{int(number) // 8} {unit}" if number.isdigit() and int(number) >= _SHORT else ""


_SHORT = 8


def _may_be_hard_coded(claim: Pass, ask: Ask, tests: Sequence[Held]) -> bool:
    """Whether the design passes with its data inputs changed as *tests* say, and an idle design does not."""
    # No more is asked than whether it passes, so that it may end at the first counted error.
    passes = all(_passes(claim, ask, Experiment(apart=True, held=level, stops=True)) for level in tests)
    return passes and not _passes_idle(claim, ask)


def _passes_idle(claim: Pass, ask: Ask) -> bool:
    """Whether a design with all outputs 0 passes: then nothing is replayed, and the testbench's score covers it."""
    rtl = claim.design.rtl
    needed = wanted(claim.design.testbench)
    texts = [stub(rtl, name, "0") for name in defined(rtl) if name in needed]
    return bool(texts) and ask(claim.other("".join(texts)))["outcome"] == Outcome.PASS
