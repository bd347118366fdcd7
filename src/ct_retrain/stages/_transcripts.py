"""Compares tonight's simulation output with the transcript in the trace, and counts the results."""

from collections import Counter

from ct_retrain.core.records.verdict import Verdict
from ct_retrain.judge.reading.reproduction import TranscriptComparison, TranscriptMatch, compare_transcripts
from ct_retrain.stages._artefact_store import ArtefactStore
from ct_retrain.stages._inputs import Source


class Transcripts:
    """The comparisons of one night."""

    def __init__(self, artefacts: ArtefactStore) -> None:
        """Read the transcripts from *artefacts*."""
        self._artefacts = artefacts
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> dict[str, int]:
        """Return likeness → number of traces, of those that have a transcript."""
        return dict(sorted(self._counts.items()))

    def __call__(self, source: Source, verdict: Verdict) -> TranscriptComparison:
        """Compare tonight's *verdict*, a pass, with the trace of *source*; return SAME if it has no transcript."""
        log = source.trace.simulation_log
        if log is None:
            return TranscriptComparison(TranscriptMatch.SAME)
        try:
            theirs = self._artefacts.text(log)
        except (OSError, ValueError):
            return TranscriptComparison(TranscriptMatch.SAME)
        found = compare_transcripts(theirs, verdict.log)
        self._counts[found.likeness.value] += 1
        return found
