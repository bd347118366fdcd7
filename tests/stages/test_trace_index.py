"""Traces are found by specification, newest first, wherever they lie in their file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import Artefact, Trace
from ct_retrain.stages._refusals import Refusals
from ct_retrain.stages._trace_index import TraceIndex

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "curate.py"


def trace(run: str, at: str, spec_hash: str, words: str = "0") -> Trace:
    text = Artefact(name="a", sha256=words * 64, size=1)
    return Trace(
        run_id=run,
        line=len(run),
        generated_at=at,
        spec_hash=spec_hash,
        category=None,
        source="pipeline",
        generator="",
        spec=text,
        rtl=text,
        testbench=text,
        compile_log=None,
        simulation_log=None,
    )


TRACES = (
    trace("b", "2026-01-01", "h1"),
    trace("ü", "2026-01-03", "h1"),
    trace("a", "2026-01-02", "h2"),
    trace("c", "2026-01-01", "h1"),
    trace("a0", "2026-01-01", "h1", "1"),
)


def digest_of(one: Trace) -> str:
    return one.spec.sha256[:1]


def test_specifications_are_numbered_by_their_newest_run_and_runs_by_age(tmp_path: Path) -> None:
    disk.write_lines(tmp_path / "traces.jsonl", iter(TRACES))
    with TraceIndex(tmp_path / "traces.jsonl", digest_of) as index:
        runs = list(index.runs())
        found = [
            (index.spec_hash(spec), [index.trace(spec, turn).run_id for turn in range(count)])
            for spec, count in enumerate(runs)
        ]

        assert found == [("h2", ["a"]), ("h1", ["a0"]), ("h1", ["ü", "c", "b"])]
        assert [index.number(spec) for spec in (("h2", "0"), ("h1", "1"), ("h1", "0"), ("h3", "0"))] == [
            *range(3),
            None,
        ]
        assert [one.run_id for one in index.answering("h1")] == ["ü", "c", "b", "a0"]
        assert index.traces == len(TRACES)


def test_words_are_asked_for_once_a_text(tmp_path: Path) -> None:
    disk.write_lines(tmp_path / "traces.jsonl", iter(TRACES))
    asked: list[str] = []

    def words(one: Trace) -> str:
        asked.append(one.run_id)
        return digest_of(one)

    with TraceIndex(tmp_path / "traces.jsonl", words):
        assert asked == ["b", "a0"]


def test_a_torn_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "traces.jsonl").write_text(TRACES[0].model_dump_json() + "\n{\n")

    with pytest.raises(CorruptStateError, match=r"traces\.jsonl:2"):
        TraceIndex(tmp_path / "traces.jsonl", digest_of)


def test_refusals_are_counted_and_come_in_their_order(tmp_path: Path) -> None:
    given = [Rejected(subject=f"r{number}", reason="ab"[number % 2]) for number in range(5)]
    with Refusals(tmp_path) as refuse:
        for one in given:
            refuse(one)
        refuse.write(tmp_path / "rejected.jsonl")

        assert refuse.counts == {"a": 3, "b": 2}
    assert list(disk.read_lines(tmp_path / "rejected.jsonl", Rejected)) == given
    assert [path.name for path in tmp_path.iterdir()] == ["rejected.jsonl"]


@pytest.mark.slow
def test_a_run_more_takes_no_memory_of_curate(tmp_path: Path) -> None:
    peaks: dict[int, float] = {}
    for runs in (5_000, 25_000):
        home = tmp_path / str(runs)
        asked = [sys.executable, str(BENCHMARK), "--home", str(home)]
        subprocess.run([*asked, "--make", f"{runs}:500"], check=True)
        done = subprocess.run([*asked, "--way", "curate"], check=True, capture_output=True, text=True)
        peaks[runs] = json.loads(done.stdout)["mib"]

    assert (peaks[25_000] - peaks[5_000]) * 1024 / 20_000 < 1, "KiB a run"
