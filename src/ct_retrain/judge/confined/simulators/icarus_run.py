"""One design against one testbench, inside the worker: guard, compile, simulate, believe.

The working directory is the scratch directory. The testbench is preprocessed alone, and the design is written anew by
the guard (`verilog.guard.approve`), so no macro, comment or directive of one reaches the other and the compiler sees
of the design only what was examined.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge import layers
from ct_retrain.judge.confined.sandbox.process import (
    CpuBudget,
    Finished,
    Limit,
    Limits,
    run,
)
from ct_retrain.judge.confined.simulators import icarus_tools
from ct_retrain.judge.confined.simulators.answer import Answer, Bench, SimulatorTools
from ct_retrain.judge.confined.simulators.trials import doubted
from ct_retrain.judge.confined.simulators.vvp import Declared, breach
from ct_retrain.judge.evidence.cocotb import is_cocotb
from ct_retrain.judge.evidence.experiment import AS_WRITTEN, Experiment
from ct_retrain.judge.evidence.harness import (
    BLANK,
    Harness,
    Nonce,
    Style,
    harness,
    preprocessable,
)
from ct_retrain.judge.evidence.joints import objection
from ct_retrain.judge.evidence.logs import strip_control, tail
from ct_retrain.judge.evidence.verdict import (
    BREACH,
    ReadVerdict,
    clean,
    ended_at,
    enough,
    explained,
    read,
)
from ct_retrain.judge.reading.shown import Shown
from ct_retrain.verilog.guard import Approved, Report, approve, guard
from ct_retrain.verilog.modules import defined
from ct_retrain.verilog.packages import packages_used, telling_name
from ct_retrain.verilog.scope import captured


def prepare(
    testbench: str, tools: SimulatorTools, present: Collection[str] = (), changed: Experiment = AS_WRITTEN
) -> Bench | str:
    """*testbench* made ready for many designs; a sentence when it can give no evidence.

    Files that are *present* may be included; *changed* says what is changed in it to try a pass (`harness`).
    """
    if is_cocotb(testbench):
        return "a testbench for cocotb needs cocotb"
    flat = flatten(preprocessable(testbench, present), "testbench.v", tools)
    if isinstance(flat, Finished):
        return f"the testbench cannot be preprocessed: {_first_error(flat)}"
    with CpuBudget(tools.parser_seconds):
        made = harness(testbench, flat, changed)
        packages = packages_used(flat)
    return made if isinstance(made, str) else Bench(made, made.source, units(flat), packages)


def units(testbench: str) -> str:
    """Its last `timescale; "" where there is none."""
    each = _TIMESCALE.findall(testbench)
    return str(each[-1]).strip() if each else ""


_TIMESCALE = re.compile(r"^[ \t]*`timescale[^\n]*", re.MULTILINE)


def settle(
    rtl: str, bench: Bench, nonce: Nonce, tools: SimulatorTools, expected: int | None = None
) -> Answer:
    """The verdict of *bench* on *rtl*, about *expected* checks if that is known."""
    built = build(rtl, bench, nonce, tools)
    if isinstance(built, Answer):
        return built
    text = nonce.marked(built.compiled).encode(errors="surrogateescape")
    ran = run(icarus_tools.simulate(tools.icarus), tools.limits, tools.hangup, text)
    finding = enough(found(bench.made, nonce.mark, ran), bench.made.style, expected)
    finding = lawful(finding, built.illegal)
    log = tail(strip_control(clean(bench.made, nonce, ran.output)), tools.log_chars)
    answer = Answer(
        finding.outcome,
        strip_control(finding.detail),
        finding.checks,
        finding.errors,
        built.warnings,
        log,
        gave_up=ran.limit is Limit.CPU,
        quiet=finding.quiet,
        ended=_ended(nonce.mark, ran.output, bench.units),
        cpu_seconds=ran.cpu_seconds,
        shown=said_by(bench.made, nonce.mark, ran.output, tools),
    )
    return doubted(answer, rtl, built.text, bench.made, bench.packages)


_UNIT = re.compile(r"`timescale\s+(\d+\s*\w+)")


