"""`history`: list every move of the served release, and what was forgotten."""

from __future__ import annotations

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table


@click.command(short_help="List every move of latest_nightly.")
@json_option
@click.pass_obj
def history(context: Context, *, as_json: bool) -> None:
    """Every move of `latest_nightly`: when, from, to, why."""
    from ct_retrain.nightly.records.forget import forgotten_nights
    from ct_retrain.releases import moves_of as moves
    from ct_retrain.report.formatting import opening

    workspace = context.opened().workspace
    done = moves(workspace.models)
    if as_json:
        print_json([move.model_dump(mode="json") for move in done])
        return
    rows = [
        (
            f"{move.at:%Y-%m-%d %H:%M}",
            move.who,
            move.source or "mainline",
            move.target or "mainline",
            opening(move.why),
        )
        for move in done
    ]
    if rows:
        print_table("moves of latest_nightly", ("when (UTC)", "who", "from", "to", "why"), rows)
    else:
        click.echo("latest_nightly was never moved: mainline is served")
    for one in forgotten_nights(workspace):
        click.echo(
            f"{one.night} ({one.outcome.replace('_', ' ')}) was forgotten {one.at:%Y-%m-%d %H:%M} UTC: {one.why}"
        )
