"""What curate starts from: the latest run of every spec, with its texts read and found to be what they claim."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from ct_retrain import disk
from ct_retrain.core.dataset import Artefact, Trace
from ct_retrain.core.record import Rejected
from ct_retrain.trace import instruction_of
from ct_retrain.verilog.modules import modules

Refuse: TypeAlias = Callable[[Rejected], None]


class Source(NamedTuple):
    """A trace with its texts read and checked."""

    trace: Trace
    instruction: str
    rtl: str
    testbench: str


def latest(traces: Sequence[Trace], refuse: Refuse) -> list[Trace]:
    """The latest run of every spec; ties go to the greater run id, then line."""
    best: dict[str, Trace] = {}
    for trace in sorted(traces, key=lambda one: (one.generated_at, one.run_id, one.line)):
        older = best.get(trace.spec_hash)
        if older is not None:
            refuse(
                refusal(older, "superseded", f"{trace.run_id}:{trace.line} is a later run of the same spec")
            )
        best[trace.spec_hash] = trace
    return sorted(best.values(), key=lambda one: (one.run_id, one.line))


def refusal(trace: Trace, reason: str, detail: str) -> Rejected:
    """The refusal of *trace*, by the line it came from."""
    return Rejected(subject=f"{trace.run_id}:{trace.line}", reason=reason, detail=detail)


def readable(traces: Sequence[Trace], collected: Path, most_bytes: int, refuse: Refuse) -> Iterator[Source]:
    """Yield those whose artefacts hold what was collected, and are what they claim to be."""
    for trace in traces:
        try:
            rtl = text_of(collected, trace.rtl)
            testbench = text_of(collected, trace.testbench)
            instruction = instruction_of(text_of(collected, trace.spec))
        except (OSError, ValueError) as error:
            refuse(refusal(trace, "integrity", str(error)))
            continue
        if not instruction.strip():
            refuse(refusal(trace, "no_instruction", "the spec says nothing"))
        elif len(rtl.encode()) > most_bytes:
            refuse(refusal(trace, "too_large", f"{len(rtl.encode())} bytes of RTL"))
        elif not modules(rtl):
            refuse(refusal(trace, "no_module", "the RTL holds no module"))
        else:
            yield Source(trace, instruction, rtl, testbench)


def text_of(collected: Path, artefact: Artefact) -> str:
    """The artefact's text; raise ValueError when its bytes changed or are not UTF-8."""
    path = collected / "artefacts" / artefact.sha256[:2] / artefact.sha256
    if disk.sha256_of(path) != artefact.sha256:
        message = f"{artefact.name} no longer holds the bytes that were collected"
        raise ValueError(message)
    return path.read_bytes().decode()
