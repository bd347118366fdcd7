"""`report`: write the HTML pages of nights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, excludes, json_option, print_json

if TYPE_CHECKING:
    from ct_retrain.core.records.breakdown import Breakdown
    from ct_retrain.core.records.night import NightRecord
    from ct_retrain.core.workspace import Workspace


@click.command(short_help="Write the HTML page of a night, and of all nights.")
@click.argument("night", required=False)
@click.option("--all", "every", is_flag=True, help="Write the page of every night on record.")
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@json_option
@click.pass_obj
@excludes("NIGHT", "--all")
def report(context: Context, night: str | None, *, every: bool, show: bool, as_json: bool) -> None:
    """Write the page of NIGHT and the history page; print their paths.  [default: the last night]

    A page is a single file that needs no network.
    """
    from ct_retrain.report.pages import INDEX, write_pages
    from ct_retrain.report.report_inputs import ReportInputs

    opened = context.opened()
    inputs = ReportInputs.of(opened.workspace, opened.settings)
    pages = write_pages(inputs, _chosen(opened.workspace, night, every=every))
    written = [*pages, opened.workspace.reports / INDEX]
    if as_json:
        print_json([{"path": str(path), "bytes": path.stat().st_size} for path in written])
    else:
        for path in written:
            click.echo(str(path))
    if show:
        click.launch(str(pages[-1]))


def _chosen(workspace: Workspace, night: str | None, *, every: bool) -> list[NightRecord | Breakdown]:
    """The nights whose pages are wanted; raise UsageError when there is none."""
    from ct_retrain.breakdowns import broken_nights
    from ct_retrain.core.errors import UsageError
    from ct_retrain.nightly.records.index import broken_at, last_record, record_of, records

    broken = broken_at(workspace, night) if not every else None
    if broken is not None:
        return [broken]
    if night is not None:
        return [record_of(workspace, night)]
    last = last_record(workspace)
    if last is None:
        raise UsageError("no night has ended yet: there is nothing to report; `ct-retrain run` runs one")
    return [*records(workspace), *broken_nights(workspace)] if every else [last]
