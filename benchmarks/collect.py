"""Collect against `cat` and two `json.loads` loops on the same tree; first night, and one with 1 % new.

The first loop counts; the second keeps the account that collect keeps, and nothing else: duplicates by digest, bad lines
by number, a row a run in SQLite for the next night. Runs are sixty days old but for those that get another line.

    python benchmarks/collect.py --runs 50000

Every measurement is a process of its own with a warm page cache; the tree is made anew from its seed.
"""

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import _run_tree
from ct_retrain.core.configuration.settings import CollectSettings
from ct_retrain.stages._discovery import Walk
from ct_retrain.stages._ledger import LEDGER, Cutoff, Ledger, freeze
from ct_retrain.stages._run_reader import settled
from ct_retrain.stages._scan import ScanSite, TraceScan
from ct_retrain.stages.collect import CollectInputs, collect

CUTOFF = datetime(2036, 1, 1, tzinfo=UTC)
"""Far ahead: every half-written line is stale, so that two nights see the same."""


class Measured(NamedTuple):
    """One measurement."""

    wall: float
    cpu: float
    """User and system seconds of the process and its children."""
    peak: float
    """MiB, of the largest process."""
    said: str


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50_000)
    parser.add_argument("--repeat", type=int, default=3, help="the best of this many is reported")
    parser.add_argument(
        "--directory", type=Path, help="where the tree is made (default: a temporary directory)"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.directory, prefix="collect-") as name:
        small = options.runs // 10
        peak = _nights(Path(name) / "small", small, 1)["first night"].peak
        table = _nights(Path(name) / "whole", options.runs, options.repeat)
        _print(table, options.runs)
        print(
            f"\npeak memory: {peak:.0f} MiB at {small} runs, {table['first night'].peak:.0f} MiB at {options.runs} runs"
        )


