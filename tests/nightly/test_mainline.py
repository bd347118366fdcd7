"""A night that is resumed does again what another way of asking mainline would change."""

from collections.abc import Sequence
from pathlib import Path

from tests.small_workspace import SmallWorkspace, found, leave_trace

from ct_retrain.core.records.problem import Prompt
from ct_retrain.core.records.readiness import Readiness
from ct_retrain.nightly.run import Options, plan_night, run_night


class Template:
    """A mainline that is asked as *words* say."""

    def __init__(self, words: str) -> None:
        self._words = words
        self.asked: list[str] = []

    def identity(self) -> str:
        return self._words

    def examine(self, questions: Sequence[Prompt]) -> Readiness:
        self.asked = [one.text for one in questions]
        return Readiness(found=self._words, faults=("it has no chat template",))


def town_of(root: Path) -> SmallWorkspace:
    small = found(root)
    for width in (2, 3):
        leave_trace(small.workspace, f"run_{width}", width)
    return small


def trained(small: SmallWorkspace, words: str) -> int:
    """How often was trained when the night has come as far as train again, with mainline asked as *words* say."""
    ports = small.ports._replace(mainline=Template(words))
    run_night(small.workspace, small.settings, ports, Options(night="2026-01-01", until="train"))
    return small.learner.fits


def test_a_resumed_night_trains_again_where_mainline_is_asked_otherwise(tmp_path: Path) -> None:
    small = town_of(tmp_path)
    assert [trained(small, words) for words in ("one", "one", "other", "other")] == [1, 1, 2, 2]


def test_a_dry_run_says_what_was_found_out_about_mainline(tmp_path: Path) -> None:
    small, mainline = town_of(tmp_path), Template("one")
    ports = small.ports._replace(mainline=mainline)
    plan = plan_night(small.workspace, small.settings, ports, "2026-01-01")

    assert plan.mainline == Readiness(found="one", faults=("it has no chat template",))
    assert len(mainline.asked) == plan.problems
    assert plan_night(small.workspace, small.settings, small.ports, "2026-01-01").mainline is None
