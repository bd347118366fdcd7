"""Whether a pass holds: with a value in every unknown bit, with other random numbers, and only by way of the inputs.

The testbench that passed the design is run again with one thing changed (`judge.evidence.experiment`). What it does not look
at may change nothing; so a pass that does not hold was made of bits that nobody set, or of answers known beforehand.
"""

import hashlib
import re
from collections.abc import Sequence

from ct_retrain.core.records.verdict import Outcome, Verdict
from ct_retrain.judge.evidence.experiment import Experiment, Held, Unknown
from ct_retrain.judge.simulators.protocol import Ask, Pass
from ct_retrain.verilog.modules import defined, instantiated
from ct_retrain.verilog.stub import stub


def holding(claim: Pass, ask: Ask) -> Verdict:
    """The verdict of *claim*, a pass, unless it does not hold."""
    answer = claim.answer
    why = _unknown(claim, ask) if answer["loose"] else ""
    if why:
        return claim.refused(why)
    if answer["draws"]:
        other = _run(claim, ask, Experiment(stream=_key(claim)))
        if other["outcome"] in _DIFFERENT:
            why = f"passes with the random numbers that the testbench draws, and not with others: {other['detail']}"
            return claim.refused(why, Outcome.DISPUTED)
    if answer["held"] and _recites(claim, ask):
        return claim.refused("passes without ever seeing its data inputs", Outcome.DISPUTED)
    return claim.verdict


_DIFFERENT = frozenset({Outcome.MISMATCH})


def _key(claim: Pass) -> str:
    """Eight digits that only the whole text of the design decides, so that no text can be written to suit them."""
    return hashlib.sha256(b"stream" + claim.design.rtl.encode(errors="replace")).hexdigest()[:8]


def _run(claim: Pass, ask: Ask, tried: Experiment) -> dict[str, object]:
    """The answer once *tried* is changed; a design may be asked otherwise than the golden was."""
    design = claim.other().model_copy(update={"expected": None})
    return ask(design, experiment=tried)


def _passes(claim: Pass, ask: Ask, tried: Experiment) -> bool:
    return _run(claim, ask, tried)["outcome"] == Outcome.PASS


_VALUES: tuple[Unknown, ...] = ("1", "0", "random")


def _unknown(claim: Pass, ask: Ask) -> str:
    """Why the pass does not hold when unknown bits of outputs have values; "" where it does.

    Before reset a right design is unknown, too. Where a testbench looks that early, the first eighth of its run does
    not count, for nobody can hide more than that in it.
    """
    failed = _first_failing(claim, ask, "")
    if failed is None:
        # An output that floats where the testbench speaks of z was left alone.
        return _blind(claim, ask) if _floats(claim) else ""
    if not _passes(claim, ask, Experiment(apart=True)):
        # It minds the wrapper itself, so only its comparisons can be made to see.
        return _blind(claim, ask)
    since = _eighth(str(claim.answer["ended"]))
    later = _first_failing(claim, ask, since) if since else failed
    return "" if later is None else f"{_UNKNOWN_BITS}: {later['detail']}"


def _blind(claim: Pass, ask: Ask) -> str:
    """Why the pass does not hold once comparisons see unknown bits; "" where it does, or where they cannot be made to."""
    again = _run(claim, ask, Experiment(strict=True))
    return f"{_UNKNOWN_BITS}: {again['detail']}" if again["outcome"] in _DIFFERENT else ""


def _floats(claim: Pass) -> bool:
    return bool(_SPEAKS_OF_Z.search(claim.design.testbench))


_SPEAKS_OF_Z = re.compile(r"'[sS]?(?:[bBhHoO]\s*[0-9a-fA-FxX_?]*)?[zZ]")
_UNKNOWN_BITS = "passes only while bits of its outputs are unknown"


def _first_failing(claim: Pass, ask: Ask, since: str) -> dict[str, object] | None:
    """The answer for the first value with which the design fails; None where it passes with all."""
    for value in _VALUES:
        answer = _run(claim, ask, Experiment(apart=True, unknown=value, since=since, floats=_floats(claim)))
        if answer["outcome"] != Outcome.PASS:
            return answer
    return None


def _eighth(ended: str) -> str:
    """An eighth of the time *ended*, which is a number and its unit; "" where it is too short to be divided."""
    number, _, unit = ended.partition(" ")
    return f"{int(number) // 8} {unit}" if number.isdigit() and int(number) >= _SHORT else ""


_SHORT = 8
_HELD: Sequence[Held] = ("0", "1")


def _recites(claim: Pass, ask: Ask) -> bool:
    """Whether the design passes whatever its data inputs are held at, and not because anything passes."""
    held = all(_passes(claim, ask, Experiment(apart=True, held=level)) for level in _HELD)
    return held and not _passes_idle(claim, ask)


def _passes_idle(claim: Pass, ask: Ask) -> bool:
    """Whether outputs that are all 0 pass: then nothing is recited, and the testbench's worth is another question."""
    rtl = claim.design.rtl
    wanted = instantiated(claim.design.testbench)
    texts = [stub(rtl, name, "0") for name in defined(rtl) if name in wanted]
    return bool(texts) and ask(claim.other("".join(texts)))["outcome"] == Outcome.PASS
