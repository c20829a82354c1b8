"""Bronze holds everything that arrived, where it is looked for, and gives it back bit for bit in the same order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from spymaster.lake.bronze.reader import Backfill, BronzeReader
from spymaster.lake.errors import LakeError
from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import (
    ConfigFrame,
    FeedState,
    FeedStatusFrame,
    Frame,
    GapFrame,
    MappingFrame,
    RecordsFrame,
    WatermarkFrame,
)
from spymaster.market.kinds import MBP10_WORDS, Kind
from tests.support.dbn import FIRST_RTYPES, records
from tests.support.journals import STEP_NS, T0_NS
from tests.support.lakes import HOUR_NS, RUN, SPY, Frames, config_frame, es_depth, es_trades, lake_at, record

OPRA = 30


def noise(kind: Kind, count: int, *, seed: int = 1) -> NDArray[Any]:
    """Records whose every byte is random but for header, time and what decides where they go."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 256, count * DTYPES[kind].itemsize, np.uint8).view(DTYPES[kind])
    rows["length"], rows["rtype"] = rows.dtype.itemsize // 4, FIRST_RTYPES.get(kind, 0)
    rows["publisher_id"], rows["instrument_id"] = 1, 17
    rows["ts_event"] = T0_NS + np.arange(count)
    if "raw_symbol" in (rows.dtype.names or ()):
        rows["raw_symbol"], rows["underlying"], rows["instrument_class"] = b"ESH4", b"", b"F"
    return rows.view(np.int64).reshape(-1, MBP10_WORDS) if kind is Kind.MBP10 else rows


def read_back(root: Path, **options: Any) -> list[Any]:
    lake = lake_at(root)
    return list(BronzeReader(lake.storage, lake.run(), **options).frames())


def seqs_and_bytes(frames: list[Any]) -> tuple[list[int], list[bytes]]:
    """The number and the bytes of each record, in the order they come."""
    numbers, rows = [], []
    for frame in frames:
        if not isinstance(frame, RecordsFrame):
            continue
        batch = frame.batch
        at = dict.fromkeys(batch.arrays, 0)
        for place, code in enumerate(batch.order):
            kind = Kind(code)
            numbers.append(batch.first_seq + place)
            rows.append(batch.arrays[kind][at[kind]].tobytes())
            at[kind] += 1
    return numbers, rows


@pytest.mark.parametrize("kind", list(DTYPES), ids=lambda kind: kind.name)
def test_every_kind_comes_back_bit_for_bit(kind: Kind, tmp_path: Path) -> None:
    rows = noise(kind, 300)
    frames = Frames()
    frames.records(kind, rows)
    record(tmp_path, frames.stored, group_rows=128)
    back = read_back(tmp_path)
    assert {frame.batch.arrays[kind].dtype for frame in back} == {rows.dtype}
    assert b"".join(frame.batch.arrays[kind].tobytes() for frame in back) == rows.tobytes()


def test_records_come_back_in_the_order_they_arrived(tmp_path: Path) -> None:
    frames = Frames()
    expected: list[bytes] = []
    for step in range(40):
        depth, trades = es_depth(30, T0_NS + step * STEP_NS), es_trades(10, T0_NS + step * STEP_NS)
        order = np.random.default_rng(step).permutation([Kind.MBP10] * 30 + [Kind.TRADE] * 10).astype(np.uint8)
        batch = Batch({Kind.MBP10: depth, Kind.TRADE: trades}, order)
        frames.add(RecordsFrame(batch), T0_NS + step * STEP_NS)
        expected += seqs_and_bytes([RecordsFrame(batch)])[1]
    record(tmp_path, frames.stored, group_rows=100)
    numbers, rows = seqs_and_bytes(read_back(tmp_path, chunk_rows=64))
    assert numbers == list(range(1600))
    assert rows == expected


def test_what_stood_between_records_comes_back_between_the_same_records(tmp_path: Path) -> None:
    frames = Frames()
    between: list[Frame] = [
        config_frame(),
        MappingFrame(1, 17, "ESH4"),
        WatermarkFrame(T0_NS + 5),
        FeedStatusFrame("depth", FeedState.RECONNECTED, T0_NS + 6, "again"),
        GapFrame("depth", T0_NS, T0_NS + 6, "reconnect"),
        WatermarkFrame(T0_NS + 7),
    ]
    frames.add(between[0])
    frames.add(between[1])
    frames.records(Kind.MBP10, es_depth(5))
    for frame in between[2:5]:
        frames.add(frame)
    frames.records(Kind.MBP10, es_depth(5, T0_NS + HOUR_NS))
    frames.add(between[5])
    record(tmp_path, frames.stored)
    back = read_back(tmp_path)
    assert [frame for frame in back if not isinstance(frame, RecordsFrame)] == between
    assert [type(frame).__name__ for frame in back] == [
        *("ConfigFrame", "MappingFrame", "RecordsFrame", "WatermarkFrame", "FeedStatusFrame", "GapFrame"),
        *("RecordsFrame", "WatermarkFrame"),
    ]


