"""What a night does with its gold set: it says what became of every line, and holds back what it may not train on."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.small_workspace import SmallWorkspace, found, golden, leave_trace, live

from ct_retrain import disk
from ct_retrain.cli import call
from ct_retrain.core.configuration.loading import recorded
from ct_retrain.core.configuration.settings import ShareSettings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.decision import Hold
from ct_retrain.core.records.night import (
    Manifest,
    NightOutcome,
    TrainFacts,
)
from ct_retrain.core.records.training import (
    TOO_LONG,
    Fit,
    Row,
    TrainPlan,
)
from ct_retrain.nightly.audit import verify
from ct_retrain.nightly.releases.promotion import promote
from ct_retrain.nightly.run import Options, plan_night, run_night

NIGHT, NEXT = "2026-01-01", "2026-01-02"
TOML = '[benchmark]\nsuite = "suite.jsonl"\n[judge]\nsimulator = "icarus"\n[curate]\nmutants = 0\n'


@pytest.fixture
def small(tmp_path: Path) -> SmallWorkspace:
    small = found(tmp_path / "town")
    for width in range(2, 7):
        leave_trace(small.workspace, f"run_{width}", width)
    return small


def lay(small: SmallWorkspace, *lines: object, name: str = "v5.jsonl") -> None:
    small.workspace.gold.mkdir(exist_ok=True)
    (small.workspace.gold / name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def good(number: int) -> Mapping[str, str]:
    return {"prompt": f"Wire number {number}.", "response": golden(2).replace("inv2", f"w{number}")}


def empty(number: int) -> Mapping[str, str]:
    return {"prompt": f"Wire number {number}.", "response": ""}


def trained(small: SmallWorkspace, night: str = NIGHT) -> TrainFacts:
    facts = disk.read_record(small.workspace.stage(night, "train") / "manifest.json", Manifest).facts
    assert isinstance(facts, TrainFacts)
    return facts


def mixed(small: SmallWorkspace, night: str = NIGHT) -> list[str]:
    rows = disk.read_lines(small.workspace.stage(night, "train") / "mixture.jsonl", Row)
    return sorted(row.prompt for row in rows if row.source == "gold")


def with_train(small: SmallWorkspace, **changes: object) -> SmallWorkspace:
    train = small.settings.train.model_copy(update=changes)
    return small._replace(settings=small.settings.model_copy(update={"train": train}))


def said(small: SmallWorkspace, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    (small.workspace.root / "ct-retrain.toml").write_text(TOML)
    capsys.readouterr()
    lacks_a_model = 4 if "--dry-run" in arguments else 0
    assert call(["-C", str(small.workspace.root), *arguments]) == lacks_a_model
    return capsys.readouterr().out


def test_what_was_taken_and_refused_of_which_file_is_told_everywhere(
    small: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    lay(small, good(1), good(2), empty(3))
    lay(small, {"messages": []}, good(4), good(5), name="chat.jsonl")
    (small.workspace.gold / "old.csv").write_text("a,b\n")
    dry = said(small, capsys, "run", "--dry-run")
    record = live(small)

    assert record.outcome is NightOutcome.PUBLISHED
    assert mixed(small) == [f"Wire number {number}." for number in (1, 2, 4, 5)]
    sentence = "gold: 4 of 6 lines taken from 3 files, 2 refused (1 empty_answer, 1 unknown_shape), 1 file not read (1 unknown_format)"
    files = [
        "gold/chat.jsonl: 2 of 3 lines taken, 1 refused (1 unknown_shape)",
        "gold/old.csv: not read: unknown_format: not one of .jsonl, .jsonl.gz, .json, .json.gz, .parquet: convert it",
        "gold/v5.jsonl: 2 of 3 lines taken, 1 refused (1 empty_answer)",
    ]
    assert trained(small).gold == sentence
    assert [file.summary for file in trained(small).files] == files
    shown = said(small, capsys, "show")
    body = small.inbox.notices[0].body
    for line in (sentence.removeprefix("gold: "), *files):
        assert line in dry
        assert line in shown
        assert line in body
    assert "refused   empty_answer, first gold/v5.jsonl:3: it would teach the model to answer nothing" in dry
    said(small, capsys, "report")
    page = (small.workspace.reports / f"{NIGHT}.html").read_text()
    assert sentence in page
    assert "gold/chat.jsonl" in page
    assert "1 empty answer" in page


@pytest.mark.parametrize("lines", [[], [empty(1), empty(2)], [good(1), empty(2), empty(3)]])
def test_a_night_whose_gold_is_empty_or_mostly_refused_is_held_back_before_it_trains(
    small: SmallWorkspace, capsys: pytest.CaptureFixture[str], lines: list[object]
) -> None:
    lay(small, *lines)
    dry = said(small, capsys, "run", "--dry-run")
    record = live(small)

    assert record.outcome is NightOutcome.HELD
    assert isinstance(record.decision, Hold)
    assert record.reason.startswith("Held back. gold: ")
    assert "train.max_gold_refused" in record.reason
    assert record.reason.removeprefix("Held back. ") in dry.splitlines()[0]
    assert (record.adapter, record.release, record.latest) == (None, None, None)
    assert small.learner.fits == 0
    assert [ref.stage for ref in record.stages] == ["collect", "curate", "train"]
    [notice] = small.inbox.notices
    assert notice.body.startswith(record.reason)
    assert f"ct-retrain run --night {NIGHT} --redo train" in notice.body
    assert record.reason in said(small, capsys, "show")
    said(small, capsys, "report")
    page = (small.workspace.reports / f"{NIGHT}.html").read_text()
    assert "Held back before training" in page


def test_a_night_that_was_held_back_is_whole_and_cannot_be_forced(small: SmallWorkspace) -> None:
    lay(small, empty(1))
    record = live(small)

    claims = verify(small.workspace, recorded(record.provenance.settings), small.ports, record).claims
    assert {one.finding for one in claims} == {"confirmed"}
    with pytest.raises(UsageError, match="held back before it trained"):
        promote(small.workspace, small.settings, small.ports, NIGHT, "because")


def test_a_night_that_was_held_back_goes_on_once_the_gold_set_is_mended(small: SmallWorkspace) -> None:
    lay(small, empty(1))
    live(small)
    lay(small, good(1))

    record = live(small, redo="train")

    assert record.outcome is NightOutcome.PUBLISHED
    assert mixed(small) == ["Wire number 1."]


def test_the_night_after_one_that_was_held_back_learns_what_that_one_could_not(small: SmallWorkspace) -> None:
    lay(small, empty(1))
    live(small)
    assert live(small, NEXT).outcome is NightOutcome.HELD
    lay(small, good(1))

    record = live(small, "2026-01-03")

    assert record.outcome is NightOutcome.PUBLISHED
    assert record.metrics["curate.new"] == 0
    assert live(small, "2026-01-04").outcome is NightOutcome.NOTHING_NEW


@pytest.mark.parametrize("change", [{"max_gold_refused": 1.0}, {"shares": ShareSettings(gold=0)}])
def test_settings_allow_a_night_without_usable_gold(small: SmallWorkspace, change: dict[str, object]) -> None:
    lay(small, empty(1))

    assert live(with_train(small, **change)).outcome is NightOutcome.PUBLISHED
    assert trained(small).gold.startswith("gold: ")


def test_a_workspace_that_never_had_a_gold_set_goes_on_and_says_so(small: SmallWorkspace) -> None:
    (small.workspace.gold / "v5.jsonl").unlink()
    (small.workspace.gold / "README.md").write_text("# To come")

    record = live(small)

    assert record.outcome is NightOutcome.PUBLISHED
    assert "Gold: none, data/gold holds no file of data" in small.inbox.notices[0].body


def test_a_gold_set_that_has_gone_holds_the_night_back(small: SmallWorkspace) -> None:
    lay(small, good(1), good(2))
    live(small)
    leave_trace(small.workspace, "run_7", 7)
    (small.workspace.gold / "v5.jsonl").unlink()

    record = live(small, NEXT)

    assert record.outcome is NightOutcome.HELD
    assert "the last night that trained had 2 rows of gold" in record.reason
    small.workspace.gold.rmdir()
    assert live(small, "2026-01-03").outcome is NightOutcome.HELD


def test_a_resumed_night_comes_to_the_same(small: SmallWorkspace) -> None:
    lay(small, empty(1))
    run_night(small.workspace, small.settings, small.ports, Options(night=NIGHT, until="train"))

    assert live(small).outcome is NightOutcome.HELD


class Narrow:
    """A trainer whose model reads no more than *most* characters, and says which lines were too long for it."""

    def __init__(self, small: SmallWorkspace, most: int) -> None:
        self._learner, self._most = small.learner, most
        self.tool = small.learner.tool

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        rows = disk.read_lines(Path(plan.mixture), Row)
        long = [one.place for one in rows if len(one.completion) > self._most and one.place]
        disk.write_lines(
            out / TOO_LONG,
            (Rejected(subject=place, reason="too_long", detail="900 tokens") for place in long),
        )
        return self._learner.fit(plan, out)


def test_lines_longer_than_the_window_are_refused_by_file_and_line(small: SmallWorkspace) -> None:
    huge = {"prompt": "A long one.", "response": golden(2) + "// " + "x" * 4000}
    lay(small, good(1), huge, good(2))
    narrow = small._replace(ports=small.ports._replace(trainer=Narrow(small, 1000)))

    record = live(narrow)

    assert record.outcome is NightOutcome.PUBLISHED
    assert trained(small).files[0].refused == {"too_long": 1}
    refused = disk.read_lines(small.workspace.stage(NIGHT, "train") / "rejected.jsonl", Rejected)
    assert [(one.subject, one.reason) for one in refused] == [("gold/v5.jsonl:2", "too_long")]


def test_a_set_of_lines_that_are_all_too_long_is_not_published(small: SmallWorkspace) -> None:
    lay(small, {"prompt": "A long one.", "response": golden(2) + "// " + "x" * 4000})
    narrow = small._replace(ports=small.ports._replace(trainer=Narrow(small, 1000)))

    assert live(narrow).outcome is NightOutcome.HELD


def test_manifests_of_before_are_still_read() -> None:
    facts = {
        "base": "b",
        "hyperparameters": {},
        "shares": {},
        "rows": {},
        "fit": {
            "steps": 1, "epochs": 1.0, "examples": 1, "skipped": 0, "tokens": 1, "seconds": 0.0, "peak_memory": 0,
            "device": "cpu", "losses": [], "versions": {},
        },
        "trainer": {"name": "t", "version": "1"},
    }  # fmt: skip

    assert TrainFacts.model_validate_json(json.dumps(facts)).files == ()


def test_a_night_that_takes_none_of_what_looks_passed_says_so_first(
    small: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    for trace in small.workspace.runs.glob("*/trace.jsonl"):
        trace.write_text(trace.read_text().replace('"status": "pass"', '"status": "green"'))
    dry = said(small, capsys, "run", "--dry-run")
    record = live(small)

    words = "0 of 5 simulations that look passed were taken (5 other_status)"
    assert words in dry.splitlines()[0]
    assert any("status 'green'" in line for line in dry.splitlines() if line.startswith("refused"))
    assert words in record.reason.splitlines()[0]
    assert words in small.inbox.notices[0].body.splitlines()[0]
    assert words in said(small, capsys, "show").splitlines()[1]


def test_a_dry_run_of_a_night_with_nothing_new_still_reads_the_gold_set(small: SmallWorkspace) -> None:
    live(small)
    lay(small, good(1), empty(2))

    plan = plan_night(small.workspace, small.settings, small.ports, NEXT)

    assert (plan.rows, plan.held) == ({}, "")
    assert plan.files[0].refused == {"empty_answer": 1}


def test_the_only_file_of_a_gold_set_is_told_of_once(
    small: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    live(small)
    lay(small, good(1), empty(2))
    dry = said(small, capsys, "run", "--night", NEXT, "--dry-run")

    assert "gold      1 of 2 lines taken from gold/v5.jsonl, 1 refused (1 empty_answer)" in dry
    assert dry.count("1 of 2 lines taken") == 1
