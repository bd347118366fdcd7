"""The whole judge on every golden of four suites and on labelled answers of real models: which passes stand, and why not.

    python benchmarks/goldens.py --data DIR [--labelled] [--simulator auto]

DIR holds `verilogeval_v1_human.jsonl`, `verilogeval_v2_spec_to_rtl.jsonl`, `rtllm_v2.jsonl` and the files
`labelled_*.jsonl.gz`. A golden is first judged by plain iverilog and vvp under its suite's own rule, then by the
judge with all its layers; its number of checks is then required of the labelled answers.
"""

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import (
    DataFile,
    Design,
    Outcome,
    Verdict,
)
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge
from ct_retrain.suites.load import load_suite

SLOW = frozenset({"conwaylife", "lfsr32", "count_clock", "review2015_fancytimer"})
"""Problems whose simulation takes seconds; their answers are left out, their goldens are not."""


class Golden(NamedTuple):
    """One problem's own design."""

    suite: str
    problem: str
    design: Design


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def goldens(data: Path) -> Iterator[Golden]:
    """All of them, suite by suite."""
    for row in rows(data / "verilogeval_v1_human.jsonl"):
        design = Design(rtl=row["prompt"] + row["canonical_solution"], testbench=row["test"])
        yield Golden("VerilogEval v1 Human", row["task_id"], design)
    for row in rows(data / "verilogeval_v2_spec_to_rtl.jsonl"):
        rtl = re.sub(r"\bRefModule\b", "TopModule", row["ref"])
        yield Golden("VerilogEval v2", row["id"], Design(rtl=rtl, testbench=row["test"] + row["ref"]))
    for row in rows(data / "rtllm_v2.jsonl"):
        files = tuple(DataFile(name=name, text=text) for name, text in row["files"].items())
        yield Golden("RTLLM v2", row["id"], Design(rtl=row["ref"], testbench=row["test"], files=files))
    for problem in load_suite("behavioural", Path()).problems:
        yield Golden("built-in", problem.id, Design(rtl=problem.golden, testbench=problem.testbench))


_MISMATCHES = re.compile(r"Mismatches: (\d+) in (\d+) samples")


def accepts(suite: str, said: str) -> bool:
    """The suite's own rule, on what iverilog and vvp print."""
    if suite.startswith("VerilogEval"):
        found = _MISMATCHES.search(said)
        return found is not None and found[1] == "0"
    if suite == "RTLLM v2":
        return "pass" in said.lower()
    return "errors=0" in said


def suite_of(source: str) -> str:
    """The suite that a file of labelled answers belongs to."""
    if "rtllm" in source:
        return "RTLLM v2"
    return "VerilogEval v1 Human" if "v1" in source else "VerilogEval v2"


def judged(judge: Judge, found: list[Golden]) -> list[Verdict]:
    """The whole judge on *found*; prints the table and every exception."""
    table: Counter[tuple[str, str]] = Counter()
    verdicts = list(check_all(judge, (golden.design for golden in found)))
    lost: list[str] = []
    for golden, verdict in zip(found, verdicts, strict=True):
        plainly = accepts(golden.suite, judge.icarus.naive(golden.design))
        table[golden.suite, "goldens"] += 1
        table[golden.suite, "plain"] += plainly
        table[golden.suite, "both"] += plainly and verdict.passed
        if plainly and not verdict.passed:
            lost.append(f"  {golden.suite} {golden.problem}: {verdict.outcome}, {verdict.detail}")
    for suite in dict.fromkeys(golden.suite for golden in found):
        counts = [table[suite, what] for what in ("goldens", "plain", "both")]
        print(
            f"{suite:22} {counts[0]:4} goldens, {counts[1]:4} pass plainly, {counts[2]:4} of them judged pass"
        )
    print(*lost, sep="\n")
    return verdicts


def labelled(judge: Judge, data: Path, known: dict[tuple[str, str], Design]) -> None:
    """The whole judge beside the labels; *known* is each problem's testbench with the golden's checks."""
    answers = [(path.name, row) for path in sorted(data.glob("labelled_*")) for row in rows(path)]
    answers = [(name, row) for name, row in answers if not SLOW & {row["id"], row["id"].partition("_")[2]}]
    designs = (
        known[suite_of(name), row["id"]].model_copy(update={"rtl": row["code"]}) for name, row in answers
    )
    other: list[str] = []
    verdicts = list(check_all(judge, designs))
    for (name, row), verdict in zip(answers, verdicts, strict=True):
        if verdict.passed is not row["passed"]:
            label = "pass" if row["passed"] else "fail"
            other.append(
                f"  {name} {row['id']} #{row['n']}: label {label}, {verdict.outcome}, {verdict.detail[:160]}"
            )
    share = 1 - len(other) / len(answers)
    print(f"{len(answers)} labelled answers, {len(other)} verdicts differ from the label: {share:.2%} agree")
    print(*other, sep="\n")
    counted = Counter(verdict.tool.name for verdict in verdicts if verdict.passed)
    print("passes by simulator: " + ", ".join(f"{name} {count}" for name, count in sorted(counted.items())))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--labelled", action="store_true", help="the labelled answers too")
    parser.add_argument(
        "--simulator", default="icarus", choices=["icarus", "auto"], help="the labels are of Icarus 11"
    )
    asked = parser.parse_args()
    with Judge(JudgeSettings(cpu_seconds=30, simulator=asked.simulator)) as judge:
        print(f"{judge.tool.name} {judge.tool.version}; {judge.tool.detail}")
        found = list(goldens(asked.data))
        verdicts = judged(judge, found)
        known = {
            (golden.suite, golden.problem): golden.design.model_copy(
                update={"expected": verdict.checks if verdict.outcome is Outcome.PASS else None}
            )
            for golden, verdict in zip(found, verdicts, strict=True)
        }
        if asked.labelled:
            labelled(judge, asked.data, known)


if __name__ == "__main__":
    main()
