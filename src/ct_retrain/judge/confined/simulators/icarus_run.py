"""Runs one design against one testbench inside the worker: guard, compile, simulate, read the evidence.

The working directory is the scratch directory. The testbench is preprocessed alone, and the design is rewritten by the
guard (`verilog.guard.approve`): so no macro, comment or directive of one affects the other, and the compiler sees only
what was examined.
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
    run_limited,
)
from ct_retrain.judge.confined.simulators import icarus_tools
from ct_retrain.judge.confined.simulators.answer import Answer, Bench, SimulatorTools
from ct_retrain.judge.confined.simulators.trials import with_experiments
from ct_retrain.judge.confined.simulators.vvp import Declared, breach
from ct_retrain.judge.evidence.cocotb import is_cocotb
from ct_retrain.judge.evidence.connections import objection
from ct_retrain.judge.evidence.experiment import AS_WRITTEN, Experiment
from ct_retrain.judge.evidence.harness import (
    BLANK,
    Harness,
    Nonce,
    Style,
    harness,
    preprocessable,
)
from ct_retrain.judge.evidence.logs import looks_inside, strip_control, tail
from ct_retrain.judge.evidence.verdict import (
    BREACH,
    ReadVerdict,
    clean,
    ended_at,
    enough,
    explained,
    read_verdict,
)
from ct_retrain.judge.reading.shown import AnnotatedLine
from ct_retrain.verilog.guard import Approved, Report, approve, guard
from ct_retrain.verilog.modules import defined
from ct_retrain.verilog.packages import packages_used, telling_name
from ct_retrain.verilog.scope import captured
from ct_retrain.verilog.tree import parse


def prepare_testbench(
    testbench: str, tools: SimulatorTools, present: Collection[str] = (), changed: Experiment = AS_WRITTEN
) -> Bench | str:
    """Prepare *testbench* for many designs; return a sentence if it can give no evidence.

    It may include the files in *present*; *changed* is a change made to test a pass (`harness`).
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
    """Return the last `timescale of *testbench*; "" if it has none."""
    each = _TIMESCALE.findall(testbench)
    return str(each[-1]).strip() if each else ""


_TIMESCALE = re.compile(r"^[ \t]*`timescale[^\n]*", re.MULTILINE)


def judge_with_icarus(
    rtl: str, bench: Bench, nonce: Nonce, tools: SimulatorTools, expected: int | None = None
) -> Answer:
    """Return the verdict of *bench* on *rtl*; *expected* is the number of checks in the golden's run, if known."""
    built = compile_design(rtl, bench, nonce, tools)
    if isinstance(built, Answer):
        return built
    text = nonce.marked(built.compiled).encode(errors="surrogateescape")
    ran = run_limited(icarus_tools.simulate(tools.icarus), tools.limits, tools.hangup, text)
    finding = enough(found(bench.made, nonce.mark, ran), bench.made.style, expected)
    finding = refuse_illegal(finding, built.illegal)
    answer = answer_of(finding, clean(bench.made, nonce, ran.output), tools)._replace(
        warnings=built.warnings,
        gave_up=ran.limit is Limit.CPU,
        ended=_ended(nonce.mark, ran.output, bench.units),
        cpu_seconds=ran.cpu_seconds,
        shown=explained_lines(bench.made, nonce.mark, ran.output, tools),
    )
    return with_experiments(answer, rtl, built.text, bench.made, bench.packages)


_UNIT = re.compile(r"`timescale\s+(\d+\s*\w+)")


def _ended(mark: str, output: str, units: str) -> str:
    """Return when the testbench with *units* ended the simulation, as a number and its unit; "" if it did not."""
    at, unit = ended_at(mark, output), _UNIT.search(units)
    return "" if at is None else f"{at} {unit[1].replace(' ', '') if unit else '1s'}"


class CompiledDesign(NamedTuple):
    """A design that compiled."""

    text: str
    """The text as compiled: rewritten by the guard."""
    warnings: int
    illegal: str
    """The first thing in it that the standard forbids, or ""; a pass is refused for it."""
    compiled: str
    """Icarus's output, with `BLANK` in place of the mark."""


