"""A seeded tree of runs as a busy pipeline leaves them: 8 to 12 stages a run, 2.4 % of the files odd."""

import hashlib
import json
import random
from collections.abc import Iterable
from pathlib import Path

STAGES = (
    "Generate",
    "Style",
    "Lint",
    "Testbench",
    "Simulation",
    "Decision",
    "Constraints",
    "Synthesis",
    "Report",
)
ODD = (
    ("malformed", 0.005),
    ("cut", 0.005),
    ("no_end", 0.002),
    ("empty", 0.002),
    ("crlf", 0.002),
    ("bom", 0.002),
    ("bad_utf8", 0.001),
    ("nul", 0.001),
    ("huge", 0.0005),
    ("not_an_object", 0.001),
    ("wrong_type", 0.001),
    ("blank", 0.001),
    ("nan", 0.0005),
)
BODY = "module m{n}(input clk, input rst, input [7:0] a, output reg [7:0] q);\n"
STEP = "  always @(posedge clk) if (rst) q <= 8'd{n}; else q <= q ^ (a + 8'd{m});\n"


def grow(runs: Path, numbers: Iterable[int], specs: int) -> None:
    """Make the runs *numbers*, over *specs* specifications, each from its own seed."""
    for number in numbers:
        _make(runs / f"run_{number:07d}", number, random.Random(number), specs)


def append(runs: Path, numbers: Iterable[int]) -> None:
    """Give the runs *numbers* another passing attempt."""
    for number in numbers:
        path = runs / f"run_{number:07d}" / "trace.jsonl"
        line = _line("Simulation", path.parent, random.Random(-number - 1), ["pass"])
        with path.open("ab") as file:
            file.write(line.encode() + b"\n")


def _make(run: Path, number: int, dice: random.Random, specs: int) -> None:
    spec = dice.randrange(specs)
    outcomes = ["fail"] * dice.choice([0, 0, 0, 1, 2]) + (["pass"] if dice.random() < 0.6 else ["fail"])
    _artefacts(run, spec, number, dice)
    lines: list[str] = []
    left = list(outcomes)
    for index in range(dice.randint(8, 12)):
        stage = "Simulation" if index >= 4 and left and index % 2 == 0 else STAGES[index % len(STAGES)]
        if stage == "Simulation" and not left:
            stage = "Decision"
        lines.append(_line(stage, run, dice, left))
    (run / "trace.jsonl").write_bytes(_spoiled(lines, dice))


def _artefacts(run: Path, spec: int, number: int, dice: random.Random) -> None:
    for name in ("rtl", "verification", "simulation"):
        (run / name).mkdir(parents=True)
    steps = "".join(STEP.format(n=spec % 251, m=step) for step in range(4 + spec % 20))
    (run / "spec.txt").write_text(
        f"Write module m{spec}: an 8-bit register that mixes a into q on every clock.\n" * 3
    )
    (run / "rtl" / "top.v").write_text(f"// attempt {number}\n" + BODY.format(n=spec) + steps + "endmodule\n")
    (run / "verification" / "tb.v").write_text(
        f"module tb; // spec {spec}\n" + "  initial #10 check();\n" * 60
    )
    (run / "simulation" / "compile.log").write_text(
        "" if dice.random() < 0.7 else "top.v:3: warning: width\n"
    )
    (run / "simulation" / "sim.log").write_text(f"run {number}\n" + "t=10 q=00 ok\n" * 40 + "PASS 40/40\n")


def _line(stage: str, run: Path, dice: random.Random, left: list[str]) -> str:
    payload: dict[str, object] = {
        "status": "pass" if dice.random() < 0.6 else "fail",
        "duration_s": round(dice.random() * 30, 3),
        "spec_hash": hashlib.sha256(run.name.encode()).hexdigest()[:16],
        "metrics": {"lint_errors": dice.randrange(3), "warnings": dice.randrange(9), "score": dice.random()},
    }
    if stage == "Simulation" and left:
        home = f"data/runs/{run.name}"
        payload |= {
            "status": left.pop(0),
            "spec_path": f"{home}/spec.txt",
            "rtl_file": f"{home}/rtl/top.v",
            "testbench_file": f"{home}/verification/tb.v",
            "simulation_compile_log": f"{home}/simulation/compile.log",
            "simulation_log": f"{home}/simulation/sim.log",
            "job_id": f"sim_{dice.randrange(10**9)}",
        }
    elif stage == "Generate":
        payload["rtl_preview"] = STEP * 6
    elif stage == "Decision":
        payload["reason"] = 'previous stage "Simulation" said status pass; continue'
    stamp = (
        f"2026-01-{1 + dice.randrange(28):02d}T02:{dice.randrange(60):02d}:07.{dice.randrange(10**6):06d}Z"
    )
    return json.dumps({"timestamp": stamp, "run_id": run.name, "stage": stage, "payload": payload})


def _spoiled(lines: list[str], dice: random.Random) -> bytes:
    """*lines* as a file; 2.4 times in 100 with one of the oddities that real trees have."""
    kinds, weights = zip(*ODD, strict=True)
    kind = dice.choices([*kinds, ""], [*weights, 1 - sum(weights)])[0]
    middle = min(4, len(lines) - 1)
    match kind:
        case "malformed":
            lines[dice.randrange(len(lines))] = '{"stage": "Simulation", "payload": {"status": "pass", '
        case "cut":
            lines[-1] = lines[-1][: len(lines[-1]) // 2]
        case "empty":
            lines = []
        case "crlf":
            lines = [line + "\r" for line in lines]
        case "bom":
            lines[0] = "\ufeff" + lines[0]
        case "nul":
            lines.append("\0" * 64)
        case "huge":
            lines[middle] = lines[middle].replace(
                '"payload": {', '"payload": {"log": "' + "x" * 3_000_000 + '", '
            )
        case "not_an_object":
            lines[2:2] = ["[1,2,3]", "null", '"Simulation"']
        case "wrong_type":
            lines[middle] = '{"stage": "Simulation", "payload": "Simulation pass"}'
        case "blank":
            lines[3:3] = ["", "   "]
        case "nan":
            lines[middle] = lines[middle].replace('"score": 0.', '"other": NaN, "score": 0.')
        case _:
            pass
    end = "" if kind in {"cut", "no_end", "empty"} else "\n"
    data = ("\n".join(lines) + end).encode()
    return data.replace(b'"score"', b'"sc\xff\xfere"', 1) if kind == "bad_utf8" else data
