"""What a line of `trace.jsonl` is, as open Records: unknown stages and extra keys are welcome."""

from functools import lru_cache
from typing import Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from ct_retrain.core.record import Record

TRACE_NAME = "trace.jsonl"
"""The file every run directory holds."""

STAGES = frozenset({"simulation", "simulate", "simulated", "sim", "rtl_simulation", "functional_simulation"})
"""Names of the stage that is harvested, as `word_of` writes them."""

PASSED = frozenset(
    {"pass", "passed", "passes", "passing", "success", "successful", "succeeded", "ok", "true"}
)
"""Statuses of a simulation that passed, as `word_of` writes them."""

FAILED = frozenset(
    {
        "fail", "failed", "fails", "failing", "failure", "error", "errored", "false", "mismatch", "compile_error",
        "timeout", "timed_out", "crash", "crashed", "no_evidence", "forbidden", "resource_limit", "disputed",
        "unconfirmed",
    }
)  # fmt: skip
"""Statuses of a simulation that was tried and did not pass."""

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
"""Statuses of a simulation that did not run to its end: they say nothing, and are passed over without a word."""


def word_of(value: object) -> str:
    """*value*, the name of a stage or a status, in the one spelling that words are compared in.

    Capitals, surrounding space, and the difference between `-`, space and `_` do not matter; a full stop or an
    exclamation mark at the end neither. True and False are the words `true` and `false`.
    """
    return _word(str(value)[:80]) if isinstance(value, str | bool) else ""


@lru_cache(maxsize=256)
def _word(text: str) -> str:
    return "_".join(text.strip().rstrip(".!").lower().replace("-", " ").replace("_", " ").split())


class SimulationPayload(Record):
    """What a Simulation line says; a *text or path* is text when it holds a line break.

    Paths are relative to the run directory or the workspace, or absolute inside the workspace.
    """

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    status: str | bool
    """`pass` or another word for it; or `fail`, `error` and the like for an attempt that did not pass."""
    spec_hash: str | None = None
    """Names the specification; computed from its words when absent."""
    spec_path: str | None = None
    """Text or path of the specification: plain text, or JSON with a `description`, `spec` or `prompt`."""
    spec: str | None = None
    """The specification itself, for pipelines that keep no file of it."""
    rtl_file: str | None = None
    """Path (or text) of the design."""
    rtl_files: list[str] | str | None = None
    """Paths of a design in several files, in the order in which they are compiled; `rtl_file` follows them."""
    testbench_file: str | None = None
    """Path (or text) of the testbench."""
    testbench_files: list[str] | str | None = None
    """Paths of a testbench in several files, in their order; `testbench_file` follows them."""
    include_dirs: list[str] | str | None = None
    """Directories in which included files lie; the including file's own is searched first."""
    data_files: list[str] | str | None = None
    """Paths of what is read while it runs: memory files, vectors. They lie beside the testbench, without directories."""
    defines: dict[str, str | int | None] | list[str] | str | None = None
    """Macros of the command line: `{"WIDTH": 8}` or `["WIDTH=8", "FAST"]`."""
    simulation_compile_log: str | None = None
    """Path or text of the compiler's output."""
    simulation_log: str | None = None
    """Path or text of the simulator's output."""
    category: str | None = None
    """What kind of design it is: `fsm`, `fifo`, …"""
    generator: str | None = None
    """The model that wrote the RTL."""
    source: str | None = None
    """The pipeline that wrote the trace."""


class _Line(Record):
    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    timestamp: str | int | float | None = None
    """ISO 8601, UTC when it names no zone; or seconds since 1970."""
    run_id: str | None = None
    """Name of the run; the run directory's name decides where the two differ."""


class TraceLine(_Line):
    """One stage of one run: a line of `trace.jsonl`."""

    stage: str
    """Name of the stage; only `Simulation`, also as `simulate` or `sim`, is harvested."""
    payload: dict[str, Any] = Field(default_factory=dict)
    """Whatever the stage has to say."""


class SimulationLine(_Line):
    """A line of the stage that is harvested."""

    stage: Literal["Simulation"]
    payload: SimulationPayload


def json_schema() -> dict[str, Any]:
    """JSON Schema of a line of `trace.jsonl`."""
    kinds: TypeAdapter[SimulationLine | TraceLine] = TypeAdapter(SimulationLine | TraceLine)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of trace.jsonl",
        **kinds.json_schema(),
    }
