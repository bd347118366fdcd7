"""Which run of a specification becomes its example, told by whole curations."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, found, golden, leave_trace, spec, wrong
from tests.stages.test_curate import curated

from ct_retrain.core.records.dataset import Trace
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.judge import Judge
from ct_retrain.nightly.run import Options, run_night


class Counting:
    """A judge that counts what it is asked."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.tool = judge.tool
        self.asked: list[str] = []

    def check(self, design: Design) -> Verdict:
        self.asked.append(design.rtl)
        return self._judge.check(design)


def leave(small: SmallWorkspace, run: str, width: int = 4, **changes: str) -> None:
    """A run whose `rtl`, `spec` text, `spec_hash` or `timestamp` differ from the usual ones."""
    leave_trace(small.workspace, run, width)
    home = small.workspace.runs / run
    for name in ("rtl", "spec"):
        if name in changes:
            (home / {"rtl": "rtl.v", "spec": "spec.txt"}[name]).write_text(changes[name])
    line = json.loads((home / "trace.jsonl").read_text())
    line["timestamp"] = changes.get("timestamp", line["timestamp"])
    line["payload"]["spec_hash"] = changes.get("spec_hash", line["payload"]["spec_hash"])
    (home / "trace.jsonl").write_text(json.dumps(line) + "\n")


def other(width: int = 4) -> str:
    """Another right design for the specification of *width*."""
    return golden(width).replace("~a", f"a ^ {{{width}{{1'b1}}}}")


def test_a_later_run_that_fails_tonight_does_not_displace_the_one_that_holds(tmp_path: Path) -> None:
    small = found(tmp_path)
    leave(small, "a_good", timestamp="2026-01-01T00:00:01Z")
    leave(small, "b_wrong", rtl=wrong(4), timestamp="2026-01-01T00:00:02Z")
    examples, refused = curated(small)

    assert [one.metadata.run_id for one in examples] == ["a_good"]
    assert refused == Counter(mismatch=1)


def test_runs_are_tried_from_the_newest_on_until_one_holds(tmp_path: Path) -> None:
    small = found(tmp_path)
    texts = {"a": golden(4), "b": other(4), "c": "not verilog", "d": wrong(4)}
    for second, (name, rtl) in enumerate(texts.items()):
        leave(small, name, rtl=rtl, timestamp=f"2026-01-01T00:00:0{second}Z")
    examples, refused = curated(small)

    assert [one.metadata.run_id for one in examples] == ["b"]
    assert refused == Counter(mismatch=1, no_module=1, superseded=1)


def test_a_failing_run_of_a_later_night_leaves_the_carried_example(tmp_path: Path) -> None:
    small = found(tmp_path)
    leave(small, "a")
    curated(small)
    run_night(small.workspace, small.settings, small.ports, Options(night="2026-01-01"))
    leave(small, "b", rtl=wrong(4))
    examples, refused = curated(small, "2026-01-02")

    assert [one.metadata.run_id for one in examples] == ["a"]
    assert refused == Counter(mismatch=1)


def test_a_run_from_the_future_is_no_newer_than_the_night(tmp_path: Path) -> None:
    small = found(tmp_path)
    leave(small, "a", timestamp="9999-01-01T00:00:00Z")
    leave(small, "b", rtl=other(4), timestamp=datetime.now(UTC).isoformat())
    before = datetime.now(UTC)
    examples, _ = curated(small)
    collected = small.workspace.stage("2026-01-01", "collect") / "traces.jsonl"
    traces = [Trace.model_validate_json(line) for line in collected.read_text().splitlines()]

    assert len(examples) == 1
    assert all(datetime.fromisoformat(one.generated_at) < before + timedelta(minutes=5) for one in traces)


def test_two_texts_under_one_hash_are_two_specifications(tmp_path: Path) -> None:
    small = found(tmp_path)
    leave(small, "a", width=4)
    leave(small, "b", width=5, spec="Build a divider.", spec_hash="spec4")
    examples, refused = curated(small)

    assert {one.instruction: one.metadata.run_id for one in examples} == {
        spec(4): "a",
        "Build a divider.": "b",
    }
    assert refused == Counter()


def test_copies_of_a_design_are_refused_before_they_are_simulated(tmp_path: Path) -> None:
    small = found(tmp_path)
    for number in range(12):
        leave(small, f"r{number:02}", spec=f"Specification {number}.", spec_hash=f"h{number}")
    judge = small.ports.simulator
    assert isinstance(judge, Judge)
    counting = Counting(judge)
    examples, refused = curated(small._replace(ports=small.ports._replace(simulator=counting)))

    assert [one.metadata.run_id for one in examples] == ["r00"]
    assert refused == Counter(duplicate=11)
    assert len(counting.asked) == 1


def test_a_copy_takes_the_place_of_an_original_that_fails(tmp_path: Path) -> None:
    small = found(tmp_path)
    leave(small, "a", spec_hash="h1", spec="One.")
    leave(small, "b", spec_hash="h2", spec="Two.")
    (small.workspace.runs / "a" / "tb.v").write_text("module tb; inv4 dut(); initial $finish; endmodule")
    examples, refused = curated(small)

    assert [one.metadata.run_id for one in examples] == ["b"]
    assert refused == Counter(no_evidence=1)


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_specifications_that_exchange_their_designs_end(tmp_path: Path, order: tuple[str, str]) -> None:
    small = found(tmp_path)
    leave(small, "a1", spec_hash="h1", spec="One.")
    leave(small, "b1", spec_hash="h2", spec="Two.", rtl=other(4))
    run_night(small.workspace, small.settings, small.ports, Options(night="2026-01-01"))
    first, second = order
    leave(small, f"x_{first}", spec_hash="h1", spec="One.", rtl=other(4))
    leave(small, f"x_{second}", spec_hash="h2", spec="Two.")
    examples, refused = curated(small, "2026-01-02")

    assert {one.instruction for one in examples} == {"One.", "Two."}
    assert sum(refused.values()) == 2 - sum(one.metadata.night == "2026-01-02" for one in examples)
