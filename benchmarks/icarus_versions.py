"""The same designs judged under several versions of Icarus Verilog: which verdicts differ, and why.

    python benchmarks/icarus_versions.py --icarus DIR DIR... --data DIR [--every 3]

Each DIR of --icarus holds one version's `iverilog` and `vvp`; it goes first on PATH, as a user's would. Judged are the
golden of every n-th problem of `goldens.py`, its labelled answers that use SystemVerilog and a tenth of the others.
Prints a table of verdicts, and every combination of verdicts that differ. The attacks: `PATH=DIR:$PATH ct-retrain attack`.
"""

import argparse
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge
from goldens import SLOW, goldens, rows, suite_of

LIMITS = JudgeSettings(cpu_seconds=3, simulator="icarus")


@contextmanager
def first_on_path(directory: Path) -> Iterator[None]:
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{directory.resolve()}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


_SYSTEM_VERILOG = re.compile(
    r"\b(?:enum|typedef|struct|union|break|continue|return|unique|priority|inside|foreach)\b"
)


_PLAIN = 10
"""Of the answers that are plain Verilog, each tenth is judged."""


def chosen(data: Path, every: int) -> dict[tuple[str, str], Design]:
    """Every n-th problem, by its suite and name, with its golden; without those that take seconds."""
    quick = [
        ((golden.suite, golden.problem), golden.design)
        for golden in goldens(data)
        if SLOW.isdisjoint({golden.problem, golden.problem.partition("_")[2]})
    ]
    return dict(quick[::every])


def answered(data: Path, problems: Collection[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], str, str]]:
    """Problem, name and text of the answers that use SystemVerilog, and of each tenth other one."""
    plain = 0
    for path in sorted(data.glob("labelled_*")):
        for row in rows(path):
            problem = suite_of(path.name), row["id"]
            if problem in problems:
                if not _SYSTEM_VERILOG.search(row["code"]):
                    plain += 1
                    if plain % _PLAIN:
                        continue
                yield problem, f"{path.name.removesuffix('.jsonl.gz')} {row['id']} #{row['n']}", row["code"]


def judged(data: Path, every: int) -> tuple[str, dict[tuple[str, str], Verdict]]:
    """Version of the Icarus on PATH, and its verdict on every case; the checks of its goldens are required."""
    found = chosen(data, every)
    with Judge(LIMITS) as judge:
        of_goldens = dict(zip(found, check_all(judge, found.values()), strict=True))
        expected = {
            problem: verdict.checks if verdict.outcome is Outcome.PASS else None
            for problem, verdict in of_goldens.items()
        }
        answers = {
            name: found[problem].model_copy(update={"rtl": text, "expected": expected[problem]})
            for problem, name, text in answered(data, found)
        }
        of_answers = dict(zip(answers, check_all(judge, answers.values()), strict=True))
        version = judge.tool.version
    verdicts = {("golden", " ".join(problem)): verdict for problem, verdict in of_goldens.items()}
    return version, {**verdicts, **{("answer", name): verdict for name, verdict in of_answers.items()}}


def table(found: dict[str, dict[tuple[str, str], Verdict]]) -> Iterator[str]:
    """Verdicts by kind and outcome, a column a version."""
    counts = Counter(
        (kind, verdict.outcome, version)
        for version, verdicts in found.items()
        for (kind, _), verdict in verdicts.items()
    )
    yield f"| | outcome | {' | '.join(found)} |"
    yield f"|---|---|{'---|' * len(found)}"
    for kind, outcome in dict.fromkeys(
        (kind, outcome) for kind in ("golden", "answer") for outcome in Outcome
    ):
        each = [counts[kind, outcome, version] for version in found]
        if any(each):
            yield f"| {kind} | {outcome} | {' | '.join(map(str, each))} |"


def differing(found: dict[str, dict[tuple[str, str], Verdict]]) -> Iterator[str]:
    """Every combination of outcomes that is not one outcome: how often, what each version says of the first, and all names."""
    groups: dict[tuple[str, tuple[Outcome, ...]], list[str]] = defaultdict(list)
    for kind, name in next(iter(found.values())):
        outcomes = tuple(verdicts[kind, name].outcome for verdicts in found.values())
        if len(set(outcomes)) > 1:
            groups[kind, outcomes].append(name)
    for (kind, outcomes), names in groups.items():
        said = ", ".join(f"{version} {outcome}" for version, outcome in zip(found, outcomes, strict=True))
        yield f"\n{len(names)} {kind}: {said}; such as {names[0]}:"
        yield from (
            f"  {version}: {verdicts[kind, names[0]].detail[:200]}" for version, verdicts in found.items()
        )
        yield from (f"  also {name}" for name in names[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--icarus", type=Path, nargs="+", required=True, help="directories of iverilog and vvp"
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--every", type=int, default=3, help="judge every n-th problem")
    asked = parser.parse_args()
    found = {}
    for directory in asked.icarus:
        with first_on_path(directory):
            version, verdicts = judged(asked.data, asked.every)
        print(f"Icarus {version}: {len(verdicts)} verdicts", file=sys.stderr)
        found[version] = verdicts
    print(*table(found), *differing(found), sep="\n")


if __name__ == "__main__":
    main()
