"""Processor seconds that the credibility of one testbench takes: stubs, 20 mutants and the proofs of survivors.

    python benchmarks/credibility.py [--data DIR] [--problems N]

*Before* runs every testbench to its end and gives each proof `judge.proof_seconds`; *now* a testbench ends at its first
counted error and its proofs that find nothing have a second together. Both are measured in turn on each testbench, and what was killed
and what survived must be the same, or the command fails.
It takes about two minutes and needs Icarus Verilog and yosys. With DIR, also the public problems of
`verilogeval_v1_human.jsonl` (NVlabs/verilog-eval, release 1.0.0) and `verilogeval_v2_spec_to_rtl.jsonl`
(release 2), each with its own reference as golden. Time is that of this process and of everything it started.
"""

import argparse
import json
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from _spent import spent
from _without_early_stop import WithoutEarlyStop
from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.credibility import PROOF_SECONDS, Credibility, credibility
from ct_retrain.judge.judge import Judge
from ct_retrain.suites.load import load_suite


def built_in() -> Iterator[tuple[str, Design]]:
    for problem in load_suite("behavioural", Path()).problems:
        yield problem.id, Design(rtl=problem.golden, testbench=problem.testbench)


def first_release(path: Path) -> Iterator[tuple[str, Design]]:
    for row in map(json.loads, path.read_text().splitlines()):
        yield row["task_id"], Design(rtl=row["prompt"] + row["canonical_solution"], testbench=row["test"])


def second_release(path: Path) -> Iterator[tuple[str, Design]]:
    for row in map(json.loads, path.read_text().splitlines()):
        golden = re.sub(r"\bRefModule\b", "TopModule", row["ref"])
        yield row["id"], Design(rtl=golden, testbench=f"{row['test']}\n{row['ref']}")


def suites(data: Path) -> Iterator[tuple[str, list[tuple[str, Design]]]]:
    yield "built-in suite", list(built_in())
    for name, file, read in (
        ("VerilogEval v1 Human", "verilogeval_v1_human.jsonl", first_release),
        ("VerilogEval v2", "verilogeval_v2_spec_to_rtl.jsonl", second_release),
    ):
        if (data / file).is_file():
            yield name, list(read(data / file))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, default=Path("public-problems"), help="directory of the public problems"
    )
    parser.add_argument("--problems", type=int, default=0, help="of each suite, evenly spread; 0 is all")
    parser.add_argument("--simulator", choices=("auto", "icarus"), default="auto")
    chosen = parser.parse_args()
    print(f"{'suite':22} {'asked':>6} {'':>7} {'mean':>6} {'median':>7} {'max':>6}  slowest; scores")
    with Judge(JudgeSettings(simulator=chosen.simulator)) as judge:
        judge.check(next(built_in())[1])
        for name, problems in suites(chosen.data):
            step = max(1, len(problems) // chosen.problems) if chosen.problems else 1
            report(name, [measured(judge, title, design) for title, design in problems[::step]])


class Row(NamedTuple):
    title: str
    before_seconds: float
    now_seconds: float
    before: Credibility
    now: Credibility


def measured(judge: Judge, title: str, design: Design) -> Row:
    """Both ways in turn; raise AssertionError when they differ in what was killed."""
    start = spent()
    before = credibility(WithoutEarlyStop(judge.plain), design, same=judge.prover.same)
    between = spent()
    now = credibility(judge.plain, design, same=judge.prover.within(PROOF_SECONDS))
    row = Row(title, between - start, spent() - between, before, now)
    assert _killed(before) == _killed(now), f"{title} scores otherwise: {before} and {now}"
    return row


def _killed(found: Credibility) -> tuple[object, ...]:
    survived = found.equivalent + found.different + found.undecided
    return found.golden, found.stubs_passed, found.killed, survived, found.told


def report(name: str, rows: list[Row]) -> None:
    """Of the goldens that pass; the others are counted."""
    asked = [row for row in rows if row.now.golden is Outcome.PASS]
    refused = len(rows) - len(asked)
    line(name, "before", [(row.title, row.before_seconds, row.before) for row in asked], refused)
    line(name, "now", [(row.title, row.now_seconds, row.now) for row in asked], refused)
    ratio = sum(row.now_seconds for row in asked) / sum(row.before_seconds for row in asked)
    print(f"{name:22} now takes {ratio:.2f} times what it took before", flush=True)


def line(name: str, way: str, asked: list[tuple[str, float, Credibility]], refused: int) -> None:
    times = [cpu for _, cpu, _ in asked]
    slowest = max(asked, key=lambda one: one[1])[0]
    weak = sum(found.high < 0.5 for *_, found in asked)
    vacuous = [title for title, _, found in asked if found.vacuous]
    undecided = sum(found.undecided for *_, found in asked)
    print(
        f"{name:22} {len(asked):6} {way:>7} {statistics.mean(times):6.2f} {statistics.median(times):7.2f} "
        f"{max(times):6.2f}  {slowest}; mean low {statistics.mean(found.low for *_, found in asked):.3f}, "
        f"mean high {statistics.mean(found.high for *_, found in asked):.3f}, weak {weak}, vacuous {len(vacuous)} "
        f"{' '.join(vacuous)}, undecided {undecided}, golden refused {refused}",
        flush=True,
    )


if __name__ == "__main__":
    main()
