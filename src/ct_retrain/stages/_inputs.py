"""The input of curate: a trace whose texts are read and checked."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import Artefact, Trace
from ct_retrain.core.records.verdict import DataFile, Design
from ct_retrain.stages._artefact_store import ArtefactStore
from ct_retrain.trace import instruction_of
from ct_retrain.verilog.assembly import told_by_file
from ct_retrain.verilog.fingerprint import canonical
from ct_retrain.verilog.modules import modules
from ct_retrain.verilog.roms import filled

Refuse: TypeAlias = Callable[[Rejected], None]


class Source(NamedTuple):
    """A trace with its texts, read and checked."""

    trace: Trace
    instruction: str
    rtl: str
    testbench: str
    canonical: str
    """Digest of the RTL without inner names (`verilog.fingerprint`)."""
    data: tuple[DataFile, ...] = ()
    """Data files that the simulation reads."""

    def design(self, rtl: str = "") -> Design:
        """Return the question for the judge: this RTL, or *rtl*, with its memories filled."""
        contents = {file.name: file.text for file in self.data}
        text = filled(rtl or self.rtl, contents, self.testbench).text
        return Design(rtl=text, testbench=self.testbench, files=self.data)

    def told(self, detail: str) -> str:
        """Replace line numbers in *detail*, a verdict's, by the trace's own files and lines."""
        told = told_by_file(self.rtl, detail)
        return told_by_file(self.testbench, told, "testbench.v") if "testbench.v:" in told else told


def trace_refusal(trace: Trace, reason: str, detail: str) -> Rejected:
    """Return a refusal of *trace*, identified by its run and line."""
    return Rejected(subject=f"{trace.run_id}:{trace.line}", reason=reason, detail=detail)


class TraceTexts(NamedTuple):
    """What is needed to read the texts of a trace."""

    artefacts: ArtefactStore
    """Artefacts of tonight's collect directory."""
    most_bytes: int
    """Size limit of a design in bytes."""


def read_trace_texts(trace: Trace, reading: TraceTexts) -> Source | Rejected:
    """Return *trace* with its texts, or the reason why it cannot be an example."""
    try:
        rtl = reading.artefacts.text(trace.rtl)
        testbench = reading.artefacts.text(trace.testbench)
        data = tuple(_data(reading.artefacts, one) for one in trace.data_files)
        instruction = instruction_of(reading.artefacts.text(trace.spec))
    except (OSError, ValueError) as error:
        return trace_refusal(trace, "integrity", str(error))
    if not instruction.strip():
        return trace_refusal(trace, "no_instruction", "the spec is empty")
    if len(rtl.encode()) > reading.most_bytes:
        return trace_refusal(trace, "too_large", f"{len(rtl.encode())} bytes of RTL")
    if not modules(rtl):
        return trace_refusal(trace, "no_module", "the RTL contains no module")
    return Source(trace, instruction, rtl, testbench, canonical(rtl), data)


def _data(artefacts: ArtefactStore, artefact: Artefact) -> DataFile:
    return DataFile(name=artefact.name, text=artefacts.text(artefact))
