"""Gold and Silver as Iceberg tables: a catalog says what the lake is, whoever published and however it ended."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spymaster.lake.catalog import Lake
from spymaster.lake.errors import LakeError
from spymaster.lake.retention import prune
from spymaster.lake.silver.compact import compact
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.storage.opening import open_storage
from spymaster.market.kinds import UNDEF_PRICE, UNDEF_TIMESTAMP, Kind
from spymaster.market.manifest import RunStatus, decode_manifest, encode_manifest
from tests.lake.test_recorder import three_hours
from tests.support.corpus import CORPUS
from tests.support.journals import T0_NS
from tests.support.lakes import HOUR_NS, RUN, Frames, config_frame, es_trades, lake_at, published, record
from tests.support.s3 import BUCKET, s3_server

pytest.importorskip("pyiceberg", reason="pyiceberg is not installed")

from spymaster.lake.publish.catalog import open_catalog, without_password
from spymaster.lake.publish.publish import Published, publish
from spymaster.lake.publish.signed import signed
from spymaster.lake.publish.wanted import table_name

TABLES = ("alerts_es", "signals_es", "silver_futures_mbp10_es", "silver_options_trades_es")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A sealed run of three hours, compacted."""
    root = tmp_path / "lake"
    record(root, three_hours().stored)
    list(compact(lake_at(root)))
    return root


def brought_up(root: Path, *, with_bronze: bool = False) -> dict[str, Published]:
    """Publish a lake in a folder into the catalog beside it."""
    lake = lake_at(root)
    done = publish(lake, open_catalog(lake.storage), "spymaster", with_bronze=with_bronze)
    return {table.table.partition(".")[2]: table for table in done}


def table_of(root: Path, name: str) -> Any:
    return open_catalog(LocalStorage(root)).load_table(f"spymaster.{name}")


def files_of(table: Any) -> list[str]:
    return [task.file.file_path for task in table.scan().plan_files()]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def later(rows: int = 4, **changes: Any) -> tuple[Frames, Any]:
    """Another run an hour after the first: some trades and what was published of them."""
    run = msgspec.structs.replace(RUN, **{"id": "later", "started_ns": T0_NS + HOUR_NS, **changes})
    frames = Frames()
    frames.add(config_frame())
    frames.records(Kind.TRADE, es_trades(rows, T0_NS + HOUR_NS))
    frames.signals(*published(rows, from_ns=T0_NS + HOUR_NS))
    return frames, run


@pytest.mark.filterwarnings("ignore:Iceberg scan planning")
def test_pyiceberg_polars_and_duckdb_count_the_rows_that_the_lake_has(root: Path) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    done = brought_up(root)
    assert tuple(sorted(done)) == TABLES
    lake = lake_at(root)
    gold = {kind: sum(file.records for file in lake.run().files("gold") if file.kind == kind) for kind in GOLD_KINDS}
    wanted = dict(zip(TABLES, (gold["ALERTS"], gold["SIGNALS"], 150, 9), strict=True))
    for name, rows in wanted.items():
        table = table_of(root, name)
        assert done[name].rows == rows
        assert table.scan().to_arrow().num_rows == rows
        assert polars.scan_iceberg(table).collect().height == rows
        assert duckdb.execute("SELECT count(*) FROM read_parquet(?)", [files_of(table)]).fetchall() == [(rows,)]


GOLD_KINDS = ("ALERTS", "SIGNALS")


def test_gold_is_registered_where_it_lies_and_silver_is_copied(root: Path) -> None:
    brought_up(root)
    gold = {str(root / file.path) for file in lake_at(root).run().files("gold") if file.kind == "SIGNALS"}
    assert set(files_of(table_of(root, "signals_es"))) == gold
    assert not any("/silver/" in path for path in files_of(table_of(root, "silver_futures_mbp10_es")))


def test_a_repeated_publish_changes_and_writes_nothing(root: Path) -> None:
    brought_up(root)
    before = contents(root)
    assert {(table.added, table.removed) for table in brought_up(root).values()} == {(0, 0)}
    assert contents(root) == before


def test_a_snapshot_says_which_run_it_is_of_and_the_hash_of_its_manifest(root: Path) -> None:
    brought_up(root)
    wanted = hashlib.sha256((root / f"runs/{RUN.id}.json").read_bytes()).hexdigest()
    for name in TABLES:
        (snapshot,) = table_of(root, name).snapshots()
        said = snapshot.summary.additional_properties
        assert (said["spymaster.run"], said["spymaster.manifest-sha256"]) == (RUN.id, wanted)


