"""Runs a design against a testbench under Verilator inside the worker: guard, translate, compile, simulate, read.

Guard, harness and reading of the evidence are those of `judge.confined.simulators.icarus_run`. Verilator has no
unknown values, so the model runs with 0, with 1 and with random bits in everything that has no initial value; a pass
needs all runs to pass, with about equally many checks. A bit that should have been reset is wrong in one of the first
two. Random bits can also make a reference differ from an equal design, so they alone do not prove a mismatch, and
testbenches in VerilogEval's style, which contain a reference, run without them. Not covered: effects of unknown
values, such as a comparison with x, a conflict of drivers, or an output left open on purpose. If a reference gives x
for "don't care", a correct design may be a mismatch.

If no model can be built: pyslang's errors in the design, Verilator's errors at lines of the design, and missing
modules, ports, parameters and names inside the design that the testbench uses are the design's fault. Other errors in
the testbench, in Verilator, or in the C++ that it writes are no evidence about the design.
"""

import re
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.errors import ToolError
from ct_retrain.core.records.verdict import Outcome
from ct_retrain.judge.confined.sandbox.process import (
    CpuBudget,
    Finished,
    Limits,
    run_limited,
)
from ct_retrain.judge.confined.simulators import verilator_build
from ct_retrain.judge.confined.simulators.answer import Answer, Bench, SimulatorTools
from ct_retrain.judge.confined.simulators.icarus_run import (
    answer_of,
    connection_objection,
    early_refusal,
    explained_lines,
    first_illegal,
    flatten,
    found,
    limited,
    tainted_testbench,
    units,
)
from ct_retrain.judge.confined.simulators.trials import trying, with_experiments
from ct_retrain.judge.confined.simulators.verilator_build import VerilatorToolchain
from ct_retrain.judge.evidence.experiment import AS_WRITTEN, Experiment
from ct_retrain.judge.evidence.harness import (
    Harness,
    Nonce,
    Style,
    harness,
    preprocessable,
)
from ct_retrain.judge.evidence.logs import strip_control, tail
from ct_retrain.judge.evidence.verdict import ReadVerdict, clean, enough
from ct_retrain.verilog.guard import approve
from ct_retrain.verilog.packages import packages_used, telling_name
from ct_retrain.verilog.scope import captured

NAMES = frozenset({"design.v", "testbench.v", "roots.v", "model.cpp", "model", "verilated", "output"})
"""Names of our own files in the scratch directory."""
BUILDING = Limits(cpu_seconds=120, memory_mb=2048, output_kb=64 << 10)
"""Limits of Verilator and the C++ compiler, which need more than a simulation; the guard has limited their input."""
_INTO, _MODEL = "verilated", "model"
_DRAWN = 2


class VerilatorTrial(NamedTuple):
    """A testbench, and the settings of this run."""

    testbench: str
    nonce: Nonce
    expected: int | None
    """Number of checks in the golden's run, if known."""
    present: tuple[str, ...] = ()
    """Files that the testbench may include."""
    tried: Experiment = AS_WRITTEN
    """A change made to test a pass: numbers and held inputs only, because no bit is unknown here."""


def judge_with_verilator(
    rtl: str, trial: VerilatorTrial, verilator: VerilatorToolchain, tools: SimulatorTools
) -> Answer:
    """Return the verdict of *trial* on *rtl*."""
    flat = flatten(preprocessable(trial.testbench, trial.present), "testbench.v", tools)
    with CpuBudget(tools.parser_seconds):
        # A text that only Verilator's preprocessor can read is judged as it is, if no macro forms a name in it.
        made = harness(trial.testbench, flat if isinstance(flat, str) else "", trial.tried)
    if isinstance(made, str):
        return Answer(Outcome.NO_EVIDENCE, made)
    tried = trying(Bench(made, made.source, ""), rtl, trial.tried)
    if isinstance(tried, str):
        return Answer(Outcome.NO_EVIDENCE, tried)
    made = tried.made._replace(source=tried.flat)
    with CpuBudget(tools.parser_seconds):
        approved = approve(rtl, made.modules)
        taken = captured(approved.text, made.source)
        against = connection_objection(approved, made)
        packages = packages_used(made.source)
        told = telling_name(approved.text, packages, made.source)
    report = approved.report
    early = early_refusal(report, taken, against)
    if early:
        return early
    if not approved.text:
        first = report.unread[0]
        return Answer(Outcome.COMPILE_ERROR, f"design.v:{first.line}: {first.reason}")
    if told:
        return Answer(Outcome.NO_EVIDENCE, tainted_testbench(told))
    translated = _translate(approved.text, made, trial.nonce, verilator, tools)
    said = strip_control(clean(made, trial.nonce, translated.output))
    warnings = len(_WARNING.findall(said))
    if translated.limit is not None or translated.exit_code != 0:
        answer = _refused(translated, said, tools)
    elif "INFINITELOOP" in said:
        # Verilator removes such a loop, and the simulation then ends although it must not.
        answer = Answer(Outcome.TIMEOUT, "a loop that never ends and takes no time")
    elif report.unread:
        answer = Answer(Outcome.FORBIDDEN, f"{report.unread[0]}, but it compiles beside the testbench")
    elif why := first_illegal(approved):
        answer = Answer(Outcome.COMPILE_ERROR, why)
    else:
        answer = _build(verilator, tools) or _simulate(made, trial, tools)
    answer = answer._replace(warnings=warnings)
    return with_experiments(answer, rtl, approved.text, made, packages)._replace(loose=False)


