"""A workspace as a value: what two nights that went differently must agree on."""

import hashlib
import re
from collections.abc import Collection
from pathlib import Path

_CLOCKS = re.compile(r'"(started|finished|at|seconds|host|generated_at)":\s*("[^"]*"|[\d.e-]+)')
_EFFORT = re.compile(r'"effort": \{[^}]*\}')
_LEDGER_SIZE = re.compile(
    r'("path": "(?:ledger\.sqlite|challengers/[^/"]+/manifest\.json)",\s*"sha256": "[0-9a-f]{64}",\s*"size": )\d+'
)
_DIGESTS = re.compile(r"[0-9a-f]{64}")


def tree(root: Path, *, without: Collection[str] = ()) -> dict[str, str]:
    """Every path with its content, clocks and the digests that depend on them taken out.

    What lies below a path of *without* is left out.
    """
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if any(name == place or name.startswith(f"{place}/") for place in without):
            continue
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.name in ("ledger.sqlite", ".lock"):
            found[name] = "present"
        elif path.suffix == ".sqlite":
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif path.is_file():
            text = _CLOCKS.sub("CLOCK", path.read_text().replace(str(root), "ROOT"))
            # How much was known already is another thing for a night that goes on.
            text = _EFFORT.sub("EFFORT", text)
            # How SQLite fills its pages depends on where it was interrupted; what the ledger knows does not. How long the
            # clocks of a part's manifest are written out differs, too.
            text = _LEDGER_SIZE.sub(r"\1", text)
            found[name] = _DIGESTS.sub("D", text) if path.suffix == ".json" else text
        else:
            found[name] = "directory"
    return found