def test_a_later_run_is_a_snapshot_of_its_own_and_leaves_the_others(root: Path) -> None:
    before = brought_up(root)["signals_es"]
    frames, run = later()
    record(root, frames.stored, run)
    after = brought_up(root)["signals_es"]
    assert (after.added, after.removed, after.rows) == (1, 0, before.rows + 12)
    snapshots = table_of(root, "signals_es").snapshots()
    assert [one.summary.additional_properties["spymaster.run"] for one in snapshots] == [RUN.id, "later"]


@pytest.mark.parametrize("status", [RunStatus.OPEN, RunStatus.TORN])
def test_gold_of_a_run_that_is_not_sealed_is_not_published(root: Path, status: RunStatus) -> None:
    frames, run = later()
    record(root, frames.stored, run, status=status)
    assert brought_up(root)["signals_es"].files == 3


def test_gold_that_was_computed_anew_takes_the_place_of_what_it_was_in_one_step(root: Path) -> None:
    frames, run = later(rows=4)
    record(root, frames.stored, run)
    before = brought_up(root)["signals_es"].rows
    again, _ = later(rows=2)
    record(root, again.stored, run)
    after = brought_up(root)["signals_es"]
    assert (after.added, after.removed, after.rows) == (1, 1, before - 6)
    table = table_of(root, "signals_es")
    seen = {table.scan(snapshot_id=one.snapshot_id).count() for one in table.snapshots()[-1:]}
    assert seen == {before - 6}
    assert len(files_of(table)) == len(set(files_of(table))) == after.files


def test_a_run_that_the_lake_let_go_leaves_the_catalog(root: Path) -> None:
    frames, run = later()
    record(root, frames.stored, run)
    list(compact(lake_at(root)))
    brought_up(root)
    prune(lake_at(root), T0_NS + 100 * 24 * HOUR_NS, keep_days=3)
    frames, run = later(id="newest")
    record(root, frames.stored, run)
    after = brought_up(root)
    assert (after["signals_es"].files, after["signals_es"].rows) == (1, 12)
    assert {name: table.files for name, table in after.items() if table.files} == {"signals_es": 1}
    assert {*TABLES, "silver_futures_trades_es"} == after.keys()
    assert table_of(root, "silver_futures_mbp10_es").scan().to_arrow().num_rows == 0


def test_silver_of_a_date_changes_in_one_step(root: Path) -> None:
    name = "silver_futures_trades_es"
    frames, run = later()
    record(root, frames.stored, run)
    list(compact(lake_at(root)))
    assert brought_up(root)[name].rows == 4
    frames, run = later(rows=7, id="third")
    record(root, frames.stored, run)
    list(compact(lake_at(root)))
    after = brought_up(root)[name]
    table = table_of(root, name)
    counts = [table.scan(snapshot_id=one.snapshot_id).count() for one in table.snapshots()]
    assert (after.rows, after.added, after.removed, counts) == (7, 1, 1, [4, 7])
    said = table.current_snapshot().summary.additional_properties
    assert (said["spymaster.date"], said["spymaster.run"]) == ("2024-01-05", f"{RUN.id},later,third")


def test_silver_that_was_compacted_again_to_the_same_is_not_copied_again(root: Path) -> None:
    brought_up(root)
    list(compact(lake_at(root)))
    assert {(table.added, table.removed) for table in brought_up(root).values()} == {(0, 0)}


def test_columns_that_came_with_a_later_version_are_null_before_it(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    newest = max(CORPUS.glob("gold-*"), key=lambda path: int(path.name.partition("-")[2]))
    shutil.copytree(CORPUS / "gold-2", root)
    (name,) = {table for table in brought_up(root) if table.startswith("signals_")}
    first = brought_up(root)[name].rows
    old = set(table_of(root, name).schema().column_names)
    with_other_id(newest, root, "newest")
    after = brought_up(root)[name]
    table = table_of(root, name)
    new = sorted(set(table.schema().column_names) - old)
    rows = table.scan().to_arrow()
    assert after.rows == len(rows) > first
    assert new
    assert all(rows[column].null_count >= first for column in new)
    assert any(rows[column].null_count == first for column in new)
    assert {(each.added, each.removed) for each in brought_up(root).values()} == {(0, 0)}


def with_other_id(source: Path, target: Path, run_id: str) -> None:
    """A lake of the corpus put into another one, as a run with an id of its own."""
    (place,) = (source / "runs").glob("*.json")
    manifest = decode_manifest(place.read_bytes(), place)
    assert manifest.run is not None
    files = []
    for file in manifest.files:
        if file.path.startswith("gold/"):
            name = file.path.replace(".parquet", f"-{run_id}.parquet")
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / file.path, target / name)
            files.append(msgspec.structs.replace(file, path=name))
    run = msgspec.structs.replace(manifest.run, id=run_id)
    changed = msgspec.structs.replace(manifest, files=tuple(files), run=run)
    (target / "runs" / f"{run_id}.json").write_bytes(encode_manifest(changed))


