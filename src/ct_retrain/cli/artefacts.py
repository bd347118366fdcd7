"""`artefacts`, `convert`: what a night keeps of its runs, for people; and nights of earlier versions in today's form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context, excludes, json_option, print_json, print_table
from ct_retrain.cli.offsite import in_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from ct_retrain.core.workspace import Workspace


@click.command(short_help="List or extract what a night keeps of its runs.")
@click.argument("night", shell_complete=nights)
@click.option("--run", default="", metavar="RUN", help="Only of this run.")
@click.option("--extract", "target", metavar="DIR", help="Write them as files into DIR, which must be new.")
@json_option
@click.pass_obj
@excludes("--extract", "--json")
def artefacts(context: Context, night: str, run: str, target: str | None, *, as_json: bool) -> None:
    """List the specifications, designs, testbenches and logs that NIGHT collected; with --extract write them to DIR.

    A run is a directory in DIR, and each line of its trace that passed is one in that: `spec.txt`, `rtl.v`,
    `testbench.v`, logs, failed attempts. Every file is compared with its digest.
    """
    from pathlib import Path

    from ct_retrain.stages._extraction import extract, placed

    collected = _collected(context.opened().workspace, night)
    if target is not None:
        count = extract(collected, Path(target), run)
        click.echo(f"{night}: {count} files extracted to {target}")
        return
    found = list(placed(collected, run))
    if as_json:
        print_json([{"path": one.path, **one.artefact.model_dump()} for one in found])
        return
    rows = [(one.path, one.artefact.name, in_bytes(one.artefact.size), one.artefact.sha256) for one in found]
    print_table(f"artefacts of {night}", ("extracted as", "in the trace", "size", "sha256"), rows)


def _collected(workspace: Workspace, night: str) -> Path:
    """The collect directory of *night*; raise UsageError where there is nothing to look at."""
    from ct_retrain.core.errors import UsageError
    from ct_retrain.stages._artefact_store import TRACES

    collected = workspace.stage(night, "collect")
    if (collected / TRACES).is_file():
        return collected
    if workspace.purged(night).exists():
        message = f"the artefacts of {night} were purged: `ct-retrain restore {night}` brings them back"
        raise UsageError(message)
    message = f"night {night} collected nothing here; `ct-retrain status` lists the nights"
    raise UsageError(message)


@click.command(short_help="Bring nights of earlier versions into today's form.")
@click.option("--yes", is_flag=True, help="Really convert; without it the plan is printed.")
@json_option
@click.pass_obj
def convert(context: Context, *, yes: bool, as_json: bool) -> None:
    """Print which nights keep a file for each artefact, as earlier versions did; with --yes make a pack of each.

    Such nights are read as they are; a pack is faster to check, to copy and to purge. A night that was copied
    off-site is copied again by the next night, or by `ct-retrain snapshot`: its receipt covers the loose files.
    """
    from ct_retrain import disk
    from ct_retrain.nightly.snapshots.convert import convert as carry_out
    from ct_retrain.nightly.snapshots.convert import planned

    workspace = context.opened().workspace
    with disk.lock(workspace.lock):
        done = (carry_out if yes else planned)(workspace)
    if as_json:
        print_json([one.model_dump(mode="json") for one in done])
        return
    rows = [
        (one.night, f"{one.files} files", in_bytes(one.size), "copied off-site again" if one.copied else "")
        for one in done
    ]
    if not rows:
        click.echo("every night is in today's form")
        return
    print_table("loose artefacts", ("night", "", "size", "and"), rows)
    click.echo("converted" if yes else "nothing is changed; --yes converts them")
