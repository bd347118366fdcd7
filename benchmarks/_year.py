"""A year's workspace: ten new designs of one size a night, an adapter that does not grow, and what each part costs."""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))  # the small workspace of the tests

from tests.small_workspace import SmallWorkspace, Taught, found

from ct_retrain import disk
from ct_retrain.adapters.object_store import DirectoryStore
from ct_retrain.core.records.snapshot import Receipt
from ct_retrain.core.records.training import Fit, TrainPlan
from ct_retrain.core.workspace import Workspace
from ct_retrain.judge.simulators.cached import Cache
from ct_retrain.nightly.night import Night
from ct_retrain.nightly.run import follow_up, stages
from ct_retrain.trace import TraceWriter

_WORDS = (
    "The result is registered nowhere, no clock is needed, and every bit of the input takes part once. " * 4
)
_BENCH = """`timescale 1ns/1ps
`ifndef CT_VERDICT
`define CT_VERDICT "CT_VERDICT"
`endif
module tb;
  reg [31:0] a; wire [31:0] y; integer i, checks, errors;
  {top} dut(.a(a), .y(y));
  initial begin
    checks = 0; errors = 0;
    for (i = 0; i < 16; i = i + 1) begin
      a = i * 32'h01234567; #1; checks = checks + 1;
      if (y !== ({function})) errors = errors + 1;
    end
    $display("%0s checks=%0d errors=%0d", `CT_VERDICT, checks, errors);
    $finish;
  end
endmodule
"""


class Fixed(Taught):
    """A learner whose adapter holds the same eight rows' worth of bytes every night."""

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        fit = super().fit(plan, out)
        path = out / "adapter" / "adapter_model.safetensors"
        learnt = json.loads(path.read_text())
        path.write_text(json.dumps({name: learnt[name] for name in list(learnt)[:8]}))
        return fit


class Year(NamedTuple):
    """A workspace and the store that its nights are copied to."""

    small: SmallWorkspace
    share: Path

    @property
    def workspace(self) -> Workspace:
        """Where the nights are."""
        return self.small.workspace


def year(root: Path, retention_days: int) -> Year:
    """A new workspace below *root* that keeps raw copies for *retention_days*."""
    small, share, learner = (
        found(root / "workspace", problems=range(2, 4), remembers=True),
        disk.make_directory(root / "share"),
        Fixed({}),
    )
    from ct_retrain.compose import COMPARISONS, reporter_of

    settings = small.settings.model_copy(update={"retention_days": retention_days})
    ports = small.ports._replace(
        store=DirectoryStore(share),
        trainer=learner,
        generators=learner,
        reporter=reporter_of(settings),
        comparisons=lambda: Cache(small.workspace.work / COMPARISONS, settings.judge.cache_mb),
    )
    return Year(small._replace(settings=settings, ports=ports), share)


def leave_run(workspace: Workspace, night: str, number: int) -> None:
    """A run that passed with its own constant; every fourth failed first."""
    top, function = f"mix{number:06d}", f"(a ^ 32'h{number * 2654435761 % (1 << 32):08x}) + 32'd{number}"
    directory = disk.make_directory(workspace.runs / f"run_{night}_{number:06d}")
    writer = TraceWriter(directory, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    golden = f"module {top}(input [31:0] a, output [31:0] y);\n  assign y = {function};\nendmodule\n"
    (directory / "spec.txt").write_text(f"Module {top} gives {function} for its input a as y. {_WORDS}")
    (directory / "tb.v").write_text(_BENCH.format(top=top, function=function))
    failed = [("bad", golden.replace("^", "|"), "fail")] if number % 4 == 0 else []
    for name, rtl, status in (*failed, ("rtl", golden, "pass")):
        (directory / f"{name}.v").write_text(rtl)
        writer.stage(
            "Simulation",
            status=status,
            spec_hash=top,
            spec_path="spec.txt",
            rtl_file=f"{name}.v",
            testbench_file="tb.v",
            simulation_compile_log="",
            simulation_log="all good",
        )


def a_day_goes_by(workspace: Workspace) -> None:
    """Make every receipt a day older; the machine's clock stays."""
    for path in (workspace.records / "receipts").glob("*.json"):
        if workspace.purged(path.stem).exists():
            continue
        receipt = disk.read_record(path, Receipt)
        aged = receipt.model_copy(update={"verified_at": receipt.verified_at - timedelta(days=1)})
        disk.write_scratch(path, aged.model_dump_json())


def size(top: Path) -> int:
    """Bytes of all files below *top*."""
    return sum(path.stat().st_size for path in top.rglob("*") if path.is_file() and not path.is_symlink())


class Clock:
    """Processor seconds by what they were spent on."""

    def __init__(self) -> None:
        """Nothing spent yet."""
        self.spent: defaultdict[str, float] = defaultdict(float)

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """*work* that notes its seconds under *name*."""

        def done(*arguments: Any, **options: Any) -> Any:
            began = time.process_time()
            try:
                return work(*arguments, **options)
            finally:
                self.spent[name] += time.process_time() - began

        return done

    def watch(self) -> None:
        """Note the stages and what follows a night."""
        follow_up.PARTS.update({name: self.timed(name, part) for name, part in follow_up.PARTS.items()})
        steps: Mapping[Any, Any] = {name: self._planned(name, step) for name, step in stages.STEPS.items()}
        stages.STEPS = steps

    def _planned(self, name: str, step: Callable[..., Any]) -> Callable[[Night, list[Any]], Any]:
        def plan(night: Night, done: list[Any]) -> Any:
            made, fill = self.timed(f"{name} key", step)(night, done)
            return made, self.timed(f"{name} fill", fill)

        return plan
