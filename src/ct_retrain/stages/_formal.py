"""Adds formal evidence to tonight's new examples, as far as the night's time budget allows.

Two independent answers to one specification that are equal for every input are stronger evidence than one, and so is
an assertion that holds for every input. An example for which nothing can be proved loses nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple, Protocol

from ct_retrain import disk
from ct_retrain.core.ports import Simulator
from ct_retrain.core.progress import paced
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import Example
from ct_retrain.core.records.formal import FormalEvidence, FormalSignals, FormalStatus
from ct_retrain.core.rules.assurance import Assurance, assurance
from ct_retrain.judge.formal.proof import FormalResult
from ct_retrain.stages._carried import ExampleFacts, spec_of
from ct_retrain.stages._inputs import Source, TraceTexts, read_trace_texts
from ct_retrain.stages._trace_index import Spec, TraceIndex
from ct_retrain.verilog.assertions import NONE, Assertions, assertions_of
from ct_retrain.verilog.fingerprint import canonical
from ct_retrain.verilog.modules import modules


class Formal(Protocol):
    """Proves equivalence and properties of designs; a failure that it reports was also seen in simulation."""

    def equivalent(self, golden: str, candidate: str, top: str) -> FormalResult:
        """Check whether module *top* behaves alike in both texts; raise ToolError if the judge fails."""
        ...

    def properties_hold(self, properties: str, candidate: str, top: str) -> FormalResult:
        """Check whether *properties* hold for module *top*; raise ToolError if the judge fails."""
        ...


class OtherAnswers:
    """Other answers to a specification: tonight's older runs of it, newest first, then its previous example."""

    def __init__(
        self,
        traces: TraceIndex,
        carried: disk.RecordFile[Example],
        kept: Iterable[ExampleFacts],
        reading: TraceTexts,
    ) -> None:
        """Offer those of *carried* that are *kept*; nothing is read yet."""
        self._traces, self._carried, self._reading = traces, carried, reading
        self._places: Mapping[Spec, int] = {one.spec: one.place for one in kept}

    def of(self, source: Source, example: Example) -> Iterator[str]:
        """Yield designs of other runs for *example*'s specification, without its own text and without duplicates."""
        runs = self._traces.answering(example.metadata.spec_hash)
        sources = (read_trace_texts(one, self._reading) for one in runs if one.run_id != source.trace.run_id)
        texts = (
            one.rtl
            for one in sources
            if not isinstance(one, Rejected) and one.instruction == source.instruction
        )
        seen = {example.metadata.canonical}
        for text in chain(texts, self._before(example)):
            if text and (name := canonical(text)) not in seen:
                seen.add(name)
                yield text

    def _before(self, example: Example) -> Iterator[str]:
        place = self._places.get(spec_of(example))
        if place is not None:
            yield self._carried.read(place).output


class FormalInputs(NamedTuple):
    """Inputs of the proofs."""

    rivals: OtherAnswers
    simulator: Simulator
    seconds: float
    """Budget of processor seconds for all proofs of the night."""


def with_signals(
    passed: Sequence[tuple[Source, Example]], inputs: FormalInputs, formal: Formal | None
) -> tuple[list[tuple[Source, Example]], list[FormalEvidence]]:
    """Return *passed* with formal signals in the metadata, in the same order, and the evidence for each question
    asked.

    Examples that simulation checks least come first. Without *formal*, nothing is asked.
    """
    if formal is None:
        return list(passed), []
    prover = _Prover(formal, inputs)
    order = sorted(range(len(passed)), key=lambda place: (_simulated(passed[place][1]), place))
    asked = {place: prover.asked(*passed[place]) for place in paced(order, "curate: proofs", len(order))}
    evidence = [asked[place] for place in range(len(passed))]
    marked = [
        (source, _marked(example, one.found)) for (source, example), one in zip(passed, evidence, strict=True)
    ]
    return marked, [one for one in evidence if one.other or one.properties]


