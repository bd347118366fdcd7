"""Read VerilogEval as NVIDIA publishes it: v1's JSONL with its descriptions, v2's directory of files."""

import re
from collections.abc import Iterator
from pathlib import Path

from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.records.problem import Problem
from ct_retrain.suites import fsm
from ct_retrain.suites.files import text_of_file
from ct_retrain.suites.lines import JsonLine, problem_of, read_objects, text_of

LICENCE = "MIT"
_ASKED = "Implement the Verilog module based on the following description. Assume that signals are positive clock/clk triggered unless otherwise stated."
COMPLETE = (
    "You only complete chats with syntax correct Verilog code. End the Verilog module code completion with "
    "'endmodule'. Do not include module, input and output definitions."
)
"""What code completion asks for, in the harness's words."""
_WRITE = "You are a Verilog RTL designer that only writes code using correct Verilog syntax."
_ENCLOSE = "Enclose your code with [BEGIN] and [DONE]. Only output the code snippet\nand do NOT output anything else."


def read_v1(path: Path) -> Iterator[Problem | Rejected]:
    """Return the problems of `VerilogEval_Human.jsonl` or the like; raise UsageError if descriptions are
    missing.

    They are looked for beside it and in `../descriptions`, unless the lines hold them.
    """
    lines = list(read_objects(path))
    carried = all("detail_description" in line.fields for line in lines if isinstance(line, JsonLine))
    described = {} if carried else _descriptions(path)
    for line in lines:
        yield line if isinstance(line, Rejected) else _v1(line, described)


def _descriptions(path: Path) -> dict[str, str]:
    name = path.name.replace("VerilogEval_", "VerilogDescription_")
    places = [path.parent / name, path.parent.parent / "descriptions" / name]
    found = next((place for place in places if place != path and place.is_file()), None)
    if found is None:
        sought = " or ".join(str(place) for place in places)
        raise UsageError(f"{path} holds no descriptions; put those of the same release at {sought}")
    lines = (line for line in read_objects(found) if isinstance(line, JsonLine))
    return {
        str(line.fields.get("task_id")): str(line.fields.get("detail_description") or "") for line in lines
    }


def _v1(line: JsonLine, described: dict[str, str]) -> Problem | Rejected:
    found = text_of(line, "task_id", "prompt", "canonical_solution", "test")
    if isinstance(found, Rejected):
        return found
    name, header = found["task_id"], found["prompt"]
    said = str(line.fields.get("detail_description") or described.get(name) or "")
    if not said.strip():
        return Rejected(subject=line.place, reason="missing_description", detail=f"nobody describes {name}")
    commented = "\n".join(row if row.startswith("//") else f"// {row}" for row in said.strip().splitlines())
    return problem_of(
        line.place,
        id=name,
        spec=f"{said.strip()}\n\n{header.strip()}\n",
        prompt=f"{COMPLETE}\n\n// {_ASKED}\n{commented}\n\n{header.strip()}\n",
        top="top_module",
        interface=header.strip() + "\n",
        testbench=found["test"],
        golden=f"{header}\n{found['canonical_solution']}",
        category=_category(name, found["canonical_solution"]),
        licence=LICENCE,
        source=digest(said, *found.values()),
    )


def read_v2(path: Path) -> Iterator[Problem | Rejected]:
    """Return the problems of `dataset_spec-to-rtl` or `dataset_code-complete-iccad2023`, one per
    `*_prompt.txt`.

    The testbench is `_test.sv` followed by `_ref.sv`; the golden is the reference under the requested module
    name.
    """
    names = {found.name.rpartition("_")[0] for found in path.iterdir() if _PART.search(found.name)}
    for name in sorted(names):
        yield _v2(path, name)


_PART = re.compile(r"^Prob\d+_.*_(?:prompt\.txt|ifc\.txt|ref\.sv|test\.sv)$")
_PARTS = ("prompt.txt", "ref.sv", "test.sv")


def _v2(path: Path, name: str) -> Problem | Rejected:
    texts: dict[str, str] = {}
    for part in (*_PARTS, "ifc.txt"):
        file = path / f"{name}_{part}"
        if file.is_file():
            texts[part] = text_of_file(file)
        elif part in _PARTS:
            reason = "missing_golden" if part == "ref.sv" else "missing_file"
            return Rejected(subject=name, reason=reason, detail=f"{file.name} does not exist")
    asked, reference = texts["prompt.txt"].strip(), texts["ref.sv"]
    interface = texts.get("ifc.txt", "").strip()
    return problem_of(
        name,
        id=name,
        spec=asked + "\n",
        prompt=_completing(asked)
        if interface
        else f"{_WRITE}\n\nQuestion:\n{asked}\n\n{_ENCLOSE}\n\nAnswer:\n",
        top="TopModule",
        interface=f"{interface}\n" if interface else "",
        testbench=f"{texts['test.sv']}\n{reference}",
        golden=re.sub(r"\bRefModule\b", "TopModule", reference),
        category=_category(name.partition("_")[2], reference),
        licence=LICENCE,
        source=digest(*texts.values()),
    )


def _completing(asked: str) -> str:
    """Return the text to complete: the description as comments, then the header as it is."""
    before, module, header = asked.partition("module TopModule")
    commented = "\n".join(f"// {row}".rstrip() for row in before.strip().splitlines())
    return f"{COMPLETE}\n\n// {_ASKED}\n{commented}\n\n{module}{header}\n"


def _category(name: str, golden: str) -> str:
    return "fsm" if name in fsm.VERILOGEVAL else category_of(golden)


def category_of(golden: str) -> str:
    """Return whether *golden* is `sequential` or `combinational`."""
    return "sequential" if _CLOCKED.search(golden) else "combinational"


_CLOCKED = re.compile(r"\b(?:posedge|negedge|always_ff|always_latch)\b")
