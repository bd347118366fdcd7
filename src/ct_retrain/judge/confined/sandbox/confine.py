"""Confines the calling process for good; processes that it starts later inherit the confinement.

Layers, each independent and each reported: an unprivileged user if started as root; own namespaces for network, IPC
and host name; no new privileges; Landlock (files, TCP, signals); a seccomp filter; resource limits. Not covered: time
that the kernel spends for the process, and side channels. bubblewrap is not used, because it needs user namespaces or
setuid.
"""

import contextlib
import ctypes
import os
import platform
import pwd
import resource
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_CLONE_NEWUTS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x04000000, 0x08000000, 0x10000000, 0x40000000


class FileAccess(NamedTuple):
    """Files that a confined process may use."""

    read: tuple[str, ...]
    write: tuple[str, ...]


def confine(right: FileAccess, *, processes: int, namespaces: bool) -> tuple[str, ...]:
    """Give up everything but *right*; return the names of the layers that are active. Call it once, before any thread.

    *processes* limits the processes of the unprivileged user that root becomes; a normal user is not limited.
    """
    root = os.geteuid() == 0
    layers = ["rlimits"]
    for limit, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 64)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
    if namespaces and _unshare(root=root):
        layers.append("namespaces")
    if root and _become_nobody(processes):
        layers.append("unprivileged")
    if platform.system() == "Linux" and _prctl(_PR_SET_NO_NEW_PRIVS, 1):
        layers.append("no-new-privileges")
        version = _landlock(right)
        layers += [f"landlock-{version}"] if version else []
        layers += ["seccomp"] if _seccomp() else []
    return tuple(layers)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int, pointer: int = 0) -> bool:
    return int(_libc().prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(pointer), 0, 0)) == 0


def _syscall(number: int, *arguments: object) -> int:
    return int(_libc().syscall(ctypes.c_long(number), *arguments))


def _unshare(*, root: bool) -> bool:
    """Enter own network, IPC and host-name namespaces; without root, in a user namespace that maps the user to itself.

    Return whether it worked.
    """
    if platform.system() != "Linux":
        return False
    flags = _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS | (0 if root else _CLONE_NEWUSER)
    user, group = os.geteuid(), os.getegid()
    if _libc().unshare(ctypes.c_int(flags)) != 0:
        return False
    if not root:
        try:
            for name, text in (
                ("setgroups", "deny"),
                ("uid_map", f"{user} {user} 1"),
                ("gid_map", f"{group} {group} 1"),
            ):
                Path("/proc/self", name).write_text(text, encoding="utf-8")
        except OSError:
            # Without this map no file can be created; the caller notices and starts again without namespaces.
            return False
    return True


def _become_nobody(processes: int) -> bool:
    try:
        nobody = pwd.getpwnam("nobody")
        resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    except (KeyError, OSError, ValueError):
        return False
    return True


_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_TRUNCATE = 1 << 14
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_WRITING = (
    _WRITE_FILE | _READ_FILE | _READ_DIR | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _TRUNCATE
)


def landlock_version() -> int:
    """Return the version of the kernel's Landlock; 0 if it has none."""
    if platform.system() != "Linux":
        return 0
    return max(0, _syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1)))


def _landlock(right: FileAccess) -> int:
    """Forbid all files but *right*, TCP, and signals to other processes; return Landlock's version, 0 if that failed."""
    version = landlock_version()
    if not version:
        return 0
    handled = (1 << 13) - 1
    for since, bit in ((2, 13), (3, 14), (5, 15)):
        handled |= 1 << bit if version >= since else 0
    attributes = struct.pack("QQQ", handled, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = _syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint(0))
    if rules < 0:
        return 0
    try:
        allowed = [(path, _READING) for path in right.read] + [(path, _WRITING) for path in right.write]
        done = all(_allow(rules, path, access & handled) for path, access in allowed if Path(path).exists())
        return (
            version
            if done and _syscall(_LANDLOCK_RESTRICT, ctypes.c_int(rules), ctypes.c_uint(0)) == 0
            else 0
        )
    finally:
        os.close(rules)


def _allow(rules: int, path: str, access: int) -> bool:
    descriptor = os.open(path, getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC)
    try:
        wanted = access if Path(path).is_dir() else access & _ON_FILES
        rule = struct.pack("=Qi", wanted, descriptor)
        return _syscall(_LANDLOCK_ADD, ctypes.c_int(rules), ctypes.c_int(1), rule, ctypes.c_uint(0)) == 0
    finally:
        os.close(descriptor)


class _Machine(NamedTuple):
    """System calls of one architecture that compilers and simulators do not need."""

    audit: int
    denied: tuple[int, ...]
    highest: int
    """Largest number of a normal call; larger ones use another calling convention."""


_MACHINES = {
    # socket.. accept4, ptrace, process_vm_*, mount.., namespaces, modules, kexec, keys, bpf, perf, userfaultfd,
    # io_uring, open_by_handle_at, memfd_create, pidfd_getfd, reboot, swap, clocks, quotas.
    "x86_64": _Machine(
        0xC000003E,
        (
            *(
                41,
                42,
                43,
                44,
                46,
                49,
                50,
                53,
                288,
                307,
                101,
                310,
                311,
                165,
                166,
                155,
                161,
                272,
                308,
                175,
                176,
                313,
            ),
            *(
                246,
                320,
                248,
                249,
                250,
                321,
                298,
                323,
                425,
                426,
                427,
                303,
                304,
                319,
                169,
                167,
                168,
                164,
                227,
                179,
            ),
            *(428, 429, 430, 431, 432, 433, 438, 442, 134, 136, 139, 153, 154, 159, 163, 172, 173, 180),
        ),
        0x40000000,
    ),
    "aarch64": _Machine(
        0xC00000B7,
        (
            *(
                198,
                199,
                200,
                201,
                202,
                203,
                206,
                211,
                242,
                269,
                117,
                270,
                271,
                40,
                39,
                41,
                51,
                97,
                268,
                105,
                106,
                273,
            ),
            *(
                104,
                294,
                217,
                218,
                219,
                280,
                241,
                282,
                425,
                426,
                427,
                264,
                265,
                279,
                142,
                224,
                225,
                170,
                112,
                60,
            ),
            *(428, 429, 430, 431, 432, 433, 438, 442),
        ),
        0xFFFFFFFF,
    ),
}


def _seccomp() -> bool:
    """Make the calls in `_MACHINES`, and all of foreign architectures, fail with EPERM; return whether it worked."""
    machine = _MACHINES.get(platform.machine())
    if machine is None or struct.calcsize("P") != 8:
        return False
    code = _filter(machine.audit, machine.highest, sorted(set(machine.denied)))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer)))
    return _prctl(_PR_SET_SECCOMP, 2, ctypes.addressof(program))


def _filter(audit: int, highest: int, denied: Sequence[int]) -> bytes:
    """Return a BPF program; jumps count instructions from the next one on."""
    load, equal, at_least, end = 0x20, 0x15, 0x35, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | 1
    count = len(denied)
    steps = [
        (load, 0, 0, 4),
        (equal, 0, count + 3, audit),
        (load, 0, 0, 0),
        (at_least, count + 1, 0, highest),
        *((equal, count - index, 0, number) for index, number in enumerate(denied)),
        (end, 0, 0, allow),
        (end, 0, 0, refuse),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
