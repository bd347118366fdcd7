"""The confined process that judges: it parses, compiles and simulates untrusted text, one design at a time.

`judge.sandbox.workers` starts it. It gives up its rights, reports its layers, and answers each job (a design to judge,
a proof, a copy) until its input ends. If it is killed, the text it was reading was the cause, and
`judge.sandbox.workers` knows which that was. It holds no secrets, and no state but prepared testbenches and the last
plain copies of designs.
"""

import contextlib
import gc
import json
import os
import resource
import shutil
import signal
import struct
import sys
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge.confined.formal import yowasp
from ct_retrain.judge.confined.formal.checking import PropertyQuestion, prove_properties
from ct_retrain.judge.confined.formal.engines import Yosys, z3_readable
from ct_retrain.judge.confined.formal.equivalence import EquivalenceQuestion, prove_equivalent
from ct_retrain.judge.confined.formal.synthesis import SynthesisChoice, SynthesisRequest, resynthesise
from ct_retrain.judge.confined.sandbox import capabilities
from ct_retrain.judge.confined.sandbox.confine import FileAccess, confine
from ct_retrain.judge.confined.sandbox.fork_server import ForkedPrograms, write_all
from ct_retrain.judge.confined.sandbox.process import SERVERS, Limits
from ct_retrain.judge.confined.simulators import cocotb_run, icarus_tools, verilator_run
from ct_retrain.judge.confined.simulators.answer import Answer, Bench, SimulatorTools
from ct_retrain.judge.confined.simulators.icarus_run import judge_with_icarus, prepare_testbench, run_naively
from ct_retrain.judge.confined.simulators.icarus_tools import IcarusInstallation
from ct_retrain.judge.confined.simulators.naive_run import Script, as_script
from ct_retrain.judge.confined.simulators.trials import forcing, trying
from ct_retrain.judge.confined.simulators.verilator_build import VerilatorToolchain
from ct_retrain.judge.confined.simulators.verilator_run import VerilatorTrial
from ct_retrain.judge.evidence.cocotb import Library
from ct_retrain.judge.evidence.experiment import AS_WRITTEN, Experiment
from ct_retrain.judge.evidence.harness import Nonce
from ct_retrain.judge.evidence.random_streams import KEY_BLANK
from ct_retrain.verilog.stub import Level


class WorkerConfig(NamedTuple):
    """What a worker is told when it starts."""

    scratch: str
    icarus: IcarusInstallation
    confined: bool
    namespaces: bool
    parser_seconds: int
    memory_mb: int
    builders: list[str]
    """Directories of tools that build programs; if given, files in the scratch directory may be executed."""
    python: list[str]
    """Directories of the Python that runs test modules."""
    yowasp: str
    """Path of yosys compiled from WebAssembly; "" if the worker does not need it."""
    warm: ForkedPrograms | None
    """Programs to fork from a fork server; None to start each one anew."""


class JudgeJob(NamedTuple):
    """One design to judge."""

    rtl: str
    testbench: str
    limits: Limits
    log_chars: int
    direct: bool
    naive: bool = False
    """Only run the tools, and return what they print."""
    files: tuple[tuple[str, str], ...] = ()
    """Name and text of the data files that the testbench reads."""
    expected: int | None = None
    """Number of checks in the golden's run."""
    verilator: tuple[str, str] | None = None
    """Simulate with Verilator: the fields of its `VerilatorToolchain`."""
    cocotb: list[Any] | None = None
    """The testbench is a cocotb module: the fields of its `Library`."""
    experiment: list[Any] | None = None
    """A change made to test a pass: the fields of an `Experiment`."""
    force: Level | None = None
    """Level at which every output of the design is held."""
    without: str = ""
    """Layer of the judge to leave out."""
    held: str = ""
    """Hold only this output instead of all."""
    explain: bool = False
    """Explain how each line of the transcript was read."""
    script: list[Any] | None = None
    """Only run the tools as this `Script` does, and return what they print: its fields."""


_Benches: TypeAlias = dict[tuple[str, Experiment], Bench | str]
"""Prepared testbenches, by their text and the change made in it."""


