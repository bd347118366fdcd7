"""A small workspace with real traces of real designs: what the night's tests run in."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.adapters.provenance import gather
from ct_retrain.core.configuration.settings import (
    BenchmarkSettings,
    CurateSettings,
    GateSettings,
    JudgeSettings,
    NoticeSettings,
    Settings,
    TrainSettings,
)
from ct_retrain.core.record import Tool
from ct_retrain.core.records.night import Effort, NightRecord, Provenance
from ct_retrain.core.records.problem import Problem
from ct_retrain.core.workspace import Workspace
from ct_retrain.judge.credibility import TestbenchAppraiser
from ct_retrain.judge.formal.runner import FormalRunner
from ct_retrain.judge.judge import Judge
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.trace import TraceWriter
from tests.fakes import Inbox, Learner

WIDTHS = range(2, 10)


def spec(width: int) -> str:
    return f"Invert every bit of the {width}-bit input a into y. Module name: inv{width}."


def golden(width: int) -> str:
    return f"module inv{width}(input [{width - 1}:0] a, output [{width - 1}:0] y);\n  assign y = ~a;\nendmodule\n"


def wrong(width: int) -> str:
    return golden(width).replace("~a", "a")


def bench(width: int) -> str:
    return f"""`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif
module tb;
  reg [{width - 1}:0] a; wire [{width - 1}:0] y; integer i, checks, errors;
  inv{width} dut(.a(a), .y(y));
  initial begin
    checks = 0; errors = 0;
    for (i = 0; i < 16; i = i + 1) begin
      a = i; #1; checks = checks + 1;
      if (y !== ({width}'d{(1 << width) - 1} - a)) errors = errors + 1;
    end
    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
"""


def other_problem(width: int) -> Problem:
    """A held-out problem: the same designs under another name, so that nothing is contaminated."""
    text = golden(width).replace(f"inv{width}", f"flip{width}")
    return Problem(
        id=f"flip_{width}",
        spec=f"Flip the {width} bits of a into y. Module name: flip{width}.",
        top=f"flip{width}",
        testbench=bench(width).replace(f"inv{width}", f"flip{width}"),
        golden=text,
        category="logic",
    )


_GATHERED: dict[str, Provenance] = {}


def _provenance(simulator: Tool, settings: Settings) -> Provenance:
    """Gathered once: a commit made while the tests run is no difference between two nights."""
    if not _GATHERED:
        _GATHERED["once"] = gather((simulator,), settings)
    return _GATHERED["once"]


class SmallWorkspace(NamedTuple):
    """A workspace, its settings and its ports."""

    workspace: Workspace
    settings: Settings
    ports: Ports
    inbox: Inbox
    learner: Learner


def live(small: SmallWorkspace, night: str = "2026-01-01", **options: Any) -> NightRecord:
    """Run *night* to its end, or what is left of it; *options* are fields of `Options`."""
    record = run_night(small.workspace, small.settings, small.ports, Options(night=night, **options))
    assert record is not None
    return record


def leave_trace(workspace: Workspace, run: str, width: int, *, fails_first: bool = False) -> None:
    """What a pipeline leaves of one run, with TraceWriter."""
    directory = workspace.runs / run
    directory.mkdir(parents=True, exist_ok=True)
    writer = TraceWriter(directory, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    directory.joinpath("spec.txt").write_text(spec(width))
    directory.joinpath("tb.v").write_text(bench(width))
    attempts = [("bad", wrong(width), "fail")] if fails_first else []
    for name, rtl, status in [*attempts, ("rtl", golden(width), "pass")]:
        directory.joinpath(f"{name}.v").write_text(rtl)
        writer.stage(
            "Simulation",
            status=status,
            spec_hash=f"spec{width}",
            spec_path="spec.txt",
            rtl_file=f"{name}.v",
            testbench_file="tb.v",
            simulation_compile_log="",
            simulation_log="all good",
        )


def copy_of(small: SmallWorkspace, root: Path) -> SmallWorkspace:
    """*small* as it is, at *root* and with an empty inbox: nights that several tests begin with are run once."""
    shutil.copytree(small.workspace.root, root, symlinks=True)
    inbox = Inbox()
    workspace = Workspace(root, small.settings.paths)
    return small._replace(workspace=workspace, inbox=inbox, ports=small.ports._replace(notifier=inbox))


class Taught(Learner):
    """A learner that, once trained on inverters of some widths, can flip that many widths of the benchmark."""

    def open(self, adapter: Path | None):  # type: ignore[no-untyped-def]
        from tests.fakes import Scripted

        if adapter is None:
            return Scripted({}, "mainline")
        learnt = json.loads((adapter / "adapter_model.safetensors").read_text())
        known = [width for width in WIDTHS if spec(width) in learnt]
        answers = {other_problem(width).spec: other_problem(width).golden for width in known}
        return Scripted(answers, ",".join(map(str, known)))


def found(
    root: Path,
    *,
    forgets: bool = False,
    problems: range = WIDTHS,
    mutants: int = 0,
    remembers: bool = False,
    proves: bool = False,
) -> SmallWorkspace:
    """A workspace below *root* without any run yet; its testbenches are asked only with *mutants*, proofs if it *proves*."""
    settings = Settings(
        judge=JudgeSettings(simulator="icarus", second_opinion=False),
        curate=CurateSettings(mutants=mutants),
        train=TrainSettings(mainline="nothing/here"),
        benchmark=BenchmarkSettings(suite="suite.jsonl", samples=2, temperature=0.0),
        gate=GateSettings(floors={}, bootstrap=200, min_compile_rate=0.0),
        notices=NoticeSettings(min_free_gb=0),
    )
    root.mkdir(parents=True, exist_ok=True)
    lines = [other_problem(width).model_dump_json() for width in problems]
    (root / "suite.jsonl").write_text("\n".join(lines) + "\n")
    workspace = Workspace(root, settings.paths)
    workspace.runs.mkdir(parents=True)
    workspace.gold.mkdir(parents=True)
    gold = {
        "instruction": "A wire from a to y.",
        "output": "module w(input a, output y); assign y = a; endmodule",
    }
    workspace.gold.joinpath("v5.jsonl").write_text(json.dumps(gold) + "\n")
    learner, inbox = Taught({}, forgets=forgets), Inbox()
    judge = Judge(settings.judge, workspace.verdicts if remembers else None)
    appraiser = TestbenchAppraiser(judge.plain, judge.prover)
    ports = Ports(
        simulator=judge,
        appraiser=appraiser,
        effort=lambda: Effort(**judge.cache_use._asdict(), seconds=appraiser.seconds),
        generators=learner,
        trainer=learner,
        notifier=inbox,
        provenance=lambda: _provenance(judge.tool, settings),
        formal=FormalRunner(lambda: judge) if proves else None,
    )
    return SmallWorkspace(workspace, settings, ports, inbox, learner)
