"""Curate: what becomes an example, and why the rest does not."""

from collections import Counter
from pathlib import Path

import pytest
from tests.town import Town, bench, found, golden, leave_trace

from ct_retrain import disk
from ct_retrain.core.dataset import Example
from ct_retrain.core.record import Rejected
from ct_retrain.nightly import Options, run
from ct_retrain.stages._keep import most_valuable


def curated(town: Town, night: str = "2026-01-01") -> tuple[list[Example], Counter[str]]:
    run(town.workspace, town.settings, town.ports, Options(night=night, until="curate"))
    out = town.workspace.stage(night, "curate")
    refused = Counter(one.reason for one in disk.read_lines(out / "rejected.jsonl", Rejected))
    return list(disk.read_lines(out / "dataset.jsonl", Example)), refused


def one_run(root: Path, **texts: str) -> Town:
    """A workspace with one run whose artefacts are replaced by *texts* (rtl, tb, spec)."""
    town = found(root)
    leave_trace(town.workspace, "run", 4)
    for name, text in texts.items():
        (town.workspace.runs / "run" / {"rtl": "rtl.v", "tb": "tb.v", "spec": "spec.txt"}[name]).write_text(
            text
        )
    return town


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
    town = found(tmp_path)
    for run_id in ("a_first", "b_second"):
        leave_trace(town.workspace, run_id, 4)
    examples, refused = curated(town)

    assert [example.metadata.run_id for example in examples] == ["b_second"]
    assert refused == Counter(superseded=1)


def test_the_same_design_for_another_spec_is_a_duplicate(tmp_path: Path) -> None:
    town = found(tmp_path)
    leave_trace(town.workspace, "a", 4)
    leave_trace(town.workspace, "b", 4)
    other = town.workspace.runs / "b"
    other.joinpath("trace.jsonl").write_text(
        other.joinpath("trace.jsonl").read_text().replace("spec4", "other")
    )
    other.joinpath("rtl.v").write_text(
        "// the same, said otherwise\n" + golden(4).replace("  assign", "\tassign")
    )
    examples, refused = curated(town)

    assert len(examples) == 1
    assert refused == Counter(duplicate=1)


def test_a_later_night_replaces_the_example_of_a_spec_that_ran_again(tmp_path: Path) -> None:
    town = found(tmp_path)
    leave_trace(town.workspace, "a", 4)
    run(town.workspace, town.settings, town.ports, Options(night="2026-01-01"))
    leave_trace(town.workspace, "b", 4)
    (town.workspace.runs / "b" / "rtl.v").write_text(golden(4).replace("~a", "a ^ 4'hf"))
    examples, _ = curated(town, "2026-01-02")

    assert [example.metadata.run_id for example in examples] == ["b"]
    assert "4'hf" in examples[0].output


def test_the_dataset_loads_with_the_datasets_library(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    town = found(tmp_path)
    for width in (3, 4, 5):
        leave_trace(town.workspace, f"run_{width}", width, fails_first=width == 4)
    curated(town)
    out = town.workspace.stage("2026-01-01", "curate")
    files = {"train": str(out / "dataset.jsonl"), "repairs": str(out / "repairs.jsonl")}
    loaded = datasets.load_dataset("json", data_files=files, cache_dir=str(tmp_path / "cache"))

    assert loaded["train"].num_rows == 3
    assert loaded["repairs"].num_rows == 1
    assert loaded["train"].column_names == ["instruction", "output", "testbench", "metadata"]


def _example(town: Town, category: str, attempts: int, number: int) -> Example:
    [example] = curated(town)[0]
    facts = {
        "category": category,
        "attempts": attempts,
        "spec_hash": f"{category}{number}",
        "run_id": f"r{number}",
    }
    return example.model_copy(update={"metadata": example.metadata.model_copy(update=facts)})


def test_a_limit_keeps_rare_categories_and_hard_examples_first(tmp_path: Path) -> None:
    town = one_run(tmp_path)
    many = [_example(town, "counter", number % 2, number) for number in range(6)]
    rare = [_example(town, "fsm", 0, 9)]
    refused: list[Rejected] = []
    kept = most_valuable([*many, *rare], 3, refused.append)

    assert [one.metadata.category for one in kept].count("fsm") == 1
    assert all(one.metadata.attempts == 1 for one in kept if one.metadata.category == "counter")
    assert Counter(one.reason for one in refused) == Counter(over_limit=4)
    assert most_valuable(many, 0, refused.append) == many
