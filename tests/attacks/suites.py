"""The problems of the public suites and of our own, as designs that are right, and the same made trivial."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.core.records.verdict import DataFile, Design
from ct_retrain.suites.load import load_suite
from ct_retrain.verilog.stub import stub

DATA = Path(os.environ.get("CT_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")


class Given(NamedTuple):
    """A problem with its right answer."""

    suite: str
    name: str
    top: str
    design: Design
    says: str
    """The line by which the suite itself knows a pass."""


def given(suite: str) -> Iterator[Given]:
    """Every problem of *suite*, one of `SUITES`."""
    yield from SUITES[suite]()


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with (DATA / name).open() as lines:
        yield from map(json.loads, lines)


def _v1() -> Iterator[Given]:
    for row in _rows("verilogeval_v1_human.jsonl"):
        design = Design(rtl=row["prompt"] + row["canonical_solution"], testbench=row["test"])
        yield Given("v1", row["task_id"], "top_module", design, "Mismatches: 0 in 100 samples")


def _v2() -> Iterator[Given]:
    for row in _rows("verilogeval_v2_spec_to_rtl.jsonl"):
        golden = re.sub(r"\bRefModule\b", "TopModule", row["ref"])
        design = Design(rtl=golden, testbench=row["test"] + row["ref"])
        yield Given("v2", row["id"].partition("_")[2], "TopModule", design, "Mismatches: 0 in 100 samples")


def _rtllm() -> Iterator[Given]:
    for row in _rows("rtllm_v2.jsonl"):
        given_files: dict[str, str] = row.get("files") or {}
        files = tuple(DataFile(name=name, text=text) for name, text in given_files.items())
        design = Design(rtl=row["ref"], testbench=row["test"], files=files)
        yield Given("rtllm", row["id"], row["top"], design, "===========Your Design Passed===========")


def _ours() -> Iterator[Given]:
    for problem in load_suite("behavioural", Path()).problems:
        design = Design(rtl=problem.golden, testbench=problem.testbench)
        yield Given("ours", problem.id, problem.top, design, "CT_VERDICT checks=100 errors=0")


SUITES = {"v1": _v1, "v2": _v2, "rtllm": _rtllm, "ours": _ours}

SILENT = ("empty", "all 0", "all 1")
LOUD = ("finish", "print", "print and finish")


def trivial(problem: Given, kind: str) -> Design:
    """*problem*'s answer replaced by a module that does nothing of what is asked."""
    level = {"all 0": "0", "all 1": "1"}.get(kind, "z")
    text = stub(problem.design.rtl, problem.top, "0" if level == "0" else "1")
    if level == "z":
        text = re.sub(r"^  assign .*;\n", "", text, flags=re.MULTILINE)
    body = {
        "finish": "initial $finish;",
        "print": f'initial $display("{problem.says}");',
        "print and finish": f'initial begin $display("{problem.says}"); $finish; end',
    }.get(kind, "")
    return problem.design.model_copy(update={"rtl": text.replace("endmodule", f"{body}\nendmodule")})
