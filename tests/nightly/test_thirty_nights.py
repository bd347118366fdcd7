"""Thirty nights in a row, with whatever goes wrong in a month: the books are right at the end and the disk is not full."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.fakes import Inbox
from tests.nightly.test_crash_sweep import _dying_after
from tests.nights_behind import tree
from tests.small_workspace import SmallWorkspace, found, leave_trace

from ct_retrain import disk
from ct_retrain.adapters.object_store import DirectoryStore
from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Notifier
from ct_retrain.core.records.decision import Hold
from ct_retrain.core.records.night import NightOutcome, NightRecord
from ct_retrain.core.records.snapshot import Receipt
from ct_retrain.nightly.audit import check_workspace
from ct_retrain.nightly.night import Ports
from ct_retrain.nightly.records.index import open_nights, records
from ct_retrain.nightly.releases.promotion import promote
from ct_retrain.nightly.releases.rollback import roll_back
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.nightly.snapshots.restore import restore
from ct_retrain.releases import latest, moves_of
from ct_retrain.report.pages import write_pages
from ct_retrain.report.report_inputs import ReportInputs

NIGHTS = tuple(f"2026-01-{day:02d}" for day in range(1, 31))
LEARNT = {0: (2, 3, 4, 5, 6), 5: (7,), 7: (8,), 12: (9,), 19: (2, 3), 24: (4,)}
"""Night → widths of the runs that come in; the last are newer runs of specs that are known."""
BAD_LUCK = ("", "trainer", "generators", "simulator", "notifier", "bucket", "crash")
RETENTION = 7
"""Days."""


class Failing:
    """A port that does not work tonight."""

    def __init__(self, port: object) -> None:
        self.tool = getattr(port, "tool", None)
        self.width = 0

    def __getattr__(self, name: str) -> Callable[..., object]:
        def fail(*arguments: object, **options: object) -> object:
            raise ToolError(f"{name} does not work tonight: mend it, then run again")

        return fail


def _without(ports: Ports, what: str) -> Ports:
    match what:
        case "trainer" | "generators" | "simulator":
            failing: dict[str, Any] = {what: Failing(getattr(ports, what))}
            return ports._replace(**failing)
        case "notifier":
            dead: Notifier = Inbox(dead=True)
            return ports._replace(notifier=dead)
        case _:
            return ports


class Month:
    """A town with an off-site store, a calendar of its own, and bad luck that is the same every time."""

    def __init__(self, root: Path) -> None:
        small = found(root / "workspace")
        share = root / "share"
        share.mkdir()
        self.settings = small.settings.model_copy(update={"retention_days": RETENTION})
        self.store = DirectoryStore(share)
        self.small: SmallWorkspace = small._replace(
            settings=self.settings, ports=small.ports._replace(store=self.store)
        )
        self.workspace = small.workspace
        self.luck = Random(30)
        self.share = share
        self.broken = 0
        forgetful = found(root / "forgetful", forgets=True)
        self.forgetful = forgetful.learner

    def live(self, night: str, ports: Ports) -> NightRecord:
        record = run_night(self.workspace, self.settings, ports, Options(night=night))
        assert record is not None
        return record

    def night(self, night: str, ports: Ports) -> NightRecord:
        """One night that something goes wrong in, or nothing, and its second chance."""
        what = self.luck.choice(BAD_LUCK)
        if what == "crash":
            point = self.luck.randrange(5, 120)
            assert _dying_after(point, lambda: self.live(night, ports)) in (0, 137)
        elif what == "bucket":
            self.share.rename(self.share.with_name("away"))
            self.live(night, ports)
            self.share.with_name("away").rename(self.share)
        else:
            try:
                self.live(night, _without(ports, what))
            except ToolError:
                self.broken += 1
        return self.live(night, ports)

    def a_day_goes_by(self) -> None:
        for path in (self.workspace.records / "receipts").glob("*.json"):
            receipt = disk.read_record(path, Receipt)
            aged = receipt.model_copy(update={"verified_at": receipt.verified_at - timedelta(days=1)})
            disk.write_scratch(path, aged.model_dump_json())

    def size(self) -> int:
        return sum(path.stat().st_size for path in self.workspace.work.rglob("*") if path.is_file())


@pytest.fixture
def month(tmp_path: Path) -> Iterator[Month]:
    yield Month(tmp_path)
    for path in tmp_path.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def test_a_month_of_nights_ends_with_right_books_and_a_bounded_disk(month: Month) -> None:
    workspace, sizes, kept = month.workspace, [], {}
    forced = back = ""
    for number, night in enumerate(NIGHTS):
        for width in LEARNT.get(number, ()):
            leave_trace(workspace, f"run_{night}_{width}", width, fails_first=number == 5)
        ports = (
            month.small.ports._replace(trainer=month.forgetful) if number in (7, 19) else month.small.ports
        )
        record = month.night(night, ports)
        if not forced and number > 3 and isinstance(record.decision, Hold):
            forced = promote(workspace, month.settings, ports, night, "a month needs one")
        if number == 20:
            back = roll_back(workspace, ports.generators, None, "a person looked") or ""
        if number == 2:
            kept = tree(workspace.night(night))
        month.a_day_goes_by()
        sizes.append(month.size())

    ended = records(workspace)
    moves = moves_of(workspace.models)
    audit = check_workspace(workspace)
    assert [record.night for record in ended] == list(NIGHTS)
    assert open_nights(workspace) == []
    assert audit.breaches == ()
    assert month.broken >= 2
    assert {record.outcome for record in ended} >= {NightOutcome.PUBLISHED, NightOutcome.NOTHING_NEW}
    assert latest(workspace.models) == moves[-1].target
    assert all(one.target == two.source for one, two in pairwise(moves))
    published = [record.release for record in ended if record.release]
    assert [move.target for move in moves if move.who == "night"] == published
    assert {move.who for move in moves} >= {"night", "rollback"}
    assert back in {move.target for move in moves}
    assert forced in {move.target for move in moves if move.who == "promote"}
    assert max(sizes[20:]) < 2 * max(sizes[:10])
    purged = [night for night in NIGHTS if workspace.purged(night).exists()]
    assert len(purged) > 10
    write_pages(ReportInputs.of(workspace, month.settings), ended)
    index = (workspace.reports / "index.html").read_text()
    assert [night for night in NIGHTS if f'href="{night}.html"' not in index] == []
    assert f"{latest(workspace.models)}" in index
    restore(workspace, month.store, NIGHTS[2])
    whole = tree(workspace.night(NIGHTS[2]))
    assert {name: whole[name] for name in kept} == kept
