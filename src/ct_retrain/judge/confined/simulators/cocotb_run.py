"""Runs one design under a cocotb testbench inside the worker: guard, compile, run the tests, read the results file.

cocotb writes the file after its last test, under a name with the nonce of the run. A design cannot write files or end
the simulation, because the guard forbids both, and tests cut short by the end of the simulation count as failed. The
random seed is fixed, so equal designs get equal verdicts.
"""

import hashlib
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge.confined.sandbox.process import Finished, Limit, run_limited
from ct_retrain.judge.confined.simulators.answer import Answer, Bench, SimulatorTools
from ct_retrain.judge.confined.simulators.icarus_run import (
    answer_of,
    compile_design,
    flatten,
    limited,
    refuse_illegal,
)
from ct_retrain.judge.confined.simulators.icarus_tools import COMPILED, NAMES, IcarusInstallation
from ct_retrain.judge.confined.simulators.trials import stubs
from ct_retrain.judge.evidence.cocotb import (
    RUNNER,
    Library,
    settings,
    speaks_of_z,
    test_modules,
)
from ct_retrain.judge.evidence.experiment import AS_WRITTEN, Experiment
from ct_retrain.judge.evidence.harness import Harness, Nonce, Style
from ct_retrain.judge.evidence.verdict import ReadVerdict, enough
from ct_retrain.judge.evidence.wrapper import inner_instance, recital_tests, wrapper, wrapper_name
from ct_retrain.verilog.guard import approve
from ct_retrain.verilog.modules import Module, Port, module_of, modules, tops
from ct_retrain.verilog.rename import with_suffix

UNITS = "`timescale 1ns/1ps"
"""Time scale of a design that declares none."""
_SEED = "20260101"


class CocotbTrial(NamedTuple):
    """A cocotb testbench, and the identity of this run."""

    testbench: str
    nonce: Nonce
    expected: int | None
    library: Library
    tried: Experiment = AS_WRITTEN

    @property
    def named(self) -> dict[str, str]:
        """Settings that the testbench gives in its own text, by name."""
        return settings(self.testbench)


def judge_with_cocotb(rtl: str, trial: CocotbTrial, tools: SimulatorTools) -> Answer:
    """Return the verdict of *trial* on *rtl*; the data files are in the working directory."""
    top = trial.named.get("TOPLEVEL", "") or next(iter(tops(rtl)), "")
    module = Path(f"{test_modules(trial.named)[0]}.py")
    if module.exists() or module.name in NAMES:
        return Answer(Outcome.NO_EVIDENCE, f"a data file may not be called {module}")
    bench = _bench(trial, top, tools)
    if isinstance(bench, str):
        return Answer(Outcome.NO_EVIDENCE, bench)
    known = module_of(rtl, top)
    placed = _placed(rtl, top, known, trial)
    if placed is None:
        return Answer(Outcome.NO_EVIDENCE, "the design has ports for which there is no wrapper")
    bench = bench._replace(flat=f"{bench.flat}\n{placed.shell}")
    built = compile_design(placed.text, bench, trial.nonce, tools)
    if isinstance(built, Answer):
        return built._replace(gave_up=False)
    module.write_text(trial.testbench, encoding="utf-8", errors="replace")
    command = _command(trial, top, placed._replace(text=built.text), tools.icarus)
    ran = run_limited(command, tools.limits, tools.hangup)
    finding = refuse_illegal(
        enough(result_of(trial.nonce.mark, ran), Style.COCOTB, trial.expected), built.illegal
    )
    answer = answer_of(finding, clean(ran.output), tools)._replace(
        warnings=built.warnings, cpu_seconds=ran.cpu_seconds
    )
    if trial.tried is not AS_WRITTEN or answer.outcome is not Outcome.PASS:
        return answer
    return _with_experiments(answer, rtl, known, trial, bench.made)


class _Placed(NamedTuple):
    """A design below the name that the tests drive."""

    text: str
    shell: str
    """The wrapper; "" if the design is in none."""
    ports: tuple[Port, ...]
    """Ports of the top."""


def _placed(rtl: str, top: str, known: Module | None, trial: CocotbTrial) -> _Placed | None:
    """Return where *rtl* stands for the tests: as it is, or in a wrapper that has its top's name; None if impossible."""
    ports = known.ports if known else ()
    if not trial.tried.apart:
        return _Placed(rtl, "", ports)
    secret = trial.nonce.name
    key = hashlib.sha256((rtl + trial.tried.held).encode(errors="replace")).hexdigest()[:8]
    inner = f"{top}_{secret}"
    text = with_suffix(approve(rtl).text, f"_{secret}", frozenset({top}))
    shell = wrapper(text, inner, secret, trial.tried, key)
    if not (text and shell):
        return None
    return _Placed(text, shell.replace(f"{wrapper_name(inner)}_{secret}", top), ports)


