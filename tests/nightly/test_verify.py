"""`ct-retrain verify`: what a night says of itself is confirmed, denied, or said to be beyond what can be told here."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from tests.small_workspace import SmallWorkspace, copy_of, found, golden, leave_trace

from ct_retrain import disk
from ct_retrain.cli import call
from ct_retrain.core.configuration.loading import recorded
from ct_retrain.core.record import FileRef
from ct_retrain.core.records.audit import Claim
from ct_retrain.core.records.decision import Hold, Promote
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    CurateFacts,
    Manifest,
    NightRecord,
)
from ct_retrain.core.records.problem import Sample
from ct_retrain.core.records.verdict import Outcome
from ct_retrain.core.stage import StageName
from ct_retrain.nightly.audit import judge_again, verify
from ct_retrain.nightly.records.index import record_of
from ct_retrain.nightly.run import Options, run_night

NIGHT = "2026-01-01"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """A night that published."""
    small = found(tmp_path_factory.mktemp("lived") / "town", problems=range(2, 7), remembers=True)
    for width in range(2, 7):
        leave_trace(small.workspace, f"run_{width}", width, fails_first=width == 3)
    run_night(small.workspace, small.settings, small.ports, Options(night=NIGHT))
    return small


@pytest.fixture
def small(lived: SmallWorkspace, tmp_path: Path) -> SmallWorkspace:
    return copy_of(lived, tmp_path / "town")


def claims(small: SmallWorkspace) -> dict[str, Claim]:
    record = record_of(small.workspace, NIGHT)
    settings = recorded(record.provenance.settings)
    return {
        one.claim.partition(":")[0]: one
        for one in verify(small.workspace, settings, small.ports, record).claims
    }


def sealed_again(small: SmallWorkspace, stage: StageName, change: Callable[[Manifest], Manifest]) -> None:
    """A forger who is thorough: the files' digests, the manifest and its digest in the record agree afterwards."""
    workspace = small.workspace
    directory = workspace.stage(NIGHT, stage)
    path = directory / "manifest.json"
    manifest = disk.read_record(path, Manifest)
    files = tuple(disk.file_ref(directory / file.path, directory) for file in manifest.files)
    disk.write_record(path, change(manifest.model_copy(update={"files": files})))
    record = disk.read_record(workspace.record(NIGHT), NightRecord)
    refs = [
        ref.model_copy(update={"sha256": disk.sha256_of(path)}) if ref.stage == stage else ref
        for ref in record.stages
    ]
    disk.write_record(workspace.record(NIGHT), record.model_copy(update={"stages": tuple(refs)}))


def test_an_honest_night_is_confirmed_claim_by_claim(lived: SmallWorkspace) -> None:
    found = claims(lived)

    assert set(found) >= {"collect", "benchmark", "record", "dataset", "scorecards", "decision", "release"}
    assert {one.finding for one in found.values()} == {"confirmed"}
    record = record_of(lived.workspace, NIGHT)
    [again] = judge_again(lived.workspace, lived.settings, lived.ports, record).claims
    assert (again.finding, again.why) == ("confirmed", "20 answers")


def test_a_file_that_was_touched_is_denied_and_what_rests_on_it_cannot_be_told(small: SmallWorkspace) -> None:
    (small.workspace.stage(NIGHT, "curate") / "dataset.jsonl").write_text("{}\n")
    found = claims(small)

    assert found["curate"].finding == "denied"
    assert found["dataset"].finding == "unknown"
    assert found["decision"].finding == "confirmed"


def test_an_example_that_nobody_harvested_is_denied_however_well_it_is_sealed(small: SmallWorkspace) -> None:
    path = small.workspace.stage(NIGHT, "curate") / "dataset.jsonl"
    path.write_text(path.read_text() + path.read_text().splitlines()[0].replace("inv", "xnv") + "\n")

    def change(manifest: Manifest) -> Manifest:
        assert isinstance(manifest.facts, CurateFacts)
        facts = manifest.facts.model_copy(update={"dataset_sha256": disk.sha256_of(path)})
        return manifest.model_copy(update={"facts": facts})

    sealed_again(small, "curate", change)
    found = claims(small)
    assert found["curate"].finding == "confirmed"
    assert found["dataset"].finding == "denied", found["dataset"].why
    assert "dataset.jsonl" in found["dataset"].why

    sealed_again(small, "curate", lambda one: change(one).model_copy(update={"key": "0" * 64}))
    found = claims(small)
    assert found["dataset"].finding == "unknown", "made from something else than what is here"
    assert "but these differ" in found["dataset"].why


