"""`judge`: judge one design with one testbench, and show what each layer of the judge found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ct_retrain.cli.context import Context, json_option, print_json

if TYPE_CHECKING:
    from ct_retrain.cli.sources import LoadedDesign
    from ct_retrain.core.configuration.settings import Settings
    from ct_retrain.core.records.verdict import Design, Outcome, Verdict
    from ct_retrain.judge.credibility import Credibility
    from ct_retrain.judge.judge import Judge
    from ct_retrain.judge.reading.shown import AnnotatedLine
    from ct_retrain.judge.second_opinion import Opinion

_LOG_LINES = 20
_SAYS = {"yes": "right", "no": "wrong", "nothing": "nothing"}


@click.command(short_help="Judge one design with one testbench.")
@click.argument("dut", metavar="DUT")
@click.argument("tb", metavar="TB")
@click.option(
    "--rtl", metavar="FILE", multiple=True, help="A file of the design before DUT; may be repeated."
)
@click.option(
    "--bench", metavar="FILE", multiple=True, help="A file of the testbench before TB; may be repeated."
)
@click.option("-I", "--include", metavar="DIR", multiple=True, help="Include directory; may be repeated.")
@click.option("-D", "--define", metavar="NAME[=VALUE]", multiple=True, help="Macro; may be repeated.")
@click.option("--data", metavar="FILE", multiple=True, help="File read during simulation; may be repeated.")
@click.option("--explain", is_flag=True, help="Show what each layer of the judge found, line by line.")
@json_option
@click.pass_obj
def judge(
    context: Context,
    dut: str,
    tb: str,
    *,
    rtl: tuple[str, ...],
    bench: tuple[str, ...],
    include: tuple[str, ...],
    define: tuple[str, ...],
    data: tuple[str, ...],
    explain: bool,
    as_json: bool,
) -> int:
    """Judge the design in the file DUT with the testbench in the file TB; nothing is kept.

    A memory that the design fills with $readmemh gets the contents of a file given by --data.

    \b
    Exit code by outcome:
       0  pass            the testbench compared something and nothing differed
      20  mismatch        the testbench reports an error
      21  compile_error   the compiler refuses the design
      22  forbidden       the design contains what no synthesizable design needs
      23  no_evidence     the output contains no reliable verdict
      24  timeout         the CPU time or the testbench's watchdog ran out
      25  resource_limit  too much memory or output
      26  disputed        passes as written, fails as synthesised
      27  unconfirmed     passes as written, and cannot be synthesised

    Exit code 2 is an unreadable file, and 4 a simulator that does not work; neither is about the design.
    """
    from ct_retrain.cli.sources import NamedSource, design_of
    from ct_retrain.judge.sandbox.workers import layers_of

    made = design_of(NamedSource(dut, tb, rtl, bench, include, define, data))
    design = made.design
    settings = settings_of(context)
    with judge_of(settings) as simulator:
        verdict = simulator.check(design)
        layers = _examine(simulator, design, verdict, settings.judge.workers) if explain else None
    if not verdict.passed and made.notes:
        verdict = verdict.model_copy(update={"detail": "; ".join([verdict.detail, *made.notes])})
    verdict = verdict.model_copy(update={"detail": made.told(verdict.detail)})
    if as_json:
        explained = {} if layers is None else {"explanation": _as_dict(layers, made)}
        print_json({**verdict.model_dump(mode="json"), "layers": layers_of(verdict.tool), **explained})
    else:
        _print(verdict)
        _explain(layers, verdict, made) if layers else None
    return exit_code(verdict.outcome)


def settings_of(context: Context, more: dict[str, str] | None = None) -> Settings:
    """Return only the settings, with *more* on top, for commands that build their own judge."""
    from pathlib import Path

    from ct_retrain.core.configuration.loading import load_settings

    file = Path(context.config_file) if context.config_file else None
    return load_settings(Path(context.workspace), {**context.options, **(more or {})}, file=file).settings


def judge_of(settings: Settings) -> Judge:
    """Return a judge without a cache."""
    from ct_retrain.judge.judge import Judge

    return Judge(settings.judge, sandbox=settings.sandbox)


def read_text(name: str) -> str:
    """Return the text of the file *name*; raise UsageError if it is not a readable text file."""
    from pathlib import Path

    from ct_retrain.core.errors import UsageError

    path = Path(name)
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise UsageError(f"{name} {what}; name a Verilog file")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is no UTF-8 text (byte {error.start}); name a Verilog file") from error
    if "\0" in text:
        raise UsageError(f"{name} is binary: it holds a NUL character; name a Verilog file")
    return text


def exit_code(outcome: Outcome) -> int:
    """Return the exit code of `judge`."""
    from ct_retrain.core.records.verdict import Outcome

    match outcome:
        case Outcome.PASS:
            code = 0
        case Outcome.MISMATCH:
            code = 20
        case Outcome.COMPILE_ERROR:
            code = 21
        case Outcome.FORBIDDEN:
            code = 22
        case Outcome.NO_EVIDENCE:
            code = 23
        case Outcome.TIMEOUT:
            code = 24
        case Outcome.RESOURCE_LIMIT:
            code = 25
        case Outcome.DISPUTED:
            code = 26
        case Outcome.UNCONFIRMED:
            code = 27
        case Outcome.UNPROVEN:
            code = 28
    return code


class _Layers(NamedTuple):
    """What each layer found."""

    refused: tuple[tuple[int, str], ...]
    unread: tuple[tuple[int, str], ...]
    left_out: tuple[tuple[int, str], ...]
    style: str
    """Style of the testbench; a sentence if no verdict could be taken from it."""
    opinion: Opinion
    credibility: Credibility | None
    """Score of the testbench; only if the design passes."""
    transcript: tuple[AnnotatedLine, ...]
    """The printed lines, and how each was read."""


def _examine(simulator: Judge, design: Design, verdict: Verdict, workers: int) -> _Layers:
    from ct_retrain.judge.credibility import PROOF_SECONDS, credibility
    from ct_retrain.judge.evidence.harness import harness, style_of
    from ct_retrain.judge.evidence.logs import strip_control
    from ct_retrain.judge.second_opinion import second_opinion
    from ct_retrain.verilog.guard import approve
    from ct_retrain.verilog.modules import defined

    made, style = harness(design.testbench), style_of(design.testbench)
    approved = approve(design.rtl, frozenset(defined(design.testbench)))
    report = approved.report
    worth = (
        credibility(simulator.plain, design, workers=workers, same=simulator.prover.within(PROOF_SECONDS))
        if verdict.passed
        else None
    )
    return _Layers(
        refused=tuple((one.line, strip_control(one.reason)) for one in report.refused),
        unread=tuple((one.line, strip_control(one.reason)) for one in report.unread),
        left_out=tuple((one.line, strip_control(one.reason)) for one in approved.left_out),
        # Only the preprocessed text shows whether all its names can be hidden; the verdict is based on that.
        style=made.style.value if not isinstance(made, str) else style.value if style else made,
        opinion=second_opinion(simulator.plain, simulator.prover, design),
        credibility=worth,
        transcript=simulator.icarus.understood(design),
    )


def _print(verdict: Verdict) -> None:
    click.echo(f"{verdict.outcome}: {verdict.detail}")
    click.echo(f"checks {verdict.checks}, errors {verdict.errors}, warnings {verdict.warnings}")
    lines = verdict.log.rstrip().splitlines()
    if lines:
        click.echo("log" if len(lines) <= _LOG_LINES else f"last {_LOG_LINES} lines of the log")
    for line in lines[-_LOG_LINES:]:
        click.echo(f"  {line}")
    for line in verdict.second_log.rstrip().splitlines()[-_LOG_LINES:]:
        click.echo(f"  as synthesised: {line}")
    click.echo(f"judge {verdict.tool.name} {verdict.tool.version}; {verdict.tool.detail}")


def _explain(layers: _Layers, verdict: Verdict, made: LoadedDesign) -> None:
    from ct_retrain.judge.sandbox.workers import layers_of

    click.echo("\nguard")
    for line, reason in layers.refused:
        click.echo(f"  refused  {made.design_line(line)}: {reason}")
    for line, reason in layers.unread:
        click.echo(f"  unread   {made.design_line(line)}: {reason}")
    for line, reason in layers.left_out:
        click.echo(f"  left out {made.design_line(line)}: {reason}")
    if not layers.refused and not layers.unread:
        click.echo("  nothing to refuse")
    click.echo(f"sandbox\n  {', '.join(layers_of(verdict.tool)) or 'none'}")
    said = f"{verdict.outcome}, {verdict.checks} checks, {verdict.errors} errors"
    click.echo(f"evidence\n  testbench  {layers.style}\n  verdict    {said}")
    click.echo("transcript, and the meaning of each line")
    for one in layers.transcript:
        click.echo(f"  {_SAYS[one.says]:<7}  {one.text}")
        click.echo(f"           {f'{made.bench_line(one.line)}: ' if one.line else ''}{one.rule}")
    if not layers.transcript:
        click.echo("  nothing was printed")
    click.echo(f"second opinion\n  {_opinion(layers.opinion)}")
    click.echo("credibility of the testbench, with this design as its golden")
    for sentence in _worth(layers.credibility):
        click.echo(f"  {sentence}")


def _opinion(opinion: Opinion) -> str:
    from ct_retrain.judge.prover import NO_YOSYS

    if opinion.why == NO_YOSYS:
        return "not run: no yosys"
    if opinion.agrees is None:
        return f"none: {opinion.why}"
    return f"{'agrees' if opinion.agrees else 'DISAGREES'}: {opinion.why}"


def _worth(found: Credibility | None) -> list[str]:
    if found is None:
        return ["not run: the design does not pass"]
    passed = ", ".join(found.stubs_passed)
    stubs = f"stubs    passing: {passed}" if passed else "stubs    all detected"
    rest = f"{found.different} differ undetected, {found.undecided} undecided, {found.equivalent} equivalent"
    return [
        stubs,
        f"mutants  {found.killed} of {found.mutants} killed; {rest}",
        f"score    {found.low:.1%} to {found.high:.1%}{'; VACUOUS' if found.vacuous else ''}",
    ]


def _as_dict(layers: _Layers, made: LoadedDesign) -> dict[str, Any]:
    def named(found: tuple[tuple[int, str], ...]) -> list[dict[str, Any]]:
        places = ((made.design_line(line).rpartition(":"), reason) for line, reason in found)
        return [{"file": file, "line": int(line), "reason": reason} for (file, _, line), reason in places]

    worth = layers.credibility
    scored = worth and {**worth.model_dump(mode="json"), "vacuous": worth.vacuous}
    return {
        "guard": {"refused": named(layers.refused), "unread": named(layers.unread)},
        "left_out": named(layers.left_out),
        "style": layers.style,
        "transcript": [one._asdict() for one in layers.transcript],
        "opinion": {"says": _opinion(layers.opinion), **layers.opinion.model_dump(mode="json")},
        "credibility": scored,
    }
