"""Curate: what becomes an example, and why the rest does not."""

from collections import Counter
from pathlib import Path

import pytest
from tests.fakes import Appraising
from tests.judge.benches import GOLDEN, HOUSE
from tests.small_workspace import SmallWorkspace, bench, found, golden, leave_trace

from ct_retrain import disk
from ct_retrain.core.configuration.settings import CurateSettings
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import Example, TestbenchScore
from ct_retrain.core.records.night import Manifest
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.stages._carried import ExampleFacts, facts_of
from ct_retrain.stages._size_limit import most_valuable


def curated(small: SmallWorkspace, night: str = "2026-01-01") -> tuple[list[Example], Counter[str]]:
    run_night(small.workspace, small.settings, small.ports, Options(night=night, until="curate"))
    out = small.workspace.stage(night, "curate")
    refused = Counter(one.reason for one in disk.read_lines(out / "rejected.jsonl", Rejected))
    return list(disk.read_lines(out / "dataset.jsonl", Example)), refused


YOSYS = pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")
WEAK = HOUSE.replace("q !== expected", "^q === 1'bx")
BLIND = HOUSE.replace("q !== expected", "q != expected && 0")


def one_run(root: Path, mutants: int = 0, **texts: str) -> SmallWorkspace:
    """A workspace with one run whose artefacts are replaced by *texts* (rtl, tb, spec)."""
    small = found(root, mutants=mutants, remembers=mutants > 0)
    leave_trace(small.workspace, "run", 4)
    for name, text in texts.items():
        (small.workspace.runs / "run" / {"rtl": "rtl.v", "tb": "tb.v", "spec": "spec.txt"}[name]).write_text(
            text
        )
    return small


def test_an_example_has_the_drafts_form(tmp_path: Path) -> None:
    [example], refused = curated(one_run(tmp_path))

    assert example.output == golden(4)
    assert example.testbench == bench(4)
    assert refused == Counter()
    facts = example.metadata.model_dump()
    drafts = ("source", "spec_hash", "category", "sim_passed", "compile_success", "run_id", "generated_at")
    assert set(drafts) <= set(facts)
    assert facts["top"] == "inv4"
    assert facts["checks"] == 16


def test_a_claimed_pass_that_fails_here_is_refused(tmp_path: Path) -> None:
    examples, refused = curated(one_run(tmp_path, rtl=golden(4).replace("~a", "a")))

    assert examples == []
    assert refused == Counter(mismatch=1)


def test_rtl_that_does_not_compile_is_refused(tmp_path: Path) -> None:
    _, refused = curated(
        one_run(tmp_path, rtl="module inv4(input [3:0] a, output [3:0] y); assign y = ; endmodule")
    )

    assert refused == Counter(compile_error=1)


@pytest.mark.parametrize(
    "tb", ["module tb; inv4 dut(); initial $finish; endmodule", "module tb; endmodule", ""]
)
def test_a_testbench_that_checks_nothing_gives_no_example(tmp_path: Path, tb: str) -> None:
    examples, refused = curated(one_run(tmp_path, tb=tb))

    assert examples == []
    assert sum(refused.values()) == 1


def test_a_design_that_stops_the_simulation_itself_gives_no_example(tmp_path: Path) -> None:
    forged = golden(4).replace("assign y = ~a;", 'assign y = 0; initial begin $display("PASS"); $finish; end')
    examples, _ = curated(one_run(tmp_path, rtl=forged))

    assert examples == []


def test_text_without_a_module_is_refused(tmp_path: Path) -> None:
    _, refused = curated(one_run(tmp_path, rtl="// to be done\n"))

    assert refused == Counter(no_module=1)


def test_an_empty_spec_is_refused(tmp_path: Path) -> None:
    _, refused = curated(one_run(tmp_path, spec='{"description": ""}'))

    assert sum(refused.values()) <= 1


def test_the_latest_run_of_a_spec_wins(tmp_path: Path) -> None:
    small = found(tmp_path)
    for run_id in ("a_first", "b_second"):
        leave_trace(small.workspace, run_id, 4)
    examples, refused = curated(small)

    assert [example.metadata.run_id for example in examples] == ["b_second"]
    assert refused == Counter(superseded=1)


