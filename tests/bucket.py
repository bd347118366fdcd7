"""Fixtures: a bucket on a real S3 server, behind weather."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from ct_retrain.adapters.s3 import S3Store
from ct_retrain.core.configuration.settings import SnapshotSettings
from tests.s3_faults import Cut, Fault, Request, Weather


class Bucket(NamedTuple):
    """A fresh bucket, the store that uses it, and ways to look behind its back."""

    name: str
    store: S3Store
    settings: SnapshotSettings
    weather: Weather
    client: Any
    """Goes to the server without the proxy."""

    def keep_versions(self) -> None:
        self.client.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})

    def unfinished(self) -> list[Any]:
        return self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])

    def listed(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    @staticmethod
    def cut_when(hit: Callable[[Request], bool]) -> Fault:
        return lambda one: Cut() if hit(one) else None


@pytest.fixture(scope="session")
def sky() -> Iterator[Weather]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    weather = Weather((host, port))
    yield weather
    weather.shutdown()
    weather.server_close()
    server.stop()


@pytest.fixture
def bucket(sky: Weather, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testkey")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testsecret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    name = f"snap-{uuid.uuid4().hex[:12]}"
    client = boto3.client(
        "s3", endpoint_url=f"http://{sky.target[0]}:{sky.target[1]}", region_name="us-east-1"
    )
    client.create_bucket(Bucket=name)
    settings = SnapshotSettings(target=f"s3://{name}/team", endpoint=sky.url)
    sky.fault = None
    sky.requests.clear()
    yield Bucket(name, S3Store(name, "team", settings), settings, sky, client)
    sky.fault = None
