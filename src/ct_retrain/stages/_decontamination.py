"""Removes benchmark problems from rows and sources, and makes the certificate of what they were compared with."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ct_retrain.core.record import Rejected
from ct_retrain.core.records.certificate import Certificate
from ct_retrain.core.records.dataset import Example
from ct_retrain.core.records.training import Row
from ct_retrain.decontamination.comparer import Comparer
from ct_retrain.decontamination.protection import Protection, certificate, decontaminate
from ct_retrain.decontamination.texts import Candidate
from ct_retrain.stages._carried import ExampleFacts, facts_of
from ct_retrain.stages._inputs import Refuse, Source

CERTIFICATE = "certificate.json"

Certify: TypeAlias = Callable[[Iterable[Row]], Certificate]
"""Makes the certificate, once the rows of the mixture are known."""


def cleaned(
    sources: Mapping[str, Sequence[Row]], protection: Protection, seed: int, rejected: list[Rejected]
) -> tuple[dict[str, list[Row]], Certify]:
    """Return the rows of *sources* that may be trained on; add benchmark problems, with the rule, to *rejected*."""
    rows = [row for found in sources.values() for row in found]
    made = decontaminate([_candidate(row) for row in rows], protection, seed)
    for number, match in made.refused.items():
        one = made.rows[number]
        subject = one.subject or f"{one.source} row {one.id}"
        rejected.append(Rejected(subject=subject, reason=match.reason, detail=match.detail))
    kept: dict[str, list[Row]] = {name: [] for name in sources}
    for number in made.kept:
        kept[rows[number].source].append(rows[number])
    return kept, lambda taken: certificate(made, protection, (_candidate(row).id for row in taken))


def harvested(sources: Sequence[Source], comparer: Comparer, refuse: Refuse) -> list[Source]:
    """Return tonight's *sources* without benchmark problems."""
    found = comparer.compare(Candidate(one.instruction, one.rtl, "delta") for one in sources).matches
    for number, match in found.items():
        trace = sources[number].trace
        refuse(Rejected(subject=f"{trace.run_id}:{trace.line}", reason=match.reason, detail=match.detail))
    return [source for number, source in enumerate(sources) if number not in found]


def still_clean(
    carried: Iterable[tuple[int, Example]], comparer: Comparer, refuse: Refuse
) -> list[ExampleFacts]:
    """Return the examples *carried* from earlier nights, which may have used other suites, without benchmark problems."""
    facts: list[ExampleFacts] = []

    def candidates() -> Iterator[Candidate]:
        for place, example in carried:
            facts.append(facts_of(example, place))
            yield Candidate(example.instruction, example.output, "delta")

    found = comparer.compare(candidates()).matches
    for number, match in found.items():
        refuse(Rejected(subject=facts[number].run_id, reason=match.reason, detail=match.detail))
    return [one for number, one in enumerate(facts) if number not in found]


def again(rows: Sequence[Row], protection: Protection) -> Certificate:
    """Return a new certificate of *rows* as a mixture; its `refused` is empty if they contain no benchmark problem."""
    different = list(dict.fromkeys(_candidate(row) for row in rows))
    made = decontaminate(different, protection, 0)
    return certificate(made, protection, (row.id for row in different))


def _candidate(row: Row) -> Candidate:
    return Candidate(row.prompt, row.completion, row.source, row.place)
