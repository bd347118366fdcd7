"""`track`: show what the tracker holds, and rebuild it from the NightRecords."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, json_option, print_json

if TYPE_CHECKING:
    from ct_retrain.core.records.tracked import Tracked


@click.group(short_help="Show or rebuild the nights in MLflow.")
def track() -> None:
    """Manage the tracking of nights in MLflow; the NightRecords remain the source of truth."""


@track.command("status", short_help="Show what the store holds.")
@json_option
@click.pass_obj
def status(context: Context, *, as_json: bool) -> None:
    """Show which nights the store holds, which are missing, and where its aliases point."""
    from ct_retrain.nightly.records.index import records
    from ct_retrain.nightly.tracking import tracker

    app = context.app()
    held = tracker(app.ports).holds()
    missing = [one.night for one in records(app.workspace) if one.night not in held.nights]
    if as_json:
        print_json({**held.model_dump(mode="json"), "missing": missing})
        return
    _print(held)
    if missing:
        click.echo(f"missing  {', '.join(missing)}: `ct-retrain track rebuild`")


@track.command(short_help="Rebuild the store from the NightRecords.")
@json_option
@click.pass_obj
def rebuild(context: Context, *, as_json: bool) -> None:
    """Write every night on record into the store again.

    The embedded store is deleted first; on a server only the runs of nights are, and other contents stay. No
    night may run meanwhile.
    """
    from ct_retrain.nightly.tracking import rebuild_tracking

    app = context.app()
    held = rebuild_tracking(app.workspace, app.settings, app.ports)
    print_json(held.model_dump(mode="json")) if as_json else _print(held)


def _print(held: Tracked) -> None:
    click.echo(f"store    {held.store}")
    click.echo(f"nights   {len(held.nights)}")
    for alias, key in sorted(held.aliases.items()):
        click.echo(f"alias    {alias}: {key}")
