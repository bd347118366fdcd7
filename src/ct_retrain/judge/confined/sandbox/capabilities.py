"""Lets a process that became nobody read a Python that its owner installed for itself alone, and nothing else.

Started as root, a worker becomes nobody, and nobody may not look into root's home, where its Python may well be.
It then keeps one capability, to read whatever file permissions say, and only where Landlock says which files those
are. Every program it starts inherits that and no more.
"""

import ctypes
import os
import platform
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

_PR_SET_SECUREBITS, _NO_SETUID_FIXUP = 28, 1 << 2
_PR_CAP_AMBIENT, _AMBIENT_RAISE = 47, 2
_VERSION_3 = 0x20080522
_DAC_READ_SEARCH = 2


def hidden(paths: Iterable[str]) -> bool:
    """Whether one of *paths* is out of reach for a user who is not its owner."""
    steps = {step for path in paths for step in (Path(path), *Path(path).parents)}
    return any(step.is_dir() and not step.stat().st_mode & stat.S_IXOTH for step in steps)


def keep(paths: Iterable[str]) -> bool:
    """Before `confine`: hold on to root's capabilities, if some of *paths* could not be read without; else False."""
    if platform.system() != "Linux" or os.geteuid() != 0 or not hidden(paths):
        return False
    return _prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP)


def narrow(layers: tuple[str, ...]) -> None:
    """After `confine`, which gave *layers*: give up every capability that `keep` held but the one for reading."""
    if os.geteuid() == 0:
        return
    landlocked = any(layer.startswith("landlock") for layer in layers)
    mask = 1 << _DAC_READ_SEARCH if landlocked else 0
    header = ctypes.create_string_buffer(struct.pack("Ii", _VERSION_3, 0))
    sets = ctypes.create_string_buffer(struct.pack("6I", mask, mask, mask, 0, 0, 0))
    if _libc().capset(header, sets) != 0 and mask:
        _libc().capset(header, ctypes.create_string_buffer(bytes(24)))
        return
    if mask:
        _prctl(_PR_CAP_AMBIENT, _AMBIENT_RAISE, _DAC_READ_SEARCH)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, first: int, second: int = 0) -> bool:
    return int(_libc().prctl(option, ctypes.c_ulong(first), ctypes.c_ulong(second), 0, 0)) == 0
