"""Decides whether the assertions of a netlist can fail: yosys writes the netlist, abc and yosys-smtbmc examine it.

First property-directed reachability, or SAT if there is no register (abc); then k-induction (z3, if installed); then
bounded model checking (abc); each only for what is still open. Runs inside a worker. The netlist is judged as yosys
reads it, with every register starting at zero.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from ct_retrain.judge.confined.formal import smtbmc, yowasp
from ct_retrain.judge.confined.formal.engines import LINKED, ProofEffort, ProofResult, Yosys
from ct_retrain.judge.confined.sandbox.process import Finished, run_limited

TOP = "miter"
"""Name of the module whose assertions are checked."""


def can_fail(files: Mapping[str, str], reading: str, yosys: Yosys, effort: ProofEffort) -> ProofResult:
    """Return whether an assertion below module `TOP` of *files* can fail; *reading* are the yosys commands for them."""
    for name, text in {**files, _SCRIPT: _script(reading, yosys)}.items():
        Path(name).write_text(text, encoding="utf-8", errors="replace")
    # Files of an earlier netlist must not be mistaken for this one's.
    for name in (_AIGER, _MAP, smtbmc.NETLIST):
        Path(name).unlink(missing_ok=True)
    made = yowasp.run_yosys(yosys.yosys, _SCRIPT, effort.limits)
    if made.limit is not None:
        return ProofResult(None, f"yosys ran out of {made.limit}", cpu_seconds=made.cpu_seconds)
    if made.exit_code != 0 or not Path(_AIGER).is_file():
        return ProofResult(None, f"{UNREAD}: {_last(made)}", cpu_seconds=made.cpu_seconds)
    found = _run_engines(yosys, effort)
    return found._replace(cpu_seconds=round(made.cpu_seconds + found.cpu_seconds, 3))


UNREAD = "yosys cannot read it"
_SCRIPT, _AIGER, _MAP = "prove.ys", "miter.aig", "miter.map"


def _run_engines(yosys: Yosys, effort: ProofEffort) -> ProofResult:
    """Run the engines in turn until one knows the answer; otherwise return the depth without failure."""
    found = _by_abc(yosys, effort, "pdr" if _has_register() else "iprove")
    spent = found.cpu_seconds
    if found.answer is None and effort.bounded and yosys.smtbmc:
        found = smtbmc.induction(TOP, yosys, effort)
        spent += found.cpu_seconds
    if found.answer is None and effort.bounded:
        depth = f" -F {effort.depth}" if effort.depth else ""
        # Only a search that ends by itself, by abc's own time limit, reports how far it got.
        seconds = max(1, effort.limits.cpu_seconds - 1)
        found = _by_abc(yosys, effort, f"bmc3 -T {seconds}{depth}")
        spent += found.cpu_seconds
    return found._replace(cpu_seconds=spent)


def _script(reading: str, yosys: Yosys) -> str:
    return f"""{reading}
hierarchy -check -top {TOP}
proc -norom
flatten
select -assert-min 1 t:$assert t:$check
opt
memory_map
opt -full
clk2fflogic
setundef -undriven -zero
setundef -zero
zinit -all
opt -full
{f"write_smt2 -stbv {smtbmc.NETLIST}" if yosys.smtbmc else ""}
techmap
aigmap
opt_clean
write_aiger -zinit -map {_MAP} {_AIGER}
"""


_STATUS, _STEPS, _ABC = "miter.status", "miter.cex", "abc.script"


def _by_abc(yosys: Yosys, effort: ProofEffort, command: str) -> ProofResult:
    """Run abc's *command* and read the files it writes; a search without failure reports the depth it reached."""
    for name in (_STATUS, _STEPS):
        Path(name).unlink(missing_ok=True)
    script = f"read_aiger {_AIGER}; fold; strash; {command}; write_status {_STATUS}; write_cex -n {_STEPS}"
    ended = _run_abc(yosys, effort, script)
    status = Path(_STATUS).read_text(encoding="utf-8").split() if Path(_STATUS).is_file() else []
    method, proof = _METHODS[command.split(maxsplit=1)[0]]
    known = ProofResult(None, f"not decided: {_last(ended)}", cpu_seconds=ended.cpu_seconds)
    said = known._replace(method=method, engine="abc")
    match status:
        case ["snl_UNSAT", *_] if proof:
            return said._replace(answer=True, why=proof)
        case ["snl_SAT", _, _, _, step, *_]:
            return said._replace(answer=False, why="fails", depth=int(step), steps=_steps())
        case ["snl_UNK" | "snl_UNSAT", frame, *_] if method == "bmc" and int(frame) >= 0:
            return said._replace(why="nothing fails up to a depth", depth=int(frame) + 1)
        case _:
            return known


_METHODS = {
    "pdr": ("pdr", "proved by property-directed reachability"),
    "iprove": ("sat", "proved for every input; nothing is remembered"),
    "bmc3": ("bmc", ""),
}
"""abc's command → name of the method, and what its proof means."""


def _has_register() -> bool:
    """Whether the netlist has a register, according to the first line of its file."""
    with Path(_AIGER).open("rb") as file:
        return file.readline().split()[3] != b"0"


def _run_abc(yosys: Yosys, effort: ProofEffort, script: str) -> Finished:
    if yosys.abc != LINKED:
        return run_limited([yosys.abc, "-c", script], effort.limits, None)
    # The wheel has abc only as a command of yosys, which calls it on a netlist of its own and fails if that is not mapped.
    Path(_ABC).write_text(script, encoding="utf-8")
    Path(_SCRIPT).write_text(_CALL, encoding="utf-8")
    Path("one.v").write_text(
        "module one(input a, b, output y); assign y = a & b; endmodule\n", encoding="utf-8"
    )
    return yowasp.run_yosys(yosys.yosys, _SCRIPT, effort.limits)


_CALL = f"read_verilog one.v\nsimplemap\nabc -script {_ABC}\n"


def _steps() -> tuple[dict[str, int], ...]:
    """Return the counterexample that abc wrote: one dict per step, input name → value."""
    if not (Path(_STEPS).is_file() and Path(_MAP).is_file()):
        return ()
    names = re.findall(r"^input (\d+) (\d+) (\S+)$", Path(_MAP).read_text(encoding="utf-8"), re.MULTILINE)
    place = {int(index): (name, int(bit)) for index, bit, name in names}
    steps: dict[int, dict[str, int]] = {}
    for index, step, value in re.findall(
        r"^pi(\d+)@(\d+)=([01])$", Path(_STEPS).read_text(encoding="utf-8"), re.MULTILINE
    ):
        inputs = steps.setdefault(int(step), {})
        # An unnamed input stands for what the design leaves unknown.
        if int(index) in place:
            name, bit = place[int(index)]
            inputs[name] = inputs.get(name, 0) | int(value) << bit
    return tuple(steps[step] for step in sorted(steps))


def _last(ended: Finished) -> str:
    lines = [line.strip() for line in ended.output.splitlines() if line.strip()]
    return lines[-1][:160] if lines else f"exit code {ended.exit_code}"
