"""Score a testbench: whether it fails stubs, and how many mutants of the golden it detects.

The golden must pass, stubs must fail, and the mutants that differ from the golden should all be detected. A
survivor may be equivalent to the golden; where this is undecided, the score is an interval.
"""

import threading
import time
from collections.abc import Iterable
from typing import Annotated, Protocol

from pydantic import Field

from ct_retrain.core.ports import Simulator
from ct_retrain.core.record import Record
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.evidence.cocotb import wanted
from ct_retrain.judge.fanout import check_all
from ct_retrain.judge.prover import Prover
from ct_retrain.verilog.modules import modules
from ct_retrain.verilog.mutate import Mutant, mutants
from ct_retrain.verilog.stub import Level, stub


class MutantEquivalence(Protocol):
    """Decides whether two designs behave alike."""

    def __call__(self, golden: str, other: str, top: str) -> bool | None:
        """True or False if it is proved, None if not."""
        ...


class Operator(Record):
    """One mutation operator, and how often its mutants were detected."""

    name: str
    killed: int
    survived: int
    """Number not detected and not proved equivalent."""


Share = Annotated[float, Field(ge=0, le=1)]


class Credibility(Record):
    """Score of a testbench, measured on one golden."""

    golden: Outcome
    """Outcome of the golden itself; if it is not a pass, nothing else is known."""
    stubs_passed: tuple[str, ...]
    """Stubs that pass: `0`, `1`, `x`, `z`, `echo`."""
    mutants: int
    """Number of mutants that compile and are not proved equivalent."""
    killed: int
    equivalent: int
    """Number of survivors proved to behave like the golden."""
    different: int
    """Number of survivors proved to differ: gaps of the testbench."""
    undecided: int
    """Number of survivors that are undecided."""
    low: Share
    """Share of mutants detected, with every undecided survivor counted as different."""
    high: Share
    """Share of mutants detected, with every undecided survivor counted as equivalent; 0 if none was detected.
    """
    operators: tuple[Operator, ...]
    seconds: float
    """Wall-clock seconds, since the work is in other processes."""
    told: int = 0
    """Stubs and mutants reported as wrong by the testbench, without those that did not compile or finish."""

    @property
    def vacuous(self) -> bool:
        """Whether an unknown or floating output passes, or nothing that was tried was ever reported as wrong."""
        return self.golden is Outcome.PASS and (bool({"x", "z"} & set(self.stubs_passed)) or not self.told)


LEVELS: tuple[Level, ...] = ("0", "1", "x", "z", "echo")
_COUNTED = frozenset(
    {Outcome.PASS, Outcome.MISMATCH, Outcome.TIMEOUT, Outcome.NO_EVIDENCE, Outcome.RESOURCE_LIMIT}
)
"""Outcomes of a mutant that compiles; each but PASS means that the testbench did not accept it."""
_TOLD = frozenset({Outcome.MISMATCH, Outcome.TIMEOUT})
"""Outcomes by which a testbench reports a wrong design."""


def credibility(
    simulator: Simulator,
    golden: Design,
    *,
    most: int = 20,
    workers: int = 1,
    same: MutantEquivalence | None = None,
) -> Credibility:
    """Run stubs and up to *most* mutants of the golden on *simulator* with its testbench.

    *same* decides on survivors. A stub that is proved equivalent to the golden does not count as a stub.
    """
    began = time.monotonic()
    golden, outcome = _bounded(simulator, golden)
    top = next((name for name in wanted(golden.testbench) if name in _names(golden.rtl)), "")
    if outcome is not Outcome.PASS:
        return _nothing(outcome, time.monotonic() - began)
    stubs = {level: text for level in LEVELS if top and (text := stub(golden.rtl, top, level))}
    answers = _answers(simulator, golden, stubs.values(), workers)
    idle = tuple(
        level
        for (level, text), answer in zip(stubs.items(), answers, strict=True)
        if answer is Outcome.PASS and not _proved(same, golden.rtl, text, top)
    )
    tried = list(mutants(golden.rtl, most))
    designs = (golden.model_copy(update={"rtl": mutant.rtl}) for mutant in tried)
    verdicts = check_all(simulator, designs, workers)
    judged = [(mutant, verdict.outcome) for mutant, verdict in zip(tried, verdicts, strict=True)]
    counted = [(mutant, found) for mutant, found in judged if found in _COUNTED]
    told = sum(one in _TOLD for one in [*answers, *(found for _, found in counted)])
    score = _score(idle, counted, lambda text: _alike(same, golden.rtl, text, top), began)
    return score.model_copy(update={"told": told})


