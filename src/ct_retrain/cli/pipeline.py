"""`pipeline run`: write specs as RTL with the served model, simulate, and write traces."""

from contextlib import closing

import click

from ct_retrain.cli.context import Context


@click.group(short_help="Run the reference RTL pipeline.")
def pipeline() -> None:
    """Run the reference RTL pipeline, which writes the traces that a night collects."""


@pipeline.command("run")
@click.option("--specs", required=True, metavar="PATH", help="JSONL file of specs, or a directory of *.json.")
@click.option("--prefix", metavar="TEXT", help="Prefix of the run ids.  [default: the time]")
@click.option("--planner-only", is_flag=True, help="Use no model; only specs with a plan can pass.")
@click.pass_obj
def run(context: Context, specs: str, prefix: str | None, *, planner_only: bool) -> None:
    """Write the RTL of every spec: with latest_nightly, then with a repair prompt, then by its plan, if it
    has one.
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from ct_retrain.demo.planner import Planner
    from ct_retrain.pipeline import Tools, load_specs, run_pipeline
    from ct_retrain.releases import latest
    from ct_retrain.stages.benchmark import sampling_of

    app = context.app(anywhere=True)
    wanted = load_specs(Path(specs))
    planner = Planner(wanted)
    serving = latest(app.workspace.models)
    adapter = app.workspace.models / serving if serving else None
    stamp = prefix or f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    with closing(app.ports.generators) as generators:
        tools = Tools(
            writers=[*([] if planner_only else [generators.open(adapter)] * 2), planner],
            simulator=app.ports.simulator,
            sampling=sampling_of(app.settings.benchmark),
            workers=app.settings.judge.workers,
        )
        results = run_pipeline(wanted, app.workspace.runs, stamp, tools)
    passed = sum(result.passed for result in results)
    click.echo(f"{passed} of {len(results)} specs passed; traces in {app.workspace.runs}")