def test_the_same_design_for_another_spec_is_a_duplicate(tmp_path: Path) -> None:
    small = found(tmp_path)
    leave_trace(small.workspace, "a", 4)
    leave_trace(small.workspace, "b", 4)
    other = small.workspace.runs / "b"
    other.joinpath("trace.jsonl").write_text(
        other.joinpath("trace.jsonl").read_text().replace("spec4", "other")
    )
    other.joinpath("rtl.v").write_text(
        "// the same, said otherwise\n" + golden(4).replace("  assign", "\tassign")
    )
    examples, refused = curated(small)

    assert len(examples) == 1
    assert refused == Counter(duplicate=1)


def test_a_later_night_replaces_the_example_of_a_spec_that_ran_again(tmp_path: Path) -> None:
    small = found(tmp_path)
    leave_trace(small.workspace, "a", 4)
    run_night(small.workspace, small.settings, small.ports, Options(night="2026-01-01"))
    leave_trace(small.workspace, "b", 4)
    (small.workspace.runs / "b" / "rtl.v").write_text(golden(4).replace("~a", "a ^ 4'hf"))
    examples, _ = curated(small, "2026-01-02")

    assert [example.metadata.run_id for example in examples] == ["b"]
    assert "4'hf" in examples[0].output


def test_the_dataset_loads_with_the_datasets_library(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    small = found(tmp_path)
    for width in (3, 4, 5):
        leave_trace(small.workspace, f"run_{width}", width, fails_first=width == 4)
    curated(small)
    out = small.workspace.stage("2026-01-01", "curate")
    files = {"train": str(out / "dataset.jsonl"), "repairs": str(out / "repairs.jsonl")}
    loaded = datasets.load_dataset("json", data_files=files, cache_dir=str(tmp_path / "cache"))

    assert loaded["train"].num_rows == 3
    assert loaded["repairs"].num_rows == 1
    assert loaded["train"].column_names == ["instruction", "output", "testbench", "metadata"]


def test_a_strong_testbench_has_its_score_in_the_metadata(tmp_path: Path) -> None:
    [example], refused = curated(one_run(tmp_path, mutants=20, rtl=GOLDEN, tb=HOUSE))
    worth = example.metadata.credibility

    assert refused == Counter()
    assert (worth.asked, worth.stubs_passed) == (True, "")
    assert worth.low >= 0.9
    assert worth.killed >= 8
    assert "no statement" in worth.operators


@YOSYS
def test_a_weak_testbench_is_quarantined(tmp_path: Path) -> None:
    small = one_run(tmp_path, mutants=20, rtl=GOLDEN, tb=WEAK)
    examples, refused = curated(small)
    [kept] = disk.read_lines(small.workspace.stage("2026-01-01", "curate") / "rejected.jsonl", Rejected)

    assert examples == []
    assert refused == Counter(weak_testbench=1)
    assert kept.detail == "notices 3 of 9 wrong designs, at most 33%, 50% wanted"


def test_a_testbench_that_never_looks_is_refused_as_vacuous(tmp_path: Path) -> None:
    examples, refused = curated(one_run(tmp_path, mutants=20, rtl=GOLDEN, tb=BLIND))

    assert examples == []
    assert refused == Counter(vacuous_testbench=1)


def test_a_vacuous_pass_gives_no_repair_record_either(tmp_path: Path) -> None:
    small = found(tmp_path, mutants=4)
    leave_trace(small.workspace, "run", 4, fails_first=True)
    (small.workspace.runs / "run" / "tb.v").write_text(bench(4).replace("if (y !==", "if (0 && y !=="))
    curated(small)

    assert (small.workspace.stage("2026-01-01", "curate") / "repairs.jsonl").read_text() == ""


def test_without_mutants_nobody_is_asked(tmp_path: Path) -> None:
    [example], _ = curated(one_run(tmp_path, mutants=0, rtl=GOLDEN, tb=BLIND))

    assert example.metadata.credibility == TestbenchScore()
    assert not example.metadata.credibility.asked


def test_testbenches_that_there_is_no_time_for_are_unknown_and_counted(tmp_path: Path) -> None:
    small = found(tmp_path, mutants=4)
    for width in range(2, 6):
        leave_trace(small.workspace, f"run_{width}", width)
    hurried = small.settings.curate.model_copy(update={"credibility_minutes": 1e-6})
    settings = small.settings.model_copy(update={"curate": hurried})
    examples, refused = curated(small._replace(settings=settings))
    manifest = disk.read_record(small.workspace.stage("2026-01-01", "curate") / "manifest.json", Manifest)
    unasked = sum(not one.metadata.credibility.asked for one in examples)

    assert (len(examples), refused) == (4, Counter())
    assert unasked >= 1
    assert f"{unasked} testbenches not tried" in manifest.facts.untried


@pytest.mark.parametrize(
    ("different", "undecided", "reasons"),
    [(5, 0, {}), (6, 0, {"weak_testbench": 1}), (0, 15, {})],
    ids=["at the limit", "below it", "nobody can tell"],
)
def test_only_designs_proved_wrong_make_a_testbench_weak(
    tmp_path: Path, different: int, undecided: int, reasons: dict[str, int]
) -> None:
    small = one_run(tmp_path, mutants=20)
    asked = Appraising(killed=5, different=different, undecided=undecided)
    _, refused = curated(small._replace(ports=small.ports._replace(appraiser=asked)))

    assert refused == reasons


def test_curating_again_gives_the_same_bytes_and_simulates_nothing(tmp_path: Path) -> None:
    small = found(tmp_path, mutants=5, remembers=True)
    for width in (3, 4, 5):
        leave_trace(small.workspace, f"run_{width}", width, fails_first=width == 4)
    curated(small)
    out = small.workspace.stage("2026-01-01", "curate")
    before = {path.name: path.read_bytes() for path in out.glob("*.jsonl")}
    first = disk.read_record(out / "manifest.json", Manifest).effort
    run_night(
        small.workspace,
        small.settings,
        small.ports,
        Options(night="2026-01-01", until="curate", redo="curate"),
    )
    again = disk.read_record(out / "manifest.json", Manifest).effort

    assert {path.name: path.read_bytes() for path in out.glob("*.jsonl")} == before
    assert first is not None
    assert again is not None
    assert (first.simulated, first.seconds) > (0, 0)
    assert again.simulated == 0
    assert again.known > 0


def test_carried_examples_keep_their_score_and_are_not_asked_again(tmp_path: Path) -> None:
    small = one_run(tmp_path, mutants=20)
    asked = Appraising(killed=7, different=3, undecided=0)
    run_night(
        small.workspace,
        small.settings,
        small.ports._replace(appraiser=asked),
        Options(night="2026-01-01"),
    )
    leave_trace(small.workspace, "another", 5)
    examples, _ = curated(small, "2026-01-02")

    assert [example.metadata.credibility.low for example in examples] == [0.7, 1.0]
    assert len(asked.goldens) == 1


def test_another_number_of_mutants_curates_again(tmp_path: Path) -> None:
    small = one_run(tmp_path, mutants=0)
    curated(small)
    settings = small.settings.model_copy(update={"curate": CurateSettings(mutants=3)})
    [example], _ = curated(small._replace(settings=settings))

    assert example.metadata.credibility.asked


def test_a_loader_reads_many_examples_nobody_was_asked_about_before_the_others(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    [scored], _ = curated(one_run(tmp_path, mutants=3))
    plain = scored.model_copy(
        update={"metadata": scored.metadata.model_copy(update={"credibility": TestbenchScore()})}
    )
    disk.write_lines(tmp_path / "long.jsonl", iter([*[plain] * 60, scored]))
    loaded = datasets.load_dataset(
        "json",
        data_files=str(tmp_path / "long.jsonl"),
        cache_dir=str(tmp_path / "cache"),
        chunksize=1 << 14,
    )["train"]

    assert [one["credibility"]["asked"] for one in loaded["metadata"]] == [False] * 60 + [True]
    assert loaded[60]["metadata"]["credibility"]["operators"] == scored.metadata.credibility.operators


def _facts(small: SmallWorkspace, category: str, attempts: int, number: int) -> ExampleFacts:
    [example] = curated(small)[0]
    return facts_of(example, number)._replace(
        category=category, attempts=attempts, spec=(f"{category}{number}", ""), run_id=f"r{number}"
    )


def test_a_limit_keeps_rare_categories_and_hard_examples_first(tmp_path: Path) -> None:
    small = one_run(tmp_path)
    many = [_facts(small, "counter", number % 2, number) for number in range(6)]
    rare = [_facts(small, "fsm", 0, 9)]
    refused: list[Rejected] = []
    kept = most_valuable([*many, *rare], 3, refused.append)

    assert [one.category for one in kept].count("fsm") == 1
    assert all(one.attempts == 1 for one in kept if one.category == "counter")
    assert Counter(one.reason for one in refused) == Counter(over_limit=4)
    assert most_valuable(many, 0, refused.append) == many
