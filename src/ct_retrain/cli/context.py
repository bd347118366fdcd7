"""What every command shares: workspace, settings, printing."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ct_retrain.compose import App


class Context(NamedTuple):
    """The options before the command."""

    workspace: str
    config_file: str | None
    assignments: tuple[str, ...]

    @classmethod
    def of(cls, workspace: str, config_file: str | None, assignments: tuple[str, ...]) -> Context:
        """Check that every assignment is NAME=VALUE, and return the options."""
        for assignment in assignments:
            if "=" not in assignment:
                message = f"--set {assignment}: write NAME=VALUE, for instance --set max_records=500"
                raise click.UsageError(message)
        return cls(workspace, config_file, assignments)

    def app(self, more: dict[str, str] | None = None) -> App:
        """Load the settings, with *more* on top, build the application, and set up logging."""
        from pathlib import Path

        from ct_retrain.compose import build

        log()
        options = {**dict(assignment.split("=", 1) for assignment in self.assignments), **(more or {})}
        file = Path(self.config_file) if self.config_file else None
        return build(Path(self.workspace), options, file)


def log(nights: Path | None = None) -> None:
    """Log to standard error; *nights* is where a running night keeps a copy."""
    from ct_retrain.cli.logs import configure

    configure(json_lines=not sys.stderr.isatty(), nights=nights)


def print_json(value: Any) -> None:
    """Print *value* as JSON on standard output."""
    click.echo(json.dumps(value, indent=2, default=str))


def print_table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows under a title on standard output, at full width if it is no terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console() if sys.stdout.isatty() else Console(width=160, no_color=True)
    console.print(table)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