def _translate(
    text: str, made: Harness, nonce: Nonce, verilator: VerilatorToolchain, tools: SimulatorTools
) -> Finished:
    """Translate testbench and design to C++; the design comes last, as *text*, without the testbench's macros."""
    last = f"`undefineall\n`resetall\n{units(made.source)}\n"
    texts = {
        "testbench.v": nonce.marked(nonce.named(made.source)) + "\n",
        "design.v": f'{last}`line 1 "design.v" 0\n{text}',
    }
    if packages_used(made.source):
        texts = {name: f"`undefineall\n`resetall\n{texts[name]}" for name in ("design.v", "testbench.v")}
    texts["roots.v"] = ""
    tops = [nonce.named(top) for top in made.tops]
    if len(tops) > 1:
        rooms = "".join(f"  {top} root_{index}();\n" for index, top in enumerate(tops))
        texts["roots.v"] = f"module roots_{nonce.name};\n{rooms}endmodule\n"
    for name, content in texts.items():
        Path(name).write_text(content, encoding="utf-8", errors="replace")
    top = f"roots_{nonce.name}" if len(tops) > 1 else tops[0]
    sources = [name for name, content in texts.items() if content]
    return run_limited(verilator_build.translate(verilator, top, sources, _INTO), BUILDING, tools.hangup)


_WARNING = re.compile(r"^%Warning-\w+: design\.v:\d+:", re.MULTILINE)
_ERROR = re.compile(
    r"^%Error(?:-(?P<code>\w+))?: (?:(?P<file>[\w.]+):\d+:(?:\d+:)? )?(?P<what>.*)$", re.MULTILINE
)
_ASKED_FOR = re.compile(r"PINNOTFOUND|MODMISSING|containing module|in dotted|Parameter not found")
"""Matches what the testbench uses of the design and does not find."""


def _refused(ended: Finished, said: str, tools: SimulatorTools) -> Answer:
    if ended.limit is not None:
        return Answer(*limited(ended.limit, "the compiler")[:2])
    first = _ERROR.search(said)
    if first is None or first["file"] is None:
        detail = first["what"] if first else f"exit code {ended.exit_code}"
        return Answer(Outcome.NO_EVIDENCE, f"Verilator cannot translate it: {detail[:300]}")
    design = first["file"] == "design.v" or _ASKED_FOR.search(first[0])
    outcome = Outcome.COMPILE_ERROR if design else Outcome.NO_EVIDENCE
    return Answer(outcome, first[0].strip()[:300], log=tail(said, tools.log_chars))


def _build(verilator: VerilatorToolchain, tools: SimulatorTools) -> Answer | None:
    """Build the program; return a verdict if that is not possible, and raise ToolError if the compiler itself fails."""
    parts = sorted(path.name for path in Path(_INTO).glob("*.cpp"))
    Path("model.cpp").write_text("".join(f'#include "{name}"\n' for name in parts), encoding="utf-8")
    ended = run_limited(
        verilator_build.build_command(verilator, "model.cpp", _INTO, _MODEL), BUILDING, tools.hangup
    )
    if ended.limit is not None:
        return Answer(*limited(ended.limit, "the C++ compiler")[:2])
    if ended.exit_code == 0:
        return None
    first = re.search(r"^(?:verilated/|model\.cpp).*\berror: (.*)$", ended.output, re.MULTILINE)
    if first is None:
        message = f"{verilator.compiler} fails: {strip_control(ended.output).strip()[-200:]}"
        raise ToolError(message)
    return Answer(Outcome.NO_EVIDENCE, f"Verilator's C++ does not compile: {strip_control(first[1])[:200]}")


def _simulate(made: Harness, trial: VerilatorTrial, tools: SimulatorTools) -> Answer:
    """Return the combined verdict of all runs."""
    answers: list[Answer] = []
    for level in (0, 1) if made.style is Style.VERILOGEVAL else (0, 1, _DRAWN):
        answer = _run(level, made, trial, tools)
        if level == _DRAWN and answer.outcome is Outcome.MISMATCH:
            return answer._replace(
                outcome=Outcome.NO_EVIDENCE, detail=f"with random initial values: {answer.detail}"
            )
        if answer.outcome is not Outcome.PASS:
            return answer
        answers.append(answer)
    if len({answer.checks for answer in answers}) > 1:
        detail = "the number of checks depends on uninitialised variables"
        return answers[0]._replace(outcome=Outcome.NO_EVIDENCE, detail=detail)
    return answers[0]


def _run(level: int, made: Harness, trial: VerilatorTrial, tools: SimulatorTools) -> Answer:
    ran = run_limited(
        verilator_build.run_command(str(Path(_MODEL).resolve()), level), tools.limits, tools.hangup
    )
    restless = ran.limit is None and ran.exit_code != 0 and "did not converge" in ran.output
    ran = ran._replace(output=_in_common_words(ran.output))
    mark = trial.nonce.mark
    finding = enough(_RESTLESS if restless else found(made, mark, ran), made.style, trial.expected)
    answer = answer_of(finding, clean(made, trial.nonce, ran.output), tools)
    return answer._replace(shown=explained_lines(made, mark, ran.output, tools))


_RESTLESS = ReadVerdict(Outcome.TIMEOUT, "the simulation never comes to rest")


_OWN = re.compile(r"^- (?:S i m|Verilator:|\S+:\d+: Verilog \$).*\n?", re.MULTILINE)
_SEVERE = re.compile(r"^\[\d+\] %(?P<how>Error|Fatal): (?P<where>\S+:\d+): ", re.MULTILINE)


def _in_common_words(output: str) -> str:
    """Return *output* without Verilator's own messages, with failed assertions as `judge.evidence.verdict` reads them."""
    return _SEVERE.sub(lambda at: f"{at['how'].upper()}: {at['where']}: ", _OWN.sub("", output))
