"""Makes preference pairs: a verified answer and wrong ones for the same spec, which compile and fail its testbench."""

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
from ct_retrain.stages._repairs import ReproducedFailure
from ct_retrain.verilog.fingerprint import canonical
from ct_retrain.verilog.mutate import Mutant, mutants

_TRIES = 2
"""Number of mutants tried for each one wanted: some do not compile, and some behave like the design."""


class PairOptions(NamedTuple):
    """Number of pairs per example, and the source of mutants."""

    most: int
    night: str
    workers: int


def preferences(
    pairs: Sequence[tuple[Source, Example]],
    failed: Sequence[ReproducedFailure],
    wanted: PairOptions,
    simulator: Simulator,
) -> Iterator[Preference]:
    """Yield up to `wanted.most` pairs for each of *pairs*: its failed attempts from *failed* first, then mutants.

    Rejected answers that are the same design under other names are used once.
    """
    if not wanted.most:
        return
    taken: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    attempts = (_Answer(one.example, one.rtl, one.verdict) for one in failed)
    # Computed lazily: how many mutants are needed depends on how many attempts were used.
    for one in chain(attempts, _mutated(pairs, taken, wanted, simulator)):
        known = (one.example.metadata.canonical, canonical(one.rtl))
        if _wrong(one.verdict) and taken[known[0]] < wanted.most and known not in seen:
            seen.add(known)
            taken[known[0]] += 1
            yield _pair(one, wanted.night)


class _Answer(NamedTuple):
    """A design for the specification of an example, and the testbench's verdict on it."""

    example: Example
    rtl: str
    verdict: Verdict
    mutant: Mutant | None = None


def _mutated(
    pairs: Sequence[tuple[Source, Example]],
    taken: Mapping[str, int],
    wanted: PairOptions,
    simulator: Simulator,
) -> Iterator[_Answer]:
    """Yield mutants of each of *pairs*: enough for what is wanted beyond the pairs in *taken*."""
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
    """Whether the design compiled, ran and mismatched; only that makes an answer surely wrong."""
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