def main() -> None:
    """Serve jobs as the first argument's WorkerConfig says; standard input and output carry length-prefixed JSON."""
    fields: dict[str, Any] = json.loads(sys.argv[1])
    warm = fields.pop("warm")
    start = WorkerConfig(
        icarus=IcarusInstallation(*fields.pop("icarus")),
        warm=ForkedPrograms(*warm) if warm else None,
        **fields,
    )
    source, sink = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    os.umask(0o077)
    os.chdir(start.scratch)
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    system = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (start.memory_mb << 20, start.memory_mb << 20))
    built = [start.scratch] if start.builders else []
    wasm = [str(Path(start.yowasp).parent)] if start.yowasp else []
    server = start.warm.readable if start.warm else ()
    right = FileAccess(
        (
            *(*system, *start.icarus.readable, *start.builders, *start.python),
            *(*built, *wasm, *server, *z3_readable()),
        ),
        (start.scratch, os.devnull),
    )
    if start.yowasp:
        yowasp.load_module(start.yowasp)
    private = start.confined and capabilities.keep_capabilities(start.python)
    layers = confine(right, processes=_PROCESSES, namespaces=start.namespaces) if start.confined else ()
    if private:
        capabilities.narrow(layers)
    if start.warm:
        SERVERS.enable(start.warm)
    # What is imported is never freed, so it need not be searched for garbage again and again.
    gc.freeze()
    try:
        Path(icarus_tools.MACROS).write_text(icarus_tools.PREDEFINED, encoding="utf-8")
        send(sink, {"layers": layers, "error": ""})
    except OSError as error:
        send(sink, {"layers": layers, "error": f"cannot write in {start.scratch}: {error.strerror}"})
        return
    # The reader of the answer is gone: only cleaning up is left.
    with contextlib.suppress(BrokenPipeError):
        _serve(source, sink, start)
    _sweep(kept=frozenset())


def _serve(source: int, sink: int, start: WorkerConfig) -> None:
    benches: _Benches = {}
    while (message := receive(source)) is not None:
        ticket = {"ticket": message.pop("ticket")}
        try:
            send(sink, {**ticket, "error": "", **_answer(message, start, benches, source)})
        except ToolError as error:
            send(sink, {**ticket, "error": str(error)})
        except MemoryError:
            none = Answer(Outcome.RESOURCE_LIMIT, "too much memory to be read")
            send(sink, {**ticket, "error": "", **none._asdict()})
        _sweep(kept=frozenset({icarus_tools.MACROS}))


def _answer(message: dict[str, Any], start: WorkerConfig, benches: _Benches, hangup: int) -> dict[str, Any]:
    """Answer *message*: judge, compare or copy, as its fields say."""
    limits = Limits(*message.pop("limits"))
    if "golden" in message:
        yosys = Yosys(*message["yosys"])
        asked = EquivalenceQuestion(*(message[name] for name in EquivalenceQuestion._fields))
        return prove_equivalent(asked, yosys, limits)._asdict()
    if "properties" in message:
        inquiry = PropertyQuestion(*(message[name] for name in PropertyQuestion._fields))
        return prove_properties(inquiry, Yosys(*message["yosys"]), limits)._asdict()
    if "wanted" in message:
        reading = SynthesisChoice(*message["reading"])
        wanted = SynthesisRequest(tuple(message["wanted"]), message["testbench"])
        copy = resynthesise(message["rtl"], wanted, message["yosys"], limits, reading)
        return copy._asdict()
    job = JudgeJob(limits=limits, **message)
    tools = SimulatorTools(
        start.icarus,
        job.direct,
        limits,
        start.parser_seconds,
        job.log_chars,
        hangup,
        without=job.without,
        explain=job.explain,
    )
    if job.script is not None:
        way = Script(*job.script)
        plain = _lay_out(job, icarus_tools.NAMES) or as_script(job.rtl, job.testbench, way, tools)
        return plain._asdict()
    answer = _plainly(job, tools) if job.naive else _judge(job, tools, benches)
    return answer._asdict()


_KNOWN_BENCHES = 64
_PROCESSES = 1024
"""Of all workers of one user together. A compiler needs three, and fork servers need some too."""


