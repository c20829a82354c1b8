"""Real records through Bronze: nothing changed, and smaller than as the vendor compresses them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spymaster.feeds.dbn.files import DbnFile
from spymaster.lake.export.dbn import DbnExport, lake_batches, lake_symbols
from spymaster.lake.silver.compact import compact
from spymaster.lake.verify import verify
from spymaster.market.batches import Batch
from spymaster.market.dtypes import recv_ns
from spymaster.market.frames import RecordsFrame
from tests.support.lakes import Frames, config_frame, lake_at, record

DATA = os.environ.get("SPYMASTER_DATA")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA, reason="SPYMASTER_DATA names no folder of real market data"),
]

ES = "es/esh4-20231225-2300-2330.mbp-10.dbn.zst"
FILES = (
    ES,
    "es/esh4-20231225-preopen-2330.trades.dbn.zst",
    "es/definition-glbx-es-futspread.dbn.zst",
    "es_options/es_options-20240509-1000.mbp-1.dbn.zst",
    "robustness/arl-xnas-20250717.mbp-10.dbn.zst",
    "spy/spy-0dte-20230803.ohlcv-1m.dbn.zst",
)


def content(file: DbnFile) -> bytes:
    return b"".join(rows.tobytes() for batch in file.chunks() for rows in batch.arrays.values())


def lake_of(source: DbnFile, root: Path) -> int:
    """Write a file's records as a run; the bytes of its Bronze records."""
    frames = Frames()
    frames.add(config_frame(), source.first_ns)
    for batch in source.chunks(5000):
        ((kind, rows),) = batch.arrays.items()
        copied = Batch({kind: rows.copy()}, batch.order.copy())
        frames.add(RecordsFrame(copied), int(recv_ns(kind, rows).max()))
    return sum(file.bytes for file in record(root, frames.stored) if file.kind not in ("CONTROL", "SIGNALS"))


@pytest.mark.parametrize("name", FILES)
def test_native_files_come_out_of_bronze_as_they_went_in(name: str, tmp_path: Path) -> None:
    source = DbnFile.open(Path(DATA or "") / name)
    lake_of(source, tmp_path / "lake")
    lake = lake_at(tmp_path / "lake")
    assert [finding for finding in verify(lake) if finding.is_damage] == []
    with DbnExport(str(tmp_path / "out"), lake_symbols(lake.storage, lake.run())) as export:
        for batch in lake_batches(lake.storage, lake.run()):
            export.on_batch(batch)
        (written,) = export.close()
    assert content(DbnFile.open(written.path)) == content(source)


def test_the_vendors_reader_gives_the_same_depth(tmp_path: Path) -> None:
    databento = pytest.importorskip("databento")
    path = Path(DATA or "") / ES
    lake_of(DbnFile.open(path), tmp_path / "lake")
    lake = lake_at(tmp_path / "lake")
    with DbnExport(str(tmp_path / "out"), lake_symbols(lake.storage, lake.run())) as export:
        for batch in lake_batches(lake.storage, lake.run()):
            export.on_batch(batch)
        (written,) = export.close()
    mine, vendors = (databento.DBNStore.from_file(file).to_ndarray() for file in (written.path, path))
    assert mine.tobytes() == vendors.tobytes()


def test_bronze_is_three_quarters_of_the_vendors_file(tmp_path: Path) -> None:
    path = Path(DATA or "") / ES
    assert lake_of(DbnFile.open(path), tmp_path) <= 0.75 * path.stat().st_size


def test_silver_holds_every_record_once(tmp_path: Path) -> None:
    lake_of(DbnFile.open(Path(DATA or "") / ES), tmp_path)
    assert sum(done.records for done in compact(lake_at(tmp_path))) == 24_169
