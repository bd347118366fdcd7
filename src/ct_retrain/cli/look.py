"""`status`, `history`, `show`, `config`: read and print, change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context, json_option, print_json, print_table
from ct_retrain.cli.why import (
    print_certificate,
    print_challengers,
    print_flips,
    print_inspection,
    print_places,
    print_sources,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ct_retrain.compose import App
    from ct_retrain.core.configuration.settings import TrainSettings
    from ct_retrain.core.records.breakdown import Breakdown
    from ct_retrain.core.records.night import ManifestRef, NightRecord
    from ct_retrain.core.records.recipe import RecipeEvidence
    from ct_retrain.nightly.records import Underway
    from ct_retrain.report import Inspection

_SHOWN = 14


@click.command(short_help="Show what is served and running, and the last nights.")
@json_option
@click.pass_obj
def status(context: Context, *, as_json: bool) -> None:
    """What is being served, what is running, and how the last nights ended."""
    from ct_retrain.core.records.night import night_order
    from ct_retrain.nightly.notices import lost_notices
    from ct_retrain.nightly.records import open_nights, recipes_now, records, underway
    from ct_retrain.nightly.releases import evidence_for_mainline
    from ct_retrain.report import broken_nights
    from ct_retrain.report.formatting import opening
    from ct_retrain.stages.publish import latest

    app = context.app()
    workspace = app.workspace
    evidence = evidence_for_mainline(workspace, app.settings.gate.mainline_alpha)
    ended, waiting, serving = records(workspace), open_nights(workspace), latest(workspace.models)
    recipes = recipes_now(ended, app.settings.train)
    running, missed = underway(workspace), lost_notices(workspace, app.ports.notifier)
    under_way = running.night if running is not None else ""
    broken = [night for night in broken_nights(workspace) if night.night != under_way]
    if as_json:
        nights = [record.model_dump(mode="json", exclude={"provenance"}) for record in ended]
        facts = {
            "serving": serving,
            "running": running.model_dump(mode="json") if running else None,
            "open": [plan.night for plan in waiting],
            "broken": [one.model_dump(mode="json") for one in broken],
            "lost_notices": [[workspace.relative(one.path), one.channel, one.reason] for one in missed],
            "nights": nights,
        }
        standing = [one.model_dump(mode="json") for one in recipes]
        print_json({**facts, "mainline": evidence.model_dump(mode="json"), "recipes": standing})
        return
    click.echo(f"serving  {serving or 'mainline'}")
    for one in missed:
        where = workspace.relative(one.path)
        click.echo(f"notices  {one.channel} did not accept a notice ({one.reason}); it is kept in {where}")
    if evidence.nights:
        click.echo(f"mainline {evidence.explanation}")
    _print_recipes(recipes, app.settings.train)
    if running is not None:
        click.echo(f"running  {running_words(running)}")
    said = {under_way, *(night.night for night in broken)}
    for plan in waiting:
        if plan.night in said:
            continue
        click.echo(
            f"open     {plan.night}, started {plan.started:%Y-%m-%d %H:%M} UTC: `ct-retrain run --night {plan.night}`"
        )
    columns = ("night", "outcome", "examples", "tonight", "last nightly", "mainline", "difference")
    rows = [*(_row(record) for record in ended[-_SHOWN:]), *(_broken_row(night) for night in broken)]
    rows.sort(key=lambda row: night_order(row[0]))
    print_table("nights", columns, rows) if rows else click.echo("no night has ended yet")
    for night in broken:
        click.echo(f"broken   {night.night}: {opening(night.said)}")
        click.echo(f"         mend it, then `{night.again}`; more: `ct-retrain show {night.night}`")


def _print_recipes(found: Sequence[RecipeEvidence], train: TrainSettings) -> None:
    """Say how far each challenger is, and for one that has won how it becomes the default recipe."""
    from ct_retrain.core.configuration.recipes import adoption

    for one in found:
        click.echo(f"recipe   {one.told}")
        if one.reached:
            click.echo(f"         take train.challengers.{one.challenger} out of the settings and set")
            for line in adoption(train.challengers[one.challenger]):
                click.echo(f"         {line}")


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


@click.command(short_help="List every move of latest_nightly.")
@json_option
@click.pass_obj
def history(context: Context, *, as_json: bool) -> None:
    """Every move of `latest_nightly`: when, from, to, why."""
    from ct_retrain.nightly.records import forgotten_nights
    from ct_retrain.report.formatting import opening
    from ct_retrain.stages.publish import moves_of as moves

    workspace = context.app().workspace
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
    print_table("moves of latest_nightly", ("when (UTC)", "who", "from", "to", "why"), rows)
    for one in forgotten_nights(workspace):
        click.echo(
            f"{one.night} ({one.outcome.replace('_', ' ')}) was forgotten {one.at:%Y-%m-%d %H:%M} UTC: {one.why}"
        )


@click.command(short_help="Show why a night ended as it did.")
@click.argument("night", required=False, shell_complete=nights)
@click.option(
    "--problem", metavar="ID", help="Show one problem: each arm's result, log and diff to the golden."
)
@json_option
@click.pass_obj
def show(context: Context, night: str | None, problem: str | None, *, as_json: bool) -> None:
    """Why NIGHT ended as it did.  [default: the last one]"""
    from ct_retrain.nightly.records import broken_at, record_of

    app = context.app()
    broken = broken_at(app.workspace, night)
    if broken is not None:
        print_json(broken.model_dump(mode="json")) if as_json else _show_broken(broken)
        return
    record = record_of(app.workspace, night)
    if problem is not None:
        found = _inspected(app, record, problem)
        print_json(found.model_dump(mode="json")) if as_json else print_inspection(found)
        return
    if as_json:
        print_json(record.model_dump(mode="json"))
        return
    _show(record)
    print_challengers(app.workspace, record)
    print_sources(app.workspace, record)
    print_certificate(app.workspace, record)
    print_places(app.workspace, record)
    click.echo(f"adapter {record.adapter or '–'}; serving {record.latest or 'mainline'}")


def _show_broken(broken: Breakdown) -> None:
    click.echo(f"{broken.night}: broken in {broken.stage}, {broken.at:%Y-%m-%d %H:%M} UTC\n{broken.said}")
    click.echo(
        "\n".join(["the last it said", *(f"  {line}" for line in broken.log)]) if broken.log else "",
        nl=bool(broken.log),
    )
    click.echo(f"traceback: {broken.traceback}\nnext: mend what it names, then `{broken.again}`")


def _inspected(app: App, record: NightRecord, name: str) -> Inspection:
    from ct_retrain.core.errors import UsageError
    from ct_retrain.nightly.records import inspect
    from ct_retrain.suites.load import load_suite

    suite = load_suite(app.settings.benchmark.suite, app.workspace.root)
    problem = next((one for one in suite.problems if one.id == name), None)
    if problem is None:
        message = f"suite {suite.name} has no problem {name}; `ct-retrain show {record.night}` names those that flipped"
        raise UsageError(message)
    return inspect(app.workspace, record, problem)


def _show(record: NightRecord) -> None:
    click.echo(f"{record.night}: {record.outcome.value.replace('_', ' ')}")
    click.echo(record.reason)
    click.echo(
        f"started {record.started:%Y-%m-%d %H:%M} UTC, took {(record.finished - record.started).total_seconds():.0f} s"
    )
    stages = [(ref.stage, f"{ref.seconds:.1f} s", _judging(ref), ref.path) for ref in record.stages]
    print_table("stages", ("stage", "time", "judge", "manifest"), stages)
    _print_figures(record.metrics)
    if record.decision is not None:
        checks = [
            (
                check.name,
                f"{check.value:.1%}",
                f"{check.bound:.1%}",
                str(check.n),
                "holds" if check.holds else "BROKEN",
            )
            for check in record.decision.evidence.checks
        ]
        print_table("floors and guards", ("check", "value", "bound", "n", ""), checks)
    print_flips(record)


def _judging(stage: ManifestRef) -> str:
    """Describe how many verdicts came from the cache, and the time spent on scoring testbenches."""
    effort = stage.effort
    asked = effort.known + effort.simulated if effort else 0
    if effort is None or not asked:
        return "–"
    told = f"{asked} verdicts, {effort.known / asked:.0%} known"
    return f"{told}; credibility {effort.seconds:.1f} s" if effort.seconds else told


def _print_figures(figures: dict[str, float]) -> None:
    """Shares side by side, an arm a column; the other figures below them."""
    from ct_retrain.report.formatting import arm_name, arms_in

    arms = arms_in(figures)
    own = {name: arm for arm in arms for name in figures if name.startswith(f"{arm}.")}
    if arms:
        shares = [name.removeprefix(f"{arms[0]}.") for name, arm in own.items() if arm == arms[0]]
        rows = [(name, *(f"{figures[f'{arm}.{name}']:.1%}" for arm in arms)) for name in shares]
        print_table("shares", ("", *(arm_name(arm) for arm in arms)), rows)
    others = {name: value for name, value in figures.items() if name not in own}
    print_table("figures", ("figure", "value"), [(name, f"{value:.4g}") for name, value in others.items()])


@click.command(short_help="List every setting and where it comes from.")
@click.argument("name", required=False)
@json_option
@click.pass_obj
def config(context: Context, name: str | None, *, as_json: bool) -> None:
    """List every setting, its value and where it comes from; NAME selects names that contain it."""
    from ct_retrain.core.configuration.loading import flat

    app = context.app(anywhere=True)
    values = {key: value for key, value in flat(app.settings).items() if name is None or name in key}
    if as_json:
        print_json(
            {key: {"value": value, "from": _origin(app.origins, key)} for key, value in values.items()}
        )
        return
    rows = [(key, value, _origin(app.origins, key)) for key, value in values.items()]
    print_table("settings", ("name", "value", "from"), rows)


def _origin(origins: dict[str, str], name: str) -> str:
    """Return where *name* was set; a section given as a whole counts for its fields."""
    parents = [name.rsplit(".", cut)[0] for cut in range(name.count(".") + 1)]
    return next((origins[parent] for parent in parents if parent in origins), "default")
