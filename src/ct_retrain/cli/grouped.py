"""The command line's own help: commands by what they are for; and options of the whole that may follow a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ct_retrain.cli.context import Context

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "A normal day": ("run", "status", "show", "report", "doctor"),
    "Run": ("demo", "pipeline", "import", "harvest"),
    "Look": ("serve", "explain", "compare", "history", "artefacts", "config", "check", "verify"),
    "Undo": ("rollback", "promote", "forget", "restore"),
    "Measure": ("benchmark", "leaderboard", "experiment", "suite", "judge", "formal", "attack"),
    "Keep": ("snapshot", "purge", "export", "convert", "track"),
    "Set up": ("init", "schedule", "notices", "completion"),
}
"""Heading of the help → its commands; every command that is not hidden has one place."""


class GroupedCommands(click.Group):
    """A group whose help has sections, and whose `-C`, `--config` and `--set` may also stand after a command."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add *cmd*, and to it and all below it the options of the whole."""
        super().add_command(cmd, name)
        _share(cmd)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections."""
        del ctx
        for heading, names in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(80)) for name in names])


def _share(command: click.Command) -> None:
    taken = {flag for one in command.params for flag in one.opts}
    for flags, many in (
        (("-C", "--workspace"), False),
        (("--config", "config_file"), False),
        (("-s", "--set", "assignments"), True),
    ):
        if not taken & {flag for flag in flags if flag.startswith("-")}:
            command.params.append(
                click.Option(
                    flags,
                    multiple=many,
                    hidden=True,
                    help="As before the command.",
                    expose_value=False,
                    callback=_also,
                    default=None,
                )
            )
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _share(below)


def _also(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Let what stands after the command count over what stood before it."""
    before: Context | None = context.obj
    if not value or before is None:
        return
    name = str(option.name)
    now: Any = (*before.assignments, *value) if name == "assignments" else str(value)
    context.obj = type(before).of(*before._replace(**{name: now}))