def _nights(workspace: Path, runs: int, repeat: int) -> dict[str, Measured]:
    tree = workspace / "data" / "runs"
    specs = int(runs * 0.6) + 1
    _run_tree.grow(tree, range(runs), specs)
    part = max(1, runs // 200)
    growing, new = range(0, runs, max(1, runs // part)), range(runs, runs + part)
    _date(tree, range(runs), 60)
    _date(tree, growing, 5)
    os.sync()
    night = ["night", str(workspace)]
    table = {
        "cat": _best(
            repeat, ["sh", "-c", f"find {tree} -name trace.jsonl -print0 | xargs -0 cat > /dev/null"]
        ),
        "open and read": _best(repeat, _self("read", str(tree))),
        "json.loads loop": _best(repeat, _self("loop", str(tree))),
        "loop with the account": _best(repeat, _self("account", str(tree))),
        "scan": _best(repeat, _self("scan", str(workspace))),
        "first night": _measure(_self(*night, "1", "")),
    }
    _run_tree.append(tree, growing)
    _run_tree.grow(tree, new, specs)
    _date(tree, [*growing, *new], 1)
    os.sync()
    table["night with 1 % new"] = _measure(_self(*night, "2", "1"))
    table["night with nothing new"] = _measure(_self(*night, "3", "2"))
    return table


def _date(tree: Path, numbers: Iterable[int], days: int) -> None:
    """Let the traces of the runs *numbers* have been written *days* before the nights."""
    moment = CUTOFF.timestamp() - days * 86_400
    for number in numbers:
        os.utime(tree / f"run_{number:07d}" / "trace.jsonl", (moment, moment))


def _print(table: dict[str, Measured], runs: int) -> None:
    first, loop, cat = table["first night"], table["json.loads loop"], table["cat"]
    account = table["loop with the account"]
    print(f"{runs} runs, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    print(
        "| what | wall s | cpu s | peak MiB | × cat (cpu) | loop ÷ it (cpu) | account ÷ it (cpu) | first ÷ it (cpu) | found |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, one in table.items():
        ratios = f"{one.cpu / cat.cpu:.2f} | {loop.cpu / one.cpu:.1f} | {account.cpu / one.cpu:.1f} | {first.cpu / one.cpu:.1f}"
        print(f"| {name} | {one.wall:.2f} | {one.cpu:.2f} | {one.peak:.0f} | {ratios} | {one.said} |")
    scan = table["scan"]
    print(
        f"| copies (first night − scan) | {first.wall - scan.wall:.2f} | {first.cpu - scan.cpu:.2f} | | | | | | |"
    )


def _best(repeat: int, command: Sequence[str]) -> Measured:
    return min((_measure(command) for _ in range(repeat)), key=lambda one: one.cpu)


def _measure(command: Sequence[str]) -> Measured:
    """Run *command*; a command of ours tells its own figures, so that starting Python and importing do not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.stdout:
        return Measured(**json.loads(done.stdout))
    return Measured(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 0, "")


def _self(*arguments: str) -> list[str]:
    return [sys.executable, __file__, "--do", *arguments]


def _tell(work: Callable[[], str]) -> None:
    start, cpu = time.perf_counter(), _cpu()
    said = work()
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024
    print(json.dumps(Measured(time.perf_counter() - start, _cpu() - cpu, peak, said)._asdict()))


def _cpu() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, kinds))


def _read(tree: Path) -> str:
    """The least that any reader in Python does."""
    size = 0
    with os.scandir(tree) as entries:
        for entry in entries:
            descriptor = os.open(f"{entry.path}/trace.jsonl", os.O_RDONLY)
            size += len(os.read(descriptor, 1 << 24))
            os.close(descriptor)
    return f"{size / 1e6:.1f} MB"


def _loop(tree: Path) -> str:
    """What one writes first: every line through json, what fails is counted."""
    passed = bad = 0
    for path in tree.glob("*/trace.jsonl"):
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    entry = json.loads(line)
                    passed += entry["stage"] == "Simulation" and entry["payload"]["status"] == "pass"
                except (ValueError, TypeError, KeyError):
                    bad += 1
    return f"{passed} passed, {bad} bad"


def _account(tree: Path) -> str:
    """The same, and what the next night has to know."""
    passed, refused, name = 0, 0, tree.parent.parent / "account.sqlite"
    name.unlink(missing_ok=True)
    with sqlite3.connect(name) as ledger:
        ledger.execute(
            "CREATE TABLE run(name TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, known TEXT, bad TEXT)"
        )
        for path in tree.glob("*/trace.jsonl"):
            known: dict[str, int] = {}
            bad: list[tuple[int, str]] = []
            facts = path.stat()
            with path.open(encoding="utf-8", errors="replace") as file:
                for number, line in enumerate(file, 1):
                    try:
                        entry = json.loads(line)
                        if entry["stage"] != "Simulation":
                            continue
                        digest = blake2b(line.encode(), digest_size=12).hexdigest()
                        passed += entry["payload"]["status"] == "pass" and digest not in known
                        known.setdefault(digest, number)
                    except (ValueError, TypeError, KeyError) as error:
                        bad.append((number, repr(error)))
            row = (path.parent.name, facts.st_size, facts.st_mtime_ns, json.dumps(known), json.dumps(bad))
            ledger.execute("INSERT INTO run VALUES (?, ?, ?, ?, ?)", row)
            refused += len(bad)
    return f"{passed} passed, {refused} bad"


def _scan(workspace: Path) -> str:
    """Collect without the copies: the frontier, every line decoded, the ledger."""
    with tempfile.TemporaryDirectory(dir=workspace) as name:
        out, runs = Path(name), workspace / "data" / "runs"
        freeze(out / LEDGER, None, Walk(workspace, runs), Cutoff(CUTOFF.timestamp()))
        site = ScanSite(workspace, runs, CollectSettings(), CUTOFF.timestamp())
        passed = bad = 0
        with Ledger(out / LEDGER) as ledger:
            batch = []
            for job in ledger.jobs():
                scan = TraceScan(job, site)
                passed += sum(1 for _ in scan.passes())
                bad += len(scan.rejected)
                batch.append(settled(scan, job.sighting, [], 0))
                if len(batch) == 64:
                    ledger.settle(batch)
                    batch = []
            ledger.settle(batch)
        return f"{passed} passed, {bad} refused"


def _night(workspace: Path, name: str, previous: str) -> str:
    nights = workspace / "work"
    out = nights / name
    out.mkdir(parents=True)
    runs = workspace / "data" / "runs"
    before = nights / previous if previous else None
    facts = collect(out, CollectInputs(workspace, runs, before, CollectSettings(), CUTOFF))
    refused = sum(facts.rejected.values())
    return f"{facts.collected} collected, {refused} refused, {facts.bytes_copied / 1e6:.1f} MB copied"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--do", "read", tree]:
            _tell(lambda: _read(Path(tree)))
        case ["--do", "loop", tree]:
            _tell(lambda: _loop(Path(tree)))
        case ["--do", "account", tree]:
            _tell(lambda: _account(Path(tree)))
        case ["--do", "scan", workspace]:
            _tell(lambda: _scan(Path(workspace)))
        case ["--do", "night", workspace, name, previous]:
            _tell(lambda: _night(Path(workspace), name, previous))
        case arguments:
            main(arguments)