def _plainly(job: JudgeJob, tools: SimulatorTools) -> Answer:
    unfit = _lay_out(job, icarus_tools.NAMES)
    return unfit or Answer(Outcome.NO_EVIDENCE, "not judged", log=run_naively(job.rtl, job.testbench, tools))


def _judge(job: JudgeJob, tools: SimulatorTools, benches: _Benches) -> Answer:
    nonce = Nonce.drawn()
    tried = Experiment(*job.experiment) if job.experiment else AS_WRITTEN
    if job.verilator is not None:
        unfit = _lay_out(job, verilator_run.NAMES)
        if unfit is None and job.force is not None:
            unfit = Answer(Outcome.NO_EVIDENCE, "outputs are forced by Icarus alone")
        present = tuple(name for name, _ in job.files)
        compiled = VerilatorToolchain(*job.verilator)
        asked = VerilatorTrial(job.testbench, nonce, job.expected, present, tried)
        return unfit or verilator_run.judge_with_verilator(job.rtl, asked, compiled, tools)
    if job.cocotb is not None:
        trial = cocotb_run.CocotbTrial(job.testbench, nonce, job.expected, Library(*job.cocotb), tried)
        return _lay_out(job, icarus_tools.NAMES) or cocotb_run.judge_with_cocotb(job.rtl, trial, tools)
    unfit = _lay_out(job, icarus_tools.NAMES)
    if unfit is not None:
        return unfit
    bench = _prepared(job, tools, benches, tried)
    if not isinstance(bench, str) and tried is not AS_WRITTEN:
        bench = trying(bench, job.rtl, tried)
    if not isinstance(bench, str) and job.force is not None:
        bench = forcing(bench, job.rtl, job.force, job.held)
    if isinstance(bench, str):
        return Answer(Outcome.NO_EVIDENCE, bench)
    return judge_with_icarus(job.rtl, bench, nonce, tools, job.expected)


def _prepared(job: JudgeJob, tools: SimulatorTools, benches: _Benches, tried: Experiment) -> Bench | str:
    """Return the testbench of *job*, prepared once for all designs; one with include files is prepared each time."""
    present = tuple(name for name, _ in job.files)
    # Which numbers, values and times are used depends on the design (`trying`).
    stream = tried.stream and KEY_BLANK
    changed = Experiment(strict=tried.strict, apart=tried.apart, stream=stream, stops=tried.stops)
    key = job.testbench, changed
    if key in benches and not present:
        return benches[key]
    bench = prepare_testbench(job.testbench, tools, present, changed)
    if not present:
        if len(benches) >= _KNOWN_BENCHES:
            benches.pop(next(iter(benches)))
        benches[key] = bench
    return bench


def _lay_out(job: JudgeJob, taken: frozenset[str]) -> Answer | None:
    """Write the job's data files; return a verdict if one has the name of a file of ours."""
    for name, text in job.files:
        if name in taken or Path(name).exists():
            return Answer(Outcome.NO_EVIDENCE, f"a data file may not be called {name}")
        Path(name).write_text(text, encoding="utf-8", errors="replace")
    return None


def _sweep(kept: frozenset[str]) -> None:
    """Delete everything in the scratch directory but *kept*, so that nothing passes from one design to the next."""
    with os.scandir() as entries:
        left = [entry for entry in entries if entry.name not in kept and not entry.name.startswith(".")]
    for entry in left:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.name)
        else:
            os.unlink(entry.name)  # noqa: PTH108 - pathlib takes as long as the kernel


_LENGTH = struct.Struct("!I")


def send(sink: int, message: object) -> None:
    """Write the whole *message*, with its length first."""
    data = json.dumps(message).encode()
    write_all(sink, _LENGTH.pack(len(data)) + data)


def receive(source: int) -> dict[str, Any] | None:
    """Read one message; return None at the end of the input."""
    head = _exactly(source, _LENGTH.size)
    body = None if head is None else _exactly(source, _LENGTH.unpack(head)[0])
    return None if body is None else json.loads(body)


def _exactly(source: int, count: int) -> bytes | None:
    pieces = bytearray()
    while len(pieces) < count:
        piece = os.read(source, min(count - len(pieces), 1 << 20))
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)
