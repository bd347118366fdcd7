"""Extracts the artefacts of a night as files with readable names: one directory per run, with one per line in it."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.records.dataset import Artefact, Trace
from ct_retrain.stages._artefact_store import TRACES, ArtefactStore

_UNSAFE = re.compile(r"[^\w.+-]")
_SUFFIX = re.compile(r"\.\w{1,8}")


class Placed(NamedTuple):
    """An artefact, and the path to extract it to."""

    trace: Trace
    path: str
    """Path relative to the target directory, without anything unsafe from the trace."""
    artefact: Artefact


def placed(collected: Path, run: str = "") -> Iterator[Placed]:
    """Yield every artefact of the traces of *collected*, or only those of *run*."""
    for trace in disk.read_lines(collected / TRACES, Trace):
        if run in ("", trace.run_id):
            for name, artefact in _named(trace):
                yield Placed(trace, f"{_safe(trace.run_id)}/{trace.line}/{name}", artefact)


def extract(collected: Path, out: Path, run: str = "") -> int:
    """Write what `placed` yields below *out*, a new or empty directory; return the number of files.

    Raise CorruptStateError if an artefact has changed since it was collected; nothing is left of the others then.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        message = f"{out} already exists: name a new directory"
        raise UsageError(message)
    found = list(placed(collected, run))
    try:
        with ArtefactStore(collected) as store:
            for one in found:
                _write(out / one.path, store, one)
    except BaseException:
        for path in out.glob("*"):
            disk.remove_tree(path)
        raise
    return len(found)


def _write(path: Path, store: ArtefactStore, one: Placed) -> None:
    disk.make_directory(path.parent)
    try:
        path.write_bytes(store.read(one.artefact))
    except (FileNotFoundError, ValueError) as error:
        message = f"{one.artefact.name} of {one.trace.run_id} cannot be extracted: {error}"
        raise CorruptStateError(message) from error


def _named(trace: Trace) -> Iterator[tuple[str, Artefact]]:
    yield f"spec{_suffix(trace.spec, '.txt')}", trace.spec
    yield f"rtl{_suffix(trace.rtl, '.v')}", trace.rtl
    yield f"testbench{_suffix(trace.testbench, '.v')}", trace.testbench
    for name, log in (("compile", trace.compile_log), ("simulation", trace.simulation_log)):
        if log is not None:
            yield f"{name}.log", log
    for number, attempt in enumerate(trace.attempts, 1):
        yield f"attempt-{number}{_suffix(attempt.rtl, '.v')}", attempt.rtl
        if attempt.log is not None:
            yield f"attempt-{number}.log", attempt.log
    several = {"rtl": trace.rtl_files, "testbench": trace.testbench_files, "data": trace.data_files}
    for name, files in several.items():
        for number, one in enumerate(files, 1):
            yield f"{name}-files/{number:03d}-{_safe(one.name)}", one


def _suffix(artefact: Artefact, usual: str) -> str:
    """Return the suffix of the artefact's name in the trace; *usual* if the text was in the trace itself."""
    found = PurePosixPath(artefact.name).suffix
    return found if _SUFFIX.fullmatch(found) else usual


def _safe(name: str) -> str:
    """Return the last part of *name*, without what leads to another directory or hides a file."""
    return _UNSAFE.sub("_", name.rpartition("/")[2]).lstrip(".") or "_"
