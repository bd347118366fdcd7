"""How much a pass of a testbench is worth: whether it fails designs that do nothing, and nearly right ones.

The golden must pass, stubs must fail, and of the mutants that differ from the golden the testbench should kill all.
A survivor may be equivalent to the golden; where nobody can tell, the score is an interval.
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
    """Says whether two designs behave alike."""

    def __call__(self, golden: str, other: str, top: str) -> bool | None:
        """True or False when it is proved, None when it is not."""
        ...


class Operator(Record):
    """One way to be wrong, and how often it was noticed."""

    name: str
    killed: int
    survived: int
    """Not noticed, and not proved to be no change at all."""


Share = Annotated[float, Field(ge=0, le=1)]


class Credibility(Record):
    """What a testbench is worth for one golden."""

    golden: Outcome
    """Of the golden itself; of anything but a pass nothing else is known."""
    stubs_passed: tuple[str, ...]
    """Designs that do nothing and pass: `0`, `1`, `x`, `z`, `echo`."""
    mutants: int
    """Those that compile and are not known to be equivalent."""
    killed: int
    equivalent: int
    """Survivors that are proved to behave like the golden."""
    different: int
    """Survivors that are proved to behave otherwise: holes in the testbench."""
    undecided: int
    """Survivors of which nobody can tell."""
    low: Share
    """Killed of all that may differ: every undecided survivor is taken for a hole."""
    high: Share
    """Killed of all that do differ: every undecided survivor is taken for equivalent; 0 where nothing was killed."""
    operators: tuple[Operator, ...]
    seconds: float
    """On the wall: the work is in other processes."""
    told: int = 0
    """Stubs and mutants that the testbench itself called wrong: not those that do not compile, or end without a word."""

    @property
    def vacuous(self) -> bool:
        """Whether an unknown or floating output passes, or nothing that was tried was ever called wrong."""
        return self.golden is Outcome.PASS and (bool({"x", "z"} & set(self.stubs_passed)) or not self.told)


LEVELS: tuple[Level, ...] = ("0", "1", "x", "z", "echo")
_COUNTED = frozenset(
    {Outcome.PASS, Outcome.MISMATCH, Outcome.TIMEOUT, Outcome.NO_EVIDENCE, Outcome.RESOURCE_LIMIT}
)
"""What a mutant that compiles can end in; each but PASS means that the testbench did not accept it."""
_TOLD = frozenset({Outcome.MISMATCH, Outcome.TIMEOUT})
"""What a testbench says to a design that it noticed."""


def credibility(
    simulator: Simulator,
    golden: Design,
    *,
    most: int = 20,
    workers: int = 1,
    same: MutantEquivalence | None = None,
) -> Credibility:
    """Ask *simulator* about stubs and up to *most* mutants of the golden and its testbench.

    *same* is asked about survivors. A stub that is proved to be the golden itself is no stub.
    """
    began = time.monotonic()
    golden = _bounded(simulator, golden)
    top = next((name for name in wanted(golden.testbench) if name in _names(golden.rtl)), "")
    outcome = simulator.check(golden).outcome
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
"""Processor seconds: a golden that passes in the first is nearly always far below it."""


def _bounded(simulator: Simulator, golden: Design) -> Design:
    """*golden* with the least of a few limits that it passes in, which bounds what is asked about its testbench too.

    A testbench that waits for ever on a wrong design costs seconds, not the judge's whole limit each time.
    """
    for bound in _BOUNDS:
        tried = golden.model_copy(update={"cpu_seconds": bound})
        if simulator.check(tried).outcome is not Outcome.TIMEOUT:
            return tried
    return golden


class TestbenchAppraiser:
    """Asks one judge about many testbenches, and keeps account of the time; safe to share between threads."""

    def __init__(self, simulator: Simulator, prover: Prover) -> None:
        """Ask *simulator*, and *prover* about what it lets pass.

        The simulator should be one without a second opinion: a mutant that passes must not count as noticed
        because synthesis reads it otherwise.
        """
        self._simulator, self._prover = simulator, prover
        detail = f"{simulator.tool.detail}; proofs {prover.proving}"
        self.tool = simulator.tool.model_copy(update={"detail": detail})
        self._lock = threading.Lock()
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """Spent since this object was made, the threads' together."""
        return self._seconds

    def __call__(self, golden: Design, most: int) -> Credibility:
        """What the testbench of *golden* is worth, on up to *most* mutants; raise ToolError for a judge at fault."""
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
    """Nothing can be said of a testbench that its golden does not pass."""
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
