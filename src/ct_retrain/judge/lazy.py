"""A judge that is created on first use, so that commands that never judge work without a simulator.

Examples are status, check, rollback, and the notices of a night that fails early.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Executor

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.credibility import Credibility
from ct_retrain.judge.fanout import Pending, ahead_of, submitted
from ct_retrain.judge.parts import JudgeParts
from ct_retrain.judge.simulators.cached import Use


class LazyJudge:
    """A Simulator with the proofs of its judge; may be shared between threads.

    While no judge can be created, every call tries again and raises ToolError.
    """

    def __init__(self, make: Callable[[], JudgeParts], width: int = 0) -> None:
        """Use the judge that *make* returns; it is called by one thread, on first use. *width* is that of the judge."""
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
        """The judge's tool."""
        return self.judge.tool

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if the judge itself fails."""
        return self.judge.check(design)

    @property
    def ahead(self) -> int:
        """Number of designs in flight that keep the judge busy now."""
        return ahead_of(self.judge)

    def submit(self, design: Design, pool: Executor) -> Pending[Verdict]:
        """Begin to judge *design*, in a thread of *pool* unless the judge needs none."""
        return submitted(self.judge, design, pool)

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
        """Seconds spent on testbenches so far; does not create a judge."""
        with self._lock:
            return self._made.appraiser.seconds if self._made is not None else 0.0


class LazyAppraiser:
    """The appraiser of a LazyJudge, created with it; may be shared between threads."""

    def __init__(self, lazy: LazyJudge) -> None:
        """Score testbenches by the judge of *lazy*, without its second opinion."""
        self._lazy, self.width = lazy, lazy.width

    @property
    def tool(self) -> Tool:
        """Everything that can change the answers; raise ToolError while no judge can be created."""
        return self._lazy.judge.appraiser.tool

    @property
    def seconds(self) -> float:
        """Seconds spent so far, summed over threads; does not create a judge."""
        return self._lazy.seconds

    def __call__(self, golden: Design, most: int) -> Credibility:
        """Score the testbench of *golden* on up to *most* mutants; raise ToolError if the judge fails."""
        return self._lazy.judge.appraiser(golden, most)


def judge_behind(simulator: Simulator) -> JudgeParts | None:
    """Return the judge that *simulator* is or uses, for what only a judge can do; None for any other Simulator."""
    if isinstance(simulator, LazyJudge):
        return simulator.judge
    return simulator if isinstance(simulator, JudgeParts) else None