def _with_experiments(
    answer: Answer, rtl: str, known: Module | None, trial: CocotbTrial, made: Harness
) -> Answer:
    """Add to the pass *answer* what it is tested by, unless the tests drive what is no input."""
    top = next(iter(made.tops), "")
    driven = sorted(file.suffix[1:] for file in Path().glob(f"{trial.nonce.mark}.drives.*"))
    if driven:
        why = (
            f"the tests drive {driven[0]}, which is no input of {top}, so the design may change what they see"
        )
        return answer._replace(outcome=Outcome.NO_EVIDENCE, detail=why)
    if known is not None and all(port.direction == "input" for port in known.ports):
        return answer._replace(
            outcome=Outcome.NO_EVIDENCE, detail=f"{top} has no output, so the tests look inside it"
        )
    return answer._replace(
        stubs=stubs(rtl, modules(rtl), made),
        loose=Path(f"{trial.nonce.mark}.unknown").exists(),
        draws=any(_DRAWS.search(text) for text in _python(trial)),
        held=recital_tests(rtl, (top,)),
        ended=_ended(trial.nonce.mark),
    )


_DRAWS = re.compile(r"\brandom\b")


def _python(trial: CocotbTrial) -> Iterator[str]:
    yield trial.testbench
    for file in Path().glob("*.py"):
        yield file.read_text(encoding="utf-8", errors="replace")


def _ended(mark: str) -> str:
    """Return when the shortest simulation ended, as a number and its unit; cocotb 2.0 calls that otherwise than 2.1."""
    times: list[float] = []
    for file in Path().glob(f"{mark}-*.xml"):
        root = ET.parse(file)  # noqa: S314 - the testbench wrote it, and this process is confined as it is
        spent = sum(float(case.get("sim_time_ns") or 0) for case in root.iter("testcase"))
        ends = [item.get("value") for item in root.iter("property") if item.get("name") == "sim_time_stop"]
        times.append(max(spent, *(float(end or 0) for end in ends), 0))
    return f"{int(min(times, default=0))} 1ns"


def _bench(trial: CocotbTrial, top: str, tools: SimulatorTools) -> Bench | str:
    """Return the Verilog sources among the data files, to compile with the design; a sentence if one cannot be read."""
    flat = [UNITS]
    for name in map(_base, trial.named.get("VERILOG_SOURCES", "").split()):
        if Path(name).is_file():
            text = flatten(Path(name).read_text(encoding="utf-8"), name, tools)
            if isinstance(text, Finished):
                return f"{name} cannot be preprocessed"
            flat.append(text)
    made = Harness(Style.COCOTB, trial.testbench, (top,) if top else (), frozenset(), (top,), ends=False)
    return Bench(made, "\n".join(flat), UNITS)


def _base(path: str) -> str:
    return Path(path).name


def _command(trial: CocotbTrial, top: str, placed: _Placed, icarus: IcarusInstallation) -> list[str]:
    """Return the command that runs the tests on `COMPILED`, or on *placed* if the harness has its own runner."""
    watching = _watching(trial, placed)
    if not Path(RUNNER).is_file():
        return [
            *_env(trial, top, watching, icarus),
            icarus.vvp,
            "-n",
            "-m",
            trial.library.vpi,
            COMPILED,
            "-none",
        ]
    named = {**trial.named, **watching, "VERILOG_SOURCES": _sources(trial, f"{placed.text}\n{placed.shell}")}
    quiet = ("-q", "-x", "-s", "--noconftest", "--rootdir=.", "-pno:cacheprovider", f"-p{_PLUGIN}")
    return [*_env(trial, top, named, icarus), trial.library.python, "-m", "pytest", *quiet, RUNNER]


def _watching(trial: CocotbTrial, placed: _Placed) -> dict[str, str]:
    """Return what the watch in the simulator's Python is told."""
    driven = {"input", "inout"} if speaks_of_z(trial.testbench) else {"input"}
    return {
        "PYGPI_USERS": _WATCH,
        "CT_INPUTS": " ".join(port.name for port in placed.ports if port.direction in driven),
        "CT_BELOW": inner_instance(trial.nonce.name) if placed.shell else "",
    }


_WATCH = "ct_retrain.judge.confined.simulators.cocotb_watch:start"
_PLUGIN = "ct_retrain.judge.confined.simulators.cocotb_plugin"


def _env(trial: CocotbTrial, top: str, named: dict[str, str], icarus: IcarusInstallation) -> list[str]:
    """Return the words of a command that sets *named* and cocotb's own variables in the environment."""
    here, library = Path.cwd(), trial.library
    programs = {str(Path(program).parent) for program in (icarus.iverilog, icarus.vvp)}
    ours = {
        "PATH": ":".join([*sorted(programs), "/usr/bin", "/bin"]),
        "LC_ALL": "C.UTF-8",
        "HOME": str(here),
        "TMPDIR": str(here),
        "PYTHONPATH": ":".join([str(here), *library.paths]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "NO_COLOR": "1",
        "GPI_LOG_LEVEL": "ERROR",
        "SIM": "icarus",
        "TOPLEVEL": top,
        "PYGPI_PYTHON_BIN": library.python,
        "LIBPYTHON_LOC": library.users.partition(";")[0],
        "GPI_USERS": library.users,
        "COCOTB_TOPLEVEL": top,
        "COCOTB_TEST_MODULES": ",".join(test_modules(trial.named)),
        "COCOTB_RANDOM_SEED": str(int(trial.tried.stream, 16) >> 1) if trial.tried.stream else _SEED,
        "CT_SEED": _SEED,
        "COCOTB_RESULTS_FILE": str(here / f"{trial.nonce.mark}-0.xml"),
        "CT_RESULTS": str(here / trial.nonce.mark),
    }
    return ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in {**named, **ours}.items())]


