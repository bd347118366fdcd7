"""Curate's memory and time by the number of runs and of examples, on synthetic nights that are not simulated.

    python benchmarks/curate.py [--sizes 20000:1000 100000:1000 100000:3000]

Each size is RUNS:SPECS: so many passing runs of so many specifications, each of which becomes one example. The collect
directory is made as collect makes it (traces and pack); the simulator and the appraiser are stand-ins that pass
everything, as a night's judgements run in processes of their own and are measured by `judge.py` and `credibility.py`.
Everything else is curate as it is. Beside it a loop that holds all traces in a list, as curate did before.
Every measurement is a process of its own.
"""

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.configuration.settings import CurateSettings
from ct_retrain.core.record import Tool
from ct_retrain.core.records.dataset import Artefact, Trace
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.decontamination.protection import Protection
from ct_retrain.judge.credibility import Credibility
from ct_retrain.stages._artefact_store import TRACES, pack_files
from ct_retrain.stages.curate import CurateInputs, curate
from ct_retrain.suites.load import load_suite

RTL = """// attempt {attempt}
module m{spec}(input clk, input [7:0] a, output reg [7:0] q);
  always @(posedge clk) q <= (a ^ 8'd{low}) + q * 8'd{high};
endmodule
"""
TESTBENCH = "module tb; // spec {spec}\n" + "  initial #10 check();\n" * 60 + "endmodule\n"


class Passing:
    """A simulator and an appraiser that nobody has to wait for."""

    tool = Tool(name="stand-in", version="1")

    def check(self, design: Design) -> Verdict:
        del design
        return Verdict(outcome=Outcome.PASS, detail="", checks=40, tool=self.tool)

    def __call__(self, golden: Design, most: int) -> Credibility:
        raise AssertionError(f"{golden} was asked about with {most} mutants, and curate.mutants is 0")


def make(collected: Path, runs: int, specs: int) -> None:
    """A collect directory of *runs* runs that take turns with *specs* specifications."""
    collected.mkdir(parents=True)
    with disk.PackWriter(pack_files(collected)) as pack:
        disk.write_lines(collected / TRACES, (trace(pack, run, run % specs) for run in range(runs)))
        pack.finish()


def trace(pack: disk.PackWriter, run: int, spec: int) -> Trace:
    texts = {
        "spec.txt": f"Write module m{spec}: an 8-bit register that mixes a into q on every clock.\n" * 3,
        "rtl/top.v": RTL.format(spec=spec, attempt=run, low=spec % 251, high=1 + spec // 251),
        "verification/tb.v": TESTBENCH.format(spec=spec),
        "simulation/compile.log": "",
        "simulation/sim.log": f"run {run}\n" + "t=10 q=00 ok\n" * 40 + "PASS 40/40\n",
    }
    kept = {
        name: Artefact(name=name, sha256=pack.add(text.encode()), size=len(text))
        for name, text in texts.items()
    }
    return Trace(
        run_id=f"run_{run:07}",
        line=9,
        generated_at=f"2026-01-{1 + run % 28:02}T02:00:07.{run:06}+00:00",
        spec_hash=hashlib.sha256(str(spec).encode()).hexdigest()[:16],
        category=None,
        source="pipeline",
        generator="",
        spec=kept["spec.txt"],
        rtl=kept["rtl/top.v"],
        testbench=kept["verification/tb.v"],
        compile_log=kept["simulation/compile.log"],
        simulation_log=kept["simulation/sim.log"],
    )


def curated(home: Path) -> dict[str, int]:
    settings = CurateSettings(mutants=0, preferences=0, formal_seconds=0)
    suites = Protection((load_suite("behavioural", Path()),))
    inputs = CurateInputs("2026-01-01", home / "collected", None, suites, settings, max_records=0, workers=1)
    out = home / "curated"
    out.mkdir()
    facts = curate(out, inputs, Passing(), Passing())
    return {"examples": facts.examples, "refused": sum(facts.rejected.values())}


def held(home: Path) -> dict[str, int]:
    return {"traces": len(list(disk.read_lines(home / "collected" / TRACES, Trace)))}


def measured(way: str, home: Path) -> dict[str, float]:
    """What a process of its own spends on *way*."""
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, "--home", str(home)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def tell(way: str, home: Path) -> None:
    """Do *way*, and say what it took."""
    found = {"curate": curated, "list": held}[way](home) if way != "nothing" else {}
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({**found, "mib": used.ru_maxrss / 1024, "cpu": used.ru_utime + used.ru_stime}))


def sizes(asked: list[str]) -> Iterator[tuple[int, int]]:
    for one in asked:
        runs, specs = one.split(":")
        yield int(runs), int(specs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["20000:1000", "100000:1000", "100000:3000"])
    parser.add_argument("--way", choices=("curate", "list", "nothing"), help=argparse.SUPPRESS)
    parser.add_argument("--make", help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.make:
        make(chosen.home / "collected", *next(sizes([chosen.make])))
        return
    if chosen.way:
        tell(chosen.way, chosen.home)
        return
    print(
        f"{'runs':>8} {'examples':>9} {'refused':>8} {'peak MiB':>9} {'of it start':>11} {'CPU s':>7} {'list MiB':>9}"
    )
    rows: list[tuple[int, int, float]] = []
    for runs, specs in sizes(chosen.sizes):
        with tempfile.TemporaryDirectory() as scratch:
            home = Path(scratch)
            make(home / "collected", runs, specs)
            found, start, before = (measured(way, home) for way in ("curate", "nothing", "list"))
        rows.append((runs, specs, found["mib"]))
        print(
            f"{runs:8} {found['examples']:9.0f} {found['refused']:8.0f} {found['mib']:9.1f} {start['mib']:11.1f} "
            f"{found['cpu']:7.1f} {before['mib']:9.1f}",
            flush=True,
        )
    for (runs, specs, mib), (more, same, higher) in pairwise(rows):
        if specs == same:
            print(f"a run more takes {(higher - mib) * 1024 / (more - runs):.3f} KiB")
        elif runs == more:
            print(f"an example more takes {(higher - mib) * 1024 / (same - specs):.1f} KiB")


if __name__ == "__main__":
    main()
