"""What the writer writes, every reader reads back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import databento
import numpy as np
import pytest

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.header import SymbolSpan
from spymaster.feeds.dbn.writer import DbnWriter, write_dbn
from spymaster.market.batches import Records
from spymaster.market.dtypes import SCHEMA_KINDS, SCHEMA_RTYPES
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind
from tests.support.dbn import MS, START_NS, body, depth, records

ES = {17077: "ESH4"}


@pytest.mark.parametrize("ending", [".dbn", ".dbn.zst"])
@pytest.mark.parametrize("schema", SCHEMA_KINDS)
def test_the_vendors_reader_reads_it_bit_for_bit(tmp_path: Path, schema: str, ending: str) -> None:
    rows = records(SCHEMA_KINDS[schema], 20, rtype=SCHEMA_RTYPES[schema])
    write_dbn(tmp_path / f"a{ending}", rows, schema=schema, dataset="GLBX.MDP3", symbol_map=ES)
    store = databento.DBNStore.from_file(tmp_path / f"a{ending}")
    assert b"".join(bytes(record) for record in store) == body(rows)
    assert str(store.schema) == schema


def test_depth_is_written_from_its_words(tmp_path: Path) -> None:
    words = depth(10)
    write_dbn(tmp_path / "a.dbn.zst", words, schema="mbp-10", dataset="GLBX.MDP3", symbol_map=ES)
    (batch,) = DbnFile.open(tmp_path / "a.dbn.zst").chunks()
    assert (batch.arrays[Kind.MBP10] == words).all()


@pytest.mark.parametrize("ending", [".dbn", ".dbn.zst"])
def test_the_header_spans_the_records_and_maps_the_symbols(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    with DbnWriter(path, schema="trades", dataset="GLBX.MDP3", symbol_map={5: "ESH4", 6: "ESM4"}) as writer:
        writer.write(records(Kind.TRADE, 3, recv_ns=START_NS + 7 * MS))
        writer.write(records(Kind.TRADE, 3, recv_ns=START_NS + 90 * MS))
    file = DbnFile.open(path)
    assert (file.header.start_ns, file.header.end_ns) == (START_NS + 7 * MS, START_NS + 92 * MS + 1)
    day = dt.date(2023, 12, 25)
    assert file.spans == tuple(
        SymbolSpan(symbol, number, day, day + dt.timedelta(days=1)) for number, symbol in [(5, "ESH4"), (6, "ESM4")]
    )


def test_a_stated_span_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.dbn.zst"
    start_ns, end_ns = START_NS - 5, START_NS + 10**12
    with DbnWriter(
        path, schema="trades", dataset="GLBX.MDP3", symbol_map=ES, start_ns=start_ns, end_ns=end_ns
    ) as writer:
        writer.write(records(Kind.TRADE, 3))
    file = DbnFile.open(path)
    assert (file.header.start_ns, file.header.end_ns) == (start_ns, end_ns)


def test_undefined_times_do_not_stretch_the_span(tmp_path: Path) -> None:
    path = tmp_path / "a.dbn"
    rows = records(Kind.TRADE, 3)
    rows["ts_recv"][1] = UNDEF_TIMESTAMP
    write_dbn(path, rows, schema="trades", dataset="GLBX.MDP3", symbol_map=ES)
    assert DbnFile.open(path).header.end_ns == START_NS + 2 * MS + 1


def test_no_records_make_a_file_without_records(tmp_path: Path) -> None:
    path = tmp_path / "a.dbn.zst"
    with DbnWriter(path, schema="mbp-10", dataset="GLBX.MDP3", symbol_map=ES, start_ns=START_NS) as writer:
        writer.write(depth(0))
    assert list(DbnFile.open(path).chunks()) == []
    assert len(databento.DBNStore.from_file(path).to_ndarray()) == 0


def test_mixed_kinds_go_into_a_file_without_schema(tmp_path: Path) -> None:
    path = tmp_path / "a.dbn.zst"
    words, trades = depth(4), records(Kind.TRADE, 2)
    with DbnWriter(path, schema=None, dataset="GLBX.MDP3", symbol_map=ES) as writer:
        writer.write(words[:2])
        writer.write(trades)
        writer.write(words[2:])
    (batch,) = DbnFile.open(path).chunks()
    assert batch.order.tolist() == [Kind.MBP10] * 2 + [Kind.TRADE] * 2 + [Kind.MBP10] * 2
    assert writer.count == 6


def test_many_frames_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.dbn.zst"
    words = depth(60_000)
    with DbnWriter(path, schema="mbp-10", dataset="GLBX.MDP3", symbol_map=ES) as writer:
        for at in range(0, len(words), 7000):
            writer.write(words[at : at + 7000])
    frames = path.read_bytes().count(b"\x28\xb5\x2f\xfd")
    assert frames == 3
    assert b"".join(body(batch.arrays[Kind.MBP10]) for batch in DbnFile.open(path).chunks()) == words.tobytes()
    assert len(databento.DBNStore.from_file(path).to_ndarray()) == 60_000


def test_every_other_row_of_an_array_is_written_as_seen(tmp_path: Path) -> None:
    trades = records(Kind.TRADE, 10)
    write_dbn(tmp_path / "a.dbn", trades[::2], schema="trades", dataset="GLBX.MDP3", symbol_map=ES)
    (batch,) = DbnFile.open(tmp_path / "a.dbn").chunks()
    assert (batch.arrays[Kind.TRADE] == trades[::2]).all()


def test_a_large_symbol_map(tmp_path: Path) -> None:
    symbols = {number: f"SPY   230803C{number:08}" for number in range(1, 6001)}
    rows = records(Kind.CMBP1, 3, instrument_id=17)
    write_dbn(tmp_path / "a.dbn.zst", rows, schema="cmbp-1", dataset="OPRA.PILLAR", symbol_map=symbols)
    file = DbnFile.open(tmp_path / "a.dbn.zst")
    assert file.symbols_by_id() == symbols
    assert databento.DBNStore.from_file(tmp_path / "a.dbn.zst").metadata.symbols == list(symbols.values())


def test_nothing_appears_under_the_name_before_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.dbn"
    writer = DbnWriter(path, schema="trades", dataset="GLBX.MDP3", symbol_map=ES)
    writer.write(records(Kind.TRADE, 3))
    assert not path.exists()
    writer.close()
    writer.close()
    assert path.exists()


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(writer: DbnWriter) -> None:
        with writer:
            writer.write(records(Kind.TRADE, 3))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail(DbnWriter(tmp_path / "a.dbn", schema="trades", dataset="GLBX.MDP3", symbol_map=ES))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", [records(Kind.STAT, 1), np.zeros(3), np.zeros((2, 45), dtype=np.int64)])
def test_foreign_records_are_a_mistake_of_the_caller(tmp_path: Path, rows: Records) -> None:
    with (
        pytest.raises(ValueError, match="records"),
        DbnWriter(tmp_path / "a.dbn", schema="trades", dataset="GLBX.MDP3", symbol_map=ES) as writer,
    ):
        writer.write(rows)