def counted(evidence: Iterable[FormalSignals]) -> dict[str, int]:
    """Count the examples of each level, the failed proofs, and the examples not asked for lack of time."""
    figures: Counter[str] = Counter()
    for one in evidence:
        figures[one.level] += 1
        figures["counterexamples"] += "fail" in {one.equivalence, one.assertions}
        figures["no_budget"] += _NO_BUDGET in one.why
    return {name: count for name, count in sorted(figures.items()) if count}


def signals(
    equivalence: FormalResult | str, assertions: FormalResult | str, against: str, simulated: Assurance
) -> FormalSignals:
    """Return both results in the form that a dataset stores; a text is the reason why there is no result."""
    results = [one for one in (equivalence, assertions) if isinstance(one, FormalResult)]
    surest = max([simulated, *(assurance(one.status.value, one.depth) for one in results)])
    tools = dict.fromkeys(f"{tool.name} {tool.version}" for one in results for tool in one.tools)
    named = (("equivalence", equivalence), ("assertions", assertions))
    return FormalSignals(
        level=surest.level.value,
        depth=surest.depth,
        equivalence=_status(equivalence),
        against=against,
        assertions=_status(assertions),
        why="" if surest.level == "proven" else "; ".join(f"{name}: {_why(one)}" for name, one in named),
        tools=", ".join(tools),
    )


_RIVALS = 3
"""Maximum number of other answers that are simulated to find one that passes."""
_NO_BUDGET = "curate.formal_seconds are used up"


class _Prover:
    """Asks as long as the time budget lasts."""

    def __init__(self, formal: Formal, inputs: FormalInputs) -> None:
        self._formal, self._inputs, self._spent = formal, inputs, 0.0

    def asked(self, source: Source, example: Example) -> FormalEvidence:
        """Ask both questions about *example*."""
        top, rtl = example.metadata.top, source.design().rtl
        other, why = self._rival(source, example)
        properties = _assertions(source, top)
        equivalence: FormalResult | str = why
        if other:
            equivalence = self._counted(self._formal.equivalent(rtl, other, top))
        assertions: FormalResult | str = properties.why or _NO_BUDGET
        if properties.text and not self._over:
            assertions = self._counted(self._formal.properties_hold(properties.text, rtl, top))
        against = canonical(other) if other else ""
        return FormalEvidence(
            spec_hash=example.metadata.spec_hash,
            canonical=example.metadata.canonical,
            top=top,
            rtl=rtl,
            other=other,
            properties=properties.text,
            found=signals(equivalence, assertions, against, _simulated(example)),
        )

    @property
    def _over(self) -> bool:
        return self._spent >= self._inputs.seconds

    def _counted(self, result: FormalResult) -> FormalResult:
        self._spent += result.cpu_seconds
        return result

    def _rival(self, source: Source, example: Example) -> tuple[str, str]:
        """Return another answer that passes the testbench of *example*, as simulated; or "" and the reason."""
        texts = list(islice(self._inputs.rivals.of(source, example), _RIVALS))
        if not texts:
            return "", "no other run answered its specification"
        if self._over:
            return "", _NO_BUDGET
        designs = (source.design(text) for text in texts)
        passing = next((one.rtl for one in designs if self._inputs.simulator.check(one).passed), "")
        return passing, "" if passing else "no other answer to its specification passes its testbench"


def _assertions(source: Source, top: str) -> Assertions:
    design = next((module for module in modules(source.rtl) if module.name == top), None)
    return assertions_of(source.testbench, source.rtl, design) if design else NONE


def _simulated(example: Example) -> Assurance:
    """Return the level of assurance from simulation alone."""
    worth = example.metadata.credibility
    return assurance(credibility=worth.low if worth.asked else None)


def _marked(example: Example, found: FormalSignals) -> Example:
    return example.model_copy(update={"metadata": example.metadata.model_copy(update={"formal": found})})


def _status(answer: FormalResult | str) -> FormalStatus:
    return answer.status.value if isinstance(answer, FormalResult) else "not_run"


def _why(answer: FormalResult | str) -> str:
    return answer.why if isinstance(answer, FormalResult) else answer
