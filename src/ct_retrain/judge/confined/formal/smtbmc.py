"""k-induction by yosys-smtbmc with z3, on a netlist that yosys wrote as SMT-LIB.

z3 reasons about words, abc about bits, so z3 proves arithmetic that abc does not. It is not used for failures and
bounds, which abc finds faster, nor for properties that are not k-inductive, which only abc proves.
"""

import re
from pathlib import Path

from ct_retrain.judge.confined.formal.engines import ProofEffort, ProofResult, Yosys
from ct_retrain.judge.confined.sandbox.process import Finished, run_limited

NETLIST = "miter.smt2"
_LONGEST = 8
"""Maximum k: without a constraint that all states of a path differ, hardly any proof needs more steps."""


def induction(top: str, yosys: Yosys, effort: ProofEffort) -> ProofResult:
    """Try to prove the assertions of module *top* in `NETLIST`; anything but a proof is left to other engines."""
    ended, needed = _smtbmc(top, yosys, effort, "-i", "-t", str(_LONGEST)), 1
    spent, proved = ended.cpu_seconds, _PASSED in ended.output
    if proved:
        last = min(int(step) for step in re.findall(r"Trying induction in step (\d+)", ended.output))
        needed = max(1, _LONGEST - last)
    if proved or not _REGISTER.search(Path(NETLIST).read_text(encoding="utf-8", errors="replace")):
        # Without registers, the first step is the whole proof.
        base = _smtbmc(top, yosys, effort, "-t", str(needed))
        spent, proved = spent + base.cpu_seconds, _PASSED in base.output
    known = ProofResult(None, "not decided: no induction within the time", cpu_seconds=spent)
    why = f"proved by {needed}-induction"
    proof = known._replace(answer=True, why=why, method="k-induction", engine="z3", depth=needed)
    return proof if proved else known


_REGISTER = re.compile(r"^; yosys-smt2-(?:register|memory) ", re.MULTILINE)
_PASSED = "Status: PASSED"


def _smtbmc(top: str, yosys: Yosys, effort: ProofEffort, *options: str) -> Finished:
    """Run yosys-smtbmc once; z3 may use half of the time. yosys-smtbmc finds z3 by name on the PATH."""
    path = f"PATH={Path(yosys.z3).parent}:/usr/bin:/bin"
    limits = effort.limits._replace(cpu_seconds=max(1, effort.limits.cpu_seconds // 2))
    argv = [yosys.smtbmc, "-s", "z3", "--noprogress", "-m", top, *options, NETLIST]
    ended = run_limited(["/usr/bin/env", path, *argv], limits, None)
    # If z3 reaches its own limit, its processor time is not reported.
    stopped = limits.cpu_seconds if "Unexpected EOF" in ended.output else 0
    return ended._replace(cpu_seconds=max(ended.cpu_seconds, stopped))
