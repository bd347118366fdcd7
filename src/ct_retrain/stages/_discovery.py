"""Walks the run directories once and decides for every trace file whether it may be read, or why not.

Sealed runs are recognised by name and not looked at. Memory grows with the names only.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from ct_retrain.stages._scan import FoundTrace
from ct_retrain.trace.format import TRACE_NAME
from ct_retrain.trace.run_files import file_refusal

_NAME = TRACE_NAME.encode()


class Walk:
    """The sightings below a directory of runs, in no order; `runs` counts the run directories seen so far."""

    def __init__(self, workspace: Path, runs: Path) -> None:
        """Walk *runs*; links may lead anywhere inside it or *workspace*."""
        self.runs = 0
        self._roots = (os.fsencode(workspace), os.fsencode(runs))

    def sightings(self, sealed: Iterable[bytes] = ()) -> Iterator[FoundTrace]:
        """Yield the trace file of every run that has one, except runs in *sealed*, which are sorted names."""
        names: list[bytes] = []
        with os.scandir(self._roots[1]) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    names.append(entry.name)
                elif (sighting := self._linked(entry)) is not None:
                    yield sighting
        names.sort()
        self.runs += len(names)
        for name in _without(names, iter(sealed)):
            if (sighting := self._run(name)) is not None:
                yield sighting

    def _run(self, name: bytes) -> FoundTrace | None:
        try:
            return self._look(name, b"/".join((self._roots[1], name, _NAME)))
        except FileNotFoundError:
            return None
        except OSError as error:
            return FoundTrace(name, 0, 0, 0, 0, "unreadable", file_refusal(error, TRACE_NAME).detail)

    def _linked(self, entry: os.DirEntry[bytes]) -> FoundTrace | None:
        try:
            if not entry.is_dir():
                return None
            self.runs += 1
            if not self._is_inside(entry.path):
                facts = entry.stat(follow_symlinks=False)
                return _refused(entry.name, facts, "path_escapes", "the run is a link out of the workspace")
            return self._look(entry.name, entry.path + b"/" + _NAME)
        except FileNotFoundError:
            return None
        except OSError as error:
            return FoundTrace(entry.name, 0, 0, 0, 0, "unreadable", file_refusal(error, TRACE_NAME).detail)

    def _look(self, run: bytes, path: bytes) -> FoundTrace:
        facts = os.lstat(path)
        if stat.S_ISLNK(facts.st_mode):
            if not self._is_inside(path):
                return _refused(run, facts, "path_escapes", "the trace is a link out of the workspace")
            facts = os.stat(path)  # noqa: PTH116  (Path is a tenfold cost here, and names are bytes)
        if not stat.S_ISREG(facts.st_mode):
            return _refused(run, facts, "not_a_file", "the trace is not a regular file")
        return FoundTrace(run, facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)

    def _is_inside(self, path: bytes) -> bool:
        target = os.path.realpath(path)
        return any(target.startswith(root + b"/") for root in self._roots)


def _without(names: Iterable[bytes], sealed: Iterator[bytes]) -> Iterator[bytes]:
    """Yield those of *names* that are not *sealed*; both are sorted."""
    known = next(sealed, None)
    for name in names:
        while known is not None and known < name:
            known = next(sealed, None)
        if name != known:
            yield name


def _refused(run: bytes, facts: os.stat_result, reason: str, detail: str) -> FoundTrace:
    return FoundTrace(run, facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, reason, detail)
