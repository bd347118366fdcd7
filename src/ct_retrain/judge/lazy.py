"""A judge that is created on first use, so that commands that never judge work without a simulator.

Status, check, rollback and the messages of a night that breaks judge nothing.
"""

import threading
from collections.abc import Callable

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Verdict
from ct_retrain.judge.credibility import Credibility, TestbenchAppraiser
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.simulators.cached import Use


class LazyJudge:
    """A Simulator, and the proofs of its Judge; thread-safe.

    Every call raises ToolError while no judge can be created, and tries again.
    """

    def __init__(self, make: Callable[[], Judge]) -> None:
        """*make* creates the Judge; it is called when needed, by one thread."""
        self._make = make
        self._made: Judge | None = None
        self._lock = threading.Lock()

    @property
    def judge(self) -> Judge:
        """The Judge itself, created now if necessary."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    @property
    def tool(self) -> Tool:
        """Tool of the Judge."""
        return self.judge.tool

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError if the judge itself fails."""
        return self.judge.check(design)

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Whether module *top* behaves alike in both texts; None if not proved."""
        return self.judge.prover.same(golden, other, top)

    @property
    def cache_use(self) -> Use:
        """Number of cached and simulated answers; does not create a judge."""
        with self._lock:
            return self._made.cache_use if self._made is not None else Use(0, 0)


class LazyAppraiser:
    """The TestbenchAppraiser of a LazyJudge, created with it; thread-safe."""

    def __init__(self, lazy: LazyJudge) -> None:
        """Use the judge of *lazy* without its second opinion."""
        self._lazy = lazy
        self._made: TestbenchAppraiser | None = None
        self._lock = threading.Lock()

    @property
    def tool(self) -> Tool:
        """Everything that can change a score; raise ToolError while no judge can be created."""
        return self._appraiser().tool

    @property
    def seconds(self) -> float:
        """Seconds spent so far, summed over threads; does not create a judge."""
        with self._lock:
            return self._made.seconds if self._made is not None else 0.0

    def __call__(self, golden: Design, most: int) -> Credibility:
        """Score the testbench of *golden* on up to *most* mutants; raise ToolError if the judge itself fails."""
        return self._appraiser()(golden, most)

    def _appraiser(self) -> TestbenchAppraiser:
        with self._lock:
            if self._made is None:
                judge = self._lazy.judge
                self._made = TestbenchAppraiser(judge.plain, judge.prover)
            return self._made


def judge_behind(simulator: Simulator) -> Judge | None:
    """Return the Judge that *simulator* is or wraps; None for any other Simulator."""
    if isinstance(simulator, LazyJudge):
        return simulator.judge
    return simulator if isinstance(simulator, Judge) else None
