"""Files that let a scheduler start the night: cron, systemd, GitHub, Jenkins; written for this installation.

All four run the same command at 02:00 and again at 03:15, 04:15 and 05:15. It continues a night that is not over, does
nothing if it is, and takes the night's own lock, so schedulers need no state and no lock.
"""

import os
import shlex
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple

from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.workspace import Workspace

Scheduler = Literal["cron", "systemd", "github", "jenkins"]

ENVIRONMENT = "ct-retrain.env"
_FILES: Mapping[Scheduler, tuple[str, ...]] = {
    "cron": ("ct-retrain.cron", "ct-retrain.logrotate", ENVIRONMENT),
    "systemd": ("ct-retrain.service", "ct-retrain.timer", ENVIRONMENT),
    "github": ("nightly.yml", ENVIRONMENT),
    "jenkins": ("Jenkinsfile", ENVIRONMENT),
}


class Installation(NamedTuple):
    """Paths and values that a unit must contain; paths are absolute."""

    program: Path
    """The ct-retrain program to start."""
    workspace: Path
    config: Path | None
    """Settings file, if it is not the workspace's own."""
    environment: Path
    """File of NAME=VALUE lines, secrets included, mode 600; it need not exist."""
    user: str
    home: Path
    """The user's home; caches of models and compilers are below it."""
    writes: tuple[Path, ...]
    """Directories outside the workspace that nights write to, according to the settings."""
    zone: str
    """IANA time zone for 02:00; empty means the machine's."""

    @property
    def command(self) -> tuple[str, ...]:
        """The command that every scheduler starts."""
        config = () if self.config is None else ("--config", str(self.config))
        return (str(self.program), "-C", str(self.workspace), *config, "run", "--if-open")


def written_elsewhere(workspace: Workspace, settings: Settings) -> tuple[Path, ...]:
    """Return the directories outside *workspace* that nights write to, according to *settings*."""
    of_nights = (workspace.models, workspace.work, workspace.records, workspace.archive, workspace.reports)
    lock, target, store = workspace.gpu_lock, settings.snapshot.target, settings.tracking.store
    shared = [workspace.verdicts.parent, *([lock.parent] if lock else [])]
    copies = [workspace.root / target] if target and "://" not in target else []
    sqlite = [(workspace.root / store.partition(":///")[2]).parent] if store.startswith("sqlite:///") else []
    textfile = settings.tracking.textfile
    figures = [(workspace.root / textfile).parent] if textfile else []
    places = (Path(os.path.normpath(one)) for one in (*of_nights, *shared, *copies, *sqlite, *figures))
    return tuple(dict.fromkeys(one for one in places if not one.is_relative_to(workspace.root)))


def schedule_units(scheduler: Scheduler, here: Installation) -> dict[str, str]:
    """Return file name → text; raise UsageError if *here* cannot be written into a unit."""
    for text in (*here.command, *map(str, here.writes), str(here.environment), here.user, here.zone):
        if not text.isprintable() or any(one in text for one in "'\"\\$"):
            raise UsageError(
                f"{text!r} cannot be written into a unit: quotes, $ and backslashes are not supported"
            )
    return {name: _rendered(name, here) for name in _FILES[scheduler]}


def _rendered(name: str, here: Installation) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - no HTML; every value passes through a filter of its format
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        variable_start_string="[[",
        variable_end_string="]]",
    )
    environment.filters.update(sh=shlex.quote, cron=_for_cron, systemd=_for_systemd)
    source = files("ct_retrain.nightly").joinpath("schedules", f"{name}.jinja").read_text(encoding="utf-8")
    values = {name: str(value) for name, value in here._asdict().items()}
    return environment.from_string(source).render({**values, "writes": here.writes}, command=here.command)


def _for_cron(word: str) -> str:
    """Quote *word* for sh in a line of a crontab, where a percent sign would end the command."""
    return shlex.quote(word).replace("%", r"\%")


def _for_systemd(word: str) -> str:
    """Quote *word* for a unit file, where a percent sign is special."""
    text = word.replace("%", "%%")
    return f'"{text}"' if any(one.isspace() for one in text) or ";" in text else text
