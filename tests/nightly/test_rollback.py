"""The way back: by a person, or by a night that finds what is served worse than mainline."""

from pathlib import Path
from typing import Any

import pytest
from tests.fakes import Scripted
from tests.small_workspace import (
    WIDTHS,
    SmallWorkspace,
    Taught,
    copy_of,
    found,
    leave_trace,
    live,
    other_problem,
)

from ct_retrain.cli import call
from ct_retrain.compose import reporter_of
from ct_retrain.core.errors import CorruptStateError, ToolError, UsageError
from ct_retrain.core.records.night import NightOutcome, NightRecord
from ct_retrain.nightly.records.index import records
from ct_retrain.nightly.releases.rollback import roll_back
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.releases import latest, moves_of
from ct_retrain.report.pages import write_pages
from ct_retrain.report.report_inputs import ReportInputs

FIRST, SECOND = "nightly_2026-01-01", "nightly_2026-01-02"


class Risen(Taught):
    """Mainline was replaced by one that can write everything; adapters write what they did."""

    def open(self, adapter: Path | None):
        if adapter is None:
            return Scripted({other_problem(n).spec: other_problem(n).golden for n in WIDTHS}, "risen")
        return super().open(adapter)


class Picky(Risen):
    """Does not load what lies in directories of these names."""

    def __init__(self, *names: str) -> None:
        super().__init__({})
        self._names = names

    def open(self, adapter: Path | None):
        if adapter is not None and adapter.name in self._names:
            message = f"{adapter.name} does not load here"
            raise ToolError(message)
        return super().open(adapter)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """Two releases, the second better than the first, and a mainline that was nothing and is everything now."""
    small = found(tmp_path_factory.mktemp("served") / "town")
    gate = small.settings.gate.model_copy(update={"confidence": 0.6})
    small = small._replace(settings=small.settings.model_copy(update={"gate": gate}))
    for name, widths in (("2026-01-01", (2, 3)), ("2026-01-02", (4, 5))):
        for width in widths:
            leave_trace(small.workspace, f"run_{width}", width)
        assert night(small, name).outcome is NightOutcome.PUBLISHED
    leave_trace(small.workspace, "run_6", 6)
    return small._replace(ports=small.ports._replace(generators=Risen({})))


def night(small: SmallWorkspace, name: str, **ports: Any) -> NightRecord:
    return live(small._replace(ports=small.ports._replace(**ports)), name)


def test_a_release_that_turns_out_worse_than_mainline_gives_way_to_the_one_before(
    tmp_path: Path, served: SmallWorkspace
) -> None:
    small = copy_of(served, tmp_path / "town")
    record = night(small, "2026-01-03")
    models = small.workspace.models
    move = moves_of(models)[-1]

    assert record.outcome is NightOutcome.REJECTED
    assert record.relapse is not None
    assert (record.relapse.source, record.relapse.target, record.latest) == (SECOND, FIRST, FIRST)
    assert record.relapse.why.startswith("the served release is surely worse than mainline: -50.0 points")
    assert latest(models) == FIRST
    assert (move.who, move.night, move.why) == ("relapse", "2026-01-03", record.relapse.why)
    notice = small.inbox.notices[-1]
    assert notice.level == "error"
    assert notice.title.startswith(f"ct-retrain 2026-01-03: rejected, rolled back to {FIRST}, ")
    assert "the served release stays" not in notice.body
    assert record.relapse.why in notice.body
    assert "publish.auto_rollback" in notice.body
    assert small.workspace.archive.joinpath("2026-01-03/relapse.json").exists()


def test_nights_go_back_step_by_step_to_mainline_and_never_to_and_fro(
    tmp_path: Path, served: SmallWorkspace
) -> None:
    small = copy_of(served, tmp_path / "town")
    latest_after: list[str | None] = []
    for name, width in (("2026-01-03", 6), ("2026-01-04", 7), ("2026-01-05", 8)):
        leave_trace(small.workspace, f"run_{width}", width)
        latest_after.append(night(small, name).latest)

    assert latest_after == [FIRST, None, None]
    assert [move.who for move in moves_of(small.workspace.models)] == ["night", "night", "relapse", "relapse"]


def test_a_release_that_is_broken_or_does_not_load_is_passed_over(
    tmp_path: Path, served: SmallWorkspace
) -> None:
    small = copy_of(served, tmp_path / "town")
    record = night(small, "2026-01-03", generators=Picky(FIRST))

    assert record.relapse is not None
    assert record.relapse.target is None
    assert latest(small.workspace.models) is None


def test_where_the_loader_is_at_fault_nothing_is_moved_and_the_night_can_go_on(
    tmp_path: Path, served: SmallWorkspace
) -> None:
    small = copy_of(served, tmp_path / "town")

    class Tired(Risen):
        """Loads nothing that was published any more, once the first release was asked for."""

        tired = False

        def open(self, adapter: Path | None):
            self.tired = self.tired or (adapter is not None and adapter.name == FIRST)
            if adapter is not None and adapter.name.startswith("nightly_") and self.tired:
                message = "no memory left"
                raise ToolError(message)
            return super().open(adapter)

    with pytest.raises(ToolError, match="no memory left"):
        night(small, "2026-01-03", generators=Tired({}))
    assert latest(small.workspace.models) == SECOND
    assert night(small, "2026-01-03").latest == FIRST


