"""`rollback` and `promote`: move `latest_nightly` by hand, after checking that its target is complete and
loads.
"""

from __future__ import annotations

from contextlib import closing

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context, excludes


@click.command(short_help="Serve an earlier release again.")
@click.argument("night", required=False, shell_complete=nights)
@click.option("--to-mainline", is_flag=True, help="Serve mainline, without a nightly adapter.")
@click.option(
    "--because", default="asked for on the command line", metavar="WHY", help="Reason, kept in the history."
)
@click.pass_obj
@excludes("NIGHT", "--to-mainline")
def rollback(context: Context, night: str | None, because: str, *, to_mainline: bool) -> None:
    """Serve the release of NIGHT again.  [default: what was served before]

    That is the newest release before the current that nobody went back from, and mainline where there is none. Every byte is compared with the release's manifest and the adapter is loaded before the pointer moves.
    """
    from ct_retrain import disk
    from ct_retrain.cli.after_move import follow_move
    from ct_retrain.nightly.releases.rollback import roll_back, roll_back_to_mainline
    from ct_retrain.releases import moves_of, night_of

    app = context.app()
    workspace = app.workspace
    with disk.lock(workspace.lock), closing(app.ports.generators) as generators:
        before = moves_of(workspace.models)
        if to_mainline:
            roll_back_to_mainline(workspace, because)
            name = None
        else:
            name = roll_back(workspace, generators, night, because)
    click.echo(
        f"latest_nightly now points at {name}" if name else "latest_nightly is gone: mainline is served"
    )
    touched = (before[-1].target if before else None, name)
    follow_move(app, *(night_of(one) for one in touched if one))


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
    from ct_retrain.cli.after_move import follow_move
    from ct_retrain.core.errors import UsageError
    from ct_retrain.nightly.releases.promotion import promote as promote_night
    from ct_retrain.releases import moves_of, night_of

    app = context.app()
    if not app.workspace.record(night).exists():
        raise UsageError(f"no night {night} is on record as over; `ct-retrain status` lists the nights")
    if not force:
        raise UsageError(
            f"the gate decided on {night} (`ct-retrain show {night}` says why); --force overrules it"
        )
    before = moves_of(app.workspace.models)
    with disk.lock(app.workspace.lock), closing(app.ports.generators):
        name = promote_night(app.workspace, app.settings, app.ports, night, because)
    click.echo(f"latest_nightly now points at {name}, forced: {because}")
    replaced = before[-1].target if before else None
    follow_move(app, *([night_of(replaced)] if replaced else []), night, published=night)
