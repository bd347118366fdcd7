"""Processor seconds so far, wherever they were spent: workers have children of their own, which outlive a question."""

import contextlib
import os
import resource
from collections.abc import Mapping
from pathlib import Path


def spent() -> float:
    """Of us, of every process below us that runs, and of all that they waited for."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    running = sum(map(_used, _tree(os.getpid(), _below())[1:]))
    return sum(used.ru_utime + used.ru_stime for used in own) + running


def spent_by(process: int) -> float:
    """Of *process* and every process below it that runs, and of all that they waited for."""
    return sum(map(_used, _tree(process, _below())))


def spent_by_name() -> dict[str, float]:
    """Of every process below us that runs, by name, with all that they waited for; we are the `asker`."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = {"asker": own.ru_utime + own.ru_stime}
    for one in _tree(os.getpid(), _below())[1:]:
        with contextlib.suppress(OSError):
            name = Path(f"/proc/{one}/comm").read_text().strip()
            total[name] = total.get(name, 0.0) + _used(one)
    return total


def _tree(process: int, below: Mapping[int, list[int]]) -> list[int]:
    """*process* and, behind it, every process below it."""
    return [process, *(inner for child in below.get(process, []) for inner in _tree(child, below))]


def _used(process: int) -> float:
    """Of *process*, and of all that it waited for; 0 if it has ended."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _below() -> dict[int, list[int]]:
    """Process → its children."""
    below: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            below.setdefault(int(fields[1]), []).append(int(path.parent.name))
    return below
