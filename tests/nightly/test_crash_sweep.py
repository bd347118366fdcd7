"""Die at every durable write, run again: the tree is the one of an undisturbed night, clocks aside."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

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
from tests.trees import tree

from ct_retrain import disk
from ct_retrain.core.records.audit import Breach
from ct_retrain.nightly.audit import check_workspace
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.releases import moves_of

_DURABLE = ("fsync", "sync", "replace", "rename", "symlink", "mkdir", "unlink", "rmdir")
_NIGHTS = ("2026-01-01", "2026-01-02")


def _town(root: Path) -> SmallWorkspace:
    small = found(root, problems=range(3, 6))
    for width in range(2, 7):
        leave_trace(small.workspace, f"run_{width}", width, fails_first=width == 3)
    return small


def _dying_after(count: int, work: Callable[[], object]) -> int:
    """Run *work* in a child that dies just before its *count*-th durable step; return its exit code."""
    child = os.fork()
    if not child:
        _die_after(count, work)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _die_after(count: int, work: Callable[[], object]) -> NoReturn:
    left = count

    def guarded(real: Callable[..., object]) -> Callable[..., object]:
        def step(*arguments: object, **options: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(137)
            return real(*arguments, **options)

        return step

    for name in _DURABLE:
        setattr(os, name, guarded(getattr(os, name)))
    _finish(work)


def _finish(work: Callable[[], object]) -> NoReturn:
    try:
        work()
    except BaseException:  # noqa: BLE001 - a child of fork must never return into pytest
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def standing(small: SmallWorkspace) -> list[Breach]:
    """The invariants that do not hold right now."""
    return list(check_workspace(small.workspace, disk.size_difference).breaches)


def _sweep(root: Path, points: Iterator[int]) -> int:
    """Crash at each of *points* until a night survives its point; return the last one tried."""
    undisturbed = _town(root / "undisturbed")
    for night in _NIGHTS:
        live(undisturbed, night)
    wanted = tree(undisturbed.workspace.root)
    for point in points:
        small = _town(root / "crashed")
        code = _dying_after(point, lambda small=small: [live(small, night) for night in _NIGHTS])
        assert code in (0, 137)
        assert standing(small) == [], f"dying at durable step {point} broke an invariant"
        for night in _NIGHTS:
            live(small, night)
        assert tree(small.workspace.root) == wanted, f"dying at durable step {point} left another tree"
        if code == 0:
            return point
        disk.remove_tree(small.workspace.root)
    return -1


def test_dying_at_some_durable_steps_changes_nothing(tmp_path: Path) -> None:
    assert _sweep(tmp_path, iter(range(3, 100_000, 61))) > 50


@pytest.mark.parametrize(
    "first",
    [pytest.param(first, marks=pytest.mark.exhaustive if first else pytest.mark.slow) for first in range(8)],
)
def test_dying_at_every_durable_step_changes_nothing(tmp_path: Path, first: int) -> None:
    """Every eighth from each of eight starts, so that they can run side by side."""
    assert _sweep(tmp_path, iter(range(first, 100_000, 8))) > 50


class _Risen(Taught):
    """Mainline can write everything since last night."""

    def open(self, adapter: Path | None):  # type: ignore[no-untyped-def]
        if adapter is None:
            return Scripted({other_problem(n).spec: other_problem(n).golden for n in WIDTHS}, "risen")
        return super().open(adapter)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> SmallWorkspace:
    """A night that is measured, and whose end will be to go back from a release that is worse than mainline."""
    small = found(tmp_path_factory.mktemp("measured") / "town")
    leave_trace(small.workspace, "run_2", 2)
    gate = small.settings.gate.model_copy(update={"confidence": 0.6})
    small = small._replace(settings=small.settings.model_copy(update={"gate": gate}))
    leave_trace(small.workspace, "run_3", 3)
    live(small, _NIGHTS[0])
    leave_trace(small.workspace, "run_4", 4)
    small = small._replace(ports=small.ports._replace(generators=_Risen({})))
    run_night(small.workspace, small.settings, small.ports, Options(night=_NIGHTS[1], until="benchmark"))
    return small


def _goes_back_once(measured: SmallWorkspace, root: Path, points: Iterator[int]) -> int:
    """Crash the end of the night at each of *points* until it survives; return the last one tried."""
    undisturbed = copy_of(measured, root / "undisturbed")
    live(undisturbed, _NIGHTS[1])
    wanted = tree(undisturbed.workspace.root)
    assert [move.who for move in moves_of(undisturbed.workspace.models)] == ["night", "relapse"]
    for point in points:
        small = copy_of(measured, root / "crashed")
        code = _dying_after(point, lambda small=small: live(small, _NIGHTS[1]))
        assert code in (0, 137)
        assert standing(small) == [], f"dying at durable step {point} broke an invariant"
        live(small, _NIGHTS[1])
        assert tree(small.workspace.root) == wanted, f"dying at durable step {point} left another tree"
        if code == 0:
            return point
        disk.remove_tree(small.workspace.root)
    return -1


def test_a_night_that_goes_back_by_itself_does_so_once_wherever_it_dies(
    tmp_path: Path, measured: SmallWorkspace
) -> None:
    assert _goes_back_once(measured, tmp_path, iter(range(0, 100_000, 9))) > 20


@pytest.mark.slow
def test_a_night_that_goes_back_by_itself_does_so_once_at_every_durable_step(
    tmp_path: Path, measured: SmallWorkspace
) -> None:
    assert _goes_back_once(measured, tmp_path, iter(range(100_000))) > 20