def compile_design(rtl: str, bench: Bench, nonce: Nonce, tools: SimulatorTools) -> CompiledDesign | Answer:
    """Guard *rtl* and compile it with *bench* into `COMPILED`; return the verdict if that fails."""
    approved = _examined(rtl, bench, tools)
    if isinstance(approved, Answer):
        return approved
    compiled = _compile(approved.text, bench, nonce, tools)
    made = _compiled()
    if made.count(BLANK) < bench.flat.count(BLANK):
        # A testbench that computes with its messages makes the compiler encode them as numbers, including the mark.
        bench = bench._replace(flat=nonce.marked(bench.flat))
        compiled = _compile(approved.text, bench, nonce, tools)
        made = _compiled()
    said = strip_control(clean(bench.made, nonce, compiled.output))
    warnings = len(_WARNING.findall(said))
    if compiled.limit is not None or compiled.exit_code != 0 or _ERROR.search(said):
        refused = _refused(compiled, said, tools)._replace(warnings=warnings)
        return _unless_without_design(refused, bench, nonce, tools)
    unread = _unexplained(approved, rtl, bench, tools)
    if unread:
        return Answer(Outcome.FORBIDDEN, f"{unread}, but it compiles beside the testbench", warnings=warnings)
    declared = Declared(approved.units, approved.names, _in_this_run(bench, nonce))
    wrong = "" if tools.without == layers.COMPILED else breach(made, declared)
    if wrong:
        return Answer(Outcome.FORBIDDEN, f"{BREACH}: {wrong}", warnings=warnings)
    return CompiledDesign(approved.text, warnings, first_illegal(approved), made)


def _examined(rtl: str, bench: Bench, tools: SimulatorTools) -> Approved | Answer:
    """Return what the guard makes of *rtl*, or the verdict if there is nothing to compile."""
    with CpuBudget(tools.parser_seconds):
        approved = _approved(rtl, bench.made.modules, tools)
        taken = captured(approved.text, bench.made.source)
        against = connection_objection(approved, bench.made)
        told = telling_name(approved.text, bench.packages, bench.flat)
    early = early_refusal(approved.report, taken, against)
    if early:
        return early
    if not approved.text:
        return _unreadable(rtl, approved, tools)
    if told:
        return Answer(Outcome.NO_EVIDENCE, tainted_testbench(told))
    return approved


def _approved(rtl: str, reserved: frozenset[str], tools: SimulatorTools) -> Approved:
    """Return *rtl* as the guard rewrites it, or as Icarus preprocesses it if the guard is left out."""
    if tools.without != layers.GUARD:
        return approve(rtl, reserved)
    flat = flatten(rtl, "design.v", tools)
    text = flat if isinstance(flat, str) else rtl
    names = frozenset(re.findall(r"[\w$]+", text))
    return Approved(Report((), ()), text, units=frozenset(defined(text)), names=names)


def _compiled() -> str:
    """Return the compiler's output file; "" if there is none."""
    try:
        return Path(icarus_tools.COMPILED).read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""


def _in_this_run(bench: Bench, nonce: Nonce) -> frozenset[str]:
    """Return the names of the testbench's modules: as renamed for this run, or as written if they cannot be renamed."""
    names = bench.made.modules if bench.made.style is not Style.COCOTB else defined(bench.flat)
    tops = (nonce.named(top) for top in bench.made.tops)
    return frozenset({*names, *tops, *(f"{name}_{nonce.name}" for name in names)})


def _unexplained(approved: Approved, rtl: str, bench: Bench, tools: SimulatorTools) -> str:
    """Return what a compiled design uses that its own text does not explain; "" if nothing."""
    unread = approved.report.unread
    if unread and bench.made.style is Style.COCOTB:
        # Verilog that the testbench provides need not be explained by the design's text.
        with CpuBudget(tools.parser_seconds):
            unread = guard(f"{bench.flat}\n{rtl}").unread
    return str(unread[0]) if unread else ""


def first_illegal(approved: Approved) -> str:
    """Return where and why a design is not legal although a simulator may accept it; "" if it is legal."""
    first = next(iter(approved.illegal), None)
    return f"design.v:{first.line}: {first.reason}" if first else ""


def refuse_illegal(finding: ReadVerdict, illegal: str) -> ReadVerdict:
    """Return *finding*, except that a pass of an *illegal* design becomes a compile error."""
    if finding.outcome is not Outcome.PASS or not illegal:
        return finding
    return ReadVerdict(Outcome.COMPILE_ERROR, illegal)


