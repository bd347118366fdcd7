"""`explain`: why a run was refused, or everything that a night refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, json_option, print_json

if TYPE_CHECKING:
    from ct_retrain.nightly.records.refusals import NightRefusal


@click.command(short_help="Why a run was refused.")
@click.argument("subject", metavar="RUN|NIGHT")
@json_option
@click.pass_obj
def explain(context: Context, subject: str, *, as_json: bool) -> None:
    """List what was refused of RUN, a run directory's name, or by NIGHT: file, line, reason, and what mends it.

    A night that was purged knows no more; what an open night refused so far is among it.
    """
    from ct_retrain.core.errors import UsageError
    from ct_retrain.nightly.records.refusals import nights_with_stages, of_run, refusals

    workspace = context.opened().workspace
    nights = nights_with_stages(workspace)
    run = subject.rstrip("/").rpartition("/")[2]
    if subject in nights:
        found = list(refusals(workspace, [subject]))
    elif (workspace.runs / run).is_dir():
        found = of_run(refusals(workspace, nights), run)
    else:
        raise UsageError(f"there is neither a night {subject} nor a run {workspace.runs / run}")
    if as_json:
        print_json([{**one._asdict(), "remedy": one.remedy} for one in found])
    else:
        _print(subject, found)


def _print(subject: str, found: list[NightRefusal]) -> None:
    for one in found:
        click.echo(
            f"{one.where}: {one.reason} ({one.stage}, {one.night}){f': {one.detail}' if one.detail else ''}"
        )
        if one.remedy:
            click.echo(f"    remedy: {one.remedy}")
    click.echo(f"{len(found)} refused" if found else f"nothing on record was refused of {subject}")
