"""Tests the testbenches of passing examples: they must fail idle designs, and detect mutants of the design."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from ct_retrain.core.configuration.settings import CurateSettings
from ct_retrain.core.progress import paced
from ct_retrain.core.record import Tool
from ct_retrain.core.records.dataset import Example, TestbenchScore
from ct_retrain.core.records.verdict import Design
from ct_retrain.judge.credibility import Credibility
from ct_retrain.judge.fanout import at_once, width_of
from ct_retrain.stages._inputs import Refuse, Source, trace_refusal
from ct_retrain.verilog.guard import approve
from ct_retrain.verilog.modules import instantiated
from ct_retrain.verilog.undriven import undriven


class Appraiser(Protocol):
    """Scores testbenches."""

    @property
    def tool(self) -> Tool:
        """Everything that can change the answers."""
        ...

    def __call__(self, golden: Design, most: int) -> Credibility:
        """Score the testbench of *golden* on up to *most* mutants; raise ToolError if the judge fails."""
        ...


class BudgetedAppraiser:
    """Scores testbenches as long as the night's time budget lasts; may be shared between threads."""

    def __init__(self, appraiser: Appraiser, settings: CurateSettings) -> None:
        """Start the time budget at the first call."""
        self._appraiser, self._settings = appraiser, settings
        self.width = width_of(appraiser)
        self._until: float | None = None
        self.unasked = 0
        """Number of testbenches not scored for lack of time."""

    def __call__(self, source: Source) -> Credibility | None:
        """Return the score of *source*'s testbench; None if the time budget is used up."""
        minutes = self._settings.credibility_minutes
        if self._until is None:
            self._until = time.monotonic() + 60 * minutes
        if minutes and time.monotonic() >= self._until:
            return None
        return self._appraiser(source.design(), self._settings.mutants)


def credible(
    passed: Sequence[tuple[Source, Example]],
    asking: BudgetedAppraiser,
    settings: CurateSettings,
    workers: int,
    refuse: Refuse,
) -> Iterator[tuple[Source, Example]]:
    """Yield the examples whose testbench is not known to be weak, with its score in their metadata.

    An example is refused only if its testbench passes designs that are proved wrong, or detects almost no mutants. A
    testbench without a score, for lack of time or with `mutants` 0, is not refused.
    """
    passed = [pair for pair in passed if not _refused_as_undriven(pair[0], refuse)]
    if not settings.mutants:
        yield from passed
        return

    with ThreadPoolExecutor(at_once(asking, workers), thread_name_prefix="worth") as pool:
        worths = paced(
            pool.map(asking, [source for source, _ in passed]), "curate: testbenches tried", len(passed)
        )
        for (source, example), worth in zip(passed, worths, strict=True):
            if worth is None:
                asking.unasked += 1
                yield source, example
            elif worth.vacuous:
                refuse(trace_refusal(source.trace, "vacuous_testbench", _vacuous(worth)))
            elif weak := _weak(worth, settings):
                refuse(trace_refusal(source.trace, "weak_testbench", weak))
            else:
                facts = example.metadata.model_copy(update={"credibility": _flat(worth)})
                yield source, example.model_copy(update={"metadata": facts})


def _refused_as_undriven(source: Source, refuse: Refuse) -> bool:
    """Whether *source* is refused because its testbench passes although nothing drives one of its outputs."""
    output = undriven(approve(source.rtl).text, instantiated(source.testbench))
    if output:
        refuse(trace_refusal(source.trace, "undriven_output", f"nothing drives the output {output}"))
    return bool(output)


def _weak(found: Credibility, settings: CurateSettings) -> str:
    """Return why the testbench is too weak; "" if it is not."""
    if not found.mutants + found.equivalent:
        return "no mutant of the design could be made, so its testbench cannot be tested"
    if found.high < settings.min_credibility:
        return f"{_noticed(found)}, {settings.min_credibility:.0%} wanted"
    if found.low < settings.min_certain:
        least = f"at least {found.low:.0%}, {settings.min_certain:.0%} wanted"
        return f"notices {found.killed} of {found.mutants} wrong designs, {least}; {found.undecided} are undecided"
    return ""


def _vacuous(found: Credibility) -> str:
    idle = f"outputs that pass though nothing drives them: {', '.join(found.stubs_passed) or 'none'}"
    return f"{_noticed(found)}; {idle}"


def _noticed(found: Credibility) -> str:
    return f"notices {found.killed} of {found.mutants} wrong designs, at most {found.high:.0%}"


def _flat(found: Credibility) -> TestbenchScore:
    return TestbenchScore(
        asked=True,
        low=found.low,
        high=found.high,
        mutants=found.mutants,
        killed=found.killed,
        equivalent=found.equivalent,
        different=found.different,
        undecided=found.undecided,
        stubs_passed=" ".join(found.stubs_passed),
        operators=", ".join(
            f"{one.name} {one.killed}/{one.killed + one.survived}" for one in found.operators
        ),
    )