def test_going_back_by_itself_can_be_turned_off(tmp_path: Path, served: SmallWorkspace) -> None:
    small = copy_of(served, tmp_path / "town")
    publish = small.settings.publish.model_copy(update={"auto_rollback": False})
    stays = small._replace(settings=small.settings.model_copy(update={"publish": publish}))
    record = night(stays, "2026-01-03")

    assert (record.relapse, record.latest) == (None, SECOND)
    assert len(moves_of(small.workspace.models)) == 2


def test_a_person_who_moved_the_pointer_during_the_night_has_the_last_word(
    tmp_path: Path, served: SmallWorkspace
) -> None:
    small = copy_of(served, tmp_path / "town")
    options = Options(night="2026-01-03", until="benchmark")
    assert run_night(small.workspace, small.settings, small.ports, options) is None
    roll_back(small.workspace, small.ports.generators, "2026-01-01", "the lab says so")
    record = night(small, "2026-01-03")

    assert (record.relapse, record.latest) == (None, FIRST)
    assert [move.who for move in moves_of(small.workspace.models)] == ["night", "night", "rollback"]


def test_a_person_goes_back_only_to_what_is_whole_and_loads(tmp_path: Path, served: SmallWorkspace) -> None:
    small = copy_of(served, tmp_path / "town")
    models = small.workspace.models
    with pytest.raises(ToolError, match="does not load here"):
        roll_back(small.workspace, Picky(FIRST), None, "worse in the lab")
    with pytest.raises(UsageError, match="does not exist"):
        roll_back(small.workspace, small.ports.generators, "2025-01-01", "worse in the lab")
    weights = models / FIRST / "adapter_model.safetensors"
    kept = weights.read_bytes()
    weights.chmod(0o644)
    weights.write_bytes(kept + b" ")
    with pytest.raises(CorruptStateError, match="its manifest names"):
        roll_back(small.workspace, small.ports.generators, None, "worse in the lab")
    assert latest(models) == SECOND
    weights.write_bytes(kept)

    assert roll_back(small.workspace, small.ports.generators, None, "worse in the lab") == FIRST
    assert roll_back(small.workspace, small.ports.generators, "2026-01-02", "it was the lab") == SECOND
    assert roll_back(small.workspace, small.ports.generators, None, "it was not") == FIRST
    assert roll_back(small.workspace, small.ports.generators, None, "and again") is None
    assert latest(models) is None
    with pytest.raises(UsageError, match="there is no earlier release"):
        roll_back(small.workspace, small.ports.generators, None, "and once more")
    assert [move.why for move in moves_of(models)][2:] == [
        "worse in the lab",
        "it was the lab",
        "it was not",
        "and again",
    ]


def test_mainline_is_a_place_to_go_back_to(
    tmp_path: Path, served: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    small = copy_of(served, tmp_path / "town")
    place = ["-C", str(small.workspace.root), "rollback"]
    assert call([*place, "2026-01-01", "--to-mainline"]) == 2
    assert "do not go together" in capsys.readouterr().err
    assert call([*place, "--to-mainline", "--because", "a customer waits"]) == 0
    assert "mainline is served" in capsys.readouterr().out

    assert latest(small.workspace.models) is None
    assert moves_of(small.workspace.models)[-1].why == "a customer waits"
    assert call(["-C", str(small.workspace.root), "history"]) == 0
    assert "a customer waits" in capsys.readouterr().out


def test_every_move_by_hand_is_on_the_pages_at_once(tmp_path: Path, served: SmallWorkspace) -> None:
    workspace = copy_of(served, tmp_path / "town").workspace
    call(["-C", str(workspace.root), "report", "--all"])
    assert f"Served now: {SECOND}" in (workspace.reports / "index.html").read_text()
    assert (
        call(["-C", str(workspace.root), "rollback", "--to-mainline", "--because", "a customer waits"]) == 0
    )

    assert "Served now: mainline" in (workspace.reports / "index.html").read_text()
    night_page = (workspace.reports / "2026-01-02.html").read_text()
    assert f"rollback from {SECOND} to mainline. a customer waits" in night_page
    assert "To serve what was served before" not in night_page


def test_a_night_that_goes_back_says_so_on_the_pages_of_both(tmp_path: Path, served: SmallWorkspace) -> None:
    small = copy_of(served, tmp_path / "town")
    write_pages(ReportInputs.of(small.workspace, small.settings), records(small.workspace))
    record = night(small, "2026-01-03", reporter=reporter_of(small.settings))

    assert record.relapse is not None
    for name in ("2026-01-01", "2026-01-02"):
        assert f"relapse from {SECOND} to {FIRST}" in (small.workspace.reports / f"{name}.html").read_text()


def test_a_night_that_is_not_there_cannot_be_promoted(
    tmp_path: Path, served: SmallWorkspace, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy_of(served, tmp_path / "town").workspace.root

    for more in ([], ["--force", "--because", "x"]):
        assert call(["-C", str(root), "promote", "2026-02-02", *more]) == 2
        assert "no night 2026-02-02 is on record as over" in capsys.readouterr().err
