"""A lasting cache for compiled parts of tools, readable by the unprivileged user that workers become."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import ToolError


def place() -> str:
    """Return the cache directory; "" if there is none. Not root's home, which the workers' user cannot read."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    path = (Path("/var/cache") if os.geteuid() == 0 else own) / "ct-retrain"
    try:
        disk.make_directory(path)
    except ToolError:
        return ""
    return str(path) if os.access(path, os.W_OK) else ""


def make_once(home: Path, make: Callable[[Path], None]) -> None:
    """Let *make* fill the directory *home*, unless it exists; it appears complete or not at all."""
    if home.is_dir():
        return
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=home.parent))
    try:
        make(made)
        for path in (made, *made.rglob("*")):
            # Regardless of the umask, because the workers' user reads it.
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        made.rename(home)
    except OSError as error:
        # Another process was faster, or the disk is full.
        if not home.is_dir():
            message = f"cannot write the compiled files to {home}: {error.strerror}"
            raise ToolError(message) from error
    finally:
        disk.remove_tree(made)
