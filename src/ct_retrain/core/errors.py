"""Exceptions, by whose fault they are; bad data is a value, not an exception.

CtRetrainError            our bug unless a subclass says otherwise      exit 1 ├── UsageError            the
user's: a setting, an option, a path      exit 2 ├── ToolError             a tool's: simulator, trainer, GPU,
disk full  exit 4 ├── CorruptStateError     the disk's: a manifest that does not match    exit 5 └──
LockedError           another night's: it is still running          exit 11

A decision (published, held, rejected) is a value with an exit code of its own, see `core.records.night`.
"""

from typing import ClassVar


class CtRetrainError(Exception):
    """The job could not be done; the message says what failed, where, and what to do next."""

    exit_code: ClassVar[int] = 1


class UsageError(CtRetrainError):
    """The user asked for something impossible; the call or the setting must be corrected."""

    exit_code: ClassVar[int] = 2


class ToolError(CtRetrainError):
    """An external tool failed; this says nothing about the design or the model being judged."""

    exit_code: ClassVar[int] = 4


class CorruptStateError(CtRetrainError):
    """A file contradicts its manifest; nothing is written until a person has looked."""

    exit_code: ClassVar[int] = 5


class LockedError(CtRetrainError):
    """Another night holds the lock."""

    exit_code: ClassVar[int] = 11


def portable(error: CtRetrainError) -> CtRetrainError:
    """Return *error* as the nearest class of this module: those of other modules may not reach another process whole."""
    kind: type[CtRetrainError] = next(one for one in type(error).__mro__ if one.__module__ == __name__)
    return kind(str(error))
