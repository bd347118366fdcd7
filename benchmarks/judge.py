"""Judged designs a second, all layers on, beside a plain loop of iverilog and vvp and beside the floor of the tools.

Run it as `python benchmarks/judge.py`; it takes about two minutes and needs Icarus Verilog. Every way judges the
same designs in turns of a few seconds, so that a busy machine is busy for all of them; figures are the medians of
the turns. Processor time is that of this process and of everything it started.
"""

import argparse
import contextlib
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from _spent import spent, spent_by_name
from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.attacks.testbenches import COUNTER as RIGHT
from ct_retrain.judge.attacks.testbenches import benches
from ct_retrain.judge.confined.simulators import icarus_tools
from ct_retrain.judge.confined.simulators.icarus_tools import locate
from ct_retrain.judge.confined.simulators.vvp import Declared, breach
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.judge import Judge
from ct_retrain.verilog.canonical import written
from ct_retrain.verilog.guard import guard
from ct_retrain.verilog.tree import parse

EMPTY = "module empty; endmodule\n"
PLAIN = "plain loop of iverilog and vvp"


class Turn(NamedTuple):
    """One way, for one turn."""

    rate: float
    """Designs a second."""
    cpu: float
    """Milliseconds of processor time a design."""


def designs(count: int, step: int = 1) -> list[Design]:
    """As many different small designs, so that nothing is known before; they count by *step*, and 1 is right."""
    bench = benches()["house"]
    return [Design(rtl=RIGHT.replace("q + 1", f"q + {4 * n + step}"), testbench=bench) for n in range(count)]


class Way(NamedTuple):
    """How a batch is judged."""

    judge: Callable[[list[Design], int], None]
    batch: list[Design]
    workers: int = 1


def plainly(batch: list[Design], workers: int) -> None:
    """What a script does: one subprocess for the compiler, one for the simulator, and a look for the pass line."""
    del workers
    with tempfile.TemporaryDirectory() as name:
        for design in batch:
            Path(name, "d.v").write_text(design.rtl)
            Path(name, "t.v").write_text(design.testbench)
            subprocess.run(
                ["iverilog", "-g2012", "-o", "x.vvp", "d.v", "t.v"], cwd=name, check=True, capture_output=True
            )
            done = subprocess.run(
                ["vvp", "-n", "x.vvp"], cwd=name, check=True, capture_output=True, text=True
            )
            if "errors=0" not in done.stdout:
                raise SystemExit(f"the plain loop fails a right design: {done.stdout}")


def barely(batch: list[Design], workers: int) -> None:
    """The floor: compile an empty module and run it, the programs called directly; look at nothing but exit codes."""
    del workers
    found = locate()
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        Path(icarus_tools.SOURCE).write_text(EMPTY)
        Path(icarus_tools.CONFIG).write_text(icarus_tools.configuration(found, ["empty"]))
        for _ in batch:
            start(*icarus_tools.compile_directly(found))
            start(found.vvp, "-n", icarus_tools.COMPILED, "-none")


def start(*argv: str) -> None:
    nothing = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    _, status = os.waitpid(os.posix_spawn(argv[0], argv, {}, file_actions=nothing), 0)
    if status:
        raise SystemExit(f"{argv[0]} fails, so it is no floor")


def judging(judge: Judge, outcome: Outcome = Outcome.PASS) -> Callable[[list[Design], int], None]:
    def way(batch: list[Design], workers: int) -> None:
        bad = [verdict for verdict in check_all(judge, batch, workers) if verdict.outcome is not outcome]
        if bad:
            raise SystemExit(f"the judge says something else than {outcome}: {bad[0]}")

    return way


def measure(way: Way) -> Turn:
    before, began = spent(), time.perf_counter()
    way.judge(way.batch, way.workers)
    seconds = time.perf_counter() - began
    return Turn(len(way.batch) / seconds, 1000 * (spent() - before) / len(way.batch))


def shares(way: Way) -> dict[str, float]:
    """Milliseconds of processor time of a design, by program: this one, the worker (python), and what it forks."""
    before = spent_by_name()
    way.judge(way.batch, way.workers)
    taken = {name: seconds - before.get(name, 0.0) for name, seconds in spent_by_name().items()}
    return {name: 1000 * seconds / len(way.batch) for name, seconds in taken.items()}


