"""The command line: parse arguments, load settings, make one library call, print, and exit with a code.

Only this package prints. Only click is imported before a command runs, so that `--help` is fast.
"""

import signal
import sys
from types import FrameType
from typing import Any

import click

from ct_retrain import __version__
from ct_retrain.cli.artefacts import artefacts, convert
from ct_retrain.cli.attack import attack
from ct_retrain.cli.benchmark import benchmark
from ct_retrain.cli.check import check, verify
from ct_retrain.cli.compare import compare
from ct_retrain.cli.completion import completion
from ct_retrain.cli.config import config
from ct_retrain.cli.context import Context
from ct_retrain.cli.demo import demo
from ct_retrain.cli.doctor import doctor
from ct_retrain.cli.experiment import experiment
from ct_retrain.cli.explain import explain
from ct_retrain.cli.export import export
from ct_retrain.cli.forget import forget
from ct_retrain.cli.formal import formal
from ct_retrain.cli.grouped import GroupedCommands
from ct_retrain.cli.harvest import harvest
from ct_retrain.cli.history import history
from ct_retrain.cli.importing import import_
from ct_retrain.cli.init import init
from ct_retrain.cli.judge import judge
from ct_retrain.cli.leaderboard import leaderboard
from ct_retrain.cli.night import run
from ct_retrain.cli.notices import notices
from ct_retrain.cli.offsite import purge, restore, snapshot
from ct_retrain.cli.pipeline import pipeline
from ct_retrain.cli.reference import reference
from ct_retrain.cli.release import promote, rollback
from ct_retrain.cli.report import report
from ct_retrain.cli.schedule import schedule
from ct_retrain.cli.serve import serve
from ct_retrain.cli.show import show
from ct_retrain.cli.status import status
from ct_retrain.cli.suite import suite
from ct_retrain.cli.track import track
from ct_retrain.core.errors import CtRetrainError

INTERRUPTED = 130


def _print_version(context: click.Context, option: click.Parameter, value: Any) -> None:
    del option
    if not value or context.resilient_parsing:
        return
    from ct_retrain.adapters.provenance import own_commit

    commit, dirty = own_commit()
    made = (
        f" (commit {commit[:12]}{', with changes that are not committed' if dirty else ''})" if commit else ""
    )
    click.echo(f"ct-retrain {__version__}{made}")
    context.exit()


@click.group(
    cls=GroupedCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show version and commit.",
)
@click.option("-C", "--workspace", default=".", metavar="DIR", help="Workspace to work in.  [default: here]")
@click.option(
    "--config", "config_file", metavar="FILE", help="Settings file.  [default: DIR/ct-retrain.toml]"
)
@click.option("-s", "--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Override one setting.")
@click.option(
    "--log",
    type=click.Choice(("words", "json")),
    default="words",
    help="What standard error gets: lines for people, or one JSON object a line.  [default: words]",
)
@click.pass_context
def cli(
    context: click.Context, workspace: str, config_file: str | None, assignments: tuple[str, ...], log: str
) -> None:
    """Retrain a model that writes RTL every night on what simulation has verified.

    Collect verified runs, curate a dataset, train an adapter, benchmark it by simulation, publish it if it is
    really better. Exit codes: 0 published or nothing new, 1 a bug of ours, 2 usage, 3 rejected, 4 a tool
    failed, 5 corrupt state, 6 held, 11 another night is running, 20 to 28 what a judged design was, 130 interrupted.
    -C, --config and --set may also stand after the command.
    """
    context.obj = Context.of(workspace, config_file, assignments, log)


for command in (
    run,
    status,
    history,
    show,
    explain,
    compare,
    report,
    serve,
    config,
    check,
    verify,
    doctor,
    rollback,
    promote,
    forget,
    snapshot,
    purge,
    restore,
    artefacts,
    convert,
    benchmark,
    leaderboard,
    export,
    pipeline,
    experiment,
    demo,
    harvest,
    import_,
    init,
    judge,
    formal,
    attack,
    suite,
    notices,
    schedule,
    track,
    completion,
    reference,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line and exit with its code."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(call(sys.argv[1:]))


def call(arguments: list[str]) -> int:
    """Run one command line; return its exit code and print what went wrong, if anything did."""
    try:
        code = cli.main(args=arguments, prog_name="ct-retrain", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; run the same command again to continue", err=True)
        return INTERRUPTED
    except CtRetrainError as error:
        for line in str(error).splitlines():
            click.echo(f"error: {line}", err=True)
        return error.exit_code
    return code if isinstance(code, int) else 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt
