"""Removes benchmark problems from rows and sources, and makes the certificate of what they were compared with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from ct_retrain.core.record import Rejected
from ct_retrain.core.records.certificate import Certificate
from ct_retrain.core.records.dataset import Example
from ct_retrain.core.records.training import Row
from ct_retrain.decontamination.comparer import Comparer
from ct_retrain.decontamination.protection import Protection, certificate, decontaminate
from ct_retrain.decontamination.texts import Candidate
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


class Harvested(NamedTuple):
    """Curate's sources and examples without benchmark problems."""

    sources: list[Source]
    carried: list[Example]


def harvested(
    sources: Sequence[Source], carried: Sequence[Example], comparer: Comparer, refuse: Refuse
) -> Harvested:
    """Compare tonight's *sources* and the examples *carried* from earlier nights, which may have used other suites."""
    subjects = [f"{source.trace.run_id}:{source.trace.line}" for source in sources]
    subjects += [example.metadata.run_id for example in carried]
    texts = [(source.instruction, source.rtl) for source in sources]
    texts += [(example.instruction, example.output) for example in carried]
    found = comparer.compare(Candidate(*text, "delta") for text in texts).matches
    for number, match in found.items():
        refuse(Rejected(subject=subjects[number], reason=match.reason, detail=match.detail))
    fresh = [source for number, source in enumerate(sources) if number not in found]
    kept = [example for number, example in enumerate(carried, len(sources)) if number not in found]
    return Harvested(fresh, kept)


def again(rows: Sequence[Row], protection: Protection) -> Certificate:
    """Return a new certificate of *rows* as a mixture; its `refused` is empty if they contain no benchmark problem."""
    different = list(dict.fromkeys(_candidate(row) for row in rows))
    made = decontaminate(different, protection, 0)
    return certificate(made, protection, (row.id for row in different))


def _candidate(row: Row) -> Candidate:
    return Candidate(row.prompt, row.completion, row.source, row.place)
