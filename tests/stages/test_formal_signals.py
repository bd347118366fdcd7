"""Formal signals of curated examples: proved by real yosys, counted, and never believed without a replay."""

from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, bench, found, golden, leave_trace

from ct_retrain import disk
from ct_retrain.core.records.dataset import Example
from ct_retrain.core.records.formal import FormalEvidence, FormalSignals
from ct_retrain.core.records.night import CurateFacts, Manifest
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.nightly.run import Options, run_night

pytestmark = pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")

TWICE = golden(4).replace("~a", "4'd15 - a")
"""Another way to write it."""
BLIND = bench(4).replace("a = i;", "a = i & 7;")
"""Never drives the highest bit high."""
ASSERTING = """  always @(y) assert (y != a) else begin $display("wrong"); errors = errors + 1; end
endmodule"""


def workspace(root: Path, first: str, second: str, tb: str = "") -> SmallWorkspace:
    """Two runs of one specification, with the designs *first* and *second*."""
    small = found(root, proves=True)
    for run_id, rtl in (("a", first), ("b", second)):
        leave_trace(small.workspace, run_id, 4)
        directory = small.workspace.runs / run_id
        directory.joinpath("rtl.v").write_text(rtl)
        directory.joinpath("tb.v").write_text(tb or bench(4))
    return small


def curated(small: SmallWorkspace, **changes: float) -> tuple[FormalSignals, CurateFacts]:
    curate = small.settings.curate.model_copy(update=changes)
    settings = small.settings.model_copy(update={"curate": curate})
    run_night(small.workspace, settings, small.ports, Options(night="2026-01-01", until="curate"))
    out = small.workspace.stage("2026-01-01", "curate")
    [example] = disk.read_lines(out / "dataset.jsonl", Example)
    facts = disk.read_record(out / "manifest.json", Manifest).facts
    assert isinstance(facts, CurateFacts)
    assert [one.found for one in disk.read_lines(out / "formal.jsonl", FormalEvidence)] in (
        [],
        [example.metadata.formal],
    )
    return example.metadata.formal, facts


def test_two_independent_answers_that_agree_for_every_input_are_proven(tmp_path: Path) -> None:
    formal, facts = curated(workspace(tmp_path, TWICE, golden(4)))

    assert (formal.level, formal.equivalence, formal.why) == ("proven", "proved", "")
    assert formal.against
    assert "yosys" in formal.tools
    assert facts.formal == {"proven": 1}
    assert facts.assured == "proofs: 1 proven"


def test_answers_that_differ_where_the_testbench_does_not_look_have_a_counterexample(tmp_path: Path) -> None:
    other = golden(4).replace("~a", "{a[3], ~a[2:0]} ^ 4'd8 ^ {a[3], 3'd0}")
    formal, facts = curated(workspace(tmp_path, other, golden(4), BLIND))

    assert (formal.level, formal.equivalence) == ("simulated", "fail")
    assert "in simulation" in formal.why, "it was replayed"
    assert facts.formal == {"counterexamples": 1, "simulated": 1}


def test_an_answer_that_fails_the_testbench_is_no_independent_answer(tmp_path: Path) -> None:
    formal, _ = curated(workspace(tmp_path, golden(4).replace("~a", "a"), golden(4)))

    assert (formal.level, formal.equivalence, formal.against) == ("simulated", "not_run", "")
    assert "no other answer to its specification passes its testbench" in formal.why


def test_the_assertions_of_a_testbench_are_proved_for_every_input(tmp_path: Path) -> None:
    asserting = bench(4).replace("endmodule", ASSERTING)
    formal, _ = curated(workspace(tmp_path, golden(4), golden(4), asserting))

    assert (formal.level, formal.assertions, formal.equivalence) == ("proven", "proved", "not_run")


def test_assertions_that_look_at_more_than_ports_are_told_and_not_read(tmp_path: Path) -> None:
    asserting = bench(4).replace("endmodule", ASSERTING.replace("y != a", "errors == 0"))
    formal, _ = curated(workspace(tmp_path, golden(4), golden(4), asserting))

    assert (formal.level, formal.assertions) == ("simulated", "not_run")
    assert "reads errors, which is not connected whole to a port" in formal.why


@pytest.mark.parametrize(
    ("seconds", "why", "figures"),
    [
        (1e-9, "curate.formal_seconds are used up", {"no_budget": 1, "proven": 1, "simulated": 1}),
        (0, "not asked", {}),
    ],
)
def test_a_night_without_time_says_so(
    tmp_path: Path, seconds: float, why: str, figures: dict[str, int]
) -> None:
    small = workspace(tmp_path, TWICE, golden(4))
    if seconds:
        small = two_specifications(small)
    curate = small.settings.curate.model_copy(update={"formal_seconds": seconds})
    settings = small.settings.model_copy(update={"curate": curate})
    run_night(small.workspace, settings, small.ports, Options(night="2026-01-01", until="curate"))
    out = small.workspace.stage("2026-01-01", "curate")
    facts = disk.read_record(out / "manifest.json", Manifest).facts
    last = list(disk.read_lines(out / "dataset.jsonl", Example))[-1].metadata.formal

    assert isinstance(facts, CurateFacts)
    assert why in last.why
    assert facts.formal == figures


def two_specifications(small: SmallWorkspace) -> SmallWorkspace:
    """*small* with another specification, answered twice too."""
    for run_id, rtl in (("c", golden(5).replace("~a", "5'd31 - a")), ("d", golden(5))):
        leave_trace(small.workspace, run_id, 5)
        small.workspace.runs.joinpath(run_id, "rtl.v").write_text(rtl)
    return small


def test_without_an_engine_nothing_is_proved_and_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ct_retrain.judge.prover.locate_yosys", lambda: None)
    formal, facts = curated(workspace(tmp_path, TWICE, golden(4)))

    assert (formal.level, formal.equivalence) == ("simulated", "not_run")
    assert "no engine" in formal.why
    assert facts.formal == {"simulated": 1}