def _ended(mark: str, output: str, units: str) -> str:
    """When the testbench with *units* ended the simulation, as a number and its unit; "" where it did not."""
    at, unit = ended_at(mark, output), _UNIT.search(units)
    return "" if at is None else f"{at} {unit[1].replace(' ', '') if unit else '1s'}"


class Built(NamedTuple):
    """A design that compiled."""

    text: str
    """As it was compiled: written anew."""
    warnings: int
    illegal: str
    """The first thing in it that the standard forbids, or ""; a pass needs none."""
    compiled: str
    """What Icarus made of it, with `BLANK` where the mark goes."""


def build(rtl: str, bench: Bench, nonce: Nonce, tools: SimulatorTools) -> Built | Answer:
    """Guard *rtl* and compile it beside *bench* into `toolchain.COMPILED`; the verdict where that cannot be."""
    approved = _examined(rtl, bench, tools)
    if isinstance(approved, Answer):
        return approved
    compiled = _compile(approved.text, bench, nonce, tools)
    made = _compiled()
    if made.count(BLANK) < bench.flat.count(BLANK):
        # Where the testbench computes with its messages the compiler packs them into numbers, the mark as well.
        bench = bench._replace(flat=nonce.marked(bench.flat))
        compiled = _compile(approved.text, bench, nonce, tools)
        made = _compiled()
    said = strip_control(clean(bench.made, nonce, compiled.output))
    warnings = len(_WARNING.findall(said))
    if compiled.limit is not None or compiled.exit_code != 0 or _ERROR.search(said):
        return _refused(compiled, said, tools)._replace(warnings=warnings)
    unread = _unexplained(approved, rtl, bench, tools)
    if unread:
        return Answer(Outcome.FORBIDDEN, f"{unread}, but it compiles beside the testbench", warnings=warnings)
    declared = Declared(approved.units, approved.names, _in_this_run(bench, nonce))
    wrong = "" if tools.without == layers.COMPILED else breach(made, declared)
    if wrong:
        return Answer(Outcome.FORBIDDEN, f"{BREACH}: {wrong}", warnings=warnings)
    return Built(approved.text, warnings, unlawful(approved), made)


def _examined(rtl: str, bench: Bench, tools: SimulatorTools) -> Approved | Answer:
    """What the guard makes of *rtl*, or the verdict where there is nothing to compile beside *bench*."""
    with CpuBudget(tools.parser_seconds):
        approved = _approved(rtl, bench.made.modules, tools)
        taken = captured(approved.text, bench.made.source)
        against = joined(approved, bench.made)
        told = telling_name(approved.text, bench.packages, bench.flat)
    early = refused_early(approved.report, taken, against)
    if early:
        return early
    if not approved.text:
        return _unreadable(rtl, approved, tools)
    if told:
        return Answer(Outcome.NO_EVIDENCE, self_told(told))
    return approved


def _approved(rtl: str, reserved: frozenset[str], tools: SimulatorTools) -> Approved:
    """*rtl* as the guard has it; as Icarus' preprocessor has it where the guard is left out."""
    if tools.without != layers.GUARD:
        return approve(rtl, reserved)
    flat = flatten(rtl, "design.v", tools)
    text = flat if isinstance(flat, str) else rtl
    names = frozenset(re.findall(r"[\w$]+", text))
    return Approved(Report((), ()), text, units=frozenset(defined(text)), names=names)


def _compiled() -> str:
    """What the compiler wrote; "" where it wrote nothing."""
    try:
        return Path(icarus_tools.COMPILED).read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""


def _in_this_run(bench: Bench, nonce: Nonce) -> frozenset[str]:
    """The testbench's modules, by their names in this run and, where it could not be renamed, as written."""
    names = bench.made.modules if bench.made.style is not Style.COCOTB else defined(bench.flat)
    tops = (nonce.named(top) for top in bench.made.tops)
    return frozenset({*names, *tops, *(f"{name}_{nonce.name}" for name in names)})


def _unexplained(approved: Approved, rtl: str, bench: Bench, tools: SimulatorTools) -> str:
    """What a design that compiles does not explain by its text alone; "" where all is explained."""
    unread = approved.report.unread
    if unread and bench.made.style is Style.COCOTB:
        # What stands in the Verilog that the testbench brings is no riddle.
        with CpuBudget(tools.parser_seconds):
            unread = guard(f"{bench.flat}\n{rtl}").unread
    return str(unread[0]) if unread else ""


