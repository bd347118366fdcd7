"""`compare`: two nights side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.completion import nights
from ct_retrain.cli.context import Context, excludes, json_option, print_json, print_table

if TYPE_CHECKING:
    from ct_retrain.report.comparison import NightComparison


@click.command(short_help="Compare two nights: difference, problems, settings.")
@click.argument("first", shell_complete=nights)
@click.argument("second", shell_complete=nights)
@click.option("--page", "as_page", is_flag=True, help="Write the comparison as a page, and print its path.")
@json_option
@click.pass_obj
@excludes("--page", "--json")
def compare(context: Context, first: str, second: str, *, as_page: bool, as_json: bool) -> None:
    """Compare night SECOND with night FIRST: the arm that each was decided on, on the problems that both asked.

    The difference is paired by problem, with the gate's interval. A night's own comparison with what was served is
    stronger, for it drew all answers with the same seeds: `ct-retrain show NIGHT`.
    """
    from ct_retrain.nightly.records.index import record_of
    from ct_retrain.report.comparison import compare_nights
    from ct_retrain.report.comparison_page import write_comparison

    workspace, settings, _ = context.opened()
    found = compare_nights(
        workspace, settings.gate, record_of(workspace, first), record_of(workspace, second)
    )
    if as_page:
        click.echo(str(write_comparison(workspace, found)))
    elif as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print(found)


def _print(found: NightComparison) -> None:
    from ct_retrain.report.comparison_page import category_rows, moved_row, setting_rows, verdict

    click.echo(verdict(found))
    for one in found.cautions:
        click.echo(f"caution: {one}")
    if found.alone:
        click.echo(f"{found.alone} problems were asked in one of the nights only, and count nowhere here")
    print_table("pass@1", ("category", found.first, found.second), category_rows(found))
    for word, problems in (("won", found.won), ("lost", found.lost)):
        if problems:
            columns = ("problem", found.first, found.second, "points")
            print_table(f"{word}, {len(problems)}", columns, [moved_row(one) for one in problems])
    if found.settings:
        print_table("settings that differ", ("setting", found.first, found.second), setting_rows(found))
