"""What all mutants of a golden in one simulation would save: ivl and vvp, forked, one by one and together.

    python benchmarks/batched_mutants.py [--problems N]

Of the built-in suite, whose texts are ours: programs run here without a sandbox.
Every copy has the testbench once more, with names and mark of its own, and the last one to end ends the simulation.
The batch is flattered: a copy that has counted an error may count as ended several times, so that the rest is cut short,
and nobody asks which copy said what. See docs/adr/0031.
"""

import argparse
import os
import re
import signal
import tempfile
from collections import Counter
from pathlib import Path

from ct_retrain.judge.confined.sandbox.fork_server import ForkedPrograms, compiled
from ct_retrain.judge.confined.sandbox.process import SERVERS, Limits, run_limited
from ct_retrain.judge.confined.simulators import icarus_tools
from ct_retrain.judge.confined.simulators.answer import Bench, SimulatorTools
from ct_retrain.judge.confined.simulators.icarus_run import prepare_testbench
from ct_retrain.judge.evidence.experiment import Experiment
from ct_retrain.judge.evidence.harness import Nonce
from ct_retrain.suites.load import load_suite
from ct_retrain.verilog.modules import defined
from ct_retrain.verilog.mutate import mutants

LIMITS = Limits(10, 1024, 1024)


def simulated(text: str, tops: list[str], tools: SimulatorTools) -> dict[str, float]:
    """Seconds of each program; empty where the text does not compile."""
    Path(icarus_tools.SOURCE).write_text(text)
    Path(icarus_tools.CONFIG).write_text(icarus_tools.configuration(tools.icarus, tops, alone=False))
    made = run_limited(icarus_tools.compile_directly(tools.icarus), LIMITS)
    if made.exit_code != 0:
        return {}
    ran = run_limited(
        icarus_tools.simulate(tools.icarus), LIMITS, None, Path(icarus_tools.COMPILED).read_bytes()
    )
    return {"ivl": made.cpu_seconds, "vvp": ran.cpu_seconds}


def one(bench: Bench, rtl: str, over: str = "$finish;") -> tuple[str, list[str]]:
    """The text of *bench* with *rtl*, with secrets of its own, and its roots; *over* is what ends the test."""
    nonce = Nonce.drawn()
    testbench = nonce.marked(nonce.named(bench.flat)).replace("$finish;", over)
    names = re.compile(rf"\b({'|'.join(map(re.escape, defined(rtl)))})\b")
    text = f"{testbench}\n`resetall\n{bench.units}\n{rtl}\n"
    return names.sub(rf"\1_{nonce.name}", text), [nonce.named(top) for top in bench.made.tops]


def measured(rtls: list[str], bench: Bench, tools: SimulatorTools) -> Counter[str]:
    """Seconds by program, one by one and together, and the number of mutants; empty without a batch."""
    spent: Counter[str] = Counter()
    works = [rtl for rtl in rtls if (found := simulated(*one(bench, rtl), tools)) and not spent.update(found)]
    over = f"begin ctl.n = ctl.n + 1; if (ctl.n == {len(works)}) $finish; end"
    copies = [one(bench, rtl, over) for rtl in works]
    text = "module ctl; integer n = 0; endmodule\n" + "".join(text for text, _ in copies)
    together = simulated(text, ["ctl", *(top for _, tops in copies for top in tops)], tools)
    spent.update({f"{program}, batch": seconds for program, seconds in together.items()})
    return spent + Counter({"mutants": len(works)}) if together else Counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=0, help="evenly spread; 0 is all")
    chosen = parser.parse_args()
    problems = load_suite("behavioural", Path()).problems
    step = max(1, len(problems) // chosen.problems) if chosen.problems else 1
    found = icarus_tools.locate()
    tools = SimulatorTools(found, bool(found.base), LIMITS, 10, 1000, None)
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    if library := compiled():
        SERVERS.enable(ForkedPrograms(library, found.programs))
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        Path(icarus_tools.MACROS).write_text(icarus_tools.PREDEFINED)
        for problem in problems[::step]:
            bench = prepare_testbench(problem.testbench, tools, (), Experiment(stops=True))
            if not isinstance(bench, str):
                total += measured([one.rtl for one in mutants(problem.golden, 20)], bench, tools)
        os.chdir("/")
    number = total.pop("mutants")
    print(f"{number} mutants, CPU ms each:", {name: round(1000 * s / number, 2) for name, s in total.items()})


if __name__ == "__main__":
    main()