_BOUNDS = (2, 10)
"""CPU seconds; a golden that passes within the first nearly always needs far less."""


def _bounded(simulator: Simulator, golden: Design) -> tuple[Design, Outcome]:
    """Return *golden* with the smallest of a few limits within which it ends, and its outcome with that.

    The limit also applies to its mutants: a testbench that waits forever on a wrong design then costs seconds rather
    than the judge's whole limit each time.
    """
    for bound in _BOUNDS:
        tried = golden.model_copy(update={"cpu_seconds": bound})
        outcome = simulator.check(tried).outcome
        if outcome is not Outcome.TIMEOUT:
            return tried, outcome
    return golden, simulator.check(golden).outcome


class TestbenchAppraiser:
    """Scores many testbenches with one judge, and sums the time spent; thread-safe."""

    def __init__(self, simulator: Simulator, prover: Prover) -> None:
        """Use *simulator*, and *prover* for the survivors.

        The simulator should have no second opinion: a mutant that passes must not count as detected because
        synthesis reads it differently.
        """
        self._simulator, self._prover = simulator, prover
        detail = f"{simulator.tool.detail}; proofs {prover.proving}"
        self.tool = simulator.tool.model_copy(update={"detail": detail})
        self._lock = threading.Lock()
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """Seconds spent so far, summed over threads."""
        return self._seconds

    def __call__(self, golden: Design, most: int) -> Credibility:
        """Score the testbench of *golden* on up to *most* mutants; raise ToolError if the judge itself fails."""
        found = credibility(self._simulator, golden, most=most, same=self._prover.same)
        with self._lock:
            self._seconds += found.seconds
        return found


class _Ask(Protocol):
    def __call__(self, text: str) -> bool | None: ...


def _score(
    idle: tuple[str, ...], counted: list[tuple[Mutant, Outcome]], ask: _Ask, began: float
) -> Credibility:
    survivors = [(mutant, ask(mutant.rtl)) for mutant, found in counted if found is Outcome.PASS]
    equivalent = sum(alike is True for _, alike in survivors)
    different = sum(alike is False for _, alike in survivors)
    undecided = len(survivors) - equivalent - different
    killed = len(counted) - len(survivors)
    return Credibility(
        golden=Outcome.PASS,
        stubs_passed=idle,
        mutants=len(counted) - equivalent,
        killed=killed,
        equivalent=equivalent,
        different=different,
        undecided=undecided,
        low=_share(killed, killed + different + undecided),
        high=_share(killed, killed + different),
        operators=_operators(counted, {mutant.rtl for mutant, alike in survivors if alike is not True}),
        seconds=round(time.monotonic() - began, 3),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _operators(counted: list[tuple[Mutant, Outcome]], survived: set[str]) -> tuple[Operator, ...]:
    def of(name: str) -> Operator:
        mine = [(mutant.rtl, found) for mutant, found in counted if mutant.operator == name]
        killed = sum(found is not Outcome.PASS for _, found in mine)
        return Operator(name=name, killed=killed, survived=sum(text in survived for text, _ in mine))

    return tuple(of(name) for name in sorted({mutant.operator for mutant, _ in counted}))


def _answers(simulator: Simulator, golden: Design, texts: Iterable[str], workers: int) -> list[Outcome]:
    designs = (golden.model_copy(update={"rtl": text}) for text in texts)
    return [verdict.outcome for verdict in check_all(simulator, designs, workers)]


def _alike(same: MutantEquivalence | None, golden: str, other: str, top: str) -> bool | None:
    return None if same is None or not top else same(golden, other, top)


def _proved(same: MutantEquivalence | None, golden: str, other: str, top: str) -> bool:
    return _alike(same, golden, other, top) is True


def _names(rtl: str) -> frozenset[str]:
    return frozenset(module.name for module in modules(rtl))


def _nothing(outcome: Outcome, seconds: float) -> Credibility:
    """Return a score without information, for a testbench that its golden does not pass."""
    return Credibility(
        golden=outcome,
        stubs_passed=(),
        mutants=0,
        killed=0,
        equivalent=0,
        different=0,
        undecided=0,
        low=0.0,
        high=0.0,
        operators=(),
        seconds=round(seconds, 3),
    )
