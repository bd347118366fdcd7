"""`status`: what is served, what is running, and how the last nights ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ct_retrain.core.configuration.settings import TrainSettings
    from ct_retrain.core.opened import Opened
    from ct_retrain.core.records.breakdown import Breakdown
    from ct_retrain.core.records.night import NightPlan, NightRecord
    from ct_retrain.core.records.recipe import RecipeEvidence
    from ct_retrain.core.rules.eprocess import MainlineEvidence
    from ct_retrain.nightly.notices.undelivered import UndeliveredNotice
    from ct_retrain.nightly.records.progress import Underway

_SHOWN = 14
_COLUMNS = ("night", "outcome", "examples", "tonight", "last nightly", "mainline", "difference")


class WorkspaceStatus(NamedTuple):
    """Everything that `status` says."""

    serving: str | None
    running: Underway | None
    waiting: Sequence[NightPlan]
    broken: Sequence[Breakdown]
    missed: Sequence[UndeliveredNotice]
    ended: Sequence[NightRecord]
    mainline: MainlineEvidence
    recipes: Sequence[RecipeEvidence]


@click.command(short_help="Show what is served and running, and the last nights.")
@json_option
@click.pass_obj
def status(context: Context, *, as_json: bool) -> None:
    """What is being served, what is running, and how the last nights ended."""
    opened = context.opened()
    now = _standing(opened)
    if as_json:
        print_json(_facts(opened, now))
        return
    click.echo(f"serving  {now.serving or 'mainline'}")
    for one in now.missed:
        where = opened.workspace.relative(one.path)
        click.echo(f"notices  {one.channel} did not accept a notice ({one.reason}); it is kept in {where}")
    if now.mainline.nights:
        click.echo(f"mainline {now.mainline.explanation}")
    _print_recipes(now.recipes, opened.settings.train)
    _print_open(now)
    _print_nights(now)


def _standing(opened: Opened) -> WorkspaceStatus:
    from ct_retrain.adapters.notify import AppriseNotifier
    from ct_retrain.breakdowns import broken_nights
    from ct_retrain.nightly.notices.undelivered import undelivered
    from ct_retrain.nightly.records.challengers import recipes_now
    from ct_retrain.nightly.records.index import open_nights, records
    from ct_retrain.nightly.records.progress import underway
    from ct_retrain.nightly.releases.mainline_evidence import evidence_for_mainline
    from ct_retrain.releases import latest

    workspace, settings, _ = opened
    ended, running = records(workspace), underway(workspace)
    return WorkspaceStatus(
        serving=latest(workspace.models),
        running=running,
        waiting=open_nights(workspace),
        broken=[one for one in broken_nights(workspace) if running is None or one.night != running.night],
        missed=undelivered(workspace, AppriseNotifier(settings.notices, workspace.root)),
        ended=ended,
        mainline=evidence_for_mainline(workspace, settings.gate.mainline_alpha),
        recipes=recipes_now(ended, settings.train),
    )


def _facts(opened: Opened, now: WorkspaceStatus) -> dict[str, object]:
    return {
        "serving": now.serving,
        "running": now.running.model_dump(mode="json") if now.running else None,
        "open": [plan.night for plan in now.waiting],
        "broken": [one.model_dump(mode="json") for one in now.broken],
        "lost_notices": [
            [opened.workspace.relative(one.path), one.channel, one.reason] for one in now.missed
        ],
        "nights": [one.model_dump(mode="json", exclude={"provenance"}) for one in now.ended],
        "mainline": now.mainline.model_dump(mode="json"),
        "recipes": [one.model_dump(mode="json") for one in now.recipes],
    }


def _print_recipes(found: Sequence[RecipeEvidence], train: TrainSettings) -> None:
    """Say how far each challenger is, and for one that has won how it becomes the default recipe."""
    from ct_retrain.core.configuration.recipes import adoption

    for one in found:
        click.echo(f"recipe   {one.told}")
        if one.reached:
            click.echo(f"         take train.challengers.{one.challenger} out of the settings and set")
            for line in adoption(train.challengers[one.challenger]):
                click.echo(f"         {line}")


def _print_open(now: WorkspaceStatus) -> None:
    """What runs, and what was started and waits to be resumed."""
    if now.running is not None:
        click.echo(f"running  {running_words(now.running)}")
    said = {now.running.night if now.running else "", *(one.night for one in now.broken)}
    for plan in now.waiting:
        if plan.night not in said:
            click.echo(
                f"open     {plan.night}, started {plan.started:%Y-%m-%d %H:%M} UTC: `ct-retrain run --night {plan.night}`"
            )


def _print_nights(now: WorkspaceStatus) -> None:
    from ct_retrain.core.records.night import night_order
    from ct_retrain.report.formatting import opening

    rows = [*(_row(record) for record in now.ended[-_SHOWN:]), *(_broken_row(night) for night in now.broken)]
    rows.sort(key=lambda row: night_order(row[0]))
    print_table("nights", _COLUMNS, rows) if rows else click.echo("no night has ended yet")
    for night in now.broken:
        click.echo(f"broken   {night.night}: {opening(night.said)}")
        click.echo(f"         next: {night.remedy}: `{night.again}`; more: `ct-retrain show {night.night}`")


def _broken_row(one: Breakdown) -> tuple[str, ...]:
    return (one.night, f"broken in {one.stage}", *("–" for _ in range(5)))


def running_words(running: Underway) -> str:
    """What runs, how far it is, since when."""
    from ct_retrain.cli.bars import pace_of

    since = f"{running.since:%Y-%m-%d %H:%M} UTC"
    who = f"process {running.pid} on {running.host} since {since}"
    if running.experiment:
        return f"experiment {running.experiment}; {who}"
    if not running.night:
        return f"{who}: not a night (a rollback, a purge, or a night about to start)"
    stage = f", {running.stage} since {running.stage_since[11:16]} UTC" if running.stage else ""
    if not running.what:
        return f"{running.night}{stage}; {who}"
    total = f" of {running.total}" if running.total is not None else ""
    far = f"{running.done}{total}, {pace_of(running.model_dump())}"
    return f"{running.night}{stage}; {running.what}: {far}; {who}"


def _row(record: NightRecord) -> tuple[str, ...]:
    from ct_retrain.core.records.arm import Role

    figures = record.metrics
    arms = (f"{arm}.functional" for arm in (record.arm, Role.CHAMPION, Role.MAINLINE))
    delta = figures.get("delta.champion", figures.get("delta.mainline"))
    return (
        record.night,
        record.outcome.value.replace("_", " "),
        f"{figures.get('curate.examples', 0):.0f} (+{figures.get('curate.new', 0):.0f})",
        *(f"{figures[name]:.1%}" if name in figures else "–" for name in arms),
        f"{delta * 100:+.1f} pp" if delta is not None else "–",
    )
