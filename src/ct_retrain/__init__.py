"""ct-retrain: retrain a model that writes RTL every night on what simulation has verified.

The public interface is `__all__`; each name is loaded when it is first used, so importing the package is
fast. `docs/reference/api.md` describes it. Everything else may change without notice.
"""

from typing import TYPE_CHECKING

from ct_retrain import _moved

if TYPE_CHECKING:
    from ct_retrain.api import judge_rtl, run_night
    from ct_retrain.core.configuration.settings import GateSettings, JudgeSettings
    from ct_retrain.core.errors import (
        CorruptStateError,
        CtRetrainError,
        LockedError,
        ToolError,
        UsageError,
    )
    from ct_retrain.core.record import Rejected, Tool
    from ct_retrain.core.records.decision import (
        Check,
        Comparison,
        Decision,
        Evidence,
        Hold,
        Promote,
        Reject,
    )
    from ct_retrain.core.records.night import NightOutcome, NightRecord
    from ct_retrain.core.records.problem import Estimate, Problem, Sampling, Scorecard, Suite
    from ct_retrain.core.records.verdict import DataFile, Design, Outcome, Verdict
    from ct_retrain.core.rules.gate import decide
    from ct_retrain.judge.judge import Judge
    from ct_retrain.judge.spec import JudgeSpec, judge_of
    from ct_retrain.nightly.run import Options
    from ct_retrain.suites.load import load_suite
    from ct_retrain.trace import TraceWriter

__version__ = "0.1.0"

__all__ = [
    "Check",
    "Comparison",
    "CorruptStateError",
    "CtRetrainError",
    "DataFile",
    "Decision",
    "Design",
    "Estimate",
    "Evidence",
    "GateSettings",
    "Hold",
    "Judge",
    "JudgeSettings",
    "JudgeSpec",
    "LockedError",
    "NightOutcome",
    "NightRecord",
    "Options",
    "Outcome",
    "Problem",
    "Promote",
    "Reject",
    "Rejected",
    "Sampling",
    "Scorecard",
    "Suite",
    "Tool",
    "ToolError",
    "TraceWriter",
    "UsageError",
    "Verdict",
    "decide",
    "judge_of",
    "judge_rtl",
    "load_suite",
    "run_night",
]

_HOMES = {
    "api": ("judge_rtl", "run_night"),
    "core.configuration.settings": ("GateSettings", "JudgeSettings"),
    "core.errors": ("CorruptStateError", "CtRetrainError", "LockedError", "ToolError", "UsageError"),
    "core.record": ("Rejected", "Tool"),
    "core.records.decision": ("Check", "Comparison", "Decision", "Evidence", "Hold", "Promote", "Reject"),
    "core.records.night": ("NightOutcome", "NightRecord"),
    "core.records.problem": ("Estimate", "Problem", "Sampling", "Scorecard", "Suite"),
    "core.records.verdict": ("DataFile", "Design", "Outcome", "Verdict"),
    "core.rules.gate": ("decide",),
    "judge.judge": ("Judge",),
    "judge.spec": ("JudgeSpec", "judge_of"),
    "nightly.run": ("Options",),
    "suites.load": ("load_suite",),
    "trace": ("TraceWriter",),
}
"""Submodule → the names of `__all__` that it defines; the imports above say the same to type checkers."""

if not TYPE_CHECKING:  # a type checker that sees __getattr__ would accept any name

    def __getattr__(name: str) -> object:
        """Load *name* on first use; names that are not public are submodules or an error."""
        from importlib import import_module

        for home, names in _HOMES.items():
            if name in names:
                value = getattr(import_module(f"{__name__}.{home}"), name)
                globals()[name] = value
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        """Return the names that are loaded or can be."""
        return sorted({*globals(), *__all__})


_moved.install()
