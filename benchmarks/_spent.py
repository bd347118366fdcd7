"""Processor seconds so far, wherever they were spent: workers have children of their own, which outlive a question."""

import contextlib
import os
import resource
from collections.abc import Mapping
from pathlib import Path


def spent() -> float:
    """Of us, of every process below us that runs, and of all that they waited for."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    total, below = sum(used.ru_utime + used.ru_stime for used in own), _below()
    return total + sum(_spent_by(one, below) for one in below.get(os.getpid(), []))


def spent_by(process: int) -> float:
    """Of *process* and every process below it that runs, and of all that they waited for."""
    return _spent_by(process, _below())


def spent_by_name() -> dict[str, float]:
    """Of every process below us that runs, by name, with all that they waited for; we are the `asker`."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    below = _below()
    total, todo = {"asker": own.ru_utime + own.ru_stime}, [*below.get(os.getpid(), [])]
    while todo:
        one = todo.pop()
        with contextlib.suppress(OSError):
            name = Path(f"/proc/{one}/comm").read_text().strip()
            total[name] = total.get(name, 0.0) + _spent_by(one, {})
        todo += below.get(one, [])
    return total


def _spent_by(process: int, below: Mapping[int, list[int]]) -> float:
    tick = os.sysconf("SC_CLK_TCK")
    total, todo = 0.0, [process]
    while todo:
        one = todo.pop()
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15]) / tick
        todo += below.get(one, [])
    return total


def _below() -> dict[int, list[int]]:
    """Process → its children."""
    below: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            below.setdefault(int(fields[1]), []).append(int(path.parent.name))
    return below
