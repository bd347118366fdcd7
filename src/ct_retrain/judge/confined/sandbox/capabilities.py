"""Lets a process that gave up root read a Python that only root may read, and nothing else.

A worker started as root becomes an unprivileged user, which cannot read root's home, where its Python may be. It keeps
one capability, to read any file regardless of permissions, limited by Landlock to the files of the tools. Programs
that it starts inherit the same.
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
    """Whether one of *paths* is unreadable for users other than its owner."""
    steps = {step for path in paths for step in (Path(path), *Path(path).parents)}
    return any(step.is_dir() and not step.stat().st_mode & stat.S_IXOTH for step in steps)


def keep_capabilities(paths: Iterable[str]) -> bool:
    """Before `confine`: keep root's capabilities if *paths* are unreadable without them; return whether."""
    if platform.system() != "Linux" or os.geteuid() != 0 or not hidden(paths):
        return False
    return _prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP)


def narrow(layers: tuple[str, ...]) -> None:
    """Give up every capability but the one for reading; call it after `confine`, whose result *layers* is."""
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