def overheads(batch: list[Design]) -> dict[str, float]:
    """Milliseconds of processor time of a design, by what takes them in our own process."""
    trees = [parsed for design in batch if (parsed := parse(design.rtl)) is not None]
    texts = compiled(batch)
    own = Declared(frozenset({"counter"}), frozenset({"counter", "clk", "rst", "q"}), frozenset({"tb"}))
    return {
        "parsing once": taken(lambda: [parse(design.rtl) for design in batch], len(batch)),
        "writing anew": taken(lambda: [written(tree) for tree in trees], len(trees)),
        "guard, both included": taken(lambda: [guard(design.rtl) for design in batch], len(batch)),
        "looking at what was compiled": taken(lambda: [breach(text, own) for text in texts], len(texts)),
    }


def taken(work: Callable[[], object], count: int) -> float:
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began) / count


def compiled(batch: list[Design]) -> list[str]:
    """What Icarus makes of one of the *batch*, as many times."""
    with tempfile.TemporaryDirectory() as name:
        Path(name, "d.v").write_text(batch[0].rtl + batch[0].testbench)
        subprocess.run(
            ["iverilog", "-g2012", "-o", "x.vvp", "d.v"], cwd=name, check=True, capture_output=True
        )
        return [Path(name, "x.vvp").read_text()] * len(batch)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--designs", type=int, default=120, help="designs a turn")
    parser.add_argument("--turns", type=int, default=5)
    chosen = parser.parse_args()
    right, wrong = designs(chosen.designs), designs(chosen.designs, step=2)
    cores = os.cpu_count() or 1
    with (
        tempfile.TemporaryDirectory() as name,
        Judge(JudgeSettings()) as judge,
        Judge(JudgeSettings(second_opinion=False)) as single,
        Judge(JudgeSettings(second_opinion=False), sandbox="off") as bare,
        Judge(JudgeSettings(), Path(name, "verdicts")) as known,
        started_each_time() as cold,
    ):
        ways = {
            "floor: both programs, empty module": Way(barely, right),
            PLAIN: Way(plainly, right),
            "pass, no second opinion, sandbox off": Way(judging(bare), right),
            "pass, no second opinion": Way(judging(single), right),
            f"pass, no second opinion, {cores} workers": Way(judging(single), right, cores),
            "pass, all layers, programs not forked": Way(judging(cold), right),
            "pass, all layers": Way(judging(judge), right),
            f"pass, all layers, {cores} workers": Way(judging(judge), right, cores),
            "fail, all layers": Way(judging(judge, Outcome.MISMATCH), wrong),
            "verdicts known": Way(judging(known), right),
        }
        for way in ways.values():
            measure(way)
        turns = [{name: measure(way) for name, way in ways.items()} for _ in range(chosen.turns)]
        report(turns, judge.tool.detail)
        each = shares(ways["pass, all layers"])
    print(
        "\npass, all layers, CPU ms by program: " + ", ".join(f"{name} {ms:.1f}" for name, ms in each.items())
    )
    print()
    for what, cpu in overheads(right).items():
        print(f"{what}: {cpu:.2f} ms of processor time a design")
    print(
        f"{platform.platform()}, {cores} processors, Python {sys.version.split()[0]}, Icarus {locate().version}"
    )


@contextlib.contextmanager
def started_each_time() -> Generator[Judge]:
    """A judge whose programs are started for each design, as without a C compiler."""
    with patch("ct_retrain.judge.judge.compiled", return_value=""):
        judge = Judge(JudgeSettings())
    with judge:
        yield judge


def report(turns: list[dict[str, Turn]], detail: str) -> None:
    """Medians of the *turns*; the last two columns are to the plain loop of the same turn."""
    print(f"{'way':40} {'designs/s':>10} {'spread':>15} {'CPU ms':>8} {'x speed':>8} {'x CPU':>8}")
    for name in turns[0]:
        rates = sorted(turn[name].rate for turn in turns)
        rate, cpu = statistics.median(rates), statistics.median(turn[name].cpu for turn in turns)
        spread = f"{rates[0]:.0f} to {rates[-1]:.0f}"
        faster = statistics.median(turn[name].rate / turn[PLAIN].rate for turn in turns)
        dearer = statistics.median(turn[name].cpu / turn[PLAIN].cpu for turn in turns)
        print(f"{name:40} {rate:10.1f} {spread:>15} {cpu:8.2f} {faster:8.2f} {dearer:8.2f}")
    print(f"\n{detail}")


if __name__ == "__main__":
    main()
