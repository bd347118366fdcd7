"""A judge that is created on first use, so that commands that never judge work without a simulator.

Status, check, rollback and the messages of a night that breaks judge nothing.
"""

import threading
from collections.abc import Callable

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.credibility import Credibility
from ct_retrain.judge.parts import JudgeParts
from ct_retrain.judge.simulators.cached import Use


class LazyJudge:
    """A Simulator, and the proofs of its judge; safe to share between threads.

    Every call raises ToolError while no judge can be created, and tries again.
    """

    def __init__(self, make: Callable[[], JudgeParts], width: int = 0) -> None:
        """Ask what *make* gives, of this *width*; it is called once it is needed, by one thread."""
        self._make, self.width = make, width
        self._made: JudgeParts | None = None
        self._lock = threading.Lock()

    @property
    def judge(self) -> JudgeParts:
        """The judge itself, created now if necessary."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    @property
    def tool(self) -> Tool:
        """Of the judge."""
        return self.judge.tool

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if the judge itself fails."""
        return self.judge.check(design)

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Whether module *top* behaves alike in both texts; None if not proved."""
        return self.judge.same(golden, other, top)

    @property
    def cache_use(self) -> Use:
        """Number of cached and simulated answers; does not create a judge."""
        with self._lock:
            return self._made.cache_use if self._made is not None else Use(0, 0)

    @property
    def seconds(self) -> float:
        """Spent on testbenches so far; asking makes no judge."""
        with self._lock:
            return self._made.appraiser.seconds if self._made is not None else 0.0


class LazyAppraiser:
    """The appraiser of a LazyJudge, made with it; safe to share between threads."""

    def __init__(self, lazy: LazyJudge) -> None:
        """Ask what testbenches say alone, without the second opinion of *lazy*."""
        self._lazy, self.width = lazy, lazy.width

    @property
    def tool(self) -> Tool:
        """Everything that can change the answers; raise ToolError while no judge can be made."""
        return self._lazy.judge.appraiser.tool

    @property
    def seconds(self) -> float:
        """Spent so far, the threads' together; asking makes no judge."""
        return self._lazy.seconds

    def __call__(self, golden: Design, most: int) -> Credibility:
        """What the testbench of *golden* is worth, on up to *most* mutants; raise ToolError for a judge at fault."""
        return self._lazy.judge.appraiser(golden, most)


def judge_behind(simulator: Simulator) -> JudgeParts | None:
    """The judge that *simulator* is or asks, for the parts that only a judge has; None for any other Simulator."""
    if isinstance(simulator, LazyJudge):
        return simulator.judge
    return simulator if isinstance(simulator, JudgeParts) else None
