"""Compares what a run says tonight with the transcript that its trace brought along, and counts how that goes."""

from collections import Counter

from ct_retrain.core.records.verdict import Verdict
from ct_retrain.judge.reading.reproduction import Likeness, TranscriptComparison, compared
from ct_retrain.stages._artefact_store import ArtefactStore
from ct_retrain.stages._inputs import Source


class Transcripts:
    """One night's comparisons."""

    def __init__(self, artefacts: ArtefactStore) -> None:
        """Find the transcripts among *artefacts*."""
        self._artefacts = artefacts
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> dict[str, int]:
        """Likeness → traces, of those that brought a transcript."""
        return dict(sorted(self._counts.items()))

    def __call__(self, source: Source, verdict: Verdict) -> TranscriptComparison:
        """Tonight's *verdict*, a pass, beside the trace of *source*; SAME where it brought no transcript."""
        log = source.trace.simulation_log
        if log is None:
            return TranscriptComparison(Likeness.SAME)
        try:
            theirs = self._artefacts.text(log)
        except (OSError, ValueError):
            return TranscriptComparison(Likeness.SAME)
        found = compared(theirs, verdict.log)
        self._counts[found.likeness.value] += 1
        return found
