"""`rollback`: move the pointer to an earlier release, having made sure it is whole and loads."""

import click

from ct_retrain.cli.context import Context


@click.command(short_help="Serve an earlier release again.")
@click.argument("night", required=False)
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
