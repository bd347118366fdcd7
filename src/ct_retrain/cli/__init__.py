"""The command line: parse arguments, load settings, make one library call, print, and exit with a code.

Only this package prints. Only click is imported before a command runs, so that `--help` is fast.
"""

import signal
import sys
from types import FrameType

import click

from ct_retrain import __version__
from ct_retrain.cli.attack import attack
from ct_retrain.cli.benchmark import benchmark
from ct_retrain.cli.check import check, verify
from ct_retrain.cli.completion import completion
from ct_retrain.cli.context import Context
from ct_retrain.cli.demo import demo
from ct_retrain.cli.doctor import doctor
from ct_retrain.cli.experiment import experiment
from ct_retrain.cli.formal import formal
from ct_retrain.cli.harvest import harvest
from ct_retrain.cli.judge import judge
from ct_retrain.cli.look import config, history, show, status
from ct_retrain.cli.night import run
from ct_retrain.cli.notices import notices
from ct_retrain.cli.offsite import purge, restore, snapshot
from ct_retrain.cli.pipeline import pipeline
from ct_retrain.cli.reference import reference
from ct_retrain.cli.release import promote, rollback
from ct_retrain.cli.report import report
from ct_retrain.cli.schedule import schedule
from ct_retrain.cli.suite import suite
from ct_retrain.cli.track import track
from ct_retrain.core.errors import CtRetrainError

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ct-retrain")
@click.option("-C", "--workspace", default=".", metavar="DIR", help="Workspace to work in.  [default: here]")
@click.option(
    "--config", "config_file", metavar="FILE", help="Settings file.  [default: DIR/ct-retrain.toml]"
)
@click.option("-s", "--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Override one setting.")
@click.pass_context
def cli(
    context: click.Context, workspace: str, config_file: str | None, assignments: tuple[str, ...]
) -> None:
    """Retrain a model that writes RTL every night on what simulation has verified.

    A night collects verified runs, curates a dataset, trains an adapter, benchmarks it by simulation, and
    publishes it if it is better. Exit codes: 0 published or nothing new, 1 a bug in ct-retrain, 2 wrong
    usage, 3 rejected, 4 a tool failed, 5 corrupt state, 6 held, 11 another night is running, 20 to 27 the
    verdict of `judge`, 130 interrupted.
    """
    context.obj = Context.of(workspace, config_file, assignments)


for command in (
    run,
    status,
    history,
    show,
    report,
    config,
    check,
    verify,
    doctor,
    rollback,
    promote,
    snapshot,
    purge,
    restore,
    benchmark,
    pipeline,
    experiment,
    demo,
    harvest,
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
