"""A judge that is made by the first question: what never judges works where no simulator does.

Status, check, rollback and the words of a night that breaks ask nothing, and so need none.
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
    """A Simulator, and the proofs of its Judge; safe to share between threads.

    Every question raises ToolError while no judge can be made, and tries again to make one.
    """

    def __init__(self, make: Callable[[], Judge]) -> None:
        """Ask what *make* gives; it is called once it is needed, by one thread."""
        self._make = make
        self._made: Judge | None = None
        self._lock = threading.Lock()

    @property
    def judge(self) -> Judge:
        """The Judge itself, made now if nobody has asked before."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    @property
    def tool(self) -> Tool:
        """Of the Judge."""
        return self.judge.tool

    def check(self, design: Design) -> Verdict:
        """Judge *design*; raise ToolError when the judge is at fault."""
        return self.judge.check(design)

    def same(self, golden: str, other: str, top: str) -> bool | None:
        """Whether module *top* behaves alike in both texts; None where nobody can prove it."""
        return self.judge.prover.same(golden, other, top)

    @property
    def cache_use(self) -> Use:
        """How often the answer was known; asking makes no judge."""
        with self._lock:
            return self._made.cache_use if self._made is not None else Use(0, 0)


class LazyAppraiser:
    """The TestbenchAppraiser of a LazyJudge, made with it; safe to share between threads."""

    def __init__(self, lazy: LazyJudge) -> None:
        """Ask what testbenches say alone, without the second opinion of *lazy*."""
        self._lazy = lazy
        self._made: TestbenchAppraiser | None = None
        self._lock = threading.Lock()

    @property
    def tool(self) -> Tool:
        """Everything that can change the answers; raise ToolError while no judge can be made."""
        return self._appraiser().tool

    @property
    def seconds(self) -> float:
        """Spent so far, the threads' together; asking makes no judge."""
        with self._lock:
            return self._made.seconds if self._made is not None else 0.0

    def __call__(self, golden: Design, most: int) -> Credibility:
        """What the testbench of *golden* is worth, on up to *most* mutants; raise ToolError for a judge at fault."""
        return self._appraiser()(golden, most)

    def _appraiser(self) -> TestbenchAppraiser:
        with self._lock:
            if self._made is None:
                judge = self._lazy.judge
                self._made = TestbenchAppraiser(judge.plain, judge.prover)
            return self._made


def judge_behind(simulator: Simulator) -> Judge | None:
    """The Judge that *simulator* is or asks, for the parts that only a Judge has; None for any other Simulator."""
    if isinstance(simulator, LazyJudge):
        return simulator.judge
    return simulator if isinstance(simulator, Judge) else None
