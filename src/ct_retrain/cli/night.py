"""`ct-retrain run`: run one night, or resume it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, excludes, json_option, print_box, print_json
from ct_retrain.cli.plans import print_plan
from ct_retrain.core.stage import STAGES, stage_named

if TYPE_CHECKING:
    from ct_retrain.core.records.night import NightRecord
    from ct_retrain.core.workspace import Workspace


@click.command(short_help="Run tonight, or resume it.")
@click.option(
    "--night", metavar="DATE", help="Night to run or resume, YYYY-MM-DD or YYYY-MM-DD.N.  [default: today]"
)
@click.option(
    "--dry-run", is_flag=True, help="Do every check that needs only a CPU, print the plan, keep nothing."
)
@click.option("--redo", type=click.Choice(STAGES), help="Throw this stage and what follows away first.")
@click.option("--until", type=click.Choice(STAGES), help="Stop after this stage; a later run goes on.")
@click.option(
    "--if-open", is_flag=True, help="Exit 0 if the night is already over; for repeated scheduled starts."
)
@click.option(
    "--again", is_flag=True, help="Train although nothing is new: the same data, say, with other settings."
)
@click.option("--ahead", is_flag=True, help="Let --night name a day that is still to come.")
@click.option(
    "--trainer-command", metavar="CMD", help="Train with CMD PLAN.json OUT instead of the built-in QLoRA."
)
@json_option
@click.pass_obj
@excludes("--dry-run", "--redo", "--until", "--if-open")
@excludes("--redo", "--again")
def run(
    context: Context,
    night: str | None,
    redo: str | None,
    until: str | None,
    trainer_command: str | None,
    *,
    dry_run: bool,
    if_open: bool,
    ahead: bool,
    again: bool,
    as_json: bool,
) -> int:
    """Run tonight, or resume it: collect, curate, train, benchmark, and publish what is really better.

    A dry run exits 4 where it is known already that the night would break, in the words of `ct-retrain doctor`.
    """
    from ct_retrain.cli.job_summary import add_to_summary
    from ct_retrain.compose import with_cache
    from ct_retrain.core.errors import CorruptStateError, ToolError
    from ct_retrain.nightly.records.index import broken_at, next_free_night, night_id
    from ct_retrain.nightly.run import Options, plan_night, run_night

    app = context.app({"train.command": trainer_command} if trainer_command else {})
    if dry_run:
        plan = plan_night(app.workspace, app.settings, app.ports, night, again=again)
        print_json(plan.model_dump(mode="json")) if as_json else print_plan(plan)
        return ToolError.exit_code if plan.would_break else 0
    app = with_cache(app)
    context.listen(app.workspace.work)
    name = night_id(night, app.settings.timezone)
    over = app.workspace.record(name).exists() and redo is None and not again
    options = Options(night, stage_named(until), stage_named(redo), ahead, again)
    try:
        record = run_night(app.workspace, app.settings, app.ports, options)
    except (CorruptStateError, ToolError):
        broken = broken_at(app.workspace, next_free_night(app.workspace, name))
        if broken is not None:
            add_to_summary(app.workspace, broken)
        raise
    if record is None:
        click.echo(f"stopped after {until}, as asked; run again to continue")
        return 0
    if if_open and over and not as_json:
        click.echo(f"{record.night} is over already: {record.outcome.value.replace('_', ' ')}")
        return 0
    add_to_summary(app.workspace, record)
    print_json(record.model_dump(mode="json")) if as_json else _print_record(app.workspace, record)
    return 0 if if_open and over else record.exit_code


def _print_record(workspace: Workspace, record: NightRecord) -> None:
    """The night's last word: how it ended, why, what is served, where to look."""
    from ct_retrain.report.pages import page

    written = page(workspace, record.night)
    lines = [
        *record.reason.splitlines(),
        f"serving: {record.latest or 'mainline'}",
        f"page:    {workspace.relative(written)}" if written.exists() else "",
        f"more:    ct-retrain show {record.night}",
    ]
    print_box(f"{record.night}: {record.outcome.value.replace('_', ' ')}", [line for line in lines if line])
