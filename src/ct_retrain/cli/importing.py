"""`import`: make runs of what other tools recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, json_option, print_json
from ct_retrain.cli.harvest import NOTHING, print_reasons

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ct_retrain.core.record import Rejected
    from ct_retrain.importers.attempt import ImportedAttempt
    from ct_retrain.importers.runs import Imported

KINDS = ("chat", "inspect", "langfuse", "mlflow", "builds")
"""The formats of `importers.kinds`, which are loaded when one is asked for."""


@click.command("import", short_help="Make runs of what other tools recorded.")
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
@click.argument("path", metavar="PATH")
@click.option(
    "--into", metavar="DIR", help="Directory for the run directories.  [default: setting paths.runs]"
)
@click.option(
    "--suite", metavar="SUITE", help="The suite that `builds` are answers to, as `suite list` has them."
)
@json_option
@click.pass_obj
def import_(
    context: Context, kind: str, path: str, into: str | None, suite: str | None, *, as_json: bool
) -> int:
    """Write a run directory with a trace.jsonl for each conversation, sample or build in PATH.

    \b
    KIND is one of
      chat      OpenAI-style chat logs with tool calls: JSON or JSON Lines
      inspect   logs of inspect_ai: .eval or .json
      langfuse  traces that Langfuse exports: JSON or JSON Lines
      mlflow    traces of MLflow: what Trace.to_json gives, JSON or JSON Lines
      builds    directories of VerilogEval's, RTLLM's and CVDP's scripts, with --suite

    What is no complete simulation is counted by reason. A run says what the record says, and a night simulates it
    again; `ct-retrain harvest check DIR` does so now. A run directory that is there already is left alone.

    Exit code 0 if at least one simulation was imported, 3 if none was.
    """
    from pathlib import Path

    from ct_retrain.core.errors import UsageError
    from ct_retrain.importers.runs import write_runs

    app = context.app(anywhere=True)
    if not Path(path).exists():
        raise UsageError(f"{path} does not exist")
    target = app.workspace.root / into if into else app.workspace.runs
    imported = write_runs(_attempts(kind, Path(path), suite, app.workspace.root), target, kind)
    print_json(imported.model_dump(mode="json")) if as_json else _print(imported, target)
    return 0 if imported.simulations else NOTHING


def _attempts(kind: str, path: Path, suite: str | None, root: Path) -> Iterator[ImportedAttempt | Rejected]:
    from ct_retrain.core.errors import UsageError
    from ct_retrain.importers import builds
    from ct_retrain.importers.kinds import BUILDS, FORMATS
    from ct_retrain.suites.load import load_suite

    if (kind == BUILDS) is not bool(suite):
        raise UsageError("builds, and they alone, are answers to a suite: --suite names it")
    return builds.attempts(path, load_suite(suite, root)) if suite else FORMATS[kind](path)


def _print(imported: Imported, target: Path) -> None:
    from ct_retrain.core.record import count_reasons

    click.echo(
        f"{imported.runs} runs with {imported.simulations} simulations, {imported.passing} of them said to have passed, "
        f"are in {target}"
    )
    print_reasons(count_reasons(imported.rejected))
