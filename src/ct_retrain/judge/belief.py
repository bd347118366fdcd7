"""Whether a pass is believed: the same testbench is asked about designs that do nothing, and must tell them apart.

A testbench of free form is believed by experiment. Stubs with every output 0 and 1 must not be passed. A stub that
does not compile, hangs or gets no verdict has not been answered: where none is, the design stays and its outputs are
forced; where that reaches nothing either, wrong variants of the design are asked. Where decisions compare by `==` or
`!=`, the design must also pass when they see unknown bits.
"""

from typing import Any, NamedTuple

from ct_retrain.core.verdict import Design, Outcome, Verdict
from ct_retrain.judge.asking import Ask
from ct_retrain.verilog.mutate import mutants

_NOTHING = "the testbench also passes a design that does nothing"
_MUTANTS = 10
_HUNG = 3
"""Wrong variants that may hang before no more of them are asked."""
_TIMES = 10
"""How much longer than the design anything else may take under its testbench."""
_TOLD = frozenset({Outcome.MISMATCH, Outcome.TIMEOUT})


class Pass(NamedTuple):
    """A pass that is to be believed, and the worker's answer it was made of."""

    verdict: Verdict
    design: Design
    answer: dict[str, Any]

    def other(self, rtl: str = "") -> Design:
        """*rtl* (or the design itself) under the same testbench, with a few times the time that the design took."""
        bound = int(_TIMES * float(self.answer["cpu_seconds"])) + 2
        changes = {"rtl": rtl or self.design.rtl, "cpu_seconds": min(bound, self.design.cpu_seconds or bound)}
        return self.design.model_copy(update=changes)


def believed(claim: Pass, ask: Ask) -> Verdict:
    """The verdict of *claim*, unless it is a pass without evidence."""
    verdict, _, answer = claim
    stubs: dict[str, str] = dict(answer["stubs"])
    for what, text in answer.get("apart", ()):
        if verdict.passed and ask(claim.other(text))["outcome"] == Outcome.PASS:
            return _refused(
                verdict, f"the testbench wants several modules, and passes where {what} does nothing"
            )
    if not verdict.passed or not stubs:
        return verdict
    if "1" not in stubs:
        return _strictly(claim, ask, stubs)
    heard = {level: ask(claim.other(text)) for level, text in stubs.items()}
    told = {level: _told(one, quiet=answer["quiet"]) for level, one in heard.items()}
    passed = [level for level in ("0", "1") if told[level] is False]
    if passed:
        return _refused(verdict, f"{_NOTHING} (all outputs {passed[0]})")
    hung = all(heard[level]["gave_up"] for level in ("0", "1"))
    if None in {told["0"], told["1"]} and (hung or not _hears_forces(claim, ask)):
        refusal = _by_mutants(claim, ask)
        if refusal:
            return _refused(verdict, refusal)
    loosely = [level for level in ("x", "z") if told.get(level) is False]
    return _exactly(claim, ask, stubs, loosely) if answer["loose"] or loosely else verdict


def _told(answer: dict[str, Any], *, quiet: bool) -> bool | None:
    """Whether a design was told that it is wrong (True) or right (False); None where it was told nothing.

    For a testbench that is *quiet* about right designs, being told nothing is being told that it is right.
    """
    outcome = Outcome(answer["outcome"])
    if outcome is Outcome.PASS:
        return False if quiet or not answer["quiet"] else None
    if outcome is Outcome.MISMATCH or (outcome is Outcome.TIMEOUT and not answer["gave_up"]):
        return True
    return None


def _hears_forces(claim: Pass, ask: Ask) -> bool:
    """Whether the testbench fails the design itself when its outputs are held, at 0 and at 1."""
    forced = [ask(claim.other(), force=level) for level in ("0", "1")]
    return all(_told(one, quiet=claim.answer["quiet"]) is True for one in forced)


def _by_mutants(claim: Pass, ask: Ask) -> str:
    """Why the testbench does not tell wrong variants of the design apart; "" where it does."""
    told, noticed, hung, counted = False, 0, 0, 0
    for mutant in mutants(claim.design.rtl, _MUTANTS):
        answer = ask(claim.other(mutant.rtl))
        outcome = Outcome(answer["outcome"])
        if outcome in {Outcome.COMPILE_ERROR, Outcome.FORBIDDEN}:
            continue
        counted += 1
        told |= outcome is Outcome.MISMATCH
        noticed += outcome in _TOLD
        hung += bool(answer["gave_up"])
        if hung >= _HUNG and told:
            break
    if told and noticed * 2 >= counted:
        return ""
    return f"the testbench never answers a design that does nothing, and notices {noticed} of {counted} wrong ones"


def _exactly(claim: Pass, ask: Ask, stubs: dict[str, str], loosely: list[str]) -> Verdict:
    """The verdict once `==` and `!=` of the testbench's decisions see unknown bits."""
    verdict, design, _ = claim
    again = ask(design, strict=True)
    if again["outcome"] == Outcome.COMPILE_ERROR and not loosely:
        return verdict  # reals cannot be compared so
    if again["outcome"] != Outcome.PASS:
        return _refused(
            verdict, f"passes only because `==` or `!=` overlooks unknown bits: {again['detail']}"
        )
    for level in loosely:
        if ask(claim.other(stubs[level]), strict=True)["outcome"] == Outcome.PASS:
            return _refused(verdict, f"{_NOTHING} (all outputs {level})")
    return verdict


def _strictly(claim: Pass, ask: Ask, stubs: dict[str, str]) -> Verdict:
    """The verdict of a testbench that must fail every one of *stubs*."""
    for text in stubs.values():
        if ask(claim.other(text))["outcome"] not in _TOLD:
            return _refused(claim.verdict, _NOTHING)
    return claim.verdict


def _refused(verdict: Verdict, detail: str) -> Verdict:
    return verdict.model_copy(update={"outcome": Outcome.NO_EVIDENCE, "detail": detail})