def unlawful(approved: Approved) -> str:
    """Where and why a design that a simulator may have read over is not legal; "" for a legal one."""
    first = next(iter(approved.illegal), None)
    return f"design.v:{first.line}: {first.reason}" if first else ""


def lawful(finding: ReadVerdict, illegal: str) -> ReadVerdict:
    """*finding*, unless it is a pass of a design that is *illegal*."""
    if finding.outcome is not Outcome.PASS or not illegal:
        return finding
    return ReadVerdict(Outcome.COMPILE_ERROR, illegal)


def _unreadable(rtl: str, approved: Approved, tools: SimulatorTools) -> Answer:
    """The verdict on a text with syntax errors, in the compiler's words, which people know; it compiles it alone."""
    flat = flatten(rtl, "design.v", tools)
    if isinstance(flat, Finished):
        return _refused(flat, flat.output, tools)._replace(gave_up=False)
    Path(icarus_tools.SOURCE).write_text(
        f'`line 1 "design.v" 0\n{flat}\n', encoding="utf-8", errors="replace"
    )
    ended = _run_compiler((), tools)
    said = strip_control(ended.output)
    warnings = len(_WARNING.findall(said))
    if ended.limit is not None or _REASON.search(said):
        return _refused(ended, said, tools)._replace(warnings=warnings, gave_up=False)
    first = approved.report.unread[0]
    return Answer(Outcome.COMPILE_ERROR, f"design.v:{first.line}: {first.reason}", warnings=warnings)


def joined(approved: Approved, made: Harness) -> str:
    """Why the testbench's word on the design is no evidence, for what it gives it to hold; "" if it may be."""
    mine = tuple(name for name in made.wanted if name in approved.units)
    return objection(approved.text, made.source, mine)


def refused_early(report: Report, taken: str, against: str) -> Answer | None:
    """The verdict where the guard, a name of the testbench that is *taken*, or a joint is *against* a design."""
    if report.refused:
        return Answer(Outcome.FORBIDDEN, str(report.refused[0]))
    if taken:
        return Answer(Outcome.FORBIDDEN, f"{taken} at file scope is a name that the testbench uses")
    return Answer(Outcome.NO_EVIDENCE, against) if against else None


def self_told(name: str) -> str:
    """Why no verdict is taken from a testbench that uses *name* of the design's packages."""
    return f"the testbench uses {name} of the design, which could say what it likes"


def plainly(rtl: str, testbench: str, tools: SimulatorTools) -> str:
    """What the tools print when nobody is careful: both files in one go, the design first; for comparison only."""
    for name, text in (("design.v", rtl), ("testbench.v", testbench)):
        Path(name).write_text(text + "\n", encoding="utf-8", errors="replace")
    argv = [tools.icarus.iverilog, "-g2012", "-o", icarus_tools.COMPILED, "design.v", "testbench.v"]
    if run(argv, _compiling(tools), tools.hangup).exit_code != 0:
        return ""
    # A waveform is a file of its own, and larger than any output should be.
    ran = run([tools.icarus.vvp, "-n", icarus_tools.COMPILED], _compiling(tools), tools.hangup)
    return ran.output[: tools.limits.output_kb << 10]


def flatten(text: str, name: str, tools: SimulatorTools) -> str | Finished:
    """*text* without macros and conditionals, or how its preprocessing failed."""
    source, target = Path(name), Path(f"{name}.flat")
    source.write_text(text + "\n", encoding="utf-8", errors="replace")
    ended = run(icarus_tools.preprocess(tools.icarus, name, target.name), _compiling(tools), tools.hangup)
    if ended.exit_code != 0 or ended.limit is not None or _ERROR.search(ended.output):
        return ended
    return target.read_text(encoding="utf-8", errors="replace")


def _compile(text: str, bench: Bench, nonce: Nonce, tools: SimulatorTools) -> Finished:
    testbench = nonce.named(bench.flat)
    design = f'`resetall\n{bench.units}\n`line 1 "design.v" 0\n{text}'
    # A package stands before what takes names from it; the design's text holds no directive that could outlast it.
    first, second = (
        (design, f'`resetall\n`line 1 "testbench.v" 0\n{testbench}')
        if bench.packages
        else (testbench, design)
    )
    Path(icarus_tools.SOURCE).write_text(f"{first}\n{second}", encoding="utf-8", errors="replace")
    return _run_compiler([nonce.named(top) for top in bench.made.tops], tools)


