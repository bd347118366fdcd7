"""Units that let another program start the night: cron, systemd, GitHub, Jenkins; text for this installation.

All four call the same command at 02:00 and again at 03:15, 04:15 and 05:15. It goes on with a night that is not
over, does nothing when it is, and takes the night's own lock, so none of them needs a memory or a lock.
"""

import shlex
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from ct_retrain.core.errors import UsageError

Scheduler = Literal["cron", "systemd", "github", "jenkins"]
SCHEDULERS: tuple[Scheduler, ...] = get_args(Scheduler)

ENVIRONMENT = "ct-retrain.env"
_FILES: Mapping[Scheduler, tuple[str, ...]] = {
    "cron": ("ct-retrain.cron", "ct-retrain.logrotate", ENVIRONMENT),
    "systemd": ("ct-retrain.service", "ct-retrain.timer", ENVIRONMENT),
    "github": ("nightly.yml", ENVIRONMENT),
    "jenkins": ("Jenkinsfile", ENVIRONMENT),
}


class Installation(NamedTuple):
    """What a unit must name, absolute."""

    program: Path
    """The ct-retrain to start."""
    workspace: Path
    config: Path | None
    """Settings file, where it is not the workspace's own."""
    environment: Path
    """File of NAME=VALUE lines, secrets among them, mode 600; need not exist."""
    user: str
    home: Path
    """Of the user; caches of models and compilers lie below it."""
    zone: str
    """IANA zone that 02:00 is meant in; empty means the machine's."""

    @property
    def command(self) -> tuple[str, ...]:
        """What every scheduler starts."""
        config = () if self.config is None else ("--config", str(self.config))
        return (str(self.program), "-C", str(self.workspace), *config, "run", "--if-open")


def schedule_units(scheduler: Scheduler, here: Installation) -> dict[str, str]:
    """File name → text; raise UsageError where *here* cannot be written into a unit."""
    for text in (*here.command, str(here.environment), here.user, here.zone):
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
    return environment.from_string(source).render(values, command=here.command)


def _for_cron(word: str) -> str:
    """*word* quoted for sh, in a line of a crontab, where a percent sign would end the command."""
    return shlex.quote(word).replace("%", r"\%")


def _for_systemd(word: str) -> str:
    """*word* for a unit file, where a percent sign means something."""
    text = word.replace("%", "%%")
    return f'"{text}"' if any(one.isspace() for one in text) or ";" in text else text
