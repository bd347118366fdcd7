"""Write attempts as run directories with a `trace.jsonl`, by the same writer that pipelines use."""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.record import Record, Rejected, digest
from ct_retrain.importers.attempt import ImportedAttempt
from ct_retrain.trace import TraceWriter, spec_hash_of


class Imported(Record):
    """What became of a record."""

    runs: int
    simulations: int
    passing: int
    """Simulations that the record says passed; the night simulates them again."""
    rejected: tuple[Rejected, ...]
    """Everything that was not imported, each with one reason."""


def write_runs(found: Iterable[ImportedAttempt | Rejected], into: Path, kind: str) -> Imported:
    """Write a directory `KIND-NAME` below *into* for each run of *found*; one that is there already is refused."""
    rejected: list[Rejected] = []
    written: list[ImportedAttempt] = []
    runs = 0
    for run, attempts in groupby(_kept(found, rejected), key=lambda one: one.run):
        directory = into / f"{kind}-{_slug(run)}"
        if directory.exists():
            detail = f"{directory} is there already: remove it to import it again"
            rejected.append(Rejected(subject=run, reason="already_imported", detail=detail))
            continue
        runs += 1
        each = list(attempts)
        _write_run(directory, each, kind)
        written += each
    passing = sum(one.status == "pass" for one in written)
    return Imported(runs=runs, simulations=len(written), passing=passing, rejected=tuple(rejected))


def _kept(found: Iterable[ImportedAttempt | Rejected], rejected: list[Rejected]) -> Iterator[ImportedAttempt]:
    for one in found:
        if isinstance(one, Rejected):
            rejected.append(one)
        else:
            yield one


def _slug(run: str) -> str:
    """A name that a directory can have, and no other run of the same record has."""
    kept = re.sub(r"[^A-Za-z0-9_.-]+", "-", run).strip("-.")[-80:]
    return kept if kept == run else f"{kept}-{digest(run)[:8]}"


def _write_run(directory: Path, attempts: Sequence[ImportedAttempt], kind: str) -> None:
    """Write *attempts* to *directory*, which is there only once it is whole: a run that is there is never read again.

    Until then it lies a level deeper than the collect stage looks for traces.
    """
    disk.make_directory(directory.parent)
    with (
        disk.blamed(directory.parent),
        tempfile.TemporaryDirectory(prefix=".import-", dir=directory.parent) as place,
    ):
        staging = Path(place) / directory.name
        for number, attempt in enumerate(attempts, 1):
            _write(staging, number, attempt, kind)
        disk.sync_tree(staging)
        staging.rename(directory)
    disk.sync_directory(directory.parent)


def _write(directory: Path, number: int, attempt: ImportedAttempt, kind: str) -> None:
    place = disk.make_directory(directory / f"sim_{number}")
    texts = {
        "spec.md": attempt.spec,
        "design.sv": attempt.rtl,
        "testbench.sv": attempt.testbench,
        "sim.log": attempt.log,
    }
    for name, text in texts.items():
        # What a tool recorded may hold half of a surrogate pair, which no file can.
        disk.write_bytes(place / name, text.encode(errors="replace"))
    for name, data in attempt.files:
        disk.write_bytes(disk.make_directory(place / "data") / Path(name).name, data)
    when = attempt.when or datetime.now(UTC)
    writer = TraceWriter(directory, source=f"import {kind}", clock=lambda: when)
    named = {"generator": attempt.generator, "category": attempt.category}
    writer.stage(
        "Simulation",
        status=attempt.status,
        spec_hash=spec_hash_of(attempt.spec),
        spec_path=f"sim_{number}/spec.md",
        rtl_file=f"sim_{number}/design.sv",
        testbench_file=f"sim_{number}/testbench.sv",
        simulation_log=f"sim_{number}/sim.log",
        data_files=[f"sim_{number}/data/{Path(name).name}" for name, _ in attempt.files],
        **{key: value for key, value in named.items() if value},
    )
