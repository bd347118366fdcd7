"""A bucket of an S3-compatible server, by boto3; credentials come from AWS's variables, files and roles.

Requests carry Content-MD5 and SHA-256, but nothing here relies on the server checking them. Large objects are
sent in parts, and an interrupted upload continues with the missing parts. Metadata holds the digest, so that
a later run need not send the object again. Conditional writes are not used, because some servers ignore them;
two writers of one blob write the same bytes.
"""

import base64
import contextlib
import hashlib
import threading
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from typing import Any, BinaryIO

from ct_retrain.core.configuration.settings import SnapshotSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.snapshot import Stored

PART = 16 << 20
"""Bytes of a part, and of the largest object sent in one request."""
_MOST_PARTS = 9_000
_CHUNK = 1 << 20
_DIGEST = "ct-sha256"
_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound"})
_CREDENTIALS = frozenset(
    {
        "401",
        "403",
        "AccessDenied",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
_FULL = frozenset({"507", "EntityTooLarge", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"})


class S3Store:
    """Objects of one bucket below one prefix."""

    def __init__(self, bucket: str, prefix: str, settings: SnapshotSettings) -> None:
        """Contact no server yet."""
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._settings = settings
        self._opening = threading.Lock()
        self._client: Any = None

    @property
    def name(self) -> str:
        """Bucket and prefix."""
        return f"s3://{self._bucket}/{self._prefix}"

    def put(self, key: str, source: BinaryIO, size: int, sha256: str) -> Stored:
        """Send the object in one request or in parts."""
        with self._speaking(f"send {key}"):
            put = self._in_parts if size > PART else self._at_once
            done = put(key, source, size, sha256)
        return _stored(key, size, sha256, done)

    def stat(self, key: str) -> Stored | None:
        """Return size, version and the digest that the sender recorded."""
        with self._speaking(f"look at {key}"):
            found = _unless_absent(lambda: self._client.head_object(**self._at(key)))
        if found is None:
            return None
        return _stored(key, found["ContentLength"], found.get("Metadata", {}).get(_DIGEST, ""), found)

    def read(self, key: str, version: str = "") -> Iterator[bytes] | None:
        """Return its bytes, of *version* if the bucket keeps versions."""
        which = {"VersionId": version} if version else {}
        with self._speaking(f"read {key}"):
            found = _unless_absent(lambda: self._client.get_object(**self._at(key), **which))
        return None if found is None else self._chunks(key, found["Body"])

    def list(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Yield every key below the prefix."""
        with self._speaking(f"list {prefix}"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for entry in page.get("Contents", []):
                    yield entry["Key"].removeprefix(self._prefix), entry["LastModified"]

    def tidy(self, before: datetime) -> None:
        """Abort multipart uploads begun *before*: unfinished ones cost money and are not listed."""
        with self._speaking("list unfinished uploads"):
            for upload in self._uploads(self._prefix):
                if upload["Initiated"] < before:
                    self._abort(upload)

    def _open(self) -> None:
        with self._opening:
            if self._client is None:
                self._client = _client(self._settings)

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}

    def _at_once(self, key: str, source: BinaryIO, size: int, sha256: str) -> dict[str, Any]:
        data = source.read(size)
        done: dict[str, Any] = self._client.put_object(
            **self._at(key),
            Body=data,
            ContentMD5=_md5(data),
            ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode(),
            Metadata={_DIGEST: sha256},
        )
        return done

    def _in_parts(self, key: str, source: BinaryIO, size: int, sha256: str) -> dict[str, Any]:
        length = max(PART, -(-size // _MOST_PARTS))
        upload, there = self._begun(key, sha256)
        parts: list[dict[str, Any]] = []
        for at in range(0, size, length):
            data, number = source.read(min(length, size - at)), len(parts) + 1
            etag = there.get(number, "")
            if etag.strip('"') != hashlib.md5(data, usedforsecurity=False).hexdigest():
                part = self._client.upload_part(
                    **self._at(key), UploadId=upload, PartNumber=number, Body=data, ContentMD5=_md5(data)
                )
                etag = part["ETag"]
            parts.append({"PartNumber": number, "ETag": etag})
        done: dict[str, Any] = self._client.complete_multipart_upload(
            **self._at(key), UploadId=upload, MultipartUpload={"Parts": parts}
        )
        return done

    def _begun(self, key: str, sha256: str) -> tuple[str, dict[int, str]]:
        """Return the interrupted upload of *key* and its parts, or a new upload."""
        mine = [one for one in self._uploads(self._prefix + key) if one["Key"] == self._prefix + key]
        if not mine:
            begun = self._client.create_multipart_upload(**self._at(key), Metadata={_DIGEST: sha256})
            return begun["UploadId"], {}
        *older, last = sorted(mine, key=lambda one: one["Initiated"])
        for upload in older:
            self._abort(upload)
        pages = self._client.get_paginator("list_parts")
        found = pages.paginate(**self._at(key), UploadId=last["UploadId"])
        parts = {part["PartNumber"]: part["ETag"] for page in found for part in page.get("Parts", [])}
        return last["UploadId"], parts

    def _uploads(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            yield from page.get("Uploads", [])

    def _abort(self, upload: dict[str, Any]) -> None:
        self._client.abort_multipart_upload(
            Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
        )

    def _chunks(self, key: str, body: Any) -> Iterator[bytes]:
        with self._speaking(f"read {key}"), contextlib.closing(body):
            while chunk := body.read(_CHUNK):
                yield chunk

    @contextlib.contextmanager
    def _speaking(self, what: str) -> Generator[None]:
        """Turn every error into a ToolError that says what failed and what to do."""
        self._open()
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            yield
        except NoCredentialsError as error:
            message = f"cannot {what} in {self.name}: no credentials; {_RENEW}"
            raise ToolError(message) from error
        except ClientError as error:
            message = f"cannot {what} in {self.name}: {_code(error)}; {self._remedy(error)}"
            raise ToolError(message) from error
        except (BotoCoreError, OSError) as error:
            message = (
                f"cannot {what} in {self.name}: {error}; check network and snapshot.endpoint, then run again: "
                "what has arrived is not sent again"
            )
            raise ToolError(message) from error

    def _remedy(self, error: Any) -> str:
        codes = {_code(error), str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))}
        if codes & _FULL:
            return "the store is full: free or enlarge it, then run again; nothing is purged meanwhile"
        if "NoSuchBucket" in codes:
            return (
                f"bucket {self._bucket} does not exist: create it, or correct snapshot.target, then run again"
            )
        if codes & _CREDENTIALS:
            return _RENEW
        return "see the server's log, then run again"


_RENEW = (
    "set or renew the credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, ~/.aws) and what they "
    "may do, then run again"
)


def _client(settings: SnapshotSettings) -> Any:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        message = "snapshot.target is a bucket and boto3 is not installed: pip install 'ct-retrain[s3]'"
        raise UsageError(message) from error
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=16,
        retries={"mode": "standard", "total_max_attempts": 3},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if settings.endpoint else {},
    )
    try:
        return boto3.Session().client(
            "s3",
            endpoint_url=settings.endpoint or None,
            region_name=settings.region or ("us-east-1" if settings.endpoint else None),
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        message = f"cannot use the bucket that snapshot.target names: {error}; correct snapshot.endpoint or AWS_PROFILE"
        raise UsageError(message) from error


def _unless_absent(ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as error:
        if _code(error) in _ABSENT:
            return None
        raise


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown error"))


def _stored(key: str, size: int, sha256: str, answer: dict[str, Any]) -> Stored:
    return Stored(
        key=key,
        size=size,
        sha256=sha256,
        etag=str(answer.get("ETag", "")).strip('"'),
        version=str(answer.get("VersionId", "")),
    )


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
