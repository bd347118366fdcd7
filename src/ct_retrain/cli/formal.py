"""`formal`: is one design the other, for every input and for ever?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, json_option, print_json
from ct_retrain.cli.judge import judge_of, read_text, settings_of

if TYPE_CHECKING:
    from ct_retrain.judge.formal import FormalResult

_DIFFERENT = 20
"""The exit code of a mismatch, as `judge` has it."""


@click.command(short_help="Prove that two designs behave alike.")
@click.argument("candidate", metavar="CANDIDATE")
@click.argument("golden", metavar="GOLDEN")
@click.option("--top", metavar="NAME", help="Module to compare.  [default: the only top of GOLDEN]")
@json_option
@click.pass_obj
def formal(context: Context, candidate: str, golden: str, top: str | None, *, as_json: bool) -> int:
    """Compare the module NAME of the file CANDIDATE with that of the file GOLDEN, step by step of their inputs.

    Says proved, fail (with inputs that simulation confirms), bounded (no difference up to a depth, which is no
    proof), unknown, unsupported, or not_run where yosys is not installed. Exit codes: 20 fail, 0 any other.
    """
    import time

    from ct_retrain.judge.formal import Status, equivalent

    mine, reference = read_text(candidate), read_text(golden)
    chosen = _top(reference, golden, top)
    with judge_of(settings_of(context)) as judge:
        began = time.monotonic()
        found = equivalent(judge, reference, mine, chosen)
        seconds = round(time.monotonic() - began, 3)
    if as_json:
        print_json({**found.model_dump(mode="json"), "top": chosen, "seconds": seconds})
    else:
        _print(found, chosen, seconds)
    return _DIFFERENT if found.status is Status.FAIL else 0


def _top(reference: str, golden: str, asked: str | None) -> str:
    """The module to compare; raise UsageError when *golden* has none of that name, or not exactly one top."""
    from ct_retrain.core.errors import UsageError
    from ct_retrain.verilog.modules import modules, tops

    defined = [module.name for module in modules(reference)]
    if asked is not None and asked not in defined:
        raise UsageError(f"{golden} has no module {asked}; it has {', '.join(defined) or 'none'}")
    if asked is not None:
        return asked
    found = tops(reference)
    if len(found) != 1:
        raise UsageError(f"{golden} has {len(found)} top modules, not one; choose with --top NAME")
    return found[0]


def _print(found: FormalResult, top: str, seconds: float) -> None:
    click.echo(f"{found.status}: module {top}{f', {found.why}' if found.why else ''}")
    if found.method:
        click.echo(f"method {found.method}, depth {found.depth}")
    for number, step in enumerate(found.counterexample):
        click.echo(f"  step {number}: {' '.join(f'{name}={value}' for name, value in step.items())}")
    click.echo(f"{seconds:.2f} s")
