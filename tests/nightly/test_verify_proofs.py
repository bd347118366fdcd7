"""What a night says was proved is proved again, and a proof that was invented is denied."""

from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, copy_of, found, golden, leave_trace

from ct_retrain import disk
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.records.dataset import Example
from ct_retrain.core.records.formal import FormalEvidence
from ct_retrain.core.records.night import NightPlan
from ct_retrain.core.workspace import PLAN
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.nightly.audit.proofs import proofs
from ct_retrain.nightly.night import Night
from ct_retrain.nightly.run import Options, run_night

pytestmark = pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")

NIGHT = "2026-01-01"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    small = found(tmp_path_factory.mktemp("proofs") / "town", proves=True)
    for run_id, rtl in (("a", golden(4).replace("~a", "4'd15 - a")), ("b", golden(4))):
        leave_trace(small.workspace, run_id, 4)
        small.workspace.runs.joinpath(run_id, "rtl.v").write_text(rtl)
    run_night(small.workspace, small.settings, small.ports, Options(night=NIGHT, until="curate"))
    return small


def night(small: SmallWorkspace) -> Night:
    directory = small.workspace.night(NIGHT)
    plan = disk.read_record(directory / PLAN, NightPlan)
    return Night(small.workspace, Settings(), small.ports, plan, directory)


def forged(small: SmallWorkspace, other: str, **changes: str) -> Night:
    """Evidence and row that agree with each other: the answer *other*, and what is said of it."""
    out = small.workspace.stage(NIGHT, "curate")
    [evidence] = disk.read_lines(out / "formal.jsonl", FormalEvidence)
    [example] = disk.read_lines(out / "dataset.jsonl", Example)
    told = evidence.found.model_copy(update=changes)
    disk.write_lines(
        out / "formal.jsonl", iter([evidence.model_copy(update={"other": other, "found": told})])
    )
    facts = example.metadata.model_copy(update={"formal": told})
    disk.write_lines(out / "dataset.jsonl", iter([example.model_copy(update={"metadata": facts})]))
    return night(small)


def test_an_honest_proof_is_proved_again(lived: SmallWorkspace) -> None:
    found = proofs(night(lived))

    assert (found.finding, found.why) == ("confirmed", "1 examples")


def test_a_proof_of_designs_that_differ_is_denied(lived: SmallWorkspace, tmp_path: Path) -> None:
    small = copy_of(lived, tmp_path / "town")
    found = proofs(forged(small, golden(4).replace("~a", "a")))

    assert found.finding == "denied"
    assert "equivalence of spec4 was proved and is fail" in found.why


def test_a_row_that_says_more_than_its_evidence_is_denied(lived: SmallWorkspace, tmp_path: Path) -> None:
    small = copy_of(lived, tmp_path / "town")
    out = small.workspace.stage(NIGHT, "curate")
    (out / "formal.jsonl").write_text("")

    assert proofs(night(small)).finding == "denied"


def test_a_proof_that_nobody_finds_again_cannot_be_told(lived: SmallWorkspace, tmp_path: Path) -> None:
    small = copy_of(lived, tmp_path / "town")
    found = proofs(forged(small, "module other; endmodule"))

    assert found.finding == "unknown"
    assert "was proved and is unsupported" in found.why
