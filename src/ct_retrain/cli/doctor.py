"""`doctor`: check this machine, and say how to install what is missing."""

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table


@click.command(short_help="Check this machine.")
@json_option
@click.pass_obj
def doctor(context: Context, *, as_json: bool) -> int:
    """Check tools, packages, device, disk and workspace; exit code 4 if a night could not run."""
    from ct_retrain.adapters.doctor_checks import examine

    app = context.app()
    findings = examine(app.workspace, app.settings, app.ports.simulator)
    if as_json:
        print_json([finding.model_dump() for finding in findings])
    else:
        rows = [
            ({True: "ok", False: "MISSING"}[one.fine], one.what, one.found, one.remedy) for one in findings
        ]
        print_table("doctor", ("", "what", "found", "remedy"), rows)
    return 0 if all(finding.fine for finding in findings) else 4
