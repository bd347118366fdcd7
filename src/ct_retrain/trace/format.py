"""What a line of `trace.jsonl` is, as open Records: unknown stages and extra keys are welcome."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from ct_retrain.core.record import Record

TRACE_NAME = "trace.jsonl"
"""The file every run directory holds."""

PASSED = "pass"
FAILED = frozenset({"fail", "failed", "error"})
"""Statuses of a simulation that was tried and did not pass; other words (`skipped`) say nothing."""


class SimulationPayload(Record):
    """What a Simulation line says; a *text or path* is text when it holds a line break.

    Paths are relative to the run directory or the workspace, or absolute inside the workspace.
    """

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    status: str
    """`pass`; or `fail`, `failed`, `error` for an attempt that did not pass."""
    spec_hash: str | None = None
    """Names the specification; computed from its words when absent."""
    spec_path: str | None = None
    """Text or path of the specification: plain text, or JSON with a `description`, `spec` or `prompt`."""
    spec: str | None = None
    """The specification itself, for pipelines that keep no file of it."""
    rtl_file: str | None = None
    """Path (or text) of the design."""
    testbench_file: str | None = None
    """Path (or text) of the testbench."""
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
    """Name of the stage; only `Simulation` is harvested."""
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
