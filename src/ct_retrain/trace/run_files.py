"""Open the files that a trace names, in its run directory and where the settings allow it; never block on a
pipe.

Every directory on the path is opened without following links, so that nothing can be swapped in between; a
name with links or `..` is resolved first, and its target opened in the same way. A file that cannot be read
is a FileRefusal. A lack of file descriptors or a failing disk is a ToolError, because it is not the run's
fault. Not covered: a hard link in a run directory to a file elsewhere on the same file system is read like
any other file.
"""

import errno
import os
import stat
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from ct_retrain.core.errors import ToolError

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DIRECTORY = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_MISSING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE})
_REASONS = {
    errno.EACCES: "unreadable",
    errno.EPERM: "unreadable",
    errno.ENAMETOOLONG: "bad_path",
    errno.EINVAL: "bad_path",
    errno.ENXIO: "not_a_file",
    errno.ENODEV: "not_a_file",
}


class FileRefusal(NamedTuple):
    """Why a file was not read."""

    reason: str
    """artefact_missing, artefact_too_large, bad_path, not_a_file, out_of_reach, path_escapes or unreadable."""
    detail: str


class TraceFileRules(NamedTuple):
    """Workspace files that a trace may name besides those of its run; all paths are relative to the
    workspace.

    Hidden files, files in hidden directories and `*.toml` are refused everywhere, in the run directory too.
    """

    shared: tuple[str, ...] = ()
    """Directories whose files may be named; `.` is the whole workspace."""
    never: tuple[str, ...] = ()
    """Directories whose files must not be read, whatever *shared* says."""

    def allow(self, steps: Sequence[str]) -> bool:
        """Whether the file at *steps* below the workspace may be read."""
        inside = [part for part in steps if part not in {"", "."}]
        if any(_below(inside, directory) for directory in self.never):
            return False
        return any(_below(inside, directory) for directory in self.shared)


class _Place(NamedTuple):
    """An open directory, and the path components below it."""

    descriptor: int
    path: str
    steps: Sequence[str] = ()

    def at(self, steps: Sequence[str]) -> "_Place":
        """Return the place at *steps* below the directory."""
        return _Place(self.descriptor, self.path, steps)


_RUN_ALONE = TraceFileRules()


