"""The only place that knows rename, fsync, symlink, flock and sha256.

Promises: a file that `write_*` made is either absent, old or new, never half; what a manifest names was
durable before the manifest was; `latest` links are replaced, never missing. Temporary names are fixed
(`.NAME.tmp`), so a crash leaves at most one and the next run overwrites it. Not covered: network file
systems that lie about fsync.
"""

from ct_retrain.disk.digests import (
    Compare,
    breaches,
    chunks_of,
    difference,
    file_ref,
    file_refs,
    sha256_of,
    size_difference,
)
from ct_retrain.disk.files import (
    RecordFile,
    append_record,
    read_as,
    read_lines,
    read_record,
    replace_file,
    write_bytes,
    write_chunks,
    write_lines,
    write_record,
    write_scratch,
    write_text,
)
from ct_retrain.disk.locking import EXPERIMENT, Holder, alone_in, awaited, holder, lock, lock_when_free
from ct_retrain.disk.names import REFUSALS, blamed, is_temporary, sync_directory
from ct_retrain.disk.pack import Pack, PackFiles, PackWriter
from ct_retrain.disk.segments import USUAL as SEGMENT
from ct_retrain.disk.segments import Chunk, cuts
from ct_retrain.disk.trees import (
    copy_tree,
    fresh_directory,
    make_directory,
    publish_tree,
    remove_link,
    remove_tree,
    staging_for,
    swap_link,
    sync_tree,
)

__all__ = [
    "EXPERIMENT",
    "REFUSALS",
    "SEGMENT",
    "Chunk",
    "Compare",
    "Holder",
    "Pack",
    "PackFiles",
    "PackWriter",
    "RecordFile",
    "alone_in",
    "append_record",
    "awaited",
    "blamed",
    "breaches",
    "chunks_of",
    "copy_tree",
    "cuts",
    "difference",
    "file_ref",
    "file_refs",
    "fresh_directory",
    "holder",
    "is_temporary",
    "lock",
    "lock_when_free",
    "make_directory",
    "publish_tree",
    "read_as",
    "read_lines",
    "read_record",
    "remove_link",
    "remove_tree",
    "replace_file",
    "sha256_of",
    "size_difference",
    "staging_for",
    "swap_link",
    "sync_directory",
    "sync_tree",
    "write_bytes",
    "write_chunks",
    "write_lines",
    "write_record",
    "write_scratch",
    "write_text",
]
