"""Repeats the proofs about a night's examples, from the texts that the night kept.

The claim is denied if a proof is now a counterexample, or the reverse. A proof that is not found again within the time
limit is reported as unknown.
"""

from collections.abc import Iterator
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.records.audit import Claim
from ct_retrain.core.records.dataset import Example
from ct_retrain.core.records.formal import FormalEvidence, FormalSignals, FormalStatus
from ct_retrain.nightly.night import Night
from ct_retrain.stages.curate import DATASET, FORMAL, REPAIRS, Formal

CLAIM = "proofs: the proofs about the examples hold again"


def same_dataset(made: Path, kept: Path) -> bool:
    """Whether two files of examples are equal, apart from formal evidence."""
    if kept.name not in {DATASET, REPAIRS} or not (made.is_file() and kept.is_file()):
        return False
    return list(_unproved(made)) == list(_unproved(kept))


def _unproved(path: Path) -> Iterator[Example]:
    for example in disk.read_lines(path, Example):
        facts = example.metadata.model_copy(update={"formal": FormalSignals()})
        yield example.model_copy(update={"metadata": facts})


def proofs(night: Night) -> Claim:
    """Ask every question of the night again; compare the answers with the night's, and with the dataset's metadata."""
    directory, formal = night.directory / "curate", night.ports.formal
    if not (directory / FORMAL).is_file():
        return Claim(claim=CLAIM, finding="confirmed", why="nothing was asked")
    asked = list(disk.read_lines(directory / FORMAL, FormalEvidence))
    by_row = {(one.spec_hash, one.canonical): one.found for one in asked}
    for example in disk.read_lines(directory / DATASET, Example):
        facts = example.metadata
        told = by_row.get((facts.spec_hash, facts.canonical))
        tonight = facts.night == night.plan.night
        if (tonight and told is None and facts.formal.level != "simulated") or (
            told and told != facts.formal
        ):
            return Claim(
                claim=CLAIM,
                finding="denied",
                why=f"the row of {facts.spec_hash} contradicts {FORMAL}",
            )
    if not asked:
        return Claim(claim=CLAIM, finding="confirmed", why="nothing was asked")
    if formal is None:
        return Claim(claim=CLAIM, finding="unknown", why="no prover is installed here")
    return _again(formal, asked)


def _again(formal: Formal, asked: list[FormalEvidence]) -> Claim:
    lost: list[str] = []
    for one in asked:
        for name, was, now in _answers(formal, one):
            if {was, now} == {"proved", "fail"}:
                why = f"{name} of {one.spec_hash} was {was} and is {now}"
                return Claim(claim=CLAIM, finding="denied", why=why)
            if was != now and was in {"proved", "fail"}:
                lost.append(f"{name} of {one.spec_hash} was {was} and is {now}")
    if lost:
        return Claim(claim=CLAIM, finding="unknown", why=f"{len(lost)} not found again, such as: {lost[0]}")
    return Claim(claim=CLAIM, finding="confirmed", why=f"{len(asked)} examples")


def _answers(formal: Formal, one: FormalEvidence) -> Iterator[tuple[str, FormalStatus, FormalStatus]]:
    """Yield each question's name, its answer that night, and its answer now."""
    if one.other and one.found.equivalence != "not_run":
        now = formal.equivalent(one.rtl, one.other, one.top)
        yield "equivalence", one.found.equivalence, now.status.value
    if one.properties and one.found.assertions != "not_run":
        now = formal.properties_hold(one.properties, one.rtl, one.top)
        yield "assertions", one.found.assertions, now.status.value
