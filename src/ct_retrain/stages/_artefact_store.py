"""Where a collect directory keeps what its traces name: a pack, or a file each as it was before there were packs."""

import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Self

from ct_retrain import disk
from ct_retrain.core.records.dataset import Artefact, Trace

ARTEFACTS = "artefacts"
TRACES = "traces.jsonl"


def pack_files(collected: Path) -> disk.PackFiles:
    """Where the pack of the collect directory *collected* lies."""
    return disk.PackFiles.of(collected, ARTEFACTS)


def loose_files(collected: Path) -> list[Path]:
    """The artefacts that lie in files of their own, by digest."""
    return sorted(path for path in (collected / ARTEFACTS).glob("*/*") if path.is_file())


class ArtefactStore:
    """The artefacts of one collect directory, for one thread; what is read is compared with its digest."""

    def __init__(self, collected: Path) -> None:
        """Open those of *collected*; raise CorruptStateError where its pack cannot be read."""
        files = pack_files(collected)
        self._pack = disk.Pack(files) if files.places.exists() else None
        self._collected = collected

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the files."""
        if self._pack is not None:
            self._pack.__exit__()

    def read(self, artefact: Artefact) -> bytes:
        """Its bytes; raise OSError when they are not there, ValueError when they are others than were collected."""
        if self._pack is not None:
            return self._pack.read(artefact.sha256)
        data = self._path(artefact).read_bytes()
        if hashlib.sha256(data).hexdigest() != artefact.sha256:
            message = f"{artefact.name} no longer holds the bytes that were collected"
            raise ValueError(message)
        return data

    def text(self, artefact: Artefact) -> str:
        """Its text; raise as `read` does, and ValueError when it is not UTF-8."""
        return self.read(artefact).decode()

    def difference(self, artefact: Artefact, *, closely: bool) -> str:
        """How what is kept differs from *artefact*, in words; empty when it does not. Read only if *closely*."""
        try:
            size = len(self.read(artefact)) if closely else self._size(artefact)
        except FileNotFoundError:
            size = None
        except ValueError:
            return "does not hold the bytes that were collected"
        if size is None:
            return "is missing"
        return "" if size == artefact.size else f"holds {size} bytes and not {artefact.size}"

    def place(self, artefact: Artefact) -> Path:
        """The file that *artefact* lies in, or would."""
        return pack_files(self._collected).contents if self._pack is not None else self._path(artefact)

    def _size(self, artefact: Artefact) -> int | None:
        if self._pack is not None:
            return self._pack.size_of(artefact.sha256)
        path = self._path(artefact)
        return path.stat().st_size if path.is_file() else None

    def _path(self, artefact: Artefact) -> Path:
        return self._collected / ARTEFACTS / artefact.sha256[:2] / artefact.sha256


def artefacts_of(trace: Trace) -> Iterator[Artefact]:
    """Everything that *trace* names."""
    tried = chain.from_iterable((attempt.rtl, attempt.log) for attempt in trace.attempts)
    whole = (trace.spec, trace.rtl, trace.testbench, trace.compile_log, trace.simulation_log)
    parts = chain(trace.rtl_files, trace.testbench_files, trace.data_files)
    return (one for one in chain(whole, tried, parts) if one is not None)


def faults(collected: Path, *, closely: bool) -> Iterator[tuple[Path, str]]:
    """Yield where an artefact lies and what is wrong with it, for each that is not kept as it was collected."""
    with ArtefactStore(collected) as store:
        for trace in disk.read_lines(collected / TRACES, Trace):
            for one in artefacts_of(trace):
                wrong = store.difference(one, closely=closely)
                if wrong:
                    yield store.place(one), f"({one.name} of {trace.run_id}) {wrong}"
