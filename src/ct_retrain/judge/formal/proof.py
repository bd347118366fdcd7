"""Proves that a candidate equals its golden, or that its properties hold, for every input and any number of steps.

`proved` is a proof by property-directed reachability, SAT or k-induction; `fail` is a counterexample that Icarus has
replayed; `bounded` gives the number of steps without a failure; `unknown` gives the reason why there is no answer. A
proof is about the two-valued, zero-delay meaning of what yosys reads, under the assumptions listed in the result.
"""

from enum import StrEnum
from typing import Protocol

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Record, Tool
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.confined.formal.checking import UNFIT, PropertyQuestion
from ct_retrain.judge.confined.formal.deciding import UNREAD
from ct_retrain.judge.confined.formal.engines import ProofResult, Yosys
from ct_retrain.judge.confined.formal.equivalence import OTHER_PORTS, EquivalenceQuestion
from ct_retrain.judge.confined.formal.replay import (
    ReplayedFailure,
    Steps,
    replay_testbench,
)
from ct_retrain.judge.prover import NO_YOSYS, Prover
from ct_retrain.verilog.modules import Module, modules
from ct_retrain.verilog.rename import with_suffix


class ProofTools(Protocol):
    """What a proof needs; a Judge has it."""

    @property
    def prover(self) -> Prover:
        """The engines."""
        ...

    @property
    def icarus(self) -> Simulator:
        """What must show a counterexample."""
        ...


class Status(StrEnum):
    """Result of a formal check, from strongest to weakest; the last two say nothing about the design."""

    PROVED = "proved"
    FAIL = "fail"
    BOUNDED = "bounded"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported"
    """Nothing to compare or prove: the ports differ, the text is not synthesizable, or the property file is invalid."""
    NOT_RUN = "not_run"
    """No proof engine is installed."""


class Cover(Record):
    """Whether a cover of the property file can be reached."""

    line: int
    reached: bool | None
    """None if unknown."""
    step: int


class FormalResult(Record):
    """Result of a formal check of a candidate, against its golden or its properties."""

    status: Status
    method: str
    """`pdr`, `sat`, `k-induction` or `bmc`; "" if there is no answer."""
    depth: int
    """Steps without a failure if `bounded`; step of the failure if `fail`; k if by k-induction. A cycle is two steps.
    """
    why: str
    engine: str = ""
    """`abc` or `z3`."""
    tools: tuple[Tool, ...] = ()
    assumptions: tuple[str, ...] = ()
    """Assumptions behind the answer, in words."""
    counterexample: tuple[dict[str, int], ...] = ()
    """Inputs of a replayed failure: one dict per step, name → value; else empty."""
    covers: tuple[Cover, ...] = ()
    cpu_seconds: float = 0.0
    """Processor seconds of the engines. It varies from run to run, so no digest includes it."""


def equivalent(engines: ProofTools, golden: str, candidate: str, top: str, depth: int = 0) -> FormalResult:
    """Compare module *top* of *candidate* with *golden*'s; without a proof, search *depth* steps (0: as time allows)."""
    found = engines.prover.prove(EquivalenceQuestion(golden, candidate, top, bounded=True, depth=depth))
    if found.answer is False:
        found = found._replace(bench=_beside(golden, top, found.steps))
    return _result(engines, found, candidate)


def properties_hold(
    engines: ProofTools, properties: str, candidate: str, top: str, depth: int = 0
) -> FormalResult:
    """Check *properties* (see `judge.confined.formal.properties`) of *candidate*'s *top*, as `equivalent` does."""
    return _result(
        engines, engines.prover.prove(PropertyQuestion(properties, candidate, top, depth)), candidate
    )


_INCOMPARABLE = ("not synthesizable", OTHER_PORTS, "ports that cannot be", UNREAD, UNFIT)


def _status(found: ProofResult) -> Status:
    if found.answer is not None:
        return Status.PROVED if found.answer else Status.FAIL
    if found.why == NO_YOSYS:
        return Status.NOT_RUN
    if found.why.startswith(_INCOMPARABLE):
        return Status.UNSUPPORTED
    return Status.BOUNDED if found.depth > 0 and found.method == "bmc" and not found.steps else Status.UNKNOWN


def _result(engines: ProofTools, found: ProofResult, candidate: str) -> FormalResult:
    """Return the result of *found*; a failure counts only if the simulator shows it too."""
    result = FormalResult(
        status=_status(found),
        method=found.method,
        depth=found.depth,
        why=found.why,
        engine=found.engine,
        tools=_tools(engines.prover.yosys, found.engine),
        assumptions=found.assumptions,
        covers=tuple(Cover(line=line, reached=reached, step=step) for line, reached, step in found.covers),
        cpu_seconds=found.cpu_seconds,
    )
    if result.status is Status.FAIL:
        why, shown = _replayed(engines, candidate, found)
        if shown:
            tools = (*result.tools, engines.icarus.tool)
            return result.model_copy(update={"why": why, "counterexample": found.steps, "tools": tools})
        result = result.model_copy(update={"status": Status.UNKNOWN, "why": why})
    if result.status in {Status.PROVED, Status.BOUNDED}:
        return result
    return result.model_copy(update={"method": "", "depth": 0})


def _replayed(engines: ProofTools, candidate: str, found: ProofResult) -> tuple[str, bool]:
    """Return what the simulator says of the failure, and whether it shows the failure."""
    if not found.bench or not found.steps:
        return "a failure that cannot be replayed", False
    verdict = engines.icarus.check(Design(rtl=candidate, testbench=found.bench))
    if verdict.outcome is Outcome.MISMATCH:
        return f"{found.why} in step {found.depth}, and in simulation", True
    return f"a failure that simulation does not show ({verdict.outcome})", False


def _tools(yosys: Yosys | None, engine: str) -> tuple[Tool, ...]:
    if yosys is None or not engine:
        return ()
    return (
        Tool(name="yosys", version=yosys.version),
        # abc is built and released with yosys, and prints no version of its own.
        Tool(name=engine, version=yosys.version if engine == "abc" else yosys.z3_version),
    )


def _beside(golden: str, top: str, steps: Steps) -> str:
    """Return a testbench that drives both designs and compares them at the end; "" if the golden cannot be renamed."""
    module = next(module for module in modules(golden) if module.name == top)
    reference = with_suffix(golden, "_golden")
    if not reference or not steps:
        return ""
    outputs = [port for port in module.ports if port.direction == "output"]
    wires = [f"  wire {port.dimension}{side}_{port.name};" for port in outputs for side in ("gold", "gate")]
    sides = [
        f"  {top}{suffix} u_{side} ({_links(module, side)});"
        for side, suffix in (("gold", "_golden"), ("gate", ""))
    ]
    differ = " || ".join(f"gold_{port.name} !== gate_{port.name}" for port in outputs)
    return (
        replay_testbench(module, steps, ReplayedFailure("\n".join([*wires, *sides]), "", differ)) + reference
    )


def _links(module: Module, side: str) -> str:
    return ", ".join(
        f".{port.name}({port.name if port.direction == 'input' else f'{side}_{port.name}'})"
        for port in module.ports
    )
