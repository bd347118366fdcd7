"""The built-in suite keeps its word: every golden passes, and no DUT with constant, X or Z outputs does."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

SUITE = Path(__file__).resolve().parents[2] / "src" / "ct_retrain" / "suites" / "behavioural"
PROBLEMS = sorted(path.parent for path in SUITE.glob("*/problem.json"))
FILES = {"problem.json", "spec.md", "golden.v", "testbench.v"}
CATEGORIES = frozenset(
    [
        "counter",
        "register",
        "shift",
        "edge",
        "divider",
        "arithmetic",
        "mux",
        "encoder",
        "gray",
        "lfsr",
        "fifo",
        "memory",
        "arbiter",
        "handshake",
        "fsm",
    ]
)
NONCE = "nonce-5d1f"
VERDICT = re.compile(rf"^{NONCE} checks=(\d+) errors=(\d+)$", re.MULTILINE)
HEADER = re.compile(r"^module (\w+) \(\n(.*?)\n\);$", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"^\s*(input|output)\s+(?:wire|reg)\s+(?:signed )?(?:\[(\d+):0\] )?(\w+),?$")
FILLS = ("0", "1", "x", "z")


class Port(NamedTuple):
    direction: str
    width: int
    name: str


class Simulation(NamedTuple):
    warnings: list[str]
    verdicts: list[tuple[int, int]]
    """Checks and errors of every verdict line."""


def simulate(testbench: Path, dut: Path, scratch: Path) -> Simulation:
    program = scratch / f"{dut.stem}.vvp"
    compiler = ["iverilog", "-g2012", "-Wall", "-s", "tb", f'-DCT_VERDICT="{NONCE}"', "-o", str(program)]
    compiled = subprocess.run(
        [*compiler, str(testbench), str(dut)], capture_output=True, text=True, timeout=20, check=True
    )
    log = subprocess.run(
        ["vvp", "-n", str(program)], capture_output=True, text=True, timeout=20, check=True
    ).stdout
    return Simulation(
        [line for line in compiled.stderr.splitlines() if "timescale" not in line],
        [(int(checks), int(errors)) for checks, errors in VERDICT.findall(log)],
    )


def interface(problem: Path) -> tuple[str, list[Port]]:
    header = HEADER.search((problem / "golden.v").read_text())
    assert header is not None
    ports = [PORT.match(line) for line in header[2].splitlines()]
    assert all(ports)
    return header[1], [Port(port[1], int(port[2] or 0) + 1, port[3]) for port in ports if port]


def stub(top: str, ports: list[Port], fill: str) -> str:
    """A module with the ports of the golden whose outputs are all 0, 1, X or Z."""
    declared = ",\n".join(f"  {port.direction} wire [{port.width - 1}:0] {port.name}" for port in ports)
    driven = "\n".join(
        f"assign {port.name} = {{{port.width}{{1'b{fill}}}}};" for port in ports if port.direction == "output"
    )
    return f"module {top} (\n{declared}\n);\n{driven}\nendmodule\n"


@pytest.fixture(params=PROBLEMS, ids=lambda path: path.name)
def problem(request):
    return request.param


def test_the_suite_is_broad_enough():
    categories = [json.loads((path / "problem.json").read_text())["category"] for path in PROBLEMS]

    assert len(PROBLEMS) >= 44
    assert categories.count("fsm") >= 14
    assert set(categories) == CATEGORIES


def test_a_problem_is_complete_and_consistent(problem):
    described = json.loads((problem / "problem.json").read_text())
    spec = (problem / "spec.md").read_text()
    testbench = (problem / "testbench.v").read_text()
    top, ports = interface(problem)

    assert {path.name for path in problem.iterdir()} == FILES
    assert set(described) == {"category", "tags", "top", "title"}
    assert described["top"] == top
    assert f"# {described['title']}\n" in spec
    assert f"module named `{top}`" in spec
    for port in ports:
        width = "1 bit" if port.width == 1 else f"{port.width} bits `[{port.width - 1}:0]`"
        assert f"- `{port.name}`: {port.direction}, {width}" in spec
    assert f"module {top} " not in testbench
    assert testbench.startswith("`timescale 1ns/1ps\n`ifndef CT_VERDICT\n")
    assert testbench.count('$display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);') == 1


def test_the_golden_passes_without_a_warning(problem, tmp_path):
    result = simulate(problem / "testbench.v", problem / "golden.v", tmp_path)

    assert result.warnings == []
    [(checks, errors)] = result.verdicts
    assert checks >= 50
    assert errors == 0


def test_no_stub_passes(problem, tmp_path):
    top, ports = interface(problem)

    def errors_of(fill: str) -> int:
        dut = tmp_path / f"stub_{fill}.v"
        dut.write_text(stub(top, ports, fill))
        [(_, errors)] = simulate(problem / "testbench.v", dut, tmp_path).verdicts
        return errors

    with ThreadPoolExecutor(len(FILLS)) as pool:
        errors = dict(zip(FILLS, pool.map(errors_of, FILLS), strict=True))

    assert all(count > 0 for count in errors.values()), errors
