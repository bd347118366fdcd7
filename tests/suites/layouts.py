"""Small suites in the published layouts, and the published rows put back into them where they are here."""

import json
import os
import re
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("CT_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")
HEADER = "module {top} (\n\tinput a,\n\tinput b,\n\toutput y\n);\n"
HOUSE = """`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif
module tb;
  reg [1:0] in = 0;
  wire y;
  integer checks = 0, errors = 0;
  {top} dut (.a(in[0]), .b(in[1]), .y(y));
  initial begin
    repeat (8) begin
      #5 checks = checks + 1;
      if (y !== ({what})) errors = errors + 1;
      in = in + 1;
    end
    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
"""
COUNTING = """`timescale 1 ps/1 ps
{reference}
module tb;
  reg [1:0] in = 0;
  wire y_ref, y_dut;
  integer clocks = 0, errors = 0;
  {ref} good1 (.a(in[0]), .b(in[1]), .y(y_ref));
  {top} top1 (.a(in[0]), .b(in[1]), .y(y_dut));
  initial begin
    repeat (20) begin
      #5 clocks = clocks + 1;
      if (y_ref !== (y_ref ^ y_dut ^ y_ref)) errors = errors + 1;
      in = in + 1;
    end
    $finish;
  end
  final $display("Mismatches: %1d in %1d samples", errors, clocks);
endmodule
"""
WORDS = """module {top}_tb;
  reg [1:0] in = 0;
  wire y;
  integer errors = 0, file;
  reg [0:0] expected [0:3];
  {top} uut (.a(in[0]), .b(in[1]), .y(y));
  initial begin
    $readmemb("expected.dat", expected);
    repeat (4) begin
      #5 if (y !== expected[in]) errors = errors + 1;
      in = in + 1;
    end
    if (errors == 0) $display("===========Your Design Passed===========");
    else $display("===========Failed===========");
    $finish;
  end
endmodule
"""


def gate(top: str, what: str = "a & b") -> str:
    """A module that computes *what*."""
    return f"{HEADER.format(top=top)}\tassign y = {what};\nendmodule\n"


def plain_row(name: str, **changes: Any) -> dict[str, Any]:
    """A line of the plain format, right unless *changes* make it wrong."""
    right = {
        "id": name,
        "spec": f"# {name}\nAn and gate.",
        "top": "gate",
        "testbench": HOUSE.format(top="gate", what="in[0] & in[1]"),
        "golden": gate("gate"),
        "category": "logic",
    }
    return {**right, **changes}


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    """*rows* as JSONL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def v1(root: Path, names: list[str]) -> Path:
    """VerilogEval v1 as released: data and descriptions in directories of their own."""
    body = "\tassign y = a & b;\nendmodule\n"
    test = COUNTING.format(top="top_module", ref="reference_module", reference=gate("reference_module"))
    rows = [
        {"task_id": name, "prompt": HEADER.format(top="top_module"), "canonical_solution": body, "test": test}
        for name in names
    ]
    said = [{"task_id": name, "detail_description": "Build an and gate.\n// Twice."} for name in names]
    write_lines(root / "descriptions" / "VerilogDescription_Human.jsonl", said)
    return write_lines(root / "data" / "VerilogEval_Human.jsonl", rows)


def v2(root: Path, names: list[str], *, header: bool = False) -> Path:
    """VerilogEval v2 as released; with *header* its code completion."""
    path = root / ("dataset_code-complete-iccad2023" if header else "dataset_spec-to-rtl")
    path.mkdir(parents=True)
    interface = "\n" + HEADER.format(top="TopModule")
    for name in names:
        asked = "\nBuild an and gate.\n\nTwice.\n" + (interface if header else "")
        (path / f"{name}_prompt.txt").write_text(asked)
        (path / f"{name}_ref.sv").write_text(f"\n{gate('RefModule')}\n")
        (path / f"{name}_test.sv").write_text(COUNTING.format(top="TopModule", ref="RefModule", reference=""))
        if header:
            (path / f"{name}_ifc.txt").write_text(interface)
    (path / "problems.txt").write_text("\n".join(names))
    return path


def rtllm(root: Path, places: list[str]) -> Path:
    """RTLLM as released: *places* are directories below *root*."""
    for place in places:
        home = root / place
        home.mkdir(parents=True)
        name = home.name
        (home / "design_description.txt").write_text("Please act as a professional verilog designer.\n")
        (home / "testbench.v").write_text(WORDS.format(top=name))
        (home / f"verified_{name}.v").write_text(gate(f"verified_{name}"))
        (home / "expected.dat").write_text("0\n0\n0\n1\n")
        (home / "makefile").write_text("vcs:\n\tvcs -sverilog\n")
    return root


def published(name: str) -> list[dict[str, Any]]:
    """The rows of a published suite; empty where the data is not here."""
    path = DATA / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def published_v2(root: Path) -> Path:
    """The published spec-to-rtl problems in their own layout."""
    path = root / "dataset_spec-to-rtl"
    path.mkdir()
    for row in published("verilogeval_v2_spec_to_rtl.jsonl"):
        for field, ending in (("prompt", "prompt.txt"), ("ref", "ref.sv"), ("test", "test.sv")):
            (path / f"{row['id']}_{ending}").write_text(row[field])
    return path


def published_rtllm(root: Path) -> Path:
    """The published designs in their own layout, goldens under their own names."""
    for row in published("rtllm_v2.jsonl"):
        home = root / row["category"].replace("_", " ").rpartition("/")[0] / row["id"]
        home.mkdir(parents=True)
        (home / "design_description.txt").write_text(row["prompt"])
        (home / "testbench.v").write_text(row["test"])
        golden = re.sub(rf"\b{row['top']}\b", f"verified_{row['top']}", row["ref"])
        (home / f"verified_{row['id']}.v").write_text(golden)
        for name, text in (row["files"] or {}).items():
            (home / name).write_text(text)
    return root


TOLD = WORDS.replace('$readmemb("expected.dat", expected);', "").replace("expected[in]", "(in[0] & in[1])")
"""`WORDS` without a file of expected values."""


def chipbench(root: Path, directory: str, names: list[str]) -> Path:
    """ChipBench as released: a directory of VerilogEval v2's files under a name of its own."""
    return v2(root, names).rename(root / directory)


