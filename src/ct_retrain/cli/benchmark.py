"""`benchmark`: one model or adapter against one suite, by simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table

if TYPE_CHECKING:
    from ct_retrain.core.problem import Estimate, Scorecard


@click.command(short_help="Measure one model or adapter on a suite.")
@click.option(
    "--adapter", metavar="DIR", help="PEFT adapter on top of mainline.  [default: mainline as it is]"
)
@click.option(
    "--suite", metavar="NAME", help="Built-in suite or JSONL file.  [default: setting benchmark.suite]"
)
@click.option(
    "--out", default="work/benchmark", metavar="DIR", show_default=True, help="Keeps samples; resumable."
)
@json_option
@click.pass_obj
def benchmark(context: Context, adapter: str | None, suite: str | None, out: str, *, as_json: bool) -> None:
    """Measure pass@k of mainline or of an adapter on it; nothing is compared and nothing published."""
    from pathlib import Path

    from ct_retrain import disk
    from ct_retrain.stages.benchmark import Course, health, measure
    from ct_retrain.suites.load import load_suite

    house = context.house()
    settings, simulator = house.settings, house.ports.simulator
    chosen = load_suite(suite or settings.benchmark.suite, house.workspace.root)
    healthy, sick = health(chosen, simulator, settings.judge.workers)
    generator = house.ports.generators.open(Path(adapter) if adapter else None)
    where = disk.make_directory(house.workspace.root / out)
    course = Course(where, healthy, settings.benchmark, settings.gate, simulator, settings.judge.workers)
    card = measure(course, "candidate" if adapter else "mainline", generator)
    if as_json:
        print_json({**card.model_dump(mode="json"), "quarantined": sick})
        return
    _print(card, adapter or settings.train.mainline, sick)
    click.echo(f"samples in {where / 'samples'}")


def _print(card: Scorecard, model: str, sick: tuple[str, ...]) -> None:
    rows = [
        ("all", *_cells(card.functional)),
        *((name, *_cells(one)) for name, one in card.categories.items()),
    ]
    print_table(
        f"{card.suite}: pass@1 of {model}",
        ("category", "pass@1", "interval", "problems", "samples"),
        rows,
    )
    click.echo("  ".join(f"pass@{k} {share:.1%}" for k, share in card.pass_at_k.items()))
    click.echo("  ".join(f"{name} {count}" for name, count in card.outcomes.items()))
    for problem in sick:
        click.echo(f"warning: {problem} is quarantined, its golden fails its testbench")


def _cells(one: Estimate) -> tuple[str, ...]:
    return f"{one.value:.1%}", f"{one.low:.1%} to {one.high:.1%}", str(one.problems), str(one.samples)
