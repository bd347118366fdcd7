"""Preference pairs: a verified answer beside wrong ones of the same spec, that compile and that its testbench notices."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from ct_retrain.core.ports import Simulator
from ct_retrain.core.progress import paced
from ct_retrain.core.records.dataset import Example, Preference
from ct_retrain.core.records.verdict import Outcome, Verdict
from ct_retrain.judge.fanout import check_all
from ct_retrain.stages._inputs import Source
from ct_retrain.stages._repairs import Failure
from ct_retrain.verilog.fingerprint import canonical
from ct_retrain.verilog.mutate import Mutant, mutants

_TRIES = 2
"""Mutants tried for each one wanted: some do not compile, and some are no worse than the design."""


class Wanted(NamedTuple):
    """How many pairs an example gets, and who makes them."""

    most: int
    night: str
    workers: int


def preferences(
    pairs: Sequence[tuple[Source, Example]],
    failed: Sequence[Failure],
    wanted: Wanted,
    simulator: Simulator,
) -> Iterator[Preference]:
    """Yield up to `wanted.most` pairs for each of *pairs*: its attempts of *failed* first, then mutants.

    No two rejected sides of an example are the same design under other names.
    """
    if not wanted.most:
        return
    taken: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    attempts = (_Answer(one.example, one.rtl, one.verdict) for one in failed)
    # What mutants there are depends on what the attempts gave: they are made when the first is asked for.
    for one in chain(attempts, _mutated(pairs, taken, wanted, simulator)):
        known = (one.example.metadata.canonical, canonical(one.rtl))
        if _wrong(one.verdict) and taken[known[0]] < wanted.most and known not in seen:
            seen.add(known)
            taken[known[0]] += 1
            yield _pair(one, wanted.night)


class _Answer(NamedTuple):
    """Another design for the specification of an example, and what its testbench says of it."""

    example: Example
    rtl: str
    verdict: Verdict
    mutant: Mutant | None = None


def _mutated(
    pairs: Sequence[tuple[Source, Example]], taken: Mapping[str, int], wanted: Wanted, simulator: Simulator
) -> Iterator[_Answer]:
    """Mutants of each of *pairs*, more than are wanted beside those that are *taken*."""
    tried = [
        (source, example, mutant)
        for source, example in pairs
        for mutant in mutants(example.output, _TRIES * (wanted.most - taken[example.metadata.canonical]))
    ]
    designs = (source.design(mutant.rtl) for source, _, mutant in tried)
    verdicts = paced(check_all(simulator, designs, wanted.workers), "curate: preferences", len(tried))
    for (_, example, mutant), verdict in zip(tried, verdicts, strict=True):
        yield _Answer(example, mutant.rtl, verdict, mutant)


def _wrong(verdict: Verdict) -> bool:
    """It compiled, ran, and did something else than its testbench asks: nothing else is a wrong answer for sure."""
    return verdict.outcome is Outcome.MISMATCH


def _pair(wrong: _Answer, night: str) -> Preference:
    example, mutant, verdict = wrong.example, wrong.mutant, wrong.verdict
    return Preference(
        prompt=example.instruction,
        chosen=example.output,
        rejected=wrong.rtl,
        origin="mutant" if mutant else "attempt",
        operator=mutant.operator if mutant else "",
        line=mutant.line if mutant else 0,
        log=verdict.log or verdict.detail,
        spec_hash=example.metadata.spec_hash,
        canonical=example.metadata.canonical,
        night=night,
    )
