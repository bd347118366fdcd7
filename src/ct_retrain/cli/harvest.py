"""`harvest check`: what a directory of runs would give a night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, json_option, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ct_retrain.compose import App
    from ct_retrain.core.record import ReasonCount
    from ct_retrain.nightly.run.harvest_check import HarvestCheck

NOTHING = 3


@click.group(short_help="Check runs before a night.")
def harvest() -> None:
    """Check what your pipeline writes, as a night would."""


@harvest.command(short_help="Judge a directory of runs; list what becomes an example, and why others do not.")
@click.argument("directory", metavar="DIR")
@json_option
@click.pass_obj
def check(context: Context, directory: str, *, as_json: bool) -> int:
    """Collect and judge the runs in DIR as a night would, and report what becomes of them; nothing is kept.

    DIR holds run directories, each with a `trace.jsonl`. It may be outside the workspace; files named by its
    traces are then looked for in it.

    Exit code 0 if at least one simulation would become an example, 3 if none would.
    """
    from pathlib import Path

    from ct_retrain.core.errors import UsageError

    runs = Path(directory).resolve()
    if not runs.is_dir():
        message = f"{directory} is no directory: name the one that holds your run directories"
        raise UsageError(message)
    found = harvest_of(context.app(anywhere=True), runs)
    if as_json:
        print_json({**found.model_dump(mode="json"), "share": round(found.share, 4)})
    else:
        print_harvest(found)
    return 0 if found.examples else NOTHING


def harvest_of(app: App, runs: Path) -> HarvestCheck:
    """What a night of *app* would take of *runs*; files named by runs outside the workspace are looked for in *runs*."""
    from ct_retrain.core.workspace import Workspace
    from ct_retrain.nightly.run.harvest_check import check_harvest

    workspace = app.workspace
    if not runs.is_relative_to(workspace.root):
        workspace = Workspace(runs, app.settings.paths)
    return check_harvest(runs, workspace, app.settings, app.ports.simulator, app.ports.appraiser)


def print_harvest(found: HarvestCheck) -> None:
    """Print the counts, and the first case of each reason."""
    click.echo(f"{found.runs} runs, {found.passing} simulations marked as passed")
    click.echo(f"{found.examples} become examples ({found.share:.0%}), with {found.repairs} repairs")
    for likeness, count in found.transcripts.items():
        click.echo(f"transcripts compared with our own simulation: {count} {likeness}")
    print_reasons(found.reasons)


def print_reasons(reasons: Sequence[ReasonCount]) -> None:
    """Print every reason with its count and first case."""
    for reason in reasons:
        click.echo(f"{reason.count:6}  {reason.reason}")
        click.echo(f"        {reason.example}: {reason.detail[:240]}")
