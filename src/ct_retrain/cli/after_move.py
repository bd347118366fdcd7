"""What follows a change by hand of what is served or on record: the pages that name it, and the tracker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ct_retrain.compose import App


def follow_move(app: App, *nights: str, published: str | None = None) -> None:
    """Write the history page and the pages of *nights* again, and let the tracker follow, to which *published* is news.

    The change stands whatever becomes of that: what fails is a warning.
    """
    from ct_retrain import disk
    from ct_retrain.core.errors import CtRetrainError
    from ct_retrain.core.records.night import NightRecord
    from ct_retrain.nightly.tracking import retrack
    from ct_retrain.report.pages import write_pages
    from ct_retrain.report.report_inputs import ReportInputs

    try:
        paths = [app.workspace.record(night) for night in dict.fromkeys(nights)]
        touched = [disk.read_record(path, NightRecord) for path in paths if path.exists()]
        write_pages(ReportInputs.of(app.workspace, app.settings), touched)
    except (CtRetrainError, OSError) as error:
        click.echo(f"warning: the pages still say what was before: {error}; `ct-retrain report`", err=True)
    try:
        retrack(app.workspace, app.settings, app.ports, published)
    except CtRetrainError as error:
        click.echo(f"warning: {error}", err=True)
