"""Stores the artefacts of a collect directory: in one pack, or in a file each in directories of older versions."""

import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Self

from ct_retrain import disk
from ct_retrain.core.records.dataset import Artefact, Trace
from ct_retrain.core.records.night import Manifest

ARTEFACTS = "artefacts"
TRACES = "traces.jsonl"


def pack_files(collected: Path) -> disk.PackFiles:
    """Return the paths of the pack of the collect directory *collected*."""
    return disk.PackFiles.of(collected, ARTEFACTS)


def loose_files(collected: Path) -> list[Path]:
    """Return the artefacts that are in files of their own, by digest."""
    return sorted(path for path in (collected / ARTEFACTS).glob("*/*") if path.is_file())


class ArtefactStore:
    """The artefacts of one collect directory, for one thread; everything read is checked against its digest."""

    def __init__(self, collected: Path) -> None:
        """Open the artefacts of *collected*; raise CorruptStateError if its pack cannot be read."""
        files = pack_files(collected)
        self._pack = disk.Pack(files) if files.places.exists() else None
        self._collected = collected

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        if self._pack is not None:
            self._pack.__exit__()

    def read(self, artefact: Artefact) -> bytes:
        """Return the bytes of *artefact*; raise OSError if they are missing, ValueError if they have changed."""
        if self._pack is not None:
            return self._pack.read(artefact.sha256)
        data = self._path(artefact).read_bytes()
        if hashlib.sha256(data).hexdigest() != artefact.sha256:
            message = f"{artefact.name} no longer holds the bytes that were collected"
            raise ValueError(message)
        return data

    def text(self, artefact: Artefact) -> str:
        """Return the text of *artefact*; raise as `read` does, and ValueError if it is not UTF-8."""
        return self.read(artefact).decode()

    def difference(self, artefact: Artefact, *, closely: bool) -> str:
        """Return how the stored bytes differ from *artefact*, in words; empty if they do not.

        With *closely*, read and hash the bytes; otherwise compare only the size.
        """
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
        """Return the path of the file that *artefact* is in, or would be in."""
        return pack_files(self._collected).contents if self._pack is not None else self._path(artefact)

    def _size(self, artefact: Artefact) -> int | None:
        if self._pack is not None:
            return self._pack.size_of(artefact.sha256)
        path = self._path(artefact)
        return path.stat().st_size if path.is_file() else None

    def _path(self, artefact: Artefact) -> Path:
        return self._collected / ARTEFACTS / artefact.sha256[:2] / artefact.sha256


def artefacts_of(trace: Trace) -> Iterator[Artefact]:
    """Yield all artefacts of *trace*."""
    tried = chain.from_iterable((attempt.rtl, attempt.log) for attempt in trace.attempts)
    whole = (trace.spec, trace.rtl, trace.testbench, trace.compile_log, trace.simulation_log)
    parts = chain(trace.rtl_files, trace.testbench_files, trace.data_files)
    return (one for one in chain(whole, tried, parts) if one is not None)


def names_pack(manifest: Manifest, collected: Path) -> bool:
    """Whether collect's *manifest* covers the pack; else only the traces name its artefacts, as in early nights."""
    return pack_files(collected).places.name in {file.path for file in manifest.files}


def faults(collected: Path, *, closely: bool) -> Iterator[tuple[Path, str]]:
    """Yield path and problem of each artefact that is missing or has changed."""
    with ArtefactStore(collected) as store:
        for trace in disk.read_lines(collected / TRACES, Trace):
            for one in artefacts_of(trace):
                wrong = store.difference(one, closely=closely)
                if wrong:
                    yield store.place(one), f"({one.name} of {trace.run_id}) {wrong}"
