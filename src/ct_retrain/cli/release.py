"""`rollback` and `promote`: move `latest_nightly` by hand, after checking that its target is complete and
loads.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context

if TYPE_CHECKING:
    from ct_retrain.compose import App


@click.command(short_help="Serve an earlier release again.")
@click.argument("night", required=False, shell_complete=nights)
@click.option("--to-mainline", is_flag=True, help="Serve mainline, without a nightly adapter.")
@click.option(
    "--because", default="asked for on the command line", metavar="WHY", help="Reason, kept in the history."
)
@click.pass_obj
def rollback(context: Context, night: str | None, because: str, *, to_mainline: bool) -> None:
    """Serve the release of NIGHT again.  [default: the newest before the current that was not rolled back from]

    Every file is compared with the release's manifest, and the adapter is loaded, before `latest_nightly` is
    moved.
    """
    from ct_retrain import disk
    from ct_retrain.core.errors import UsageError
    from ct_retrain.nightly.releases import roll_back, roll_back_to_mainline

    if night and to_mainline:
        raise UsageError(f"name a night or mainline, not both: `ct-retrain rollback {night}`")
    app = context.app()
    with disk.lock(app.workspace.lock), closing(app.ports.generators) as generators:
        if to_mainline:
            roll_back_to_mainline(app.workspace, because)
            said = "latest_nightly is removed: mainline is served"
        else:
            name = roll_back(app.workspace, generators, night, because)
            said = f"latest_nightly now points at {name}"
    click.echo(said)
    _track(app, None)


@click.command(short_help="Publish a night against its decision.")
@click.argument("night", shell_complete=nights)
@click.option("--force", is_flag=True, help="Required, because the gate did not find this adapter better.")
@click.option(
    "--because", default="", metavar="WHY", help="Reason, required; kept in the release and in the history."
)
@click.pass_obj
def promote(context: Context, night: str, because: str, *, force: bool) -> None:
    """Publish the adapter of NIGHT, which the gate held or rejected.

    The adapter's files are compared with what was trained, it is loaded, and the published copy must write
    something that compiles; only the gate is overruled.
    """
    from ct_retrain import disk
    from ct_retrain.core.errors import UsageError
    from ct_retrain.nightly.releases import promote as promote_night

    if not force:
        raise UsageError(
            f"the gate decided on {night} (`ct-retrain show {night}` says why); --force overrules it"
        )
    app = context.app()
    with disk.lock(app.workspace.lock), closing(app.ports.generators):
        name = promote_night(app.workspace, app.settings, app.ports, night, because)
    click.echo(f"latest_nightly now points at {name}, forced: {because}")
    _track(app, night)


def _track(app: App, night: str | None) -> None:
    """Update the tracker; a failure does not undo the move."""
    from ct_retrain.core.errors import CtRetrainError
    from ct_retrain.nightly.tracking import retrack

    try:
        retrack(app.workspace, app.settings, app.ports, night)
    except CtRetrainError as error:
        click.echo(f"warning: {error}", err=True)