def _sources(trial: CocotbTrial, design: str) -> str:
    """Return paths of the Verilog sources; the first that no data file provides is *design*, further ones are empty."""
    home = Path.cwd() / f"{trial.nonce.mark}.rtl"
    home.mkdir()
    found: list[str] = []
    text = design
    for name in map(_base, trial.named.get("VERILOG_SOURCES", "design.v").split()):
        place = Path.cwd() / name
        if not place.is_file() or name in NAMES:
            place = home / name
            place.write_text(f"{UNITS}\n{text}", encoding="utf-8", errors="replace")
            text = ""
        found.append(str(place))
    return " ".join(found)


def result_of(mark: str, ran: Finished) -> ReadVerdict:
    """Return the result of the tests of run *mark*, which ended as *ran* says."""
    if ran.limit is not None:
        return limited(ran.limit, "the simulation")
    if ran.exit_code < 0:
        return ReadVerdict(Outcome.RESOURCE_LIMIT, f"the simulator died of signal {-ran.exit_code}")
    return _results(mark, ran)


def _results(mark: str, ran: Finished) -> ReadVerdict:
    files = sorted(Path().glob(f"{mark}-*.xml"))
    begun = max(1, len(list(Path().glob(f"{mark}-*.begun"))))
    if len(files) != begun:
        if _OVERTIME.search(ran.output):
            return limited(Limit.CPU, "the simulation")
        return ReadVerdict(Outcome.NO_EVIDENCE, f"the tests left no results: {_why(ran)}")
    try:
        # The testbench wrote the results, and this process is confined as it is.
        cases = [case for file in files for case in ET.parse(file).iter("testcase")]  # noqa: S314
    except ET.ParseError as error:
        return ReadVerdict(Outcome.NO_EVIDENCE, f"the results are no complete XML: {error}")
    return _counted([case for case in cases if case.find("skipped") is None], ran)


_OVERTIME = re.compile(rf"(?:return code|Simulation failed): -{signal.SIGXCPU.value}\b")
"""What cocotb's runner says of a simulator that its limit of processor time ended. The time that was measured may be
less than the limit, which the kernel holds against time counted in ticks.
"""


def _counted(held: list[ET.Element], ran: Finished) -> ReadVerdict:
    """Count the test cases that were not skipped."""
    failed = [reason for case in held if (reason := _reason(case))]
    if failed:
        detail = f"{len(failed)} of {len(held)} tests fail: {failed[0]}"
        return ReadVerdict(Outcome.MISMATCH, detail, len(held), len(failed))
    if ran.exit_code == 1 and Path(RUNNER).is_file():
        return ReadVerdict(Outcome.MISMATCH, f"the harness fails: {_why(ran)}", len(held), 1)
    if ran.exit_code != 0:
        return ReadVerdict(Outcome.NO_EVIDENCE, f"the simulator ended with exit code {ran.exit_code}")
    if not held:
        return ReadVerdict(Outcome.NO_EVIDENCE, "no test was run")
    return ReadVerdict(Outcome.PASS, f"{len(held)} tests pass", len(held))


def _reason(case: ET.Element) -> str:
    """Return why *case* failed, in one line; empty if it passed."""
    found = [item for item in case if item.tag in {"failure", "error"}]
    if not found:
        return ""
    words = (found[0].get("message"), found[0].get("error_msg"), found[0].text, found[0].get("type"))
    said = next((word for word in words if word), "").strip()
    return clean(f"{case.get('name')}: {said}".splitlines()[0])[:200]


_ERROR = re.compile(r"^(?:E\s+)?(?:\w+\.)*\w*(?:Error|Exception|Exit)\b.*$", re.MULTILINE)


def _why(ran: Finished) -> str:
    found = _ERROR.findall(ran.output)
    return clean(found[-1].strip())[:200] if found else f"exit code {ran.exit_code}"


def clean(output: str) -> str:
    """Remove from *output* what differs between runs: our directory, wall-clock times, addresses."""
    text = output.replace(f"{Path.cwd()}/", "")
    return "\n".join(_settled(text))


_ADDRESS = re.compile(r"(?<= at )0x[0-9a-f]{6,}")
_TABLE = re.compile(r"(?:^|\s)\*\*")
_WALL = re.compile(r"\bin \d+\.\d+s\b")


def _settled(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if not _TABLE.search(line):
            yield _WALL.sub("", _ADDRESS.sub("", line))
