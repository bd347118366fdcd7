"""What every command shares: workspace, settings, printing."""

from __future__ import annotations

import json
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import click
from click.core import ParameterSource

from ct_retrain.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ct_retrain.compose import App
    from ct_retrain.core.opened import Opened


P = ParamSpec("P")
T = TypeVar("T")


class Context(NamedTuple):
    """The options before the command."""

    workspace: str
    config_file: str | None
    assignments: tuple[str, ...]
    log: str = "words"
    """How standard error is written: for people, or `json`."""

    @classmethod
    def of(
        cls, workspace: str, config_file: str | None, assignments: tuple[str, ...], log: str = "words"
    ) -> Context:
        """Check that the workspace is a directory, and every assignment NAME=VALUE."""
        from pathlib import Path

        if not Path(workspace).is_dir():
            raise UsageError(
                f"workspace {workspace} is no directory: name one that is there, `ct-retrain -C DIR`"
            )
        for assignment in assignments:
            if "=" not in assignment:
                message = f"--set {assignment}: write NAME=VALUE, for instance --set max_records=500"
                raise click.UsageError(message)
        return cls(workspace, config_file, assignments, log)

    def listen(self, nights: Path | None = None, *, bars: bool = True) -> None:
        """Log to standard error as its reader likes it; *nights* is where a running night keeps a copy of its own.

        Without *bars* progress is told in lines, because several processes draw no bars on one terminal.
        """
        from ct_retrain.cli.logs import configure

        configure(json_lines=self.log == "json", nights=nights, bars=bars)

    @property
    def options(self) -> dict[str, str]:
        """The settings of `--set`, by name."""
        return dict(one.split("=", 1) for one in self.assignments)

    def app(self, more: dict[str, str] | None = None, *, anywhere: bool = False) -> App:
        """As `opened`, with the ports put together and logs set up: for commands that do something."""
        from ct_retrain.compose import with_ports

        self.listen()
        return with_ports(self.opened(more, anywhere=anywhere))

    def opened(self, more: dict[str, str] | None = None, *, anywhere: bool = False) -> Opened:
        """Settings read, with *more* over them all: for commands that look, without a second of imports.

        Raise UsageError where there is no workspace; with *anywhere* the directory alone must be there.
        """
        from pathlib import Path

        from ct_retrain.core.opened import open_workspace, require_workspace

        file = Path(self.config_file) if self.config_file else None
        opened = open_workspace(Path(self.workspace), {**self.options, **(more or {})}, file)
        if not (anywhere or file):
            require_workspace(opened.workspace)
        return opened


def print_json(value: Any) -> None:
    """Print *value* as JSON on standard output."""
    click.echo(json.dumps(value, indent=2, default=str))


def print_table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows under a title on standard output, at full width if it is no terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    terminal = sys.stdout.isatty()
    console = Console(markup=False) if terminal else Console(width=160, no_color=True, markup=False)
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def print_box(title: str, lines: Sequence[str]) -> None:
    """*lines* under *title*: in a box on a terminal, plain elsewhere."""
    if not sys.stdout.isatty():
        click.echo("\n".join((title, *lines)))
        return
    from rich.console import Console
    from rich.panel import Panel

    Console(markup=False, highlight=False).print(Panel("\n".join(lines), title=title, title_align="left"))


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def excludes(first: str, *others: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Refuse the option *first* beside one of *others*, which it would leave without effect.

    All are spelled as in the help of the command: `--json`, or `NIGHT` for an argument.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            given = _given(click.get_current_context())
            second = next((one for one in others if one in given), None)
            if first in given and second:
                raise click.UsageError(f"{first} and {second} do not go together: leave one of them away")
            return function(*args, **kwargs)

        return checked

    return decorate


def _given(context: click.Context) -> set[str]:
    """What stands on the command line, options by each of their spellings."""
    return {
        name
        for one in context.command.params
        if context.get_parameter_source(one.name or "") is ParameterSource.COMMANDLINE
        for name in (*one.opts, one.human_readable_name)
    }
