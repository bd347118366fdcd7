"""A design as yosys reads it, written again as Verilog; runs inside a worker."""

from pathlib import Path
from typing import NamedTuple

from ct_retrain.judge.equivalence import readable
from ct_retrain.judge.process import Limits, Patience, run
from ct_retrain.verilog.guard import guard
from ct_retrain.verilog.modules import tops

_COPY = "copy.v"


class Copy(NamedTuple):
    """The text, or "" and why there is none."""

    text: str
    why: str


def resynthesise(rtl: str, wanted: tuple[str, ...], yosys: str, limits: Limits) -> Copy:
    """*rtl* after yosys has turned processes into registers and logic; *wanted* names the modules to keep."""
    with Patience(limits.cpu_seconds):
        report = guard(rtl)
        roots = [name for name in tops(rtl) if name in wanted]
    if report.refused or report.unread or len(roots) != 1:
        return Copy("", "not synthesizable, or no single top")
    Path("synthesis.v").write_text(readable(rtl), encoding="utf-8", errors="replace")
    script = (
        f"read_verilog -sv synthesis.v\nhierarchy -check -top {roots[0]}\nproc -norom\nopt_clean\n"
        f"write_verilog -noattr {_COPY}\n"
    )
    Path("synthesis.ys").write_text(script, encoding="utf-8")
    ended = run([yosys, "-q", "-s", "synthesis.ys"], limits, None)
    if ended.exit_code != 0 or not Path(_COPY).is_file():
        lines = ended.output.strip().splitlines()
        return Copy("", f"yosys cannot read it: {lines[-1][:160] if lines else ended.exit_code}")
    return Copy(Path(_COPY).read_text(encoding="utf-8", errors="replace"), "")
