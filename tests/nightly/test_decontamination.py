"""Whole nights: no way into the mixture is open to a benchmark problem, and the certificate says what was compared."""

import json
from pathlib import Path

import pytest
from tests.decontamination.problems import ASKED, COURT, MAJORITY, NEUTRAL
from tests.small_workspace import SmallWorkspace, copy_of, found, leave_trace, other_problem, spec

from ct_retrain import disk
from ct_retrain.core.configuration.loading import recorded
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.certificate import Certificate, DecontaminationSettings
from ct_retrain.core.records.night import Manifest, NightRecord, TrainFacts
from ct_retrain.core.records.training import Row
from ct_retrain.judge.confined.formal.engines import locate_yosys
from ct_retrain.nightly.audit import verify
from ct_retrain.nightly.records.index import record_of
from ct_retrain.nightly.records.inspection import certificate_of
from ct_retrain.nightly.run import Options, run_night

FIRST, SECOND = "2026-01-01", "2026-01-02"
JURY = (
    MAJORITY.replace("majority", "jury").replace("votes", "v").replace("passed", "ok").replace("count", "n")
)
REWRITTEN = JURY.replace("v[0] + v[1] + v[2]", "v[2] + (v[1] + v[0])").replace("n > 2'd1", "n >= 2'd2")


def settled(small: SmallWorkspace, **knobs: object) -> SmallWorkspace:
    """*small* with decontamination set to *knobs*, and a suite file `court.jsonl` beside it."""
    lines = [one.model_dump_json() for one in COURT.problems]
    (small.workspace.root / "court.jsonl").write_text("\n".join(lines) + "\n")
    asked = DecontaminationSettings.model_validate(knobs)
    return small._replace(settings=small.settings.model_copy(update={"decontamination": asked}))


def add(small: SmallWorkspace, place: str, *rows: tuple[str, str]) -> None:
    directory = small.workspace.root / "data" / place
    directory.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"instruction": asked, "output": answer}) for asked, answer in rows]
    (directory / "more.jsonl").write_text("\n".join(lines) + "\n")


def lived(small: SmallWorkspace, night: str = FIRST) -> tuple[list[Row], list[Rejected], TrainFacts]:
    run_night(small.workspace, small.settings, small.ports, Options(night=night))
    out = small.workspace.stage(night, "train")
    facts = disk.read_record(out / "manifest.json", Manifest).facts
    assert isinstance(facts, TrainFacts)
    rejected = list(disk.read_lines(out / "rejected.jsonl", Rejected))
    return list(disk.read_lines(out / "mixture.jsonl", Row)), rejected, facts


@pytest.fixture
def small(tmp_path: Path) -> SmallWorkspace:
    made = settled(found(tmp_path / "town", problems=range(2, 8)), protect=("court.jsonl",))
    for width in (2, 3, 4):
        leave_trace(made.workspace, f"run_{width}", width, fails_first=width == 3)
    return made


def test_gold_and_general_rows_that_are_benchmark_problems_are_refused_by_rule(small: SmallWorkspace) -> None:
    own = other_problem(3)
    add(
        small,
        "gold",
        (own.spec, own.golden),
        (NEUTRAL, JURY),
        ("A buffer.", "module b(input a, output y); assign y = a; endmodule"),
    )
    add(small, "general", ("Tell me: " + ASKED, "A majority vote."), ("Say hello.", "Hello."))
    rows, rejected, facts = lived(small)

    assert facts.certificate is not None
    assert facts.certificate.refused == {
        "copied_question": {"general": 1, "gold": 1},
        "renamed_rtl": {"gold": 1},
    }
    assert {one.reason for one in rejected} == {"contaminated_copied_question", "contaminated_renamed_rtl"}
    assert any("flip_3" in one.detail for one in rejected)
    trained = {row.prompt for row in rows}
    assert trained >= {"A buffer."}
    assert not trained & {own.spec, NEUTRAL, "Tell me: " + ASKED}
    assert facts.certificate.rows == {"delta": 3, "repair": 1, "gold": 4, "general": 2}


@pytest.mark.skipif(locate_yosys() is None, reason="yosys is not installed")
def test_a_rewritten_golden_in_gold_is_refused_by_proof(small: SmallWorkspace) -> None:
    add(small, "gold", (NEUTRAL, REWRITTEN))
    judge = small.ports.simulator
    rows, _, facts = lived(small._replace(ports=small.ports._replace(same=judge.prover.same)))  # type: ignore[attr-defined]

    assert facts.certificate is not None
    assert facts.certificate.refused == {"equivalent_rtl": {"gold": 1}}
    assert NEUTRAL not in {row.prompt for row in rows}


def test_examples_and_repairs_carried_over_go_when_their_suite_becomes_known(small: SmallWorkspace) -> None:
    lived(small)
    problem = other_problem(3).model_copy(update={"spec": spec(3)})
    (small.workspace.root / "later.jsonl").write_text(problem.model_dump_json() + "\n")
    leave_trace(small.workspace, "run_9", 9)
    later = settled(small, protect=("later.jsonl",))
    rows, _, facts = lived(later, SECOND)
    curated = list(disk.read_lines(small.workspace.stage(SECOND, "curate") / "rejected.jsonl", Rejected))

    assert ("run_3", "contaminated_copied_question") in {(one.subject, one.reason) for one in curated}
    assert {row.source for row in rows} == {"delta", "gold"}, "the repair of a refused example goes with it"
    assert not any(spec(3) in row.prompt for row in rows)
    assert facts.certificate is not None
    assert [suite.name for suite in facts.certificate.suites] == ["suite", "behavioural", "later"]


