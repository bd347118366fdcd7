"""Where the processor time of a testbench's credibility goes: by what is asked, and by the program that answers.

    python benchmarks/credibility_parts.py [--data DIR] [--problems N]

The suites are those of `credibility.py`; it needs Icarus Verilog, yosys and a C compiler.
Programs are told apart by their fork servers. abc has none: its time is the worker's, in the row of the proofs.
"""

import argparse
import time
from collections import Counter, defaultdict
from pathlib import Path

from _spent import spent_by_name
from credibility import suites
from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.ports import Simulator
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.credibility import LEVELS, PROOF_SECONDS, MutantEquivalence, credibility
from ct_retrain.judge.judge import Judge
from ct_retrain.verilog.modules import instantiated
from ct_retrain.verilog.stub import stub

PROGRAMS = ("python", "ivl", "vvp", "yosys")
GOLDEN, STUBS, FAILED, PASSED, PROOFS, ASKER = ROWS = (
    "the golden, and the tests of its pass",
    "stubs",
    "mutants that do not pass",
    "mutants that pass, and the tests of that",
    "proofs",
    "the process that asks: mutants, questions",
)


class Parts:
    """Stands between credibility and the judge, and reads what every program has spent before and after a question."""

    def __init__(self, simulator: Simulator, same: MutantEquivalence) -> None:
        self._simulator, self._same, self.tool = simulator, same, simulator.tool
        self._stubs: frozenset[str] = frozenset()
        self.seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.asked: Counter[str] = Counter()
        self.reading = 0.0

    def check(self, design: Design) -> Verdict:
        before = self._read()
        verdict = self._simulator.check(design)
        self._add(self._row(design, verdict.outcome), before)
        return verdict

    def same(self, golden: str, other: str, top: str) -> bool | None:
        before = self._read()
        found = self._same(golden, other, top)
        self._add(PROOFS, before)
        return found

    def _read(self) -> dict[str, float]:
        """What is spent so far; reading it is not counted."""
        began = time.process_time()
        found = spent_by_name()
        self.reading += time.process_time() - began
        return found

    def _row(self, design: Design, outcome: Outcome) -> str:
        if not design.stops:
            tops = instantiated(design.testbench)
            self._stubs = frozenset(stub(design.rtl, top, level) for top in tops for level in LEVELS)
            return GOLDEN
        if design.rtl in self._stubs:
            return STUBS
        return PASSED if outcome is Outcome.PASS else FAILED

    def _add(self, row: str, before: dict[str, float]) -> None:
        now = self._read()
        self.asked[row] += 1
        for name in PROGRAMS:
            self.seconds[row, name] += now.get(name, 0.0) - before.get(name, 0.0)


def measured(
    judge: Judge, problems: list[tuple[str, Design]]
) -> tuple[defaultdict[tuple[str, str], float], Counter[str], int]:
    """Seconds by row and program, questions by row, and how many testbenches pass their golden."""
    seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
    asked: Counter[str] = Counter()
    passed = 0
    for _, design in problems:
        parts = Parts(judge.plain, judge.prover.within(PROOF_SECONDS))
        began = time.process_time()
        found = credibility(parts, design, same=parts.same)
        if found.golden is Outcome.PASS:
            passed += 1
            parts.seconds[ASKER, "python"] = time.process_time() - began - parts.reading
            for place, spent in parts.seconds.items():
                seconds[place] += spent
            asked.update(parts.asked)
    return seconds, asked, passed


def report(
    name: str, seconds: defaultdict[tuple[str, str], float], asked: Counter[str], testbenches: int
) -> None:
    print(f"\n{name}, {testbenches} testbenches; CPU ms a testbench")
    print(f"{'':42} {'asked':>6} " + " ".join(f"{program:>7}" for program in PROGRAMS) + "     sum  share")
    total = sum(seconds.values())
    for row in ROWS:
        spent = [seconds[row, program] for program in PROGRAMS]
        figures = " ".join(f"{1000 * one / testbenches:7.1f}" for one in [*spent, sum(spent)])
        print(f"{row:42} {asked[row] / testbenches:6.1f} {figures} {sum(spent) / total:6.0%}")
    sums = [sum(seconds[row, program] for row in ROWS) for program in PROGRAMS]
    print(f"{'sum':49} " + " ".join(f"{1000 * one / testbenches:7.1f}" for one in [*sums, total]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, default=Path("public-problems"), help="directory of the public problems"
    )
    parser.add_argument("--problems", type=int, default=0, help="of each suite, evenly spread; 0 is all")
    chosen = parser.parse_args()
    with Judge(JudgeSettings(simulator="icarus")) as judge:
        for name, problems in suites(chosen.data):
            step = max(1, len(problems) // chosen.problems) if chosen.problems else 1
            report(name, *measured(judge, problems[::step]))


if __name__ == "__main__":
    main()
