"""`experiment`: recipes against each other on one frozen night, with the answer that the trainings allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table

if TYPE_CHECKING:
    from pathlib import Path

    from ct_retrain.compose import App
    from ct_retrain.core.records.experiment import ArmDifference, ExperimentResult

_name = click.argument("name")


@click.group(short_help="Find out which recipe learns more.")
def experiment() -> None:
    """Train several recipes on one night's examples, several times each, and say what can be said.

    What is asked is in experiments/NAME.toml, what comes of it in experiments/NAME/. Nothing is ever published.
    """


@experiment.command("new", short_help="Write a question to start from.")
@_name
@click.pass_obj
def new(context: Context, name: str) -> None:
    """Write experiments/NAME.toml, with comments: a control, two arms, seeds."""
    from ct_retrain.experiments import new_definition

    path = new_definition(context.opened().workspace, name)
    click.echo(f"{path}: say what the arms do, then `ct-retrain experiment run {name}`")


@experiment.command("run", short_help="Run it, or what is left of it.")
@_name
@click.option(
    "--device",
    "devices",
    metavar="IDS",
    multiple=True,
    help="Run arms side by side, on this device (as in CUDA_VISIBLE_DEVICES) and others; may be repeated.",
)
@json_option
@click.pass_obj
def run(context: Context, name: str, *, devices: tuple[str, ...], as_json: bool) -> None:
    """Train and measure every arm of experiment NAME; run again, it goes on where it stopped.

    A night that starts meanwhile has the machine from the end of the parts that are under way until it is over.
    """
    from functools import partial

    from ct_retrain.adapters.nvml import require_gpus
    from ct_retrain.compose import ports_of_arm, with_cache
    from ct_retrain.experiments import ExperimentContext, run_experiment
    from ct_retrain.nightly.tracking import track_experiment

    app = with_cache(context.app())
    context.listen(app.workspace.work, bars=not devices)
    require_gpus(devices)
    where = ExperimentContext(app.workspace, app.settings, partial(ports_of_arm, app), devices)
    result = run_experiment(where, name)
    track_experiment(app.workspace, app.settings, app.ports, result)
    _tell(app, result, as_json=as_json)


@experiment.command("show", short_help="The answer, as far as there is one.")
@_name
@click.option("--open", "show_page", is_flag=True, help="Open the page in the browser.")
@json_option
@click.pass_obj
def show(context: Context, name: str, *, show_page: bool, as_json: bool) -> None:
    """Print the answer of experiment NAME, and write its page again."""
    from ct_retrain.experiments import last_result

    app = context.app()
    page = _tell(app, last_result(app.workspace, name), as_json=as_json)
    if show_page:
        click.launch(str(page))


def _tell(app: App, result: ExperimentResult, *, as_json: bool) -> Path:
    from ct_retrain.report.experiment_page import write_experiment

    page = write_experiment(app.workspace, result)
    if as_json:
        print_json(result.model_dump(mode="json"))
        return page
    _print(result)
    click.echo(f"page     {page}")
    return page


def _print(result: ExperimentResult) -> None:
    from ct_retrain.report.formatting import points

    state = "" if result.complete else "; not all trainings are measured yet, this is an early look"
    click.echo(f"{result.name}: {result.question or 'no question asked'}")
    for one in result.suites:
        click.echo(f"suite    {one.suite}: {one.problems} problems in {one.clusters} clusters")
    click.echo(
        f"night    {result.night}, examples {result.curated[:12]}; {result.confidence:.1%} intervals, all at once{state}"
    )
    columns = (
        "arm",
        "suite",
        "minus control",
        "interval",
        "answer",
        "trainings",
        f"to tell {points(result.detect)}",
    )
    print_table("Points of pass@1", columns, [_difference(one) for one in result.differences])
    print_table(
        "What each arm reached and took",
        (
            "arm",
            "suite",
            "pass@1",
            "gained",
            "lost",
            "training",
            "measuring",
            "tokens trained",
            "answered",
            "energy",
        ),
        _reached(result),
    )
    for end in result.ended:
        click.echo(f"{end.kind:8} {end.arm} after {end.seeds} trainings: {end.reason}")


def _difference(one: ArmDifference) -> tuple[str, ...]:
    from ct_retrain.report.formatting import points

    interval = f"{points(one.low)} to {points(one.high)}"
    needed = f"{one.seeds_needed} trainings" if one.seeds_needed else "more problems"
    return (
        one.arm,
        one.suite,
        points(one.difference),
        interval,
        one.answer.replace("_", " "),
        str(one.seeds),
        needed,
    )


def _reached(result: ExperimentResult) -> list[tuple[str, ...]]:
    from ct_retrain.report.formatting import duration, energy, points, share

    costs = {one.arm: one for one in result.costs}
    return [
        (
            one.arm,
            one.suite,
            f"{share(sum(one.scores) / len(one.scores))} of {len(one.scores)}",
            points(one.gained),
            points(one.lost),
            duration(costs[one.arm].train_seconds),
            duration(costs[one.arm].measure_seconds),
            f"{costs[one.arm].trained_tokens:,}",
            f"{costs[one.arm].answer_tokens:,}",
            energy(costs[one.arm].joules),
        )
        for one in result.scores
    ]
