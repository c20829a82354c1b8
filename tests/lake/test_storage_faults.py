"""A lake in a bucket whose server fails, slows and lies about its lists, and two who write to it at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spymaster.lake.catalog import Lake
from spymaster.lake.errors import BucketError, LakeError, Overtaken
from spymaster.lake.retention import prune
from spymaster.lake.run_manifest import RunManifest
from spymaster.lake.silver.compact import compact
from spymaster.lake.storage import requests
from spymaster.lake.storage.bucket import S3Storage
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.storage.opening import open_storage
from spymaster.market.manifest import RecordingFile, RunStatus
from tests.lake.test_recorder import three_hours
from tests.support.journals import T0_NS
from tests.support.lakes import HOUR_NS, RUN, record
from tests.support.s3 import (
    BUCKET,
    FAULTS,
    Answer,
    Asked,
    FaultyServer,
    busy,
    s3_server,
    silent,
    with_entries,
    without_entries,
)

Opened = Callable[..., S3Storage]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
def faulty(server: str) -> Iterator[FaultyServer]:
    with FaultyServer(server).running() as running:
        yield running


@pytest.fixture
def place(request: pytest.FixtureRequest) -> str:
    """The keys of this test begin with it."""
    return str(request.node.name).replace("[", "-").replace("]", "").replace(" ", "-")


@pytest.fixture
def opened(faulty: FaultyServer, place: str, tmp_path: Path) -> Opened:
    """Opens the lake of this test, through the server that fails, without waiting between requests."""

    def make(timeout_s: float = 0.0) -> S3Storage:
        url = f"s3://{BUCKET}/{place}"
        spool = tmp_path / "spool"
        return S3Storage(url, spool=spool, endpoint=faulty.url, sleep=lambda _: None, timeout_s=timeout_s)

    return make


def write(storage: S3Storage, name: str, data: bytes) -> None:
    storage.put(name, data)


def test_of_two_who_write_one_object_the_second_is_refused_and_the_first_stays(opened: Opened) -> None:
    one, other = opened(), opened()
    first, second = one.create("silver/x"), other.create("silver/x")
    first.write(b"first")
    second.write(b"second")
    one.commit(first, "silver/x")
    with pytest.raises(Overtaken, match=r"nothing of theirs was overwritten") as refused:
        other.commit(second, "silver/x")
    assert (refused.value.filename, refused.value.remedy) == (other.url("silver/x"), "run it again")
    assert one.read("silver/x") == b"first"


def test_who_was_refused_stands_on_what_the_other_wrote_when_it_begins_again(opened: Opened) -> None:
    one, other = opened(), opened()
    held = other.create("silver/x")
    held.write(b"second")
    write(one, "silver/x", b"first")
    with pytest.raises(Overtaken):
        other.commit(held, "silver/x")
    write(other, "silver/x", b"second")
    assert one.read("silver/x") == b"second"


def test_of_sixteen_who_race_one_wins_and_all_others_are_told(opened: Opened) -> None:
    storages = [opened() for _ in range(16)]
    uploads = [storage.create("silver/x") for storage in storages]
    for number, upload in enumerate(uploads):
        upload.write(b"%d" % number)
    lost: list[int] = []

    def commit(number: int) -> None:
        try:
            storages[number].commit(uploads[number], "silver/x")
        except Overtaken:
            lost.append(number)

    threads = [threading.Thread(target=commit, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = set(range(16)) - set(lost)
    assert storages[0].read("silver/x") == b"%d" % won


def test_two_who_write_the_same_bytes_are_both_content(opened: Opened) -> None:
    one, other = opened(), opened()
    uploads = one.create("silver/x"), other.create("silver/x")
    for storage, upload in zip((one, other), uploads, strict=True):
        upload.write(b"same")
        storage.commit(upload, "silver/x")
    assert one.read("silver/x") == b"same"


def test_no_file_of_a_run_that_two_write_is_lost(opened: Opened) -> None:
    one, other = RunManifest(opened(), RUN), RunManifest(opened(), RUN)
    one.add([RecordingFile("bronze/a", "", 1)])
    one.write(RunStatus.OPEN, T0_NS)
    other.add([RecordingFile("bronze/b", "", 1)])
    with pytest.raises(Overtaken):
        other.write(RunStatus.OPEN, T0_NS)
    again = RunManifest(opened(), RUN)
    again.add([RecordingFile("bronze/b", "", 1)])
    again.write(RunStatus.SEALED, T0_NS)
    assert [file.path for file in Lake(opened()).run().manifest.files] == ["bronze/a", "bronze/b"]


def test_a_manifest_that_changed_since_it_was_read_is_not_overwritten(opened: Opened) -> None:
    storage = opened()
    record(storage, three_hours().stored)
    run = Lake(storage).run()
    RunManifest(opened(), RUN).write(RunStatus.TORN, T0_NS, "written by another")
    with pytest.raises(Overtaken):
        storage.put(run.name, b"{}")
    assert Lake(opened()).run().run.reason == "written by another"


def test_what_is_replaced_while_it_is_read_is_never_mixed(opened: Opened) -> None:
    reader, writer = opened(), opened()
    write(writer, "silver/x", b"a" * 3_000_000)
    file = reader.open("silver/x")
    assert file.read(1_000) == b"a" * 1_000
    write(writer, "silver/x", b"b" * 3_000_000)
    with pytest.raises(Overtaken):
        file.read()


@pytest.mark.parametrize("how", FAULTS)
def test_a_server_on_which_every_request_fails_once_loses_and_mixes_nothing(
    opened: Opened, faulty: FaultyServer, tmp_path: Path, how: str
) -> None:
    failed = faulty.fail_each_once(FAULTS[how])
    storage, folder = opened(), LocalStorage(tmp_path / "local")
    for each in (storage, folder):
        record(each, three_hours().stored)
        assert sum(done.records for done in compact(Lake(each))) == 159
    assert storage.names() == folder.names()
    assert all(storage.read(name) == folder.read(name) for name in folder.names())
    assert list((tmp_path / "spool").iterdir()) == []
    assert sum(storage.repeated.values()) == len(failed)


def test_a_server_that_fails_for_ever_is_asked_so_often_and_no_more(opened: Opened, faulty: FaultyServer) -> None:
    faulty.fault = lambda asked: busy
    storage = opened()
    with pytest.raises(BucketError, match=rf"its server failed {requests.ATTEMPTS} times, at last with SlowDown"):
        storage.read("runs/x.json")
    assert len(faulty.asked) == requests.ATTEMPTS
    assert storage.repeated == {"SlowDown": requests.ATTEMPTS - 1}


def test_a_server_that_never_answers_is_left_and_asked_again(opened: Opened, faulty: FaultyServer) -> None:
    first = iter([silent])
    faulty.fault = lambda asked: next(first, None)
    storage = opened(timeout_s=2.0)
    write(storage, "runs/x.json", b"{}")
    assert storage.read("runs/x.json") == b"{}"
    assert storage.repeated["ReadTimeoutError"] >= 1


def test_a_run_that_the_list_does_not_show_is_not_lost(opened: Opened, faulty: FaultyServer) -> None:
    record(opened(), three_hours().stored)
    faulty.change = without_entries(r"/runs/")
    assert [run.run.id for run in Lake(opened()).runs] == [RUN.id]


def test_silver_that_the_list_does_not_show_is_not_lost(opened: Opened, faulty: FaultyServer) -> None:
    storage = opened()
    record(storage, three_hours().stored)
    written = sorted(done.path for done in compact(Lake(storage)))
    faulty.change = without_entries(r"hour=15")
    assert opened().names("silver") == written


def test_a_run_that_went_and_is_still_listed_is_gone(opened: Opened, faulty: FaultyServer, place: str) -> None:
    storage = opened()
    record(storage, three_hours().stored)
    (name,) = storage.names("runs")
    prune(Lake(storage), T0_NS + 100 * 24 * HOUR_NS, keep_days=3)
    faulty.change = with_entries(f"{place}/{name}")
    assert opened().names("runs") == []
    assert Lake(opened()).runs == ()


def test_a_lake_that_others_copied_into_the_bucket_is_read_by_its_list(
    opened: Opened, server: str, place: str, tmp_path: Path
) -> None:
    record(tmp_path / "local", three_hours().stored)
    folder = LocalStorage(tmp_path / "local")
    boto3 = pytest.importorskip("boto3")
    client = boto3.client("s3", endpoint_url=server)
    for name in folder.names():
        client.put_object(Bucket=BUCKET, Key=f"{place}/{name}", Body=folder.read(name))
    assert opened().names() == folder.names()
    assert Lake(opened()).run().run.id == RUN.id


def test_a_list_without_an_end_is_refused(opened: Opened, faulty: FaultyServer) -> None:
    def endless(asked: Asked, answer: Answer) -> Answer:
        more = b"<NextContinuationToken>again</NextContinuationToken></ListBucketResult>"
        body = answer.body.replace(b"<IsTruncated>false", b"<IsTruncated>true")
        return Answer(answer.status, answer.headers, body.replace(b"</ListBucketResult>", more))

    faulty.change = endless
    with pytest.raises(BucketError, match="lists the same page again and again"):
        opened().names("runs")


def test_a_server_that_ignores_conditions_is_refused_before_anything_is_written(
    opened: Opened, faulty: FaultyServer
) -> None:
    faulty.drops = ("if-none-match", "if-match")
    storage = opened()
    with pytest.raises(LakeError, match="ignores the conditions of a write"):
        write(storage, "runs/x.json", b"{}")
    assert storage.names() == []


def test_without_the_client_it_is_said_in_one_line_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LakeError) as refused:
        open_storage("s3://bucket/lake")
    assert str(refused.value) == "s3://bucket: the S3 client is not installed; pip install 'spymaster-tui[s3]'"