class TraceFiles:
    """Reads files that a run's trace may name: relative to the run or workspace, or absolute inside it."""

    def __init__(self, workspace: _Place, run: _Place, rules: TraceFileRules) -> None:
        """Use `TraceFiles.of`, which opens the directories and closes them again."""
        self._workspace = workspace
        self._run = run
        self._rules = rules
        inside = run.path.startswith(workspace.path + "/")
        self._prefix = run.path[len(workspace.path) + 1 :] + "/" if inside else "//"

    @classmethod
    @contextmanager
    def of(cls, workspace: Path, run: Path, rules: TraceFileRules = _RUN_ALONE) -> Generator[Self]:
        """Open the reach of the run in directory *run*; both paths must be free of links
        (`os.path.realpath`).
        """
        root_descriptor = os.open(workspace, _DIRECTORY)
        try:
            run_descriptor = os.open(run, _DIRECTORY)
            try:
                yield cls(_Place(root_descriptor, str(workspace)), _Place(run_descriptor, str(run)), rules)
            finally:
                os.close(run_descriptor)
        finally:
            os.close(root_descriptor)

    def read(self, name: str, limit: int) -> bytes | FileRefusal:
        """Return the content of the file *name*, at most *limit* bytes, or a refusal."""
        found = self._part(name, lambda _: 0, limit + 1)
        if isinstance(found, FileRefusal):
            return found
        size, data = found
        if len(data) > limit:
            return FileRefusal("artefact_too_large", f"{name}: {size} bytes, limit {limit}")
        return data

    def read_end(self, name: str, limit: int) -> bytes | FileRefusal:
        """Return the last *limit* bytes of the file *name*, or a refusal."""
        found = self._part(name, lambda size: max(0, size - limit), limit)
        return found if isinstance(found, FileRefusal) else found[1]

    def _part(self, name: str, start: Callable[[int], int], most: int) -> tuple[int, bytes] | FileRefusal:
        """Return the size of the file *name*, and at most *most* bytes from *start* of that size."""
        found = self._open(name)
        if isinstance(found, FileRefusal):
            return found
        try:
            size = _regular_size(found)
            return (
                FileRefusal("not_a_file", name) if size is None else (size, _bytes(found, start(size), most))
            )
        finally:
            os.close(found)

    def _open(self, name: str) -> int | FileRefusal:
        """Return a descriptor of the file *name*, which the caller closes."""
        if not name or "\0" in name:
            return FileRefusal("bad_path", repr(name))
        try:
            for place in self._places(name):
                found = self._open_at(place)
                if found is not None:
                    return found if isinstance(found, int) else FileRefusal(found.reason, name)
        except UnicodeEncodeError:
            return FileRefusal("bad_path", repr(name))
        except OSError as error:
            return file_refusal(error, name)
        return FileRefusal("artefact_missing", name)

    def _places(self, name: str) -> Iterator[_Place]:
        """Return the places where *name* may be, the likeliest first."""
        if name.startswith("/"):
            for root in (self._run, self._workspace):
                if name.startswith(root.path + "/"):
                    yield root.at(name[len(root.path) + 1 :].split("/"))
                    return
            yield _Place(-1, "", name[1:].split("/"))
        elif name.startswith(self._prefix):
            yield self._run.at(name[len(self._prefix) :].split("/"))
        else:
            steps = name.split("/")
            yield self._run.at(steps)
            yield self._workspace.at(steps)

    def _open_at(self, place: _Place) -> int | FileRefusal | None:
        """Return a descriptor; None if there is no such file; a refusal if it is outside."""
        if place.path and ".." not in place.steps:
            try:
                return self._admitted(place, place.steps)
            except OSError as error:
                if error.errno == errno.ENOENT:
                    return None
                if error.errno not in _MISSING:
                    raise
        return self._open_resolved("/".join((place.path, *place.steps)))

    def _open_resolved(self, path: str) -> int | FileRefusal | None:
        """Resolve the links in *path*, and open the target if it is inside."""
        target = os.path.realpath(path)
        for root in (self._run, self._workspace):
            if target.startswith(root.path + "/"):
                try:
                    return self._admitted(root, target[len(root.path) + 1 :].split("/"))
                except OSError as error:
                    if error.errno in _MISSING:
                        return None
                    raise
        return FileRefusal("path_escapes", path)

    def _admitted(self, root: _Place, steps: Sequence[str]) -> int | FileRefusal:
        """Return a descriptor of the file *steps* below *root*; a refusal if a trace may not name it."""
        found = _walk(root.descriptor, steps)
        if not _hidden(steps) and (root.path == self._run.path or self._rules.allow(steps)):
            return found
        os.close(found)
        return FileRefusal("out_of_reach", "/".join((root.path, *steps)))


def _hidden(steps: Sequence[str]) -> bool:
    """Whether the file at *steps* is a settings file or hidden."""
    return steps[-1].lower().endswith(".toml") or any(
        part.startswith(".") and part not in {".", ".."} for part in steps
    )


def _below(steps: Sequence[str], directory: str) -> bool:
    parts = [part for part in directory.split("/") if part not in {"", "."}]
    return list(steps[: len(parts)]) == parts


def _walk(descriptor: int, steps: Sequence[str]) -> int:
    """Open the file *steps* below *descriptor* without following links."""
    here = descriptor
    try:
        for step in steps[:-1]:
            if step in {"", "."}:
                continue
            below = os.open(step, _DIRECTORY, dir_fd=here)
            if here != descriptor:
                os.close(here)
            here = below
        return os.open(steps[-1] or ".", _FILE, dir_fd=here)
    finally:
        if here != descriptor:
            os.close(here)


def _bytes(descriptor: int, start: int, limit: int) -> bytes:
    """Read at most *limit* bytes from *start*; nearly always in one read."""
    data = os.pread(descriptor, limit, start)
    while data and len(data) < limit:
        more = os.pread(descriptor, limit - len(data), start + len(data))
        if not more:
            break
        data += more
    return data


def _regular_size(descriptor: int) -> int | None:
    facts = os.fstat(descriptor)
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


def file_refusal(error: OSError, name: str) -> FileRefusal:
    """Turn *error* on the file *name* into a refusal; raise ToolError if the machine is at fault."""
    if error.errno in _MISSING:
        return FileRefusal("artefact_missing", name)
    if error.errno in _REASONS:
        return FileRefusal(_REASONS[error.errno], f"{name[:200]}: {error.strerror}")
    message = (
        f"cannot read {name}: {error.strerror}; the run was not judged; repair the machine and run again"
    )
    raise ToolError(message) from error
