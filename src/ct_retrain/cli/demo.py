"""`demo`: the whole loop on the embedded model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import print_table
from ct_retrain.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from ct_retrain.demo.flywheel import DemoNight
    from ct_retrain.report.groups import Group


@click.command(short_help="Run several nights on the embedded model.")
@click.option(
    "--dir",
    "directory",
    default="ct-retrain-demo",
    metavar="DIR",
    show_default=True,
    help="Workspace of the demo.",
)
@click.option(
    "--nights",
    type=click.IntRange(min=1),
    metavar="N",
    help="Stop after the first N nights; a later run continues.  [default: all]",
)
def demo(directory: str, nights: int | None) -> None:
    """Run several nights on the embedded model, without GPU, data or weights. A second run continues."""
    from itertools import islice
    from pathlib import Path

    from ct_retrain import disk
    from ct_retrain.cli.logs import configure
    from ct_retrain.compose import build, with_cache, without_side_effects
    from ct_retrain.core.configuration.settings import FILE_NAME
    from ct_retrain.demo.chart import draw
    from ct_retrain.demo.flywheel import turn_all
    from ct_retrain.demo.nightly_recipe import NIGHTLY
    from ct_retrain.demo.stage_set import set_up

    configure(json_lines=False, level=50)
    root = disk.make_directory(Path(directory)).resolve()
    set_up(root, NIGHTLY)
    app = without_side_effects(with_cache(build(root)))
    if not app.settings.report.groups:
        raise UsageError(
            f"{root}/{FILE_NAME} has no [report.groups], which the demo counts: an earlier version set it up; "
            "name another directory with --dir"
        )
    turns = list(islice(turn_all(app.workspace, app.settings, app.ports, NIGHTLY, click.echo), nights))
    chart = draw(turns, root / "demo.svg")
    _print(turns, root, chart)


def _print(turns: list[DemoNight], root: Path, chart: Path) -> None:
    from ct_retrain.releases import LATEST, latest

    groups = [one.name for turn in turns[:1] for one in turn.groups]
    columns = ("night", "outcome", "harvested", "dataset", *groups, "served before")
    rows = [_row(turn) for turn in turns]
    print_table("held-out problems passed by simulation, pass@1 with interval", columns, rows)
    _say_what_was_asked(turns)
    models = root / "models/qwen_coder_rtl"
    click.echo(f"serving       {latest(models) or 'mainline'}  ({models / LATEST})")
    click.echo(f"chart         {chart}")
    click.echo(f"report        {root / 'reports/index.html'}")
    click.echo(f"night records {root / 'data/run_db/nightly'}")
    click.echo(f"stages        {root / 'work/continuous_retrain'}")
    click.echo(f"traces        {root / 'data/runs'}")
    click.echo(f"look closer   ct-retrain -C {root} status | history | show")


def _say_what_was_asked(turns: list[DemoNight]) -> None:
    turn = next((turn for turn in turns if turn.measured), None)
    if turn is not None:
        asked = (f"{one.clusters} clusters of {one.problems} problems of {one.name}" for one in turn.groups)
        click.echo(
            f"intervals     over {', '.join(asked)}; "
            "a cluster is one set of parameters, or designs alike but for names"
        )


def _row(turn: DemoNight) -> tuple[str, ...]:
    figures = turn.record.metrics
    return (
        turn.night,
        turn.record.outcome.value.replace("_", " "),
        f"{turn.harvest.by_model + turn.harvest.by_planner} ({turn.harvest.by_model} by the model)",
        f"{figures.get('curate.examples', 0):.0f}",
        *(_share(one) for one in turn.groups),
        turn.harvest.serving or "mainline",
    )


def _share(group: Group) -> str:
    from ct_retrain.core.records.arm import Role

    if Role.CANDIDATE not in group.shares:
        return "–"
    found, mainline = group.shares[Role.CANDIDATE], group.shares[Role.MAINLINE]
    return f"{found.value:.0%} [{found.low:.0%}–{found.high:.0%}] (mainline {mainline.value:.0%})"
