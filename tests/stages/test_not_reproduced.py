"""A trace whose own transcript tells another story than tonight's run becomes no example."""

from pathlib import Path

import pytest

from ct_retrain.core.record import Tool
from ct_retrain.core.records.dataset import Artefact, Trace
from ct_retrain.core.records.verdict import Outcome, Verdict
from ct_retrain.judge.reading.reproduction import Likeness
from ct_retrain.stages._artefacts import BlobStore
from ct_retrain.stages._inputs import Source
from ct_retrain.stages._transcripts import Transcripts


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    (tmp_path / "artefacts").mkdir()
    return tmp_path


def _source(collected: Path, log: str | None) -> Source:
    blobs = BlobStore(collected / "artefacts")
    kept: Artefact = blobs.keep("spec", b"a counter")
    trace = Trace(
        run_id="r", line=1, generated_at="", spec_hash="s", category=None, source="p", generator="", spec=kept,
        rtl=kept, testbench=kept, compile_log=None,
        simulation_log=None if log is None else blobs.keep("sim.log", log.encode()),
    )  # fmt: skip
    blobs.close()
    return Source(trace, "a counter", "module m; endmodule", "module tb; endmodule", "0" * 64)


def test_every_likeness_is_counted_and_a_trace_without_a_transcript_is_not(collected: Path) -> None:
    alike = Transcripts(collected)
    verdict = Verdict(outcome=Outcome.PASS, detail="", log="passed: 12\n", tool=Tool(name="t", version="1"))
    found = [
        alike(_source(collected, log), verdict).likeness
        for log in ("passed: 12\n", "passed: 20\n", "all good\npassed: 12\n", None)
    ]

    assert found == [Likeness.SAME, Likeness.CONTRADICTION, Likeness.NOISE, Likeness.SAME]
    assert alike.counts == {"not_reproduced": 1, "other_words": 1, "same": 1}
