"""What an off-site copy of a night is: an index of its members, and the receipt that every byte was read back."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, Field

from ct_retrain.core.record import FileRef, Record, RelativePath, Sha256
from ct_retrain.core.records.night import NightId

NIGHTS = "nights/"
"""Where a store keeps its indexes."""
LISTS = "lists/"
"""Where a store keeps which segments a file consists of."""


class FileMember(Record):
    """A file of the workspace, by what it holds."""

    kind: Literal["file"] = "file"
    path: RelativePath
    mode: int
    size: int
    sha256: Sha256


class DirectoryMember(Record):
    """A directory of the workspace; it has a mode, and may be empty."""

    kind: Literal["directory"] = "directory"
    path: RelativePath
    mode: int


class LinkMember(Record):
    """A symbolic link, which is copied and never followed."""

    kind: Literal["link"] = "link"
    path: RelativePath
    target: str


Member: TypeAlias = Annotated[FileMember | DirectoryMember | LinkMember, Field(discriminator="kind")]


class SnapshotIndex(Record):
    """Everything a night consists of; as canonical JSON it is an object of the store, named by its own digest."""

    version: Literal[1, 2] = 2
    """2: files that every night holds whole again are kept in segments."""
    night: NightId
    members: tuple[Member, ...]
    """Sorted by path, relative to the workspace."""
    segmented: tuple[Sha256, ...] = ()
    """Digests of the files that are no object themselves: a list of segments is, see `SegmentList`."""

    @property
    def files(self) -> tuple[FileMember, ...]:
        """Those members that hold bytes."""
        return tuple(one for one in self.members if isinstance(one, FileMember))

    @property
    def size(self) -> int:
        """Bytes of all files."""
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
    """Of what was sent; empty where the store cannot say."""
    etag: str = ""
    version: str = ""
    """Names exactly these bytes where the store keeps versions; empty elsewhere."""


class Receipt(Record):
    """Proof that a night is off-site: given only after every object was read back and compared."""

    version: Literal[1] = 1
    night: NightId
    store: str
    verified_at: AwareDatetime
    """When the last object had been read back; retention counts from here."""
    restored_at: AwareDatetime | None = None
    """When the night was brought back after a purge; retention then counts from here."""
    host: str
    """The machine that read it back."""
    index: Stored
    objects: tuple[Stored, ...]
    """The blobs of all files, each once; of a file in segments its list, whose segments were read back as well."""
    contents: SnapshotIndex

    @property
    def since(self) -> AwareDatetime:
        """When its retention began."""
        return max(self.verified_at, self.restored_at) if self.restored_at else self.verified_at


class Purged(Record):
    """What is deleted here and kept off-site; written before the first file goes."""

    version: Literal[1] = 1
    night: NightId
    at: AwareDatetime
    store: str
    index: str
    """Key of the index that holds them."""
    files: tuple[FileRef, ...]
    """Relative to the workspace; until the purge has ended, some may still be there."""


class Restored(Record):
    """What a restore did."""

    night: NightId
    into: str
    written: int
    """Members that were missing, or different and forced."""
    unchanged: int
    size: int
    """Bytes of the files written."""


def blob_key(sha256: str) -> str:
    """Name of the object that holds the bytes with this digest."""
    return f"blobs/{sha256[:2]}/{sha256}"


def list_key(sha256: str) -> str:
    """Name of the object that lists the segments of the file with this digest."""
    return f"{LISTS}{sha256[:2]}/{sha256}.json"


def index_key(night: str, sha256: str) -> str:
    """Name of an index of *night*."""
    return f"{NIGHTS}{night}/{sha256}.json"