def _unreadable(rtl: str, approved: Approved, tools: SimulatorTools) -> Answer:
    """Return the verdict on a text with syntax errors, in the compiler's well-known words; the text is compiled alone."""
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


def connection_objection(approved: Approved, made: Harness) -> str:
    """Return why the testbench's verdict is no evidence, given what it passes to the design; "" if it can be."""
    mine = tuple(name for name in made.wanted if name in approved.units)
    return objection(approved.text, made.source, mine)


def early_refusal(report: Report, taken: str, against: str) -> Answer | None:
    """Return a verdict that needs no compilation: from *report*, a *taken* name, or a connection *against* the design."""
    if report.refused:
        return Answer(Outcome.FORBIDDEN, str(report.refused[0]))
    if taken:
        return Answer(Outcome.FORBIDDEN, f"{taken} at file scope is a name that the testbench uses")
    return Answer(Outcome.NO_EVIDENCE, against) if against else None


def tainted_testbench(name: str) -> str:
    """Return why no verdict is taken from a testbench that uses *name* of the design's packages."""
    return f"the testbench uses {name} of the design, which the design could set as it likes"


def run_naively(rtl: str, testbench: str, tools: SimulatorTools) -> str:
    """Return what the tools print without precautions: both files in one command, design first. For comparison only."""
    for name, text in (("design.v", rtl), ("testbench.v", testbench)):
        Path(name).write_text(text + "\n", encoding="utf-8", errors="replace")
    argv = [tools.icarus.iverilog, "-g2012", "-o", icarus_tools.COMPILED, "design.v", "testbench.v"]
    if run_limited(argv, _compiling(tools), tools.hangup).exit_code != 0:
        return ""
    # A waveform is a file of its own, larger than the output limit.
    ran = run_limited([tools.icarus.vvp, "-n", icarus_tools.COMPILED], _compiling(tools), tools.hangup)
    return ran.output[: tools.limits.output_kb << 10]


def flatten(text: str, name: str, tools: SimulatorTools) -> str | Finished:
    """Return *text* without macros and conditionals, or how its preprocessing failed."""
    source, target = Path(name), Path(f"{name}.flat")
    source.write_text(text + "\n", encoding="utf-8", errors="replace")
    ended = run_limited(
        icarus_tools.preprocess(tools.icarus, name, target.name), _compiling(tools), tools.hangup
    )
    if ended.exit_code != 0 or ended.limit is not None or _ERROR.search(ended.output):
        return ended
    return target.read_text(encoding="utf-8", errors="replace")


def _compile(
    text: str, bench: Bench, nonce: Nonce, tools: SimulatorTools, *, alone: bool = False
) -> Finished:
    """Compile *bench* with the design *text*; *alone* if modules that the testbench does not define may be missing."""
    testbench = nonce.named(bench.flat)
    design = f'`resetall\n{bench.units}\n`line 1 "design.v" 0\n{text}'
    # A package must come before its uses; the design's text contains no directives that could reach what follows.
    first, second = (
        (design, f'`resetall\n`line 1 "testbench.v" 0\n{testbench}')
        if bench.packages
        else (testbench, design)
    )
    Path(icarus_tools.SOURCE).write_text(f"{first}\n{second}", encoding="utf-8", errors="replace")
    return _run_compiler([nonce.named(top) for top in bench.made.tops], tools, alone=alone)


def _run_compiler(tops: Sequence[str], tools: SimulatorTools, *, alone: bool = False) -> Finished:
    """Compile `SOURCE` with *tops* as roots, *alone* if modules may be missing; without *tops*, Icarus chooses roots."""
    if not tools.direct:
        return run_limited(
            icarus_tools.driver(tools.icarus, tops, alone=alone), _compiling(tools), tools.hangup
        )
    written = icarus_tools.configuration(tools.icarus, tops, alone=alone)
    Path(icarus_tools.CONFIG).write_text(written, encoding="utf-8")
    return run_limited(icarus_tools.compile_directly(tools.icarus), _compiling(tools), tools.hangup)


def _compiling(tools: SimulatorTools) -> Limits:
    """Return the compiler's limits: its output file may be larger than a simulation's output."""
    return tools.limits._replace(output_kb=max(tools.limits.output_kb, 64 << 10))


