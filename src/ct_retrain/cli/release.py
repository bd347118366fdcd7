"""`rollback` and `promote`: move the pointer by hand, having made sure that what it points at is whole and loads."""

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context


@click.command(short_help="Serve an earlier release again.")
@click.argument("night", required=False, shell_complete=nights)
@click.option(
    "--because", default="asked for on the command line", metavar="WHY", help="Kept in the history."
)
@click.pass_obj
def rollback(context: Context, night: str | None, because: str) -> None:
    """Serve the release of NIGHT again.  [default: the one before the current]

    Every byte is compared with the release's manifest and the adapter is loaded before the pointer moves.
    """
    from ct_retrain import disk
    from ct_retrain.stages.publish import Reason, move_latest, predecessor, release_name, verified

    house = context.house()
    models = house.workspace.models
    with disk.lock(house.workspace.lock):
        name = release_name(night) if night else predecessor(models)
        verified(models, name)
        house.ports.generators.open(models / name)
        move_latest(models, name, Reason(night, because, "rollback"))
    click.echo(f"latest_nightly now points at {name}")


@click.command(short_help="Publish a night against its decision.")
@click.argument("night", shell_complete=nights)
@click.option("--force", is_flag=True, help="Really: the gate did not find this adapter better.")
@click.option("--because", default="", metavar="WHY", help="Needed; kept in the release and in the history.")
@click.pass_obj
def promote(context: Context, night: str, because: str, *, force: bool) -> None:
    """Publish the adapter of NIGHT, which the gate held or rejected.

    The adapter's bytes are compared with what was trained and it is loaded first; only the gate is overruled.
    """
    from ct_retrain import disk
    from ct_retrain.core.errors import UsageError
    from ct_retrain.nightly import promote as promote_night

    if not force:
        raise UsageError(
            f"the gate decided on {night} (`ct-retrain show {night}` says why); --force overrules it"
        )
    house = context.house()
    with disk.lock(house.workspace.lock):
        name = promote_night(house.workspace, house.ports, night, because)
    click.echo(f"latest_nightly now points at {name}, forced: {because}")
