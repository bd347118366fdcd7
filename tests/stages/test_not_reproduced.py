"""A trace whose own transcript tells another story than tonight's run becomes no example."""

from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.record import Tool
from ct_retrain.core.records.dataset import Artefact, Trace
from ct_retrain.core.records.verdict import Outcome, Verdict
from ct_retrain.judge.reading.reproduction import TranscriptMatch
from ct_retrain.stages._artefact_store import ArtefactStore, pack_files
from ct_retrain.stages._inputs import Source
from ct_retrain.stages._transcripts import Transcripts

LOGS = ("passed: 12\n", "passed: 20\n", "all good\npassed: 12\n", None)


def _sources(collected: Path) -> list[Source]:
    with disk.PackWriter(pack_files(collected)) as pack:

        def keep(name: str, text: str) -> Artefact:
            return Artefact(name=name, sha256=pack.add(text.encode()), size=len(text))

        spec = keep("spec", "a counter")
        logs = [None if log is None else keep("sim.log", log) for log in LOGS]
        pack.finish()
    traces = [
        Trace(
            run_id="r", line=1, generated_at="", spec_hash="s", category=None, source="p", generator="", spec=spec,
            rtl=spec, testbench=spec, compile_log=None, simulation_log=log,
        )
        for log in logs
    ]  # fmt: skip
    return [
        Source(one, "a counter", "module m; endmodule", "module tb; endmodule", "0" * 64) for one in traces
    ]


def test_every_likeness_is_counted_and_a_trace_without_a_transcript_is_not(tmp_path: Path) -> None:
    verdict = Verdict(outcome=Outcome.PASS, detail="", log="passed: 12\n", tool=Tool(name="t", version="1"))
    sources = _sources(tmp_path)
    with ArtefactStore(tmp_path) as artefacts:
        alike = Transcripts(artefacts)
        found = [alike(source, verdict).likeness for source in sources]

    assert found == [
        TranscriptMatch.SAME,
        TranscriptMatch.CONTRADICTION,
        TranscriptMatch.NOISE,
        TranscriptMatch.SAME,
    ]
    assert alike.counts == {"not_reproduced": 1, "other_words": 1, "same": 1}