def vgen(root: Path, places: list[str], *, answered: bool = True) -> Path:
    """VGen as released: *places* are directories below *root*."""
    for place in places:
        home = root / place
        home.mkdir(parents=True)
        for number in (1, 2, 3):
            said = f"// An and gate, said {number} times.\n{HEADER.format(top='and_gate')}"
            (home / f"prompt{number}_and.v").write_text(said)
        bench = TOLD.format(top="and_gate").replace("Your Design Passed", "all tests passed")
        (home / "tb_and.v").write_text(bench)
        if answered:
            (home / "answer_and.v").write_text(gate("and_gate"))
    return root


def resbench(root: Path, categories: dict[str, list[dict[str, str]]]) -> Path:
    """ResBench as released."""
    (root / "problems.json").write_text(json.dumps(categories, indent=4))
    return root / "problems.json"


def resbench_row(name: str, bench: str = TOLD, header: str = "Module header") -> dict[str, str]:
    """A problem of ResBench."""
    said = bench.format(top=name).replace("Your Design Passed", "All tests passed")
    return {"module": name, "Problem": "Build it.", header: HEADER.format(top=name), "Testbench": said}


def archxbench(root: Path, places: list[str]) -> Path:
    """ArchXBench as released: *places* are directories below *root*."""
    for place in places:
        home = root / place
        home.mkdir(parents=True)
        top = home.name.replace("-", "_")
        (home / "problem-description.txt").write_text("Title: An and gate\n")
        spec = f"Design Name: gate\n\nDesign Signature:\n{HEADER.format(top=top)}\nDesign Notes:\n- small\n"
        (home / "design-specs.txt").write_text(spec)
        (home / "tb.v").write_text(TOLD.format(top=top))
    return root


HOLE = """module inv(input a, output y);
  assign y = ~a;
endmodule
module toggle(input clk, input rst, input en, output reg q);
{body}endmodule
module unused(input a, output y);
  assign y = a;
endmodule
module chip(input clk, input rst, input stop, output q);
  wire en;
  inv i(.a(stop), .y(en));
  toggle t(.clk(clk), .rst(rst), .en(en), .q(q));
endmodule
"""
TOGGLE = "  always @(posedge clk) if (rst) q <= 0; else if (en) q <= ~q;\n"


def notsotiny_row(name: str, **changes: Any) -> dict[str, Any]:
    """A row of NotSoTiny: a design with a hole."""
    marks = "  // >>> Module Implementation Begin\n  // >>> put it here\n  // <<< Module Implementation End\n"
    module = re.search(r"module toggle.*?endmodule", HOLE.format(body=TOGGLE), re.DOTALL)
    assert module is not None
    right = {
        "task_id": name,
        "shuttle_name": "tt00",
        "system_message": "Complete it.",
        "prompt": HOLE.format(body=marks),
        "golden_module": module[0],
        "top_module_name": "chip",
    }
    return {**right, **changes}