def test_a_frame_inside_a_chunk_cuts_it(tmp_path: Path) -> None:
    frames = Frames()
    for step in range(3):
        frames.records(Kind.MBP10, es_depth(4, T0_NS + step))
        frames.add(WatermarkFrame(T0_NS + step))
    record(tmp_path, frames.stored)
    lengths = [len(frame.batch) if isinstance(frame, RecordsFrame) else 0 for frame in read_back(tmp_path)]
    assert lengths == [4, 0, 4, 0, 4, 0]


def test_backfill_is_passed_over_as_lived_and_given_when_asked_for(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.MBP10, es_depth(5))
    frames.records(Kind.MBP10, es_depth(3, T0_NS - HOUR_NS), backfill=True)
    frames.records(Kind.MBP10, es_depth(5, T0_NS + 9))
    record(tmp_path, frames.stored)
    assert seqs_and_bytes(read_back(tmp_path))[0] == [0, 1, 2, 3, 4, 8, 9, 10, 11, 12]
    assert seqs_and_bytes(read_back(tmp_path, backfill=Backfill.WITH))[0] == list(range(13))


def tables(root: Path) -> set[str]:
    """The folders of Bronze that hold files, without date and hour."""
    return {path.relative_to(root / "bronze").parent.parent.parent.as_posix() for path in root.rglob("*.parquet")}


def test_each_class_of_instrument_has_its_tables(tmp_path: Path) -> None:
    frames = Frames()
    frames.add(config_frame("spy", share=SPY))
    frames.add(MappingFrame(OPRA, 5, "SPY   240105C00470000"))
    frames.add(MappingFrame(1, 18, "EW1F4 C4800"))
    frames.records(Kind.MBP10, es_depth(2))
    frames.records(Kind.TRADE, es_trades(2))
    frames.records(Kind.MBP1, records(Kind.MBP1, 2, recv_ns=T0_NS, instrument_id=17, action=b"A"))
    frames.records(Kind.TRADE, es_trades(2, instrument_id=900, publisher_id=2))
    frames.records(Kind.MBP1, records(Kind.MBP1, 2, recv_ns=T0_NS, instrument_id=900, publisher_id=2))
    options = records(Kind.CMBP1, 4, recv_ns=T0_NS, instrument_id=5, publisher_id=OPRA, action=b"T")
    options["action"][2:] = b"A"
    frames.records(Kind.CMBP1, options)
    frames.records(Kind.CBBO, records(Kind.CBBO, 2, recv_ns=T0_NS, instrument_id=5, publisher_id=OPRA))
    frames.records(Kind.MBP1, records(Kind.MBP1, 2, recv_ns=T0_NS, instrument_id=18, action=b"T"))
    frames.records(Kind.BBO, records(Kind.BBO, 2, recv_ns=T0_NS, instrument_id=18))
    frames.records(Kind.STAT, records(Kind.STAT, 1, recv_ns=T0_NS, instrument_id=17))
    record(tmp_path, frames.stored)
    assert tables(tmp_path) == {
        *("control/symbol=ES", "futures/mbp10/symbol=ES", "futures/trades/symbol=ES", "futures/quotes/symbol=ES"),
        *("stocks/trades/symbol=SPY", "stocks/quotes/symbol=SPY", "statistics/symbol=ES"),
        *("options/trades/underlying=SPY", "options/nbbo/underlying=SPY"),
        *("options/trades/underlying=ES", "options/nbbo/underlying=ES"),
    }


def test_one_frame_of_several_instruments_is_parted_and_comes_back_whole(tmp_path: Path) -> None:
    frames = Frames()
    frames.add(config_frame("spy", share=SPY))
    mixed = es_trades(100)
    mixed["instrument_id"][::3], mixed["publisher_id"][::3] = 900, 2
    frames.records(Kind.TRADE, mixed)
    record(tmp_path, frames.stored)
    assert {"futures/trades/symbol=ES", "stocks/trades/symbol=SPY"} < tables(tmp_path)
    assert b"".join(seqs_and_bytes(read_back(tmp_path))[1]) == mixed.tobytes()


