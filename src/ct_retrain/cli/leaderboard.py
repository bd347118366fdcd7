"""`leaderboard`: scorecards side by side, with intervals and paired differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import Context, excludes, json_option, print_json, print_table
from ct_retrain.cli.judge import settings_of

if TYPE_CHECKING:
    from ct_retrain.core.records.leaderboard import Leaderboard


@click.command(short_help="Put scorecards side by side.")
@click.argument("files", metavar="[NAME=]FILE...", nargs=-1, required=True)
@click.option(
    "--against", metavar="NAME", default="", help="Whom the others are compared with.  [default: the first]"
)
@click.option(
    "--form",
    type=click.Choice(("text", "html", "latex")),
    default="text",
    show_default=True,
    help="Form of what is printed.",
)
@json_option
@click.pass_obj
@excludes("--form", "--json")
def leaderboard(context: Context, files: tuple[str, ...], against: str, form: str, *, as_json: bool) -> None:
    """Print scorecards side by side: pass@k and categories with intervals, and paired differences of pass@1.

    FILE is what `benchmark --json` prints, scorecards.jsonl of a night's benchmark, or scorecard.json of a release.
    Only scorecards of the same problems, judge and sampling are compared; what is not is said. Confidence, resamples
    and seed of the intervals are the settings of the gate.
    """
    from ct_retrain.core.errors import UsageError
    from ct_retrain.core.rules import leaderboard as rules
    from ct_retrain.core.rules.statistics import Resampling
    from ct_retrain.report import leaderboard as forms
    from ct_retrain.report.scorecard_files import read_entries

    gate = settings_of(context).gate
    entries = read_entries(files)
    names = [one.name for one in entries]
    if against and against not in names:
        raise UsageError(f"--against {against}: no scorecard is called that; there are {', '.join(names)}")
    board = rules.leaderboard(entries, Resampling.of(gate), against)
    if as_json:
        print_json(board.model_dump(mode="json"))
    elif form == "text":
        _print(board)
    else:
        click.echo(forms.as_html(board) if form == "html" else forms.as_latex(board), nl=False)


def _print(board: Leaderboard) -> None:
    from ct_retrain.report.leaderboard import remarks, views

    for view in views(board):
        print_table(view.title, view.columns, view.rows)
    for one in remarks(board):
        click.echo(one)
