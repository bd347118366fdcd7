"""Read what the pages show: records, and what is still on disk of the nights; missing parts become sentences."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from ct_retrain import disk
from ct_retrain.core.configuration.settings import GateSettings, Settings
from ct_retrain.core.errors import CorruptStateError
from ct_retrain.core.record import Record, Rejected
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    Facts,
    Move,
    NightRecord,
    night_order,
)
from ct_retrain.core.workspace import Workspace
from ct_retrain.manifests import facts_of, find_manifest, read_manifest
from ct_retrain.releases import LATEST, each_move, pointed

F = TypeVar("F", bound=Record)


class ReportInputs(NamedTuple):
    """A workspace, and what its settings say of the pages."""

    workspace: Workspace
    suite: str
    """The benchmark's suite, as the setting gives it, for its goldens."""
    groups: Mapping[str, Sequence[str]]
    """Name → categories or tags that a page counts together."""
    gate: GateSettings
    """How intervals are drawn."""

    @classmethod
    def of(cls, workspace: Workspace, settings: Settings) -> Self:
        """What the pages of *workspace* show by its *settings*."""
        return cls(workspace, settings.benchmark.suite, settings.report.groups, settings.gate)


class NightFiles(NamedTuple):
    """A night with the facts of its stages that are still readable."""

    record: NightRecord
    facts: tuple[Facts, ...]
    places: dict[str, Path]
    """Stage → directory of its manifest: the night's own, or the archive's."""
    missing: tuple[str, ...]

    def of(self, kind: type[F]) -> F | None:
        """Return the facts of that kind."""
        return next((one for one in self.facts if isinstance(one, kind)), None)


class History(NamedTuple):
    """All records and moves."""

    records: tuple[NightRecord, ...]
    """Records, oldest first."""
    moves: tuple[Move, ...]
    serving: str | None
    missing: tuple[str, ...]

    def before(self, record: NightRecord) -> NightRecord | None:
        """Return the record before *record*."""
        earlier = [one for one in self.records if night_order(one.night) < night_order(record.night)]
        return earlier[-1] if earlier else None

    def until(self, record: NightRecord, most: int) -> tuple[NightRecord, ...]:
        """Return *record* and those before it, at most *most*."""
        return tuple(one for one in self.records if night_order(one.night) <= night_order(record.night))[
            -most:
        ]


def read_history(inputs: ReportInputs) -> History:
    """Read every readable record and move."""
    missing: list[str] = []
    records: list[NightRecord] = []
    for path in inputs.workspace.records.glob("*.json"):
        try:
            records.append(disk.read_record(path, NightRecord))
        except (CorruptStateError, OSError) as error:
            missing.append(_said(inputs, error))
    records.sort(key=lambda record: night_order(record.night))
    return History(
        tuple(records), tuple(_moves(inputs, missing)), _serving(inputs, missing), tuple(sorted(missing))
    )


def _moves(inputs: ReportInputs, missing: list[str]) -> Iterator[Move]:
    try:
        yield from each_move(inputs.workspace.models)
    except (CorruptStateError, OSError) as error:
        missing.append(_said(inputs, error))


def _serving(inputs: ReportInputs, missing: list[str]) -> str | None:
    name, link = pointed(inputs.workspace.models), inputs.workspace.models / LATEST
    if name is not None and not link.is_dir():
        where = inputs.workspace.relative(link)
        missing.append(
            f"{where} points at {name}, which does not exist: serve another with `ct-retrain rollback`"
        )
    return name


def read_night(inputs: ReportInputs, record: NightRecord) -> NightFiles:
    """Read the facts of each stage of *record* that is still in the night's directory or the archive."""
    facts: list[Facts] = []
    places: dict[str, Path] = {}
    missing: list[str] = []
    for ref in record.stages:
        found = find_manifest(inputs.workspace, record, ref)
        if found is None:
            missing.append(f"{ref.path} no longer exists: what only {ref.stage} recorded is left out below")
            continue
        try:
            manifest = read_manifest(found)
        except (CorruptStateError, OSError) as error:
            missing.append(_said(inputs, error))
            continue
        if disk.sha256_of(found) != ref.sha256:
            where = inputs.workspace.relative(found)
            missing.append(
                f"{where} differs from the file that the night's record names: its figures may be wrong"
            )
        facts.append(manifest.facts)
        places[ref.stage] = found.parent
    return NightFiles(record, tuple(facts), places, tuple(missing))


def read_benchmark(inputs: ReportInputs, record: NightRecord) -> BenchmarkFacts | None:
    """Return the benchmark's facts of *record*'s night; None if there are none or they are unreadable."""
    try:
        return facts_of(inputs.workspace, record, BenchmarkFacts)
    except (CorruptStateError, OSError):
        return None


def refused(path: Path) -> Iterator[Rejected]:
    """Return what the file *path* lists as refused; nothing if it is gone, without lines that are not ours."""
    adapter = TypeAdapter(Rejected)
    if not path.is_file():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                yield adapter.validate_json(line)
            except ValidationError:
                continue


def _said(inputs: ReportInputs, error: Exception) -> str:
    """Return the message of *error* with paths as records name them."""
    return str(error).replace(f"{inputs.workspace.root}/", "")