def test_numbers_have_a_sign_and_what_the_feed_left_undefined_is_null() -> None:
    stored = pa.table(
        {
            "rtype": pa.array([1, 1, 1], pa.uint8()),
            "ts_recv": pa.array([UNDEF_TIMESTAMP, 2**63, 5], pa.uint64()),
            "price": pa.array([UNDEF_PRICE, -1, 5], pa.int64()),
            "size": pa.array([2**32 - 1, 2**32 - 2, 5], pa.uint32()),
            "instrument_id": pa.array([2**32 - 1, 0, 5], pa.uint32()),
            "action": pa.array([ord("T"), 0, ord("A")], pa.uint8()),
            "name": pa.array([b"ab", b"\0\0", b"c\0"], pa.binary(2)),
        }
    )
    copied = signed(stored)
    assert copied.to_pydict() == {
        "ts_recv": [None, None, 5],
        "price": [None, -1, 5],
        "size": [None, 2**32 - 2, 5],
        "instrument_id": [2**32 - 1, 0, 5],
        "action": ["T", None, "A"],
        "name": [b"ab", b"\0\0", b"c\0"],
    }
    assert not any(pa.types.is_unsigned_integer(field.type) for field in copied.schema)


@pytest.mark.filterwarnings("ignore:Iceberg scan planning")
def test_bronze_of_every_kind_is_published_where_it_is_asked_for(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    root = tmp_path / "lake"
    shutil.copytree(CORPUS / "bronze-1", root)
    keep_alone(root, "bronze")
    assert brought_up(root) == {}
    done = brought_up(root, with_bronze=True)
    wanted: dict[str, int] = {}
    for file in lake_at(root).run().files("bronze"):
        name = table_name(file.path.partition("/date=")[0])
        wanted[name] = wanted.get(name, 0) + file.records
    assert {name: table.rows for name, table in done.items()} == wanted
    assert {name: polars.scan_iceberg(table_of(root, name)).collect().height for name in wanted} == wanted
    assert {(table.added, table.removed) for table in brought_up(root, with_bronze=True).values()} == {(0, 0)}


def test_a_record_of_bronze_keeps_its_numbers(root: Path) -> None:
    brought_up(root, with_bronze=True)
    files = [file for file in lake_at(root).run().files("bronze") if file.kind == "MBP10"]
    stored = pa.concat_tables(pq.ParquetFile(root / file.path).read() for file in files)
    read = table_of(root, "bronze_futures_mbp10_es").scan().to_arrow().sort_by("seq")
    for name in ("seq", "ts_event", "bid_px_00", "bid_sz_00", "sequence"):
        assert read[name].to_pylist() == stored[name].to_pylist()


def test_a_file_that_does_not_read_back_as_it_is_is_not_registered(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spymaster.lake.publish import check

    true = check.counts_in_table

    def with_one_null_more(*args: Any) -> check.Counts:
        counts = true(*args)
        return check.Counts(counts.rows, {**counts.nulls, "price": counts.nulls["price"] + 1})

    monkeypatch.setattr(check, "counts_in_table", with_one_null_more)
    with pytest.raises(LakeError, match=r"does not read back .*\(column price\), so it was not registered"):
        brought_up(root)
    assert table_of(root, "alerts_es").current_snapshot() is None


def test_a_file_that_is_missing_is_named_and_nothing_of_its_run_is_registered(root: Path) -> None:
    path = next((root / "gold/levels").rglob("*.parquet"))
    path.unlink()
    with pytest.raises(LakeError, match=r"\.parquet: is missing; copy the lake again"):
        brought_up(root)
    assert table_of(root, "signals_es").current_snapshot() is None


def test_a_table_of_another_lake_is_refused(root: Path, tmp_path: Path) -> None:
    brought_up(root)
    shutil.copytree(root, tmp_path / "other")
    with pytest.raises(LakeError, match=r"spymaster\.alerts_es: this table is of .*lake, not of .*other; publish into"):
        brought_up(tmp_path / "other")


def test_one_lake_under_two_names_is_one_lake(root: Path, tmp_path: Path) -> None:
    before = brought_up(root)
    (tmp_path / "link").symlink_to(root)
    after = brought_up(tmp_path / "link")
    assert {name: table.rows for name, table in after.items()} == {name: table.rows for name, table in before.items()}
    assert {(table.added, table.removed) for table in after.values()} == {(0, 0)}


def keep_alone(root: Path, tier: str) -> None:
    """Have the manifest name files of one tier alone."""
    (place,) = (root / "runs").glob("*.json")
    manifest = decode_manifest(place.read_bytes(), place)
    files = tuple(file for file in manifest.files if file.path.startswith(f"{tier}/"))
    place.write_bytes(encode_manifest(msgspec.structs.replace(manifest, files=files)))


def interrupted_by(monkeypatch: pytest.MonkeyPatch, other: Callable[[], object]) -> None:
    """Let another publisher do all of its work before the first commit that adds a file."""
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.table.update import AddSnapshotUpdate

    commit = SqlCatalog.commit_table
    waiting = [other]

    def after_the_other(self: Any, table: Any, requirements: Any, updates: Any) -> Any:
        if waiting and any(isinstance(update, AddSnapshotUpdate) for update in updates):
            waiting.pop()()
        return commit(self, table, requirements, updates)

    monkeypatch.setattr(SqlCatalog, "commit_table", after_the_other)


def test_of_two_publishers_at_once_nothing_is_there_twice_and_nothing_is_left_over(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[dict[str, Published]] = []
    interrupted_by(monkeypatch, lambda: others.append(brought_up(root)))
    mine = brought_up(root)
    assert len(others) == 1
    assert {name: table.rows for name, table in mine.items()} == {name: table.rows for name, table in others[0].items()}
    assert {(table.added, table.removed) for table in mine.values()} == {(0, 0)}
    for name in TABLES:
        files = files_of(table_of(root, name))
        assert len(files) == len(set(files)) == 3
    copies = {str(path) for path in (root / "iceberg/warehouse").rglob("data/*.parquet")}
    registered = {path for name in TABLES[2:] for path in files_of(table_of(root, name))}
    assert {path.removeprefix("file://") for path in registered} == copies


def test_two_publishers_of_silver_at_once_leave_one_copy_of_each_file(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_alone(root, "bronze")
    interrupted_by(monkeypatch, lambda: brought_up(root))
    brought_up(root)
    copies = sorted((root / "iceberg/warehouse").rglob("data/*.parquet"))
    registered = [path for name in TABLES[2:] for path in files_of(table_of(root, name))]
    assert sorted(path.removeprefix("file://") for path in registered) == [str(path) for path in copies]


@pytest.mark.parametrize("name", ["create_tables", "create_namespace"])
def test_two_publishers_who_make_the_catalog_at_one_moment_both_have_it(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from pyiceberg.catalog.sql import SqlCatalog
    from sqlalchemy.exc import IntegrityError

    make = getattr(SqlCatalog, name)
    refused: list[str] = []

    def after_the_other(self: Any, *arguments: Any) -> None:
        make(self, *arguments)
        if not refused:
            refused.append(name)
            raise IntegrityError("INSERT", {}, Exception("it is there already"))

    monkeypatch.setattr(SqlCatalog, name, after_the_other)
    assert brought_up(root)["alerts_es"].rows == 3
    assert refused == [name]


@pytest.mark.slow
def test_a_publisher_killed_at_any_step_leaves_what_the_next_one_completes(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    frames, run = later()
    record(root, frames.stored, run)
    list(compact(lake_at(root)))
    told = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_publisher", root, tmp_path / "copies"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert told.returncode == 0, told.stderr
    ends = [json.loads(line)[1] for line in told.stdout.splitlines()]
    assert len(ends) > 8
    assert all(end == [["signals_es", 12, 1], ["silver_futures_trades_es", 4, 1]] for end in ends)


@pytest.mark.parametrize("by", ["configuration", "environment"])
def test_a_lake_in_a_bucket_is_published_into_the_bucket(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    with s3_server() as server:
        if by == "environment":
            monkeypatch.setenv("AWS_ENDPOINT_URL", server)
        bucket = open_storage(f"s3://{BUCKET}/lake", spool=tmp_path / "spool", s3_endpoint=server)
        folder = LocalStorage(root)
        for name in folder.names():
            bucket.put(name, folder.read(name))
        catalog = open_catalog(bucket, str(tmp_path / "catalog.db"), None, server if by == "configuration" else "")
        done = list(publish(Lake(bucket), catalog, "spymaster"))
        again = list(publish(Lake(bucket), catalog, "spymaster"))
        rows = [catalog.load_table(table.table).scan().to_arrow().num_rows for table in done]
    assert rows == [table.rows for table in done]
    assert {(table.added, table.removed) for table in again} == {(0, 0)}


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("gold/levels/signals/underlying=SPY", "signals_spy"),
        ("gold/alerts/underlying=ES", "alerts_es"),
        ("bronze/control/symbol=ES", "bronze_control_es"),
        ("silver/options/trades/underlying=BRK.B", "silver_options_trades_brk_b"),
    ],
)
def test_a_table_is_called_as_its_view_and_by_what_its_folder_names(folder: str, name: str) -> None:
    assert table_name(folder) == name


def test_a_password_in_an_address_is_never_said() -> None:
    assert without_password("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"
