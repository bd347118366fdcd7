"""Off-site copies of nights in an object store: upload, verification, restore, and the purge of local copies."""

from ct_retrain.nightly.snapshots.convert import convert, planned
from ct_retrain.nightly.snapshots.purge import plan, purge
from ct_retrain.nightly.snapshots.restore import nights_in, restore
from ct_retrain.nightly.snapshots.upload import snapshot, upload_missing

__all__ = [
    "convert",
    "nights_in",
    "plan",
    "planned",
    "purge",
    "restore",
    "snapshot",
    "upload_missing",
]
