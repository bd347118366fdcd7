"""Format of a line of `trace.jsonl`, as open Records: unknown stages and additional keys are allowed."""

from functools import lru_cache
from typing import Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from ct_retrain.core.record import Record

TRACE_NAME = "trace.jsonl"
"""Name of the trace file in every run directory."""

STAGES = frozenset({"simulation", "simulate", "simulated", "sim", "rtl_simulation", "functional_simulation"})
"""Names of the harvested stage, as normalised by `word_of`."""

PASSED = frozenset(
    {"pass", "passed", "passes", "passing", "success", "successful", "succeeded", "ok", "true"}
)
"""Statuses of a passed simulation, as normalised by `word_of`."""

FAILED = frozenset(
    {
        "fail", "failed", "fails", "failing", "failure", "error", "errored", "false", "mismatch", "compile_error",
        "timeout", "timed_out", "crash", "crashed", "no_evidence", "forbidden", "resource_limit", "disputed",
        "unconfirmed", "unproven",
    }
)  # fmt: skip
"""Statuses of a simulation that ran and did not pass."""

SILENT = frozenset(
    {
        "",
        "skip",
        "skipped",
        "pending",
        "queued",
        "start",
        "started",
        "running",
        "in_progress",
        "cancelled",
        "canceled",
    }
)
"""Statuses of a simulation that did not run to its end; these lines are ignored."""


def word_of(value: object) -> str:
    """Normalise *value*, a stage or a status, for comparison.

    Case, surrounding space, and the difference between `-`, space and `_` do not matter, nor a final full
    stop or exclamation mark. True and False are the words `true` and `false`.
    """
    return _word(str(value)[:80]) if isinstance(value, str | bool) else ""


@lru_cache(maxsize=256)
def _word(text: str) -> str:
    return "_".join(text.strip().rstrip(".!").lower().replace("-", " ").replace("_", " ").split())


class SimulationPayload(Record):
    """Payload of a Simulation line; a *text or path* is text if it holds a line break.

    Paths are relative to the run directory or the workspace, or absolute inside the workspace.
    """

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    status: str | bool
    """`pass` or a synonym, or `fail`, `error` and the like for an attempt that did not pass."""
    spec_hash: str | None = None
    """Identifier of the specification; if absent, computed from its text."""
    spec_path: str | None = None
    """Text or path of the specification: plain text, or JSON with a `description`, `spec` or `prompt`."""
    spec: str | None = None
    """The specification itself, for pipelines that keep it in no file."""
    rtl_file: str | None = None
    """Path (or text) of the design."""
    rtl_files: list[str] | str | None = None
    """Paths of a design in several files, in compilation order; `rtl_file` comes last."""
    testbench_file: str | None = None
    """Path (or text) of the testbench."""
    testbench_files: list[str] | str | None = None
    """Paths of a testbench in several files, in order; `testbench_file` comes last."""
    include_dirs: list[str] | str | None = None
    """Include directories; the including file's own directory is searched first."""
    data_files: list[str] | str | None = None
    """Paths of files read during simulation, such as memory files; copied beside the testbench."""
    defines: dict[str, str | int | None] | list[str] | str | None = None
    """Macros of the command line: `{"WIDTH": 8}` or `["WIDTH=8", "FAST"]`."""
    simulation_compile_log: str | None = None
    """Path or text of the compiler's output."""
    simulation_log: str | None = None
    """Path or text of the simulator's output."""
    category: str | None = None
    """Kind of design: `fsm`, `fifo`, …"""
    generator: str | None = None
    """The model that wrote the RTL."""
    source: str | None = None
    """The pipeline that wrote the trace."""


class _Line(Record):
    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    timestamp: str | int | float | None = None
    """ISO 8601 (UTC if without zone), or seconds since 1970."""
    run_id: str | None = None
    """Name of the run; the run directory's name takes precedence."""


class TraceLine(_Line):
    """A line of `trace.jsonl`: one stage of one run."""

    stage: str
    """Name of the stage; only `Simulation`, also spelled `simulate` or `sim`, is harvested."""
    payload: dict[str, Any] = Field(default_factory=dict)
    """Data of the stage, in any form."""


class SimulationLine(_Line):
    """A line of the stage that is harvested."""

    stage: Literal["Simulation"]
    payload: SimulationPayload


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line of `trace.jsonl`."""
    kinds: TypeAdapter[SimulationLine | TraceLine] = TypeAdapter(SimulationLine | TraceLine)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of trace.jsonl",
        **kinds.json_schema(),
    }
