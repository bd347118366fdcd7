"""A night's data: how many runs became examples, what was refused and why, what the dataset holds."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ct_retrain.core.record import Rejected
from ct_retrain.core.records.certificate import certificate_lines
from ct_retrain.core.records.dataset import SourceFile
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    CollectFacts,
    CurateFacts,
    TrainFacts,
)
from ct_retrain.core.stage import StageName
from ct_retrain.core.workspace import REJECTED
from ct_retrain.report.formatting import line, words
from ct_retrain.report.report_inputs import NightFiles, refused


class Bar(NamedTuple):
    """A number in a bar chart."""

    name: str
    value: int
    share: float
    """Share of the largest number, for the bar's length."""
    note: str = ""


class RefusedCount(NamedTuple):
    """A reason, its count, and one example."""

    stage: str
    reason: str
    times: int
    subject: str
    detail: str


class HarvestSummary(NamedTuple):
    """Facts on the night's data; empty if its stages are gone."""

    funnel: tuple[Bar, ...]
    refusals: tuple[RefusedCount, ...]
    categories: tuple[Bar, ...]
    sources: tuple[Bar, ...]
    quarantined: tuple[str, ...]
    gold: str
    """A sentence on the gold set."""
    files: tuple[tuple[str, ...], ...]
    """Gold sets and general data: file, lines, taken, refused and why."""


def harvest_summary(night: NightFiles) -> HarvestSummary:
    """Collect what collect, curate, train and benchmark report on data."""
    trained = night.of(TrainFacts)
    curated = night.of(CurateFacts)
    measured = night.of(BenchmarkFacts)
    return HarvestSummary(
        funnel=_bars(dict(_funnel(night))),
        refusals=tuple(_refusals(night)),
        categories=_bars(_by_size(curated.categories)) if curated else (),
        sources=_bars(_by_size(trained.rows)) if trained else (),
        quarantined=measured.quarantined if measured else (),
        gold=line(trained.gold) if trained else "",
        files=tuple(_file(one) for one in trained.files) if trained else (),
    )


def _file(one: SourceFile) -> tuple[str, ...]:
    why = [f"{count:,} {words(reason)}" for reason, count in one.refused.items()]
    unread = [f"not read: {one.unread}"] if one.unread else []
    name = line(f"{one.source}/{one.name}", 90)
    return (
        name,
        f"{one.lines:,}",
        f"{one.taken:,}",
        f"{one.lines - one.taken:,}",
        line("; ".join([*why, *unread])),
    )


class Decontamination(NamedTuple):
    """What the rows were compared with, in sentences, and the nearest rows."""

    told: tuple[str, ...]
    nearest: tuple[tuple[str, ...], ...]


def decontamination(night: NightFiles) -> Decontamination | None:
    """Return the night's certificate in words; None if there is none."""
    facts = night.of(TrainFacts)
    if facts is None or facts.certificate is None:
        return None
    sentences = tuple(line(one, 400) for one in certificate_lines(facts.certificate))
    nearest = tuple(tuple(line(cell, 90) for cell in near.told) for near in facts.certificate.nearest)
    return Decontamination(sentences, nearest)


def _funnel(night: NightFiles) -> Iterator[tuple[str, int]]:
    collected, curated = night.of(CollectFacts), night.of(CurateFacts)
    if collected is not None:
        yield "runs seen", collected.runs
        yield "traces with new entries", collected.read
        yield "passed simulations collected", collected.collected
    if curated is not None:
        yield "new examples", curated.new
        yield "carried over", curated.carried
        yield "examples in the dataset", curated.examples
        yield "repairs beside them", curated.repairs


def _by_size(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _bars(counts: Mapping[str, int]) -> tuple[Bar, ...]:
    largest, total = max(counts.values(), default=0) or 1, sum(counts.values()) or 1
    return tuple(
        Bar(line(words(name), 60), count, count / largest, f"{count / total:.0%}")
        for name, count in counts.items()
    )


def _refusals(night: NightFiles) -> Iterator[RefusedCount]:
    counted: list[tuple[StageName, Mapping[str, int]]] = [
        (facts.kind, facts.rejected) for facts in night.facts if isinstance(facts, CollectFacts | CurateFacts)
    ]
    trained = night.of(TrainFacts)
    if trained is not None:
        reasons: Counter[str] = Counter()
        for file in trained.files:
            reasons.update(file.refused)
        counted.append(("train", reasons))
    for stage, counts in counted:
        first = _first(night, stage, counts)
        for reason, count in _by_size(counts).items():
            case = first.get(reason)
            subject, detail = (line(case.subject, 90), line(case.detail, 160)) if case else ("", "")
            yield RefusedCount(stage, line(words(reason), 60), count, subject, detail)


def _first(night: NightFiles, stage: str, counts: Mapping[str, int]) -> dict[str, Rejected]:
    """Return reason → its first case."""
    found: dict[str, Rejected] = {}
    for one in refused(night.places[stage] / REJECTED):
        found.setdefault(one.reason, one)
        if len(found) == len(counts):
            break
    return found
