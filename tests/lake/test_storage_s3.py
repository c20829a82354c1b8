"""A lake in a bucket, on a server that speaks S3: the same files, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from spymaster.lake.bronze.reader import BronzeReader
from spymaster.lake.catalog import Lake
from spymaster.lake.errors import LakeError
from spymaster.lake.query import run_query
from spymaster.lake.retention import prune
from spymaster.lake.silver.compact import compact
from spymaster.lake.storage.files import LocalStorage, Storage
from spymaster.lake.storage.opening import open_storage
from spymaster.lake.verify import verify
from spymaster.market.frames import RecordsFrame
from tests.lake.test_recorder import three_hours
from tests.support.journals import T0_NS
from tests.support.lakes import HOUR_NS, record
from tests.support.s3 import BUCKET, s3_server


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server of our own with one bucket; credentials and their place come from the environment alone."""
    with s3_server() as url:
        yield url


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path, request: pytest.FixtureRequest) -> Storage:
    """An empty lake in the bucket."""
    return open_storage(f"s3://{BUCKET}/{request.node.name}/lake", spool=tmp_path / "spool", s3_endpoint=endpoint)


def test_the_objects_are_the_files_of_a_folder(bucket: Storage, tmp_path: Path) -> None:
    folder = LocalStorage(tmp_path / "local")
    for storage in (bucket, folder):
        record(storage, three_hours().stored)
    assert bucket.names() == folder.names()
    assert {name: bucket.read(name) for name in bucket.names()} == {name: folder.read(name) for name in folder.names()}


def test_nothing_stays_in_the_spool(bucket: Storage, tmp_path: Path) -> None:
    record(bucket, three_hours().stored)
    assert list((tmp_path / "spool").iterdir()) == []


def test_it_can_be_read_verified_compacted_and_queried(bucket: Storage) -> None:
    record(bucket, three_hours().stored)
    lake = Lake(bucket)
    frames = BronzeReader(bucket, lake.run()).frames()
    assert sum(len(frame.batch) for frame in frames if isinstance(frame, RecordsFrame)) == 159
    assert list(verify(lake)) == []
    assert sum(done.records for done in compact(lake)) == 159
    (row,) = run_query(lake, "SELECT count(*) AS n, max(price) AS top FROM futures_mbp10").to_pylist()
    assert row == {"n": 150, "top": 4800.0}


def test_an_object_appears_only_when_it_is_whole(bucket: Storage) -> None:
    upload = bucket.create("bronze/a")
    upload.write(b"abc")
    assert bucket.names() == []
    upload.discard()
    assert bucket.names() == []


def test_runs_can_be_let_go(bucket: Storage) -> None:
    record(bucket, three_hours().stored)
    prune(Lake(bucket), T0_NS + 100 * 24 * HOUR_NS, keep_days=3)
    assert bucket.names() == []


def test_what_is_not_there_is_not_found(bucket: Storage) -> None:
    for ask in (bucket.read, bucket.size, bucket.open):
        with pytest.raises(FileNotFoundError):
            ask("nothing")
    bucket.remove("nothing")


def test_the_environment_can_name_the_server(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    storage = open_storage(f"s3://{BUCKET}/env")
    storage.put("runs/x.json", json.dumps({}).encode())
    assert open_storage(f"s3://{BUCKET}/env", s3_endpoint=endpoint).read("runs/x.json") == b"{}"


def test_a_bucket_that_is_not_there_refuses_and_leaves_nothing_behind(endpoint: str, tmp_path: Path) -> None:
    storage = open_storage("s3://no-such-bucket/lake", spool=tmp_path, s3_endpoint=endpoint)
    with pytest.raises(OSError, match="no-such-bucket"):
        storage.put("a", b"b")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["s3://", "s3:///lake"])
def test_a_place_without_a_bucket_is_refused(place: str) -> None:
    with pytest.raises(LakeError, match="names no bucket; write s3://BUCKET/PREFIX"):
        open_storage(place)


@pytest.mark.parametrize("address", ["localhost:9000", "ftp://host", "http://user:secret@host"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(LakeError, match="is no S3 server's address"):
        open_storage("s3://bucket/lake", s3_endpoint=address)
