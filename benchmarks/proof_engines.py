"""What each prover decides of pairs whose answer is known, and the processor seconds that it takes.

    python benchmarks/proof_engines.py

It needs yosys, yosys-abc and yosys-smtbmc on PATH and the wheel z3-solver, and takes about three minutes. Beside our
order (abc, then induction by z3, then a bound by abc) stand abc alone and plain yosys-smtbmc as `sby` runs it to prove:
induction and bounded model checking of 20 steps each. The pairs are those of the tests, and arithmetic of 4 to 32 bits.
"""

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.judge.test_equivalence import PAIRS

from ct_retrain.judge.confined.formal import smtbmc
from ct_retrain.judge.confined.formal.deciding import TOP
from ct_retrain.judge.confined.formal.engines import Yosys, locate_yosys
from ct_retrain.judge.confined.formal.equivalence import EquivalenceQuestion, prove_equivalent
from ct_retrain.judge.confined.sandbox.process import Limits

LIMITS = Limits(cpu_seconds=8, memory_mb=1024, output_kb=64 << 10)


def words() -> Iterator[tuple[str, tuple[str, str, bool | None]]]:
    """Arithmetic that is alike, by width."""
    for width in (4, 8, 16, 32):
        for name, one, other in (
            ("a * b, commuted", "a * b", "b * a"),
            ("(a + b) * c, distributed", "(a + b) * c", "a * c + b * c"),
            ("multiply and add", "y + a * b", "y + b * (a - 1) + b"),
        ):
            yield f"{name}, {width} bits", (arithmetic(one, width), arithmetic(other, width), True)


def arithmetic(expression: str, width: int) -> str:
    ports = f"input clk, rst, input [{width - 1}:0] a, b, c, output reg [{2 * width - 1}:0] y"
    clocked = f"always @(posedge clk) if (rst) y <= 0; else y <= {expression};"
    body = clocked if "y" in expression else f"always @* y = {expression};"
    return f"module m({ports});\n  {body}\nendmodule\n"


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        yield


def ours(question: EquivalenceQuestion, yosys: Yosys) -> tuple[bool | None, float]:
    found = prove_equivalent(question, yosys, LIMITS)
    return found.answer, found.cpu_seconds


def abc_alone(question: EquivalenceQuestion, yosys: Yosys) -> tuple[bool | None, float]:
    return ours(question, yosys._replace(smtbmc=""))


def plain_smtbmc(question: EquivalenceQuestion, yosys: Yosys) -> tuple[bool | None, float]:
    """On the netlist that our own question leaves; its seconds are those of both searches alone."""
    prove_equivalent(question._replace(bounded=False), yosys, LIMITS)
    if not Path(smtbmc.NETLIST).is_file():
        return None, 0.0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    induction, base = smt(yosys, "-i"), smt(yosys)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if "Status: FAILED" in base:
        return False, seconds
    return (True if "Status: PASSED" in induction and "Status: PASSED" in base else None), seconds


def smt(yosys: Yosys, *options: str) -> str:
    argv = [yosys.smtbmc, "-s", "z3", "--noprogress", "-m", TOP, *options, "-t", "20", smtbmc.NETLIST]
    path = f"{Path(yosys.z3).parent}:{os.environ['PATH']}"
    limited = ["prlimit", f"--cpu={LIMITS.cpu_seconds}", *argv]
    return subprocess.run(
        limited, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path}
    ).stdout


WAYS: dict[str, Callable[[EquivalenceQuestion, Yosys], tuple[bool | None, float]]] = {
    "ours": ours,
    "abc alone": abc_alone,
    "plain smtbmc": plain_smtbmc,
}


def main() -> None:
    yosys = locate_yosys()
    if yosys is None or not yosys.smtbmc:
        sys.exit("yosys, yosys-abc, yosys-smtbmc or z3 is missing")
    decided, seconds = dict.fromkeys(WAYS, 0), dict.fromkeys(WAYS, 0.0)
    known = {**{name: pair for name, pair in PAIRS.items() if pair[2] is not None}, **dict(words())}
    print(f"| pair | {' | '.join(WAYS)} |\n|---|{'---|' * len(WAYS)}")
    for name, (golden, other, answer) in known.items():
        cells: list[str] = []
        for way, ask in WAYS.items():
            with scratch():
                found, took = ask(EquivalenceQuestion(golden, other, "m", bounded=True, depth=20), yosys)
            decided[way] += found is answer
            seconds[way] += took
            said = {True: "alike", False: "differ", None: "-"}[found]
            cells.append(f"{said}{'' if found in {answer, None} else ' (WRONG)'} {took:.2f} s")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print(f"| of {len(known)} | {' | '.join(f'{decided[way]} in {seconds[way]:.1f} s' for way in WAYS)} |")


if __name__ == "__main__":
    main()
