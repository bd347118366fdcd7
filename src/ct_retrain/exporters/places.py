"""Places that exports write to: new ones only, whole or not at all."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import UsageError


def demand_free(out: Path) -> None:
    """Make the directory above *out*; raise UsageError if something is at *out* already."""
    if out.exists():
        raise UsageError(f"{out} is there already: name a path where nothing is")
    disk.make_directory(out.parent)


@contextmanager
def new_directory(out: Path) -> Generator[Path]:
    """Yield a directory to be filled, which becomes *out* at the end; it is removed where filling it fails."""
    demand_free(out)
    staging = disk.staging_for(out)
    try:
        with disk.blamed(staging):
            yield staging
            disk.sync_tree(staging)
            staging.rename(out)
            disk.sync_directory(out.parent)
    finally:
        if staging.exists():
            disk.remove_tree(staging)
