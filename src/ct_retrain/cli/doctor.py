"""`doctor`: check this machine, and say how to install what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ct_retrain.core.records.readiness import Finding


@click.command(short_help="Check this machine.")
@json_option
@click.pass_obj
def doctor(context: Context, *, as_json: bool) -> int:
    """Check tools, packages, device, disk and workspace; exit 4 when a night could not run, 2 when there is no workspace."""
    from ct_retrain.core.opened import require_workspace

    app = context.app(anywhere=True)
    findings = list(app.ports.findings()) if app.ports.findings else []
    if as_json:
        print_json([finding.model_dump() for finding in findings])
    else:
        print_findings(findings)
    require_workspace(app.workspace)
    return 0 if all(finding.fine for finding in findings) else 4


def print_findings(findings: Sequence[Finding]) -> None:
    """Print what was looked at, a row each."""
    rows = [({True: "ok", False: "MISSING"}[one.fine], one.what, one.found, one.remedy) for one in findings]
    print_table("doctor", ("", "what", "found", "remedy"), rows)
