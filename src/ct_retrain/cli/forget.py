"""`forget`: take a night that should not be off the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context

if TYPE_CHECKING:
    from ct_retrain.compose import App
    from ct_retrain.nightly.records.forget import ForgetPlan


@click.command(short_help="Take a night off the record.")
@click.argument("night", shell_complete=nights)
@click.option("--yes", is_flag=True, help="Really; without it the plan is printed.")
@click.option(
    "--because", default="asked for on the command line", metavar="WHY", help="Kept in the history."
)
@click.pass_obj
def forget(context: Context, night: str, because: str, *, yes: bool) -> None:
    """Print what forgetting NIGHT removes; with --yes remove it, and note that in the history.

    For a night under a wrong date, or one that was given up: what it collected is collected again by the next. Only
    the last night can be forgotten, and not while its release is served.
    """
    from ct_retrain import disk
    from ct_retrain.cli.after_move import follow_move
    from ct_retrain.nightly.records.forget import forget_night, plan_forgetting

    app = context.app()
    with disk.lock(app.workspace.lock):
        plan = plan_forgetting(app.workspace, night)
        _print(app, plan)
        if not yes:
            click.echo("nothing was changed; --yes forgets it")
            return
        forget_night(app.workspace, plan, because)
    click.echo(f"{night} is forgotten; `ct-retrain history` keeps that it was")
    follow_move(app)


def _print(app: App, plan: ForgetPlan) -> None:
    click.echo(f"{plan.night}, {plan.outcome.replace('_', ' ')}")
    for path in plan.paths:
        click.echo(f"  goes   {app.workspace.relative(path)}")
    for said in plan.stays:
        click.echo(f"  stays  {said}")
