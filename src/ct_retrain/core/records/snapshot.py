"""Off-site copies of nights: the index of a night's files, and the receipt that every byte was read back."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, Field

from ct_retrain.core.record import FileRef, Record, RelativePath, Sha256
from ct_retrain.core.records.night import NightId

NIGHTS = "nights/"
"""Key prefix of the indexes in a store."""
LISTS = "lists/"
"""Key prefix of the lists of segments."""


class FileMember(Record):
    """A file of the workspace and its digest."""

    kind: Literal["file"] = "file"
    path: RelativePath
    mode: int
    size: int
    sha256: Sha256


class DirectoryMember(Record):
    """A directory of the workspace with its mode; it may be empty."""

    kind: Literal["directory"] = "directory"
    path: RelativePath
    mode: int


class LinkMember(Record):
    """A symbolic link; it is copied as a link and never followed."""

    kind: Literal["link"] = "link"
    path: RelativePath
    target: str


Member: TypeAlias = Annotated[FileMember | DirectoryMember | LinkMember, Field(discriminator="kind")]


class SnapshotIndex(Record):
    """All files of a night; as canonical JSON it is an object of the store, named by its own digest."""

    version: Literal[1, 2] = 2
    """2: files that every night holds whole again are kept in segments."""
    night: NightId
    members: tuple[Member, ...]
    """Members sorted by path, relative to the workspace."""
    segmented: tuple[Sha256, ...] = ()
    """Digests of the files that are stored in segments, see `SegmentList`."""

    @property
    def files(self) -> tuple[FileMember, ...]:
        """The members that are files."""
        return tuple(one for one in self.members if isinstance(one, FileMember))

    @property
    def size(self) -> int:
        """Total bytes of all files."""
        return sum(one.size for one in self.files)


class Segment(Record):
    """A part of a file; its bytes are an object like any other."""

    size: int
    sha256: Sha256


class SegmentList(Record):
    """The segments of a file, in order: together they are the file."""

    version: Literal[1] = 1
    segments: tuple[Segment, ...]


class Stored(Record):
    """An object of a store."""

    key: str
    size: int
    sha256: str
    """Sha256 of the sent bytes; empty if the store does not report it."""
    etag: str = ""
    version: str = ""
    """Version id, in stores that keep versions; empty elsewhere."""


class Receipt(Record):
    """Proof that a night is off-site: written only after every object was read back and compared."""

    version: Literal[1] = 1
    night: NightId
    store: str
    verified_at: AwareDatetime
    """When the last object was read back; retention counts from here."""
    restored_at: AwareDatetime | None = None
    """When the night was restored after a purge; retention then counts from here."""
    host: str
    """Name of the machine that read it back."""
    index: Stored
    objects: tuple[Stored, ...]
    """Stored blobs of all files, each once; for a file in segments its list, whose segments were read back too."""
    contents: SnapshotIndex

    @property
    def since(self) -> AwareDatetime:
        """Start of the retention period."""
        return max(self.verified_at, self.restored_at) if self.restored_at else self.verified_at


class Purged(Record):
    """Files that are deleted locally and kept off-site; written before the first file is deleted."""

    version: Literal[1] = 1
    night: NightId
    at: AwareDatetime
    store: str
    index: str
    """Key of the index that holds them."""
    files: tuple[FileRef, ...]
    """Paths relative to the workspace; until the purge has ended, some files may still exist."""


class Restored(Record):
    """Result of a restore."""

    night: NightId
    into: str
    written: int
    """Members that were missing, or different and forced."""
    unchanged: int
    size: int
    """Total bytes of the files written."""


def blob_key(sha256: str) -> str:
    """Return the name of the object that holds the bytes with this digest."""
    return f"blobs/{sha256[:2]}/{sha256}"


def list_key(sha256: str) -> str:
    """Name of the object that lists the segments of the file with this digest."""
    return f"{LISTS}{sha256[:2]}/{sha256}.json"


def index_key(night: str, sha256: str) -> str:
    """Return the name of an index of *night*."""
    return f"{NIGHTS}{night}/{sha256}.json"
