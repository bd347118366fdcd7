"""What a release could do and tonight's model cannot comes back into the mix, also when a night without news lies between."""

from pathlib import Path

from tests.small_workspace import Taught, found, leave_trace, live

from ct_retrain.core.records.night import NightOutcome
from ct_retrain.core.records.training import Fit, TrainPlan


class Watched(Taught):
    """Remembers what it was asked to refresh, and can be made to forget."""

    def __init__(self) -> None:
        super().__init__({})
        self.asked: list[tuple[str, ...]] = []

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        self.asked.append(plan.forgotten)
        return super().fit(plan, out)


def test_what_was_forgotten_is_refreshed_after_a_night_without_news(tmp_path: Path) -> None:
    small, learner = found(tmp_path), Watched()
    train = small.settings.train.model_copy(update={"refresh_forgotten": True})
    small = small._replace(
        settings=small.settings.model_copy(update={"train": train}),
        ports=small.ports._replace(trainer=learner, generators=learner),
    )
    for width in range(2, 8):
        leave_trace(small.workspace, f"run_{width}", width)
    assert live(small, "2026-01-01").outcome is NightOutcome.PUBLISHED

    learner._forgets = True
    leave_trace(small.workspace, "run_8", 8)
    assert live(small, "2026-01-02").outcome is NightOutcome.REJECTED
    assert live(small, "2026-01-03").outcome is NightOutcome.NOTHING_NEW
    learner._forgets = False
    leave_trace(small.workspace, "run_9", 9)
    live(small, "2026-01-04")

    assert learner.asked == [(), (), ("logic",)]
