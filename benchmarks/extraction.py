"""What becomes of real code in the frames that models put it in, and of real raw answers: found, lost, and how fast.

    python benchmarks/extraction.py --data DIR

DIR holds `labelled_*.jsonl.gz` (code of real answers, with `passed`) and `model_outputs_*.jsonl.gz` (raw answers).
A frame loses an answer when what is found in it is another design than the code that was put into it.
"""

import argparse
import gzip
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ct_retrain.verilog.extract import find_rtl
from ct_retrain.verilog.fingerprint import canonical
from ct_retrain.verilog.modules import tops
from ct_retrain.verilog.pieces import parses

TESTBENCH = """`timescale 1ns/1ps
module testbench_of_the_answer;
  {top} dut ();
  initial begin $dumpvars; #10 $finish; end
endmodule
"""
FRAMES = {
    "bare": "{code}",
    "fence": "Here is the module:\n\n```verilog\n{code}\n```\n\nThe output follows the inputs.",
    "four ticks": "````systemverilog\n{code}\n````",
    "fence in a list": "1. Code:\n\n   ```verilog\n{indented}\n   ```\n2. Done.",
    "fence never closed": "```verilog\n{code}\n",
    "inline code before and behind": "`{top}` has a clock, `clk`.\n`define` is not needed.\n\n{code}\n\n`endmodule` ends it.",
    "[BEGIN] and [DONE]": "[BEGIN]\n{code}\n[DONE]",
    "JSON": "{json}",
    "include guard": "```verilog\n`ifndef TOP_V\n`define TOP_V\n{code}\n`endif // TOP_V\n```",
    "declarations at file scope": "```systemverilog\ntypedef logic [7:0] byte_t;\nlocalparam UNUSED = 1;\n{code}\n```",
    "draft before": "```verilog\nmodule {top} (input draft);\nendmodule\n```\nBetter:\n```verilog\n{code}\n```",
    "testbench behind": "```verilog\n{code}\n```\nTest it:\n```verilog\n{testbench}```",
    "testbench in the same fence": "```verilog\n{code}\n\n{testbench}```",
    "Windows line ends": "```verilog\r\n{windows}\r\n```\r\n",
}
ADDED = {
    "include guard": "`ifndef TOP_V\n`define TOP_V\n{code}\n`endif\n",
    "declarations at file scope": "typedef logic [7:0] byte_t;\nlocalparam UNUSED = 1;\n{code}\n",
}
"""What a frame adds to the design itself."""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") as lines:
        yield from map(json.loads, lines)


def framed(code: str, top: str, frame: str) -> str:
    """*code* in *frame*."""
    parts = {
        "indented": "\n".join(f"   {line}" for line in code.split("\n")),
        "json": json.dumps({"explanation": f"module {top} (a gate) does it.", "code": code}),
        "windows": code.replace("\n", "\r\n"),
        "testbench": TESTBENCH.replace("{top}", top),
        "top": top,
        "code": code,
    }
    for name, text in parts.items():
        frame = frame.replace(f"{{{name}}}", text)
    return frame


def wrapped(data: Path) -> None:
    """Print how many labelled answers each frame loses."""
    lost: Counter[str] = Counter()
    right: Counter[str] = Counter()
    count = 0
    for path in sorted(data.glob("labelled_*.jsonl.gz")):
        for row in rows(path):
            code = find_rtl(row["code"])
            named = [name for name in ("top_module", "TopModule", row["id"]) if name in tops(code)]
            if not named or not parses(code):
                continue
            count += 1
            for name, frame in FRAMES.items():
                found = find_rtl(framed(code.strip(), named[0], frame), named[0])
                if canonical(found) != canonical(ADDED.get(name, "{code}").replace("{code}", code)):
                    lost[name] += 1
                    right[name] += row["passed"]
    print(f"{count} answers with code that parses, each in {len(FRAMES)} frames")
    for name in FRAMES:
        print(f"  {name:32} {lost[name]:5} lost, {right[name]:5} of them passed")


def raw(data: Path) -> None:
    """Print what raw answers hold, and how long it takes to find it."""
    for path in sorted(data.glob("model_outputs_*.jsonl.gz")):
        seconds: list[float] = []
        kinds: Counter[str] = Counter()
        for row in rows(path):
            began = time.perf_counter()
            found = find_rtl(row["completion"], "top_module")
            seconds.append(time.perf_counter() - began)
            kinds["whole module" if found else "no whole module"] += 1
            kinds["changed when found again"] += find_rtl(found, "top_module") != found
        middle, worst = statistics.median(seconds) * 1e3, max(seconds) * 1e3
        print(f"{path.name}: {dict(kinds)}, median {middle:.2f} ms, longest {worst:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    raw(data)
    wrapped(data)


if __name__ == "__main__":
    main()
