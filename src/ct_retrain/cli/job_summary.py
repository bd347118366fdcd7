"""What a night leaves in the summary of a CI job: GitHub names a file for it, which other systems may set too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ct_retrain.core.records.breakdown import Breakdown
    from ct_retrain.core.records.night import NightRecord
    from ct_retrain.core.workspace import Workspace

VARIABLE = "GITHUB_STEP_SUMMARY"


def add_to_summary(workspace: Workspace, night: NightRecord | Breakdown) -> None:
    """Append what *night* came to, to the file that the CI job names, if it names one."""
    from ct_retrain.core.records.breakdown import Breakdown
    from ct_retrain.core.records.night import CollectFacts
    from ct_retrain.manifests import facts_of
    from ct_retrain.report.markdown import broken_markdown, night_markdown

    named = os.environ.get(VARIABLE)
    if not named:
        return
    if isinstance(night, Breakdown):
        text = broken_markdown(night)
    else:
        text = night_markdown(night, facts_of(workspace, night, CollectFacts))
    try:
        with Path(named).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        click.echo(f"warning: {VARIABLE}: {named} cannot be written: {error.strerror}", err=True)
