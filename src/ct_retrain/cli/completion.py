"""`completion`: shell completion of commands, options and nights."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class

from ct_retrain.cli.context import Context
from ct_retrain.core.errors import CtRetrainError

_VARIABLE = "_CT_RETRAIN_COMPLETE"


@click.command(short_help="Print shell completion.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL; put `eval "$(ct-retrain completion bash)"` into ~/.bashrc."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    click.echo(kind(context.find_root().command, {}, "ct-retrain", _VARIABLE).source())


def nights(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the nights on record that begin with *incomplete*, newest first."""
    del parameter
    options = context.find_root().params
    try:
        opened = Context.of(options.get("workspace") or ".", options.get("config_file"), ()).opened()
    except CtRetrainError:  # completion must not print errors between keystrokes
        return []
    names = sorted((path.stem for path in opened.workspace.records.glob("*.json")), reverse=True)
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