def test_a_protected_suite_that_cannot_be_read_ends_the_night_by_its_name(small: SmallWorkspace) -> None:
    broken = settled(small, protect=("court.jsonl", "nowhere.jsonl"))

    with pytest.raises(UsageError, match=r"decontamination\.protect names 'nowhere\.jsonl'"):
        run_night(broken.workspace, broken.settings, broken.ports, Options(night=FIRST))


def test_another_protected_suite_makes_the_stage_again(small: SmallWorkspace) -> None:
    add(small, "gold", (NEUTRAL, JURY))
    plain = settled(small)
    run_night(plain.workspace, plain.settings, plain.ports, Options(night=FIRST, until="train"))
    before = disk.read_record(small.workspace.stage(FIRST, "train") / "manifest.json", Manifest)
    run_night(small.workspace, small.settings, small.ports, Options(night=FIRST, until="train"))
    after = disk.read_record(small.workspace.stage(FIRST, "train") / "manifest.json", Manifest)

    assert isinstance(before.facts, TrainFacts)
    assert isinstance(after.facts, TrainFacts)
    assert before.facts.certificate is not None
    assert after.facts.certificate is not None
    assert before.facts.certificate.refused == {}
    assert after.facts.certificate.refused == {"renamed_rtl": {"gold": 1}}


def test_the_certificate_is_a_file_of_the_stage_and_names_the_nearest_rows(small: SmallWorkspace) -> None:
    rows, _, facts = lived(small)
    path = small.workspace.stage(FIRST, "train") / "certificate.json"

    assert disk.read_record(path, Certificate) == facts.certificate
    assert facts.certificate is not None
    assert facts.certificate.nearest
    assert {one.source for one in facts.certificate.nearest} <= {row.source for row in rows}
    assert all(0 < one.similarity <= 1 for one in facts.certificate.nearest)
    assert certificate_of(small.workspace, record_of(small.workspace, FIRST)) == facts.certificate


@pytest.fixture(scope="module")
def certified_night(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    made = settled(found(tmp_path_factory.mktemp("certified") / "town", problems=range(2, 8)))
    for width in (2, 3, 4):
        leave_trace(made.workspace, f"run_{width}", width)
    lived(made)
    return made


def claim(small: SmallWorkspace) -> tuple[str, str]:
    record = record_of(small.workspace, FIRST)
    settings = recorded(record.provenance.settings).model_copy(
        update={"decontamination": small.settings.decontamination}
    )
    found = verify(small.workspace, settings, small.ports, record).claims
    return next((one.finding, one.why) for one in found if one.claim.startswith("certificate"))


def sealed_again(small: SmallWorkspace) -> None:
    """As a thorough forger leaves it: digests, manifest and record agree with what lies there now."""
    directory = small.workspace.stage(FIRST, "train")
    path = directory / "manifest.json"
    manifest = disk.read_record(path, Manifest)
    files = tuple(disk.file_ref(directory / file.path, directory) for file in manifest.files)
    disk.write_record(path, manifest.model_copy(update={"files": files}))
    record = disk.read_record(small.workspace.record(FIRST), NightRecord)
    refs = [
        ref.model_copy(update={"sha256": disk.sha256_of(path)}) if ref.stage == "train" else ref
        for ref in record.stages
    ]
    disk.write_record(small.workspace.record(FIRST), record.model_copy(update={"stages": tuple(refs)}))


def test_verify_confirms_the_certificate_of_an_honest_night(certified_night: SmallWorkspace) -> None:
    assert claim(certified_night) == ("confirmed", "4 rows against 2 suites, 0 were refused")


def test_verify_denies_a_mixture_that_holds_a_problem_after_all(
    certified_night: SmallWorkspace, tmp_path: Path
) -> None:
    small = copy_of(certified_night, tmp_path / "town")
    path = small.workspace.stage(FIRST, "train") / "mixture.jsonl"
    leak = Row(prompt=other_problem(3).spec, completion=other_problem(3).golden, source="gold")
    path.write_text(path.read_text() + leak.model_dump_json() + "\n")
    sealed_again(small)

    assert claim(small) == ("denied", "rows of the mixture are benchmark problems: 1 by copied_question")


def test_verify_denies_a_certificate_that_the_manifest_contradicts(
    certified_night: SmallWorkspace, tmp_path: Path
) -> None:
    small = copy_of(certified_night, tmp_path / "town")
    path = small.workspace.stage(FIRST, "train") / "certificate.json"
    other = disk.read_record(path, Certificate).model_copy(update={"unasked": 7})
    disk.write_record(path, other)
    sealed_again(small)

    assert claim(small)[0] == "denied"


def test_verify_cannot_tell_where_the_suites_are_others_by_now(
    certified_night: SmallWorkspace, tmp_path: Path
) -> None:
    small = settled(copy_of(certified_night, tmp_path / "town"), protect=("court.jsonl",))

    finding, why = claim(small)
    assert finding == "unknown"
    assert "court" in why


def test_a_night_before_certificates_is_still_read(certified_night: SmallWorkspace) -> None:
    path = certified_night.workspace.stage(FIRST, "train") / "manifest.json"
    old = json.loads(path.read_text())
    del old["facts"]["certificate"]

    facts = Manifest.model_validate_json(json.dumps(old)).facts
    assert isinstance(facts, TrainFacts)
    assert facts.certificate is None
