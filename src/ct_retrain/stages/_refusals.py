"""What a stage refuses, written as it comes, so that only its counts are in memory."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Self

from ct_retrain import disk
from ct_retrain.core.record import Rejected

_CHUNK = 1 << 20


class Refusals:
    """Takes refusals one by one, and puts them into a file in the end."""

    def __init__(self, directory: Path) -> None:
        """Keep them, until the end, in a file without a name in *directory*."""
        self._file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - closed by `__exit__`
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file without a name."""
        self._file.close()

    def __call__(self, refused: Rejected) -> None:
        """Add *refused*."""
        self._file.write(refused.model_dump_json().encode() + b"\n")
        self._counts[refused.reason] += 1

    @property
    def counts(self) -> dict[str, int]:
        """Reason → refusals."""
        return dict(sorted(self._counts.items()))

    def write(self, path: Path) -> None:
        """Put all of them into the JSONL file *path*, in order, durably and at once."""
        self._file.seek(0)
        disk.write_chunks(path, iter(lambda: self._file.read(_CHUNK), b""))
