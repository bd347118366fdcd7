"""Decides whether the served release may become mainline, from all nights that measured it beside mainline."""

from collections.abc import Iterator

from ct_retrain.core.records.night import BenchmarkFacts
from ct_retrain.core.rules.eprocess import (
    MainlineEvidence,
    ServedNight,
    mainline_evidence,
    served_night,
)
from ct_retrain.core.workspace import Workspace
from ct_retrain.manifests import facts_of
from ct_retrain.nightly.records.index import records


def evidence_for_mainline(workspace: Workspace, alpha: float) -> MainlineEvidence:
    """Weigh every recorded night; one whose benchmark is no longer on disk does not count."""
    return mainline_evidence(list(_served(workspace)), alpha)


def _served(workspace: Workspace) -> Iterator[ServedNight]:
    for record in records(workspace):
        facts = facts_of(workspace, record, BenchmarkFacts)
        found = served_night(record.night, facts.scorecards) if facts else None
        if found is not None:
            yield found
