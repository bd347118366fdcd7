"""Functions for other programs that combine several layers: judge two texts, run a night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ct_retrain.core.configuration.settings import JudgeSettings, SandboxMode
    from ct_retrain.core.records.night import NightRecord
    from ct_retrain.core.records.verdict import Verdict
    from ct_retrain.nightly.run import Options


def judge_rtl(
    rtl: str,
    testbench: str,
    *,
    files: Mapping[str, str] | None = None,
    settings: JudgeSettings | None = None,
    sandbox: SandboxMode = "best-effort",
) -> Verdict:
    """Judge the Verilog text *rtl* with the Verilog or cocotb text *testbench*; nothing is kept.

    *files* maps the names of the files that the testbench reads to their texts. *settings* hold the limits: CPU
    seconds, MiB of memory, KiB of output. A failing design is a Verdict. Raise ToolError if the simulator or the
    sandbox fails, and ValueError for a name in *files* that is a path.
    Every call finds the tools and tests them on known designs, which takes about a second; for many designs keep
    a `Judge`.

    >>> from ct_retrain import judge_rtl
    >>> rtl = "module inverter(input a, output y); assign y = ~a; endmodule"
    >>> testbench = '''
    ... module tb;
    ...   reg a; wire y; integer i, checks, errors;
    ...   inverter dut(.a(a), .y(y));
    ...   initial begin
    ...     checks = 0; errors = 0;
    ...     for (i = 0; i < 2; i = i + 1) begin
    ...       a = i; #1; checks = checks + 1;
    ...       if (y !== ~a) errors = errors + 1;
    ...     end
    ...     $display("checks=%0d errors=%0d", checks, errors);
    ...     $finish;
    ...   end
    ... endmodule
    ... '''
    >>> verdict = judge_rtl(rtl, testbench)
    >>> verdict.passed, verdict.outcome.value, verdict.tool.name
    (True, 'pass', 'icarus')
    >>> judge_rtl(rtl.replace("~a", "a"), testbench).outcome.value
    'mismatch'
    """
    from ct_retrain.core.configuration.settings import JudgeSettings
    from ct_retrain.core.records.verdict import DataFile, Design
    from ct_retrain.judge.judge import Judge

    read = tuple(DataFile(name=name, text=text) for name, text in (files or {}).items())
    with Judge(settings or JudgeSettings(), sandbox=sandbox) as judge:
        return judge.check(Design(rtl=rtl, testbench=testbench, files=read))


def run_night(
    workspace: Path, options: Options | None = None, *, settings: Mapping[str, Any] | None = None
) -> NightRecord | None:
    """Run or resume tonight in *workspace*, as `ct-retrain run` does; None if *options* stop it early.

    *settings* maps dotted names to values, which override the environment and the workspace's `ct-retrain.toml`.
    The record of a finished night is returned unchanged; an interrupted night continues.
    Raise UsageError for a wrong setting or night, LockedError while another night runs, ToolError if a simulator, a
    trainer or the disk fails, CorruptStateError if files contradict their manifest.
    Log events go to structlog as the calling program has configured it; no `night.log` is kept.

    >>> from pathlib import Path
    >>> from ct_retrain import TraceWriter, run_night
    >>> TraceWriter(Path("data/runs/run_0001")).stage("Simulation", status="fail")
    >>> record = run_night(Path(), settings={"max_records": 500})
    >>> record.outcome.value, record.exit_code
    ('nothing_new', 0)
    >>> record.reason
    'Nothing new: 0 passing runs collected, 0 new examples among them.'
    """
    from ct_retrain.compose import build, with_cache
    from ct_retrain.nightly.run import Options, run_night

    app = with_cache(build(workspace, dict(settings or {})))
    return run_night(app.workspace, app.settings, app.ports, options or Options())
