"""A disk that refuses what training libraries write, as one error: each says it in its own way, few as an OSError."""

import contextlib
import os
import re
from collections.abc import Generator
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import CtRetrainError, ToolError

_NUMBERED = re.compile(r"\(os error (\d+)\)")
"""How libraries written in Rust, safetensors among them, name what the system refused."""
_TORCH = ("PytorchStreamWriter failed", "unexpected pos")
"""What torch says when a write of its own falls short; it does not say why."""


@contextlib.contextmanager
def explained(below: Path) -> Generator[None]:
    """Turn whatever says that *below* could not be written into a ToolError of one line; every other error passes."""
    try:
        with disk.blamed(below):
            yield
    except CtRetrainError:
        raise
    except Exception as error:
        why = _refusal(error)
        if why is None:
            raise
        raise ToolError(
            f"cannot write below {below}: {why}; free space or fix permissions, then run again"
        ) from error


def _refusal(error: Exception) -> str | None:
    """What the system said, where *error* or what led to it is about writing."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in disk.REFUSALS:
            return os.strerror(seen.errno)
        numbered = _NUMBERED.search(str(seen))
        if numbered and int(numbered[1]) in disk.REFUSALS:
            return os.strerror(int(numbered[1]))
        if any(words in str(seen) for words in _TORCH):
            return "torch could not finish a file (disk full?)"
        seen = seen.__cause__ or seen.__context__
    return None