def test_a_definition_tells_what_an_option_with_a_root_of_its_own_is_on(tmp_path: Path) -> None:
    frames = Frames()
    about: dict[str, Any] = {"raw_symbol": b"E1AF4 C4800", "underlying": b"NQH4", "instrument_class": b"C"}
    frames.records(Kind.DEF, records(Kind.DEF, 1, recv_ns=T0_NS, instrument_id=18, **about))
    frames.records(Kind.MBP1, records(Kind.MBP1, 2, recv_ns=T0_NS, instrument_id=18, action=b"T"))
    record(tmp_path, frames.stored)
    assert tables(tmp_path) == {"definitions/symbol=NQ", "options/trades/underlying=NQ"}


def test_files_are_parted_by_the_hour_of_arrival_and_named_by_their_first_record(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.MBP10, es_depth(5))
    frames.records(Kind.MBP10, es_depth(5, T0_NS + HOUR_NS))
    record(tmp_path, frames.stored)
    folder = tmp_path / "bronze" / "futures" / "mbp10" / "symbol=ES" / "date=2024-01-05"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")) == [
        "hour=14/part-00000000000000000000.parquet",
        "hour=15/part-00000000000000000005.parquet",
    ]


def test_late_records_stay_in_the_hour_they_arrived_in(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.MBP10, es_depth(5, T0_NS + HOUR_NS))
    frames.records(Kind.MBP10, es_depth(5))
    record(tmp_path, frames.stored)
    assert [path.parent.name for path in tmp_path.rglob("*.parquet")] == ["hour=15"]


def test_a_second_run_in_the_same_hour_replaces_nothing(tmp_path: Path) -> None:
    for name, count in (("one", 5), ("two", 7)):
        frames = Frames()
        frames.records(Kind.MBP10, es_depth(count))
        record(tmp_path, frames.stored, run=msgspec.structs.replace(RUN, id=name))
    lake = lake_at(tmp_path)
    counts = {run.run.id: run.run.counts for run in lake.runs}
    assert counts == {"one": {"MBP10": 5}, "two": {"MBP10": 7}}
    for name, count in (("one", 5), ("two", 7)):
        reader = BronzeReader(lake.storage, lake.run(name))
        assert sum(len(f.batch) for f in reader.frames() if isinstance(f, RecordsFrame)) == count


def test_prices_and_codes_are_whole_numbers_in_the_file(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.MBP10, es_depth(5))
    record(tmp_path, frames.stored)
    (path,) = tmp_path.rglob("*.parquet")
    schema = pq.read_schema(path)
    assert {str(schema.field(name).type) for name in ("price", "bid_px_00")} == {"int64"}
    assert {str(schema.field(name).type) for name in ("action", "side", "flags")} == {"uint8"}
    assert schema.names[:2] == ["seq", "backfill"]
    assert len(schema.names) == 2 + len(DTYPES[Kind.MBP10].names or ())


def test_a_damaged_file_is_named_in_one_line(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.MBP10, es_depth(500))
    record(tmp_path, frames.stored)
    (path,) = tmp_path.rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(LakeError, match=r"part-0+\.parquet: is damaged .*lake verify"):
        read_back(tmp_path)


def test_a_changed_bit_is_never_read_as_a_record(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.MBP10, es_depth(200))
    record(tmp_path, frames.stored)
    (path,) = tmp_path.rglob("*.parquet")
    whole = path.read_bytes()
    for place in np.random.default_rng(4).integers(0, len(whole), 100).tolist():
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        with pytest.raises(LakeError, match="is damaged"):
            read_back(tmp_path)


def test_a_missing_file_is_named_in_one_line(tmp_path: Path) -> None:
    frames = Frames()
    frames.records(Kind.MBP10, es_depth(5))
    record(tmp_path, frames.stored)
    next(tmp_path.rglob("*.parquet")).unlink()
    with pytest.raises(LakeError, match="is missing; copy the lake again"):
        read_back(tmp_path)


def test_times_of_config_before_the_first_record_do_not_open_an_hour_of_1970(tmp_path: Path) -> None:
    frames = Frames()
    frames.add(config_frame())
    frames.records(Kind.MBP10, es_depth(5))
    record(tmp_path, frames.stored)
    assert {path.parent.parent.name for path in tmp_path.rglob("*.parquet")} == {"date=2024-01-05"}
    assert isinstance(read_back(tmp_path)[0], ConfigFrame)
