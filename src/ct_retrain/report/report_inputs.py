"""What the pages are made from: the nights on record and what is still on disk of them; what is gone is a sentence."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from ct_retrain import disk
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

F = TypeVar("F", bound=Record)


class ReportInputs(NamedTuple):
    """A workspace, and the names that its stages give to what a page shows."""

    workspace: Workspace
    suite: str
    """The benchmark's suite, as the setting says: where goldens come from."""
    latest: Path
    """The link to what is served."""
    history: Path
    """Its moves."""
    samples: str
    """Directory of the answers, in that of benchmark."""
    rejected: str
    """What a stage refused."""


class NightFiles(NamedTuple):
    """A night with the facts of its stages, as far as they are there."""

    record: NightRecord
    facts: tuple[Facts, ...]
    places: dict[str, Path]
    """Stage → the directory its manifest was found in: the night's own, or the archive's."""
    missing: tuple[str, ...]

    def of(self, kind: type[F]) -> F | None:
        """The facts of that kind."""
        return next((one for one in self.facts if isinstance(one, kind)), None)


class History(NamedTuple):
    """Everything on record."""

    records: tuple[NightRecord, ...]
    """Oldest first."""
    moves: tuple[Move, ...]
    serving: str | None
    missing: tuple[str, ...]

    def before(self, record: NightRecord) -> NightRecord | None:
        """The night on record before that of *record*."""
        earlier = [one for one in self.records if night_order(one.night) < night_order(record.night)]
        return earlier[-1] if earlier else None

    def until(self, record: NightRecord, most: int) -> tuple[NightRecord, ...]:
        """That of *record* and those before it, at most *most*."""
        return tuple(one for one in self.records if night_order(one.night) <= night_order(record.night))[
            -most:
        ]


def read_history(inputs: ReportInputs) -> History:
    """Read every record and every move that can be read."""
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
    if not inputs.history.exists():
        return
    try:
        yield from disk.read_lines(inputs.history, Move)
    except (CorruptStateError, OSError) as error:
        missing.append(_said(inputs, error))


def _serving(inputs: ReportInputs, missing: list[str]) -> str | None:
    if not inputs.latest.is_symlink():
        return None
    name = inputs.latest.readlink().name
    if not inputs.latest.is_dir():
        where = inputs.workspace.relative(inputs.latest)
        missing.append(f"{where} points at {name}, which is not there: `ct-retrain rollback` to another")
    return name


def read_night(inputs: ReportInputs, record: NightRecord) -> NightFiles:
    """The facts of every stage of *record* that can be read, from the night's directory or from the archive."""
    facts: list[Facts] = []
    places: dict[str, Path] = {}
    missing: list[str] = []
    for ref in record.stages:
        found = find_manifest(inputs.workspace, record, ref)
        if found is None:
            missing.append(f"{ref.path} is no longer there: what only {ref.stage} knew is left out below")
            continue
        try:
            manifest = read_manifest(found)
        except (CorruptStateError, OSError) as error:
            missing.append(_said(inputs, error))
            continue
        if disk.sha256_of(found) != ref.sha256:
            where = inputs.workspace.relative(found)
            missing.append(
                f"{where} is not the file that the night's record names: its figures may be others"
            )
        facts.append(manifest.facts)
        places[ref.stage] = found.parent
    return NightFiles(record, tuple(facts), places, tuple(missing))


def read_benchmark(inputs: ReportInputs, record: NightRecord) -> BenchmarkFacts | None:
    """What benchmark found in the night of *record*; None where there was none or it cannot be read any more."""
    try:
        return facts_of(inputs.workspace, record, BenchmarkFacts)
    except (CorruptStateError, OSError):
        return None


def refused(path: Path) -> Iterator[Rejected]:
    """What the file *path* says was refused; nothing where it is gone, and no line that is not ours."""
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
    """The message of *error* with paths as records name them."""
    return str(error).replace(f"{inputs.workspace.root}/", "")
