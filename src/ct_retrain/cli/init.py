"""`init`: make a directory a workspace, and say what a night would find in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context
from ct_retrain.cli.doctor import print_findings
from ct_retrain.cli.harvest import harvest_of, print_harvest
from ct_retrain.cli.plans import print_course

if TYPE_CHECKING:
    from pathlib import Path

    from ct_retrain.compose import App

_QUESTIONS = {
    "train.mainline": "Model that every night starts from (directory or Hugging Face name)",
    "paths.runs": "Directory of your pipeline's runs",
    "paths.gold": "Directory of gold sets, if you have any",
}


@click.command(short_help="Make a directory a workspace.")
@click.argument("directory", metavar="[DIR]", default=".")
@click.option(
    "--mainline", metavar="MODEL", help="Model that every night starts from: a directory or hub name."
)
@click.option("--runs", metavar="PATH", help="Directory of your pipeline's runs.")
@click.option("--gold", metavar="PATH", help="Directory of gold sets.")
@click.option("--no-checks", is_flag=True, help="Write the file, and look at nothing.")
@click.pass_obj
def init(
    context: Context,
    directory: str,
    mainline: str | None,
    runs: str | None,
    gold: str | None,
    *,
    no_checks: bool,
) -> None:
    """Write DIR/ct-retrain.toml, check this machine, and say what the first night would do.

    What no option says is asked on a terminal, and otherwise left at its default. Settings given with
    --set are written into the file, too. An existing file is never changed. Directories for runs and gold
    sets are made where they lie in DIR.

    Then come the checks of `doctor`, the plan of `run --dry-run` in short, and `harvest check` over the
    runs that are there. Exit code 0 says that the file is written, not that a night could run: `doctor` says that.
    """
    from pathlib import Path

    root = Path(context.workspace) / directory
    given = {"train.mainline": mainline, "paths.runs": runs, "paths.gold": gold}
    written = _write(root, context, {name: value for name, value in given.items() if value})
    click.echo(f"wrote {written}")
    if not no_checks:
        context.listen()
        _look(root)


def _write(root: Path, context: Context, given: dict[str, str]) -> Path:
    """Write the settings file of *root*, and make the directories for runs and gold sets if they are in it.

    Raise UsageError if there is such a file, or if a value cannot be.
    """
    from ct_retrain import disk
    from ct_retrain.core.configuration.loading import load_settings
    from ct_retrain.core.configuration.settings import FILE_NAME
    from ct_retrain.core.configuration.starter import starter
    from ct_retrain.core.errors import UsageError
    from ct_retrain.core.workspace import Workspace

    path = root / FILE_NAME
    if context.config_file:
        raise UsageError(f"init writes {path}: leave --config away")
    if path.exists():
        raise UsageError(f"{path} is there already and stays as it is: edit it, or name another directory")
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is no directory: name one, or a path where nothing is")
    typed = given | (_asked({**context.options, **given}) if sys.stdin.isatty() else {})
    chosen = {**context.options, **{name: _from_here(value, root) for name, value in typed.items()}}
    settings = load_settings(root, chosen).settings
    workspace = Workspace(root, settings.paths)
    for place in (root, workspace.runs, workspace.gold):
        if place.is_relative_to(root):
            disk.make_directory(place)
    disk.write_bytes(path, starter(settings, chosen).encode())
    return path


def _from_here(value: str, root: Path) -> str:
    """A path that was typed here and is a directory, as the settings of *root* name it; any other value as it is."""
    from pathlib import Path

    path = Path(value).resolve()
    if Path(value).is_absolute() or not path.is_dir():
        return value
    return str(path.relative_to(root.resolve()) if path.is_relative_to(root.resolve()) else path)


def _asked(known: dict[str, str]) -> dict[str, str]:
    """Ask for what is not *known*; only answers that differ from the default are returned."""
    from ct_retrain.core.configuration.loading import flat
    from ct_retrain.core.configuration.settings import Settings

    defaults = flat(Settings.model_construct())
    answers = {
        name: str(click.prompt(question, default=defaults[name]))
        for name, question in _QUESTIONS.items()
        if name not in known
    }
    return {name: answer for name, answer in answers.items() if answer != defaults[name]}


def _look(root: Path) -> None:
    """Say what the machine lacks, what the first night would do, and what becomes of the runs."""
    import tempfile
    from pathlib import Path

    from ct_retrain.compose import build, ports_of
    from ct_retrain.nightly.run import plan_night

    app = build(root)
    findings = list(app.ports.findings()) if app.ports.findings else []
    print_findings(findings)
    if not all(one.fine for one in findings if one.what == "simulator"):
        click.echo("without a simulator nothing can be planned: install it, then `ct-retrain run --dry-run`")
        return
    with tempfile.TemporaryDirectory(prefix="ct-retrain-") as scratch:
        # What the plan has judged, the check of the runs does not judge again.
        app = app._replace(ports=ports_of(app.workspace, app.settings, Path(scratch) / "verdicts"))
        if app.workspace.runs.is_dir():
            print_course(plan_night(app.workspace, app.settings, app.ports, None))
        _harvest(app)


def _harvest(app: App) -> None:
    workspace = app.workspace
    if any(workspace.runs.glob("*/trace.jsonl")):
        print_harvest(harvest_of(app, workspace.runs.resolve()))
    else:
        click.echo(
            f"no run is in {workspace.runs} yet: when your pipeline has written some, "
            f"`ct-retrain harvest check {workspace.paths.runs}` says what a night would take of them"
        )
