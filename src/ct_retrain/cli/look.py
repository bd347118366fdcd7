"""`history`, `show`, `config`: read and print, change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context, excludes, json_option, print_json, print_table
from ct_retrain.cli.why import (
    print_certificate,
    print_challengers,
    print_flips,
    print_inspection,
    print_places,
    print_sources,
)

if TYPE_CHECKING:
    from ct_retrain.core.opened import Opened
    from ct_retrain.core.records.breakdown import Breakdown
    from ct_retrain.core.records.night import ManifestRef, NightRecord
    from ct_retrain.core.workspace import Workspace
    from ct_retrain.report.inspection import Inspection


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


@click.command(short_help="Show why a night ended as it did.")
@click.argument("night", required=False, shell_complete=nights)
@click.option(
    "--problem", metavar="ID", help="Show one problem: each arm's result, log and diff to the golden."
)
@click.option("--markdown", is_flag=True, help="Print Markdown, as for a CI job's summary or a pull request.")
@json_option
@click.pass_obj
@excludes("--markdown", "--json", "--problem")
def show(context: Context, night: str | None, problem: str | None, *, markdown: bool, as_json: bool) -> None:
    """Why NIGHT ended as it did.  [default: the last one]"""
    from ct_retrain.core.records.night import CollectFacts
    from ct_retrain.manifests import facts_of
    from ct_retrain.nightly.records.index import broken_at, record_of
    from ct_retrain.report.markdown import night_markdown

    opened = context.opened()
    workspace = opened.workspace
    broken = broken_at(workspace, night)
    if broken is not None and problem is None:
        _print_broken(broken, markdown=markdown, as_json=as_json)
        return
    record = record_of(workspace, night)
    if problem is not None:
        found = _inspected(opened, record, problem)
        print_json(found.model_dump(mode="json")) if as_json else print_inspection(found)
        return
    if markdown:
        click.echo(night_markdown(record, facts_of(workspace, record, CollectFacts)), nl=False)
    elif as_json:
        print_json(record.model_dump(mode="json"))
    else:
        _print_record(workspace, record)


def _print_record(workspace: Workspace, record: NightRecord) -> None:
    _show(record)
    print_challengers(workspace, record)
    print_sources(workspace, record)
    print_certificate(workspace, record)
    print_places(workspace, record)
    click.echo(f"adapter {record.adapter or '–'}; serving {record.latest or 'mainline'}")


def _print_broken(broken: Breakdown, *, markdown: bool, as_json: bool) -> None:
    from ct_retrain.report.markdown import broken_markdown

    if markdown:
        click.echo(broken_markdown(broken), nl=False)
    elif as_json:
        print_json(broken.model_dump(mode="json"))
    else:
        _show_broken(broken)


def _show_broken(broken: Breakdown) -> None:
    click.echo(f"{broken.night}: broken in {broken.stage}, {broken.at:%Y-%m-%d %H:%M} UTC\n{broken.said}")
    click.echo(
        "\n".join(["the last it said", *(f"  {line}" for line in broken.log)]) if broken.log else "",
        nl=bool(broken.log),
    )
    click.echo(f"traceback: {broken.traceback}\nnext: {broken.mend}: `{broken.again}`")


def _inspected(opened: Opened, record: NightRecord, name: str) -> Inspection:
    from ct_retrain.core.errors import UsageError
    from ct_retrain.nightly.records.inspection import inspect
    from ct_retrain.suites.load import load_suite

    suite = load_suite(opened.settings.benchmark.suite, opened.workspace.root)
    problem = next((one for one in suite.problems if one.id == name), None)
    if problem is None:
        message = f"suite {suite.name} has no problem {name}; `ct-retrain show {record.night}` names those that flipped"
        raise UsageError(message)
    return inspect(opened.workspace, record, problem)


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

    opened = context.opened(anywhere=True)
    values = {key: value for key, value in flat(opened.settings).items() if name is None or name in key}
    if as_json:
        print_json(
            {key: {"value": value, "from": _origin(opened.origins, key)} for key, value in values.items()}
        )
        return
    rows = [(key, value, _origin(opened.origins, key)) for key, value in values.items()]
    print_table("settings", ("name", "value", "from"), rows)


def _origin(origins: dict[str, str], name: str) -> str:
    """Return where *name* was set; a section given as a whole counts for its fields."""
    parents = [name.rsplit(".", cut)[0] for cut in range(name.count(".") + 1)]
    return next((origins[parent] for parent in parents if parent in origins), "default")
