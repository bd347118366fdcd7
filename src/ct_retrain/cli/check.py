"""`check` and `verify`: check that files, records and conclusions are consistent, and say how to repair them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context, json_option, print_json

if TYPE_CHECKING:
    from ct_retrain.core.records.audit import Audit, Verification
    from ct_retrain.core.workspace import Workspace


@click.command(short_help="Check the invariants of the workspace.")
@click.option(
    "--quick", is_flag=True, help="Compare only sizes; a change that keeps the size is not detected."
)
@json_option
@click.pass_obj
def check(context: Context, *, quick: bool, as_json: bool) -> int:
    """Check every record, manifest, file, release and move; change nothing.

    Each broken invariant is named with the command that repairs it. Exit code 0 if there is none, else 5.
    """
    from ct_retrain import disk
    from ct_retrain.core.errors import CorruptStateError
    from ct_retrain.nightly.audit import check_workspace

    app = context.app()
    audit = check_workspace(app.workspace, disk.size_difference if quick else disk.difference)
    print_json(audit.model_dump(mode="json")) if as_json else _print_audit(audit)
    return CorruptStateError.exit_code if audit.breaches else 0


def _print_audit(audit: Audit) -> None:
    click.echo(
        f"on record: nights {audit.nights}, manifests {audit.manifests}, files that they name {audit.files}, "
        f"releases {audit.releases}"
    )
    for breach in audit.breaches:
        click.echo(f"{breach.invariant}: {breach.where}: {breach.what}")
        click.echo(f"    repair: {breach.heal}")
    for remark in audit.remarks:
        click.echo(f"remark: {remark.where}: {remark.what}")
        click.echo(f"    to do: {remark.heal}")
    count = len(audit.breaches)
    click.echo(f"{count} {'breach' if count == 1 else 'breaches'}" if count else "every invariant holds")


@click.command(short_help="Recompute what a night concluded, and compare.")
@click.argument("night", required=False, shell_complete=nights)
@click.option(
    "--judge",
    "again",
    is_flag=True,
    help="Simulate everything again, all kept answers included, without cached verdicts.",
)
@json_option
@click.pass_obj
def verify(context: Context, night: str | None, *, again: bool, as_json: bool) -> int:
    """Recompute what NIGHT concluded from the files it kept.  [default: the last one]

    Compares digests, dataset, scorecards and decision. Exit code 0 if all is confirmed, 5 if something
    differs, and 6 if something cannot be decided on this machine.
    """
    from ct_retrain.compose import ports_of
    from ct_retrain.core.configuration.loading import recorded
    from ct_retrain.core.errors import CorruptStateError
    from ct_retrain.core.records.night import EXIT_CODES, NightOutcome
    from ct_retrain.nightly.audit import judge_again
    from ct_retrain.nightly.audit import verify as look_into
    from ct_retrain.nightly.records.index import record_of

    workspace = context.opened().workspace
    record = record_of(workspace, night)
    context.listen()  # it judges, and whoever waits sees how far it is
    settings = recorded(record.provenance.settings)
    ports = ports_of(workspace, settings, None if again else workspace.verdicts)
    found = look_into(workspace, settings, ports, record)
    if again:
        more = judge_again(workspace, settings, ports, record).claims
        found = found.model_copy(update={"claims": (*found.claims, *more)})
    print_json(found.model_dump(mode="json")) if as_json else _print_verification(workspace, found)
    if found.denied:
        return CorruptStateError.exit_code
    return EXIT_CODES[NightOutcome.HELD] if found.doubtful else 0


def _print_verification(workspace: Workspace, found: Verification) -> None:
    from ct_retrain.nightly.releases.inventory import restore_hint

    click.echo(f"night {found.night}")
    for claim in found.claims:
        word = {"confirmed": "confirmed", "denied": "DENIED", "unknown": "cannot be told"}[claim.finding]
        click.echo(f"{word:14} {claim.claim}{f' ({claim.why})' if claim.why else ''}")
    if found.denied:
        click.echo(
            f"what is denied heals by: {restore_hint(workspace, found.night)}; `ct-retrain check` looks over the rest"
        )
