"""Tests whether a pass can be believed: the same testbench must fail designs that do nothing.

A free-form testbench is tested by experiment: it must not pass stubs with every output 0 or 1. If no stub gets an
answer, because it does not compile, hangs or has no verdict, the design itself runs with its outputs forced; if that
has no effect either, mutants of the design run. For every form of testbench, a pass must also hold when unknown bits
have a value, and must depend on the inputs (`judge.simulators.perturbation`).
"""

from typing import Any

from ct_retrain.core.records.verdict import Outcome, Verdict
from ct_retrain.judge.simulators.perturbation import check_perturbed
from ct_retrain.judge.simulators.protocol import Ask, Pass
from ct_retrain.verilog.modules import instantiated, modules, outputs
from ct_retrain.verilog.mutate import mutants

_NOTHING = "the testbench also passes a design that does nothing"
_MUTANTS = 10
_HUNG = 3
"""Number of mutants that may hang; after that no more are tried."""
_TOLD = frozenset({Outcome.MISMATCH, Outcome.TIMEOUT})


def check_pass(claim: Pass, ask: Ask) -> Verdict:
    """Return the verdict of *claim*, or a refusal if it is a pass without evidence, or one that does not hold."""
    told = _unless_idle_passes(claim, ask)
    return check_perturbed(claim, ask) if told.passed else told


def _unless_idle_passes(claim: Pass, ask: Ask) -> Verdict:
    """Return the verdict of *claim*, or a refusal if its testbench passes designs that do nothing."""
    verdict, _, answer = claim
    stubs: dict[str, str] = dict(answer["stubs"])
    for what, text in answer["partly"]:
        if verdict.passed and ask(claim.other(text))["outcome"] == Outcome.PASS:
            return claim.refused(f"the testbench wants several modules, and passes where {what} does nothing")
    if not verdict.passed or not stubs:
        return verdict
    if "1" not in stubs:
        return _strictly(claim, ask, stubs)
    heard = {level: ask(claim.other(stubs[level])) for level in ("0", "1")}
    told = {level: _reported(one, quiet=answer["quiet"]) for level, one in heard.items()}
    passed = [level for level, one in told.items() if one is False]
    if passed:
        return claim.refused(f"{_NOTHING} (all outputs {passed[0]})")
    hung = all(_hung(heard[level]) for level in ("0", "1"))
    if None in {told["0"], told["1"]} and (hung or not _fails_when_forced(claim, ask)):
        refusal = _by_mutants(claim, ask)
        if refusal:
            return claim.refused(refusal)
    return verdict


def _reported(answer: dict[str, Any], *, quiet: bool) -> bool | None:
    """Return whether a design was reported wrong (True) or right (False); None if nothing was reported.

    For a *quiet* testbench, which prints only failures, no report means right.
    """
    outcome = Outcome(answer["outcome"])
    if outcome is Outcome.PASS:
        return False if quiet or not answer["quiet"] else None
    if outcome is Outcome.MISMATCH or (outcome is Outcome.TIMEOUT and not answer["gave_up"]):
        return True
    return None


def _fails_when_forced(claim: Pass, ask: Ask) -> bool:
    """Whether the testbench fails the design itself when its outputs are forced to 0, and to 1."""
    forced = [ask(claim.other(), force=level) for level in ("0", "1")]
    return all(_reported(one, quiet=claim.answer["quiet"]) is True for one in forced)


_SHARE = 4
"""One in this many mutants must be detected; the credibility score measures the testbench beyond that."""
_OUTPUTS = 6
"""Number of outputs that are forced one at a time."""


def _fails_with_one_output_forced(claim: Pass, ask: Ask) -> bool:
    """Whether the testbench fails the design when one of its outputs is forced and the others are not."""
    named = outputs(modules(claim.design.rtl), instantiated(claim.design.testbench))
    return any(
        _reported(ask(claim.other(), force=level, held=name), quiet=claim.answer["quiet"]) is True
        for name in named[:_OUTPUTS]
        for level in ("0", "1")
    )


def _hung(answer: dict[str, Any]) -> bool:
    """Whether a design ran until its time limit."""
    return bool(answer["gave_up"]) and Outcome(answer["outcome"]) is Outcome.TIMEOUT


def _by_mutants(claim: Pass, ask: Ask) -> str:
    """Return why the testbench does not detect mutants of the design; "" if it does."""
    told, noticed, hung, counted = _fails_with_one_output_forced(claim, ask), 0, 0, 0
    for mutant in mutants(claim.design.rtl, _MUTANTS):
        answer = ask(claim.other(mutant.rtl))
        outcome = Outcome(answer["outcome"])
        if outcome in {Outcome.COMPILE_ERROR, Outcome.FORBIDDEN}:
            continue
        counted += 1
        told |= outcome is Outcome.MISMATCH
        noticed += outcome in _TOLD
        hung += _hung(answer)
        if hung >= _HUNG and told:
            break
    if told and noticed * _SHARE >= counted:
        return ""
    what = "" if told else ", reports no wrong design"
    return f"the testbench gives no result for a design that does nothing{what} and detects {noticed} of {counted} mutants"


def _strictly(claim: Pass, ask: Ask, stubs: dict[str, str]) -> Verdict:
    """Return the verdict of a testbench that must fail each of *stubs*."""
    for text in stubs.values():
        if ask(claim.other(text))["outcome"] not in _TOLD:
            return claim.refused(_NOTHING)
    return claim.verdict