def _run_compiler(tops: Sequence[str], tools: SimulatorTools) -> Finished:
    """Compile `SOURCE` with *tops* as roots, or with those that it has."""
    if not tools.direct:
        return run(icarus_tools.driver(tools.icarus, tops), _compiling(tools), tools.hangup)
    Path(icarus_tools.CONFIG).write_text(icarus_tools.configuration(tools.icarus, tops), encoding="utf-8")
    return run(icarus_tools.compile_directly(tools.icarus), _compiling(tools), tools.hangup)


def _compiling(tools: SimulatorTools) -> Limits:
    """A compiled design may be large where its output may not."""
    return tools.limits._replace(output_kb=max(tools.limits.output_kb, 64 << 10))


_WARNING = re.compile(r"^\S+:\d+: warning:", re.MULTILINE)
_ERROR = re.compile(r"^.*\berror:.*$", re.MULTILINE)
"""The driver ends well although its preprocessor failed; a "sorry" alone may be no more than a warning."""
_REASON = re.compile(r"^.*(?:\berror:|\bsorry:|syntax error|Unable to|: internal error).*$", re.MULTILINE)


def _first_error(ended: Finished) -> str:
    reason = _REASON.search(ended.output)
    return strip_control(reason[0].strip())[:300] if reason else f"exit code {ended.exit_code}"


def _refused(ended: Finished, said: str, tools: SimulatorTools) -> Answer:
    """The compiler's answer; what it cannot do with the testbench is no fault of the design."""
    if ended.limit is not None:
        return Answer(*limited(ended.limit, "the compiler")[:2], gave_up=ended.limit is Limit.CPU)
    first = _REASON.search(said)
    detail = first[0].strip()[:300] if first else f"the compiler ended with exit code {ended.exit_code}"
    ours = detail.startswith("testbench.v:") and not _ASKED_OF_THE_DESIGN.search(detail)
    if ours:
        detail = f"the testbench does not compile: {detail}"
    outcome = Outcome.NO_EVIDENCE if ours else Outcome.COMPILE_ERROR
    return Answer(outcome, detail, log=tail(said, tools.log_chars), gave_up=True)


_ASKED_OF_THE_DESIGN = re.compile(
    r"Unknown module type|is not a port of|[Pp]ort .* (?:of|in) .*(?:not found|missing)|Wrong number of ports|ports? .*expected"
    r"|parameter .*not found|Unable to bind|Could not find|nable to elaborate|[Pp]ackage .* not|unresolved wires"
)
"""What the compiler says in the testbench's lines of a design that lacks what the testbench asks for."""


def found(made: Harness, mark: str, ran: Finished) -> ReadVerdict:
    """What a simulation shows, by the way it ended and by what it printed."""
    if ran.limit is not None:
        return limited(ran.limit, "the simulation")
    if ran.exit_code < 0:
        return ReadVerdict(Outcome.RESOURCE_LIMIT, f"the simulator died of signal {-ran.exit_code}")
    return read(made, mark, ran.output, ran.exit_code)


def limited(limit: Limit, what: str) -> ReadVerdict:
    """What it means that *what* ran into *limit*."""
    match limit:
        case Limit.CPU:
            return ReadVerdict(Outcome.TIMEOUT, f"{what} used up its processor time")
        case Limit.MEMORY:
            return ReadVerdict(Outcome.RESOURCE_LIMIT, f"{what} used up its memory")
        case Limit.OUTPUT:
            return ReadVerdict(Outcome.RESOURCE_LIMIT, f"{what} printed too much")


def said_by(made: Harness, mark: str, output: str, tools: SimulatorTools) -> tuple[Shown, ...]:
    """The lines of *output* as they were read, where *tools* are to explain."""
    if not tools.explain:
        return ()
    lines = explained(made, mark, output)
    return tuple(one._replace(text=strip_control(one.text), rule=strip_control(one.rule)) for one in lines)