def test_a_scorecard_that_the_answers_do_not_add_up_to_is_denied(small: SmallWorkspace) -> None:
    def change(manifest: Manifest) -> Manifest:
        assert isinstance(manifest.facts, BenchmarkFacts)
        cards = [
            card.model_copy(update={"passes": dict.fromkeys(card.passes, 2)})
            if card.arm == "mainline"
            else card
            for card in manifest.facts.scorecards
        ]
        return manifest.model_copy(
            update={"facts": manifest.facts.model_copy(update={"scorecards": tuple(cards)})}
        )

    sealed_again(small, "benchmark", change)
    found = claims(small)
    assert found["scorecards"].finding == "denied"
    assert "mainline" in found["scorecards"].why
    assert found["decision"].finding == "denied", "from these scorecards something else follows"


def test_a_decision_that_does_not_follow_is_denied(small: SmallWorkspace) -> None:
    def change(manifest: Manifest) -> Manifest:
        assert isinstance(manifest.facts, BenchmarkFacts)
        assert isinstance(manifest.facts.decision, Promote)
        decision = Hold(evidence=manifest.facts.decision.evidence)
        return manifest.model_copy(update={"facts": manifest.facts.model_copy(update={"decision": decision})})

    sealed_again(small, "benchmark", change)
    found = claims(small)
    assert (found["decision"].finding, found["record"].finding) == ("denied", "denied")
    assert "the gate says promote" in found["decision"].why


def test_a_verdict_that_was_improved_is_denied_by_simulating_again(small: SmallWorkspace) -> None:
    [path] = (small.workspace.stage(NIGHT, "benchmark") / "samples").glob("mainline-*.jsonl")
    first, *rest = disk.read_lines(path, Sample)
    better = first.model_copy(
        update={
            "rtl": golden(2),
            "verdict": first.verdict.model_copy(update={"outcome": Outcome.PASS, "checks": 16}),
        }
    )
    path.write_text("".join(one.model_dump_json() + "\n" for one in [better, *rest]))
    sealed_again(small, "benchmark", lambda manifest: manifest)

    assert claims(small)["scorecards"].finding == "denied"
    record = record_of(small.workspace, NIGHT)
    fresh = found(small.workspace.root.parent / "judge").ports
    [again] = judge_again(small.workspace, small.settings, fresh, record).claims
    assert again.finding == "denied"
    assert "another RTL is found" in again.why


def test_another_suite_cannot_be_told(small: SmallWorkspace) -> None:
    suite = small.workspace.root / "suite.jsonl"
    suite.write_text("\n".join(suite.read_text().splitlines()[:2]) + "\n")
    found = claims(small)

    assert found["scorecards"].finding == "unknown"
    assert "not those of the night" in found["scorecards"].why
    assert found["decision"].finding == "confirmed"


def test_a_release_with_other_weights_is_denied(small: SmallWorkspace) -> None:
    path = small.workspace.models / f"nightly_{NIGHT}" / "adapter_model.safetensors"
    for one in (path.parent, path):
        one.chmod(0o755)
    path.write_text("{}")

    assert claims(small)["release"].finding == "denied"


def test_what_was_purged_cannot_be_told_and_says_how_to_bring_it_back(small: SmallWorkspace) -> None:
    from datetime import UTC, datetime

    from ct_retrain.core.records.snapshot import Purged

    workspace = small.workspace
    path = workspace.stage(NIGHT, "curate") / "dataset.jsonl"
    gone: FileRef = disk.file_ref(path, workspace.root)
    record = Purged(night=NIGHT, at=datetime.now(UTC), store="here", index="i", files=(gone,))
    disk.write_record(workspace.purged(NIGHT), record)
    path.unlink()
    found = claims(small)

    assert found["curate"].finding == "unknown"
    assert f"ct-retrain restore {NIGHT}" in found["curate"].why
    assert "denied" not in {one.finding for one in found.values()}


def test_the_command_exits_0_5_or_6(
    lived: SmallWorkspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = copy_of(lived, tmp_path / "town")
    root = str(small.workspace.root)
    assert call(["-C", root, "verify", "2025-01-01"]) == 2
    assert "`ct-retrain status` lists them" in capsys.readouterr().err
    assert call(["-C", root, "verify", NIGHT, "--judge"]) == 0
    assert "confirmed      decision" in capsys.readouterr().out

    suite = small.workspace.root / "suite.jsonl"
    whole = suite.read_text()
    suite.write_text(whole.splitlines()[0] + "\n")
    assert call(["-C", root, "verify"]) == 6
    suite.write_text(whole)
    (small.workspace.stage(NIGHT, "train") / "manifest.json").unlink()
    capsys.readouterr()
    assert call(["-C", root, "verify", "--json"]) == 5
    found = json.loads(capsys.readouterr().out)["claims"]
    assert {one["finding"] for one in found if one["claim"].startswith("train")} == {"denied"}


def test_the_command_tells_how_far_it_is(lived: SmallWorkspace) -> None:
    structlog.reset_defaults()  # an earlier command of this process may have set up the log

    assert call(["-C", str(lived.workspace.root), "verify"]) == 0
    assert structlog.is_configured()
