"""`schedule`: print the configuration for cron, systemd, GitHub or Jenkins to start this workspace's nights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, excludes, json_option, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from ct_retrain.nightly.schedule import Installation


@click.command(short_help="Print a unit for cron, systemd, GitHub or Jenkins.")
@click.argument("scheduler", type=click.Choice(("cron", "systemd", "github", "jenkins")))
@click.option("--out", metavar="DIR", help="Write the files there instead of printing them.")
@click.option("--user", metavar="NAME", help="User who owns the workspace.  [default: its owner]")
@click.option(
    "--environment", metavar="FILE", help="File of NAME=VALUE lines.  [default: WORKSPACE/ct-retrain.env]"
)
@json_option
@click.pass_obj
@excludes("--out", "--json")
def schedule(
    context: Context,
    scheduler: str,
    out: str | None,
    user: str | None,
    environment: str | None,
    *,
    as_json: bool,
) -> None:
    """Print what SCHEDULER needs to start this workspace's night at 02:00, and three more times in case of a
    failure.

    The files contain the paths of this ct-retrain and workspace, its owner and the setting `timezone`. With
    --out, an existing environment file is kept, and a new one is readable only by its owner.
    """
    from pathlib import Path

    from pydantic import TypeAdapter

    from ct_retrain.nightly.schedule import Scheduler, schedule_units

    here = _installation(context, user, environment)
    written = schedule_units(TypeAdapter[Scheduler](Scheduler).validate_python(scheduler), here)
    if out is not None:
        _write(Path(out), written)
    elif as_json:
        print_json({"command": here.command, "files": written})
    else:
        click.echo("\n".join(f"# --- {name}\n{text}" for name, text in written.items()), nl=False)
    for place in here.writes if scheduler == "systemd" else ():
        if not place.is_dir():
            click.echo(
                f"warning: the service does not start before {place} is there: mkdir -p {place}", err=True
            )
    if scheduler == "cron" and here.zone:
        click.echo(
            f"warning: Debian's cron uses the machine's time zone and ignores CRON_TZ: set that zone to {here.zone}, "
            "or use systemd",
            err=True,
        )


def _installation(context: Context, user: str | None, environment: str | None) -> Installation:
    from pathlib import Path

    from ct_retrain.nightly.schedule import Installation, written_elsewhere

    app = context.app()
    root = app.workspace.root
    name, home = _owner(root, user)
    return Installation(
        program=_program(),
        workspace=root,
        config=Path(context.config_file).resolve() if context.config_file else None,
        environment=Path(environment).resolve() if environment else root / "ct-retrain.env",
        user=name,
        home=home,
        writes=written_elsewhere(app.workspace, app.settings),
        zone=app.settings.timezone,
    )


def _owner(root: Path, user: str | None) -> tuple[str, Path]:
    """Return who runs the night, and that user's home directory."""
    import pwd
    from pathlib import Path

    from ct_retrain.core.errors import UsageError

    try:
        entry = pwd.getpwnam(user) if user else pwd.getpwuid(root.stat().st_uid)
    except (KeyError, OSError) as error:
        whom = f"there is no user {user}" if user else f"{root} or its owner is not known here"
        raise UsageError(f"{whom}; name one that is: --user NAME") from error
    return entry.pw_name, Path(entry.pw_dir)


def _program() -> Path:
    """Return the ct-retrain of this interpreter's environment, without resolving the environment's own
    symlinks.
    """
    import sys
    from pathlib import Path

    from ct_retrain.core.errors import UsageError

    program = Path(sys.executable).parent.absolute() / "ct-retrain"
    if not program.is_file():
        raise UsageError(
            f"{program} does not exist: a schedule needs an installed ct-retrain; ./setup.sh makes one"
        )
    return program


def _write(directory: Path, written: dict[str, str]) -> None:
    from ct_retrain import disk

    disk.make_directory(directory)
    for name, text in written.items():
        path = directory / name
        if name.endswith(".env"):
            if path.exists():
                click.echo(f"{path} exists and is kept")
                continue
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")
        else:
            disk.write_text(path, text)
        click.echo(f"wrote {path}")