_WARNING = re.compile(r"^\S+:\d+: warning:", re.MULTILINE)
_ERROR = re.compile(r"^.*\berror:.*$", re.MULTILINE)
"""Matches an error of any part of the driver, whose exit code may be 0; "sorry" alone may be a warning."""
_REASON = re.compile(r"^.*(?:\berror:|\bsorry:|syntax error|Unable to|: internal error).*$", re.MULTILINE)


def _first_error(ended: Finished) -> str:
    reason = _REASON.search(ended.output)
    return strip_control(reason[0].strip())[:300] if reason else f"exit code {ended.exit_code}"


def _refused(ended: Finished, said: str, tools: SimulatorTools) -> Answer:
    """Return the verdict for a compiler error."""
    if ended.limit is not None:
        return Answer(*limited(ended.limit, "the compiler")[:2], gave_up=ended.limit is Limit.CPU)
    first = _REASON.search(said)
    detail = first[0].strip()[:300] if first else f"the compiler ended with exit code {ended.exit_code}"
    return Answer(Outcome.COMPILE_ERROR, detail, log=tail(said, tools.log_chars), gave_up=True)


def _unless_without_design(refused: Answer, bench: Bench, nonce: Nonce, tools: SimulatorTools) -> Answer:
    """Return *refused*, a compiler error; as no evidence if the testbench is refused without any design, too."""
    ours = refused.outcome is Outcome.COMPILE_ERROR and refused.detail.startswith("testbench.v:")
    if not ours or not _without_design(refused.detail, bench, nonce, tools):
        return refused
    version = f"Icarus Verilog {tools.icarus.version}"
    why = f"the testbench does not compile under {version}, whatever the design: {refused.detail}"
    mend = "mend it, or judge with a version that compiles it"
    return refused._replace(outcome=Outcome.NO_EVIDENCE, detail=f"{why}; {mend}")


def _without_design(error: str, bench: Bench, nonce: Nonce, tools: SimulatorTools) -> bool:
    """Whether the testbench has this *error* by itself; no design can bring that about, as its text is not read.

    A name inside the design is missing without it, and is the design's to provide. A testbench that needs packages of
    the design has its own errors of syntax only.
    """
    if bench.packages:
        with CpuBudget(tools.parser_seconds):
            parsed = parse(bench.flat)
        return parsed is not None and bool(parsed.errors)
    if looks_inside(error):
        return False
    alone = _compile("", bench, nonce, tools, alone=True)
    return _refused(alone, strip_control(clean(bench.made, nonce, alone.output)), tools).detail == error


def answer_of(finding: ReadVerdict, output: str, tools: SimulatorTools) -> Answer:
    """Return *finding* with the end of what the simulation printed, without what controls a terminal."""
    log = tail(strip_control(output), tools.log_chars)
    detail = strip_control(finding.detail)
    return Answer(finding.outcome, detail, finding.checks, finding.errors, log=log, quiet=finding.quiet)


def found(made: Harness, mark: str, ran: Finished) -> ReadVerdict:
    """Return what a simulation shows, from how it ended and what it printed."""
    if ran.limit is not None:
        return limited(ran.limit, "the simulation")
    if ran.exit_code < 0:
        return ReadVerdict(Outcome.RESOURCE_LIMIT, f"the simulator died of signal {-ran.exit_code}")
    return read_verdict(made, mark, ran.output, ran.exit_code)


def limited(limit: Limit, what: str) -> ReadVerdict:
    """Return the verdict if *what* reached *limit*."""
    match limit:
        case Limit.CPU:
            return ReadVerdict(Outcome.TIMEOUT, f"{what} used up its processor time")
        case Limit.MEMORY:
            return ReadVerdict(Outcome.RESOURCE_LIMIT, f"{what} used up its memory")
        case Limit.OUTPUT:
            return ReadVerdict(Outcome.RESOURCE_LIMIT, f"{what} printed too much")


def explained_lines(
    made: Harness, mark: str, output: str, tools: SimulatorTools
) -> tuple[AnnotatedLine, ...]:
    """Return the lines of *output* as they were read, if *tools* ask for an explanation."""
    if not tools.explain:
        return ()
    lines = explained(made, mark, output)
    return tuple(one._replace(text=strip_control(one.text), rule=strip_control(one.rule)) for one in lines)
