"""One order out of many files, whatever the chunk size and the order in which they are named."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.merge import kind_rank, merge
from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES, by_name
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind
from spymaster.market.venues import AssetClass
from tests.support.dbn import MS, START_NS, body, dbn_file, depth, records, trades_of

SCHEMAS = {
    Kind.MBP10: "mbp-10",
    Kind.TRADE: "trades",
    Kind.MBP1: "mbp-1",
    Kind.DEF: "definition",
    Kind.STAT: "statistics",
}

Told = list[tuple[Kind, int]]
"""Records as (kind, what tells them apart), in order."""


def _told(batches: Iterable[Batch]) -> Told:
    told: Told = []
    for batch in batches:
        assert batch.first_seq == len(told)
        assert {kind: len(rows) for kind, rows in batch.arrays.items()} == {
            Kind(code): int((batch.order == code).sum()) for code in np.unique(batch.order)
        }
        rows = {kind: iter(_marks(by_name(kind, records)).tolist()) for kind, records in batch.arrays.items()}
        told += [(Kind(code), next(rows[Kind(code)])) for code in batch.order.tolist()]
    return told


def _marks(rows: NDArray[Any]) -> NDArray[np.uint32]:
    marks: NDArray[np.uint32] = rows["publisher_id"].astype(np.uint32) << 16 | rows["instrument_id"]
    return marks


def _marked(kind: Kind, times: list[int], number: int) -> NDArray[Any]:
    """Records at the given times, told apart by (publisher = file, instrument = place in the file)."""
    rows = records(kind, len(times), recv_ns=np.array(times, dtype=np.uint64), publisher_id=number)
    rows["instrument_id"] = np.arange(len(times))
    return rows


def _file(folder: Path, name: str, kind: Kind, times: list[int], number: int = 1) -> DbnFile:
    return DbnFile.open(dbn_file(folder / name, SCHEMAS[kind], _marked(kind, times, number)))


def _at(*offsets: int) -> list[int]:
    return [START_NS + offset for offset in offsets]


def test_the_earliest_goes_first(tmp_path: Path) -> None:
    quotes = _file(tmp_path, "a.dbn", Kind.MBP10, _at(1, 4, 5))
    trades = _file(tmp_path, "b.dbn", Kind.TRADE, _at(2, 3, 6))
    kinds = [kind for kind, _ in _told(merge([quotes, trades]))]
    assert kinds == [Kind.MBP10, Kind.TRADE, Kind.TRADE, Kind.MBP10, Kind.MBP10, Kind.TRADE]


def test_at_one_time_the_rank_of_the_kind_decides(tmp_path: Path) -> None:
    kinds = [Kind.TRADE, Kind.MBP10, Kind.STAT, Kind.DEF]
    files = [_file(tmp_path, f"{place}.dbn", kind, _at(5, 5)) for place, kind in enumerate(kinds)]
    merged = [kind for kind, _ in _told(merge(files))]
    assert merged == [kind for kind in (Kind.DEF, Kind.STAT, Kind.MBP10, Kind.TRADE) for _ in range(2)]


def test_futures_before_equity_before_options() -> None:
    order = [
        kind_rank(Kind.DEF, AssetClass.OPTIONS),
        kind_rank(Kind.MAPPING, AssetClass.FUTURES),
        kind_rank(Kind.STATUS, AssetClass.FUTURES),
        kind_rank(Kind.STAT, AssetClass.OPTIONS),
        kind_rank(Kind.MBP10, AssetClass.FUTURES),
        kind_rank(Kind.TRADE, AssetClass.FUTURES),
        kind_rank(Kind.TRADE, AssetClass.EQUITY),
        kind_rank(Kind.MBP1, AssetClass.OPTIONS),
    ]
    assert order == sorted(set(order))
    assert kind_rank(Kind.CMBP1, AssetClass.OPTIONS) == kind_rank(Kind.MBP1, AssetClass.OPTIONS)


def test_at_one_time_and_kind_the_base_name_decides(tmp_path: Path) -> None:
    late = _file(tmp_path / "1", "b.dbn", Kind.TRADE, _at(5), 1)
    soon = _file(tmp_path / "2", "a.dbn", Kind.TRADE, _at(5), 2)
    assert [mark >> 16 for _, mark in _told(merge([late, soon]))] == [2, 1]


def test_a_time_that_falls_back_does_not_change_the_order_inside_a_file(tmp_path: Path) -> None:
    jumping = _file(tmp_path, "a.dbn", Kind.MBP10, _at(10, 3, 11))
    other = _file(tmp_path, "b.dbn", Kind.TRADE, _at(5, 10))
    kinds = [kind for kind, _ in _told(merge([jumping, other]))]
    assert kinds == [Kind.TRADE, Kind.MBP10, Kind.MBP10, Kind.TRADE, Kind.MBP10]


def test_an_undefined_time_is_that_of_the_record_before(tmp_path: Path) -> None:
    gappy = _file(tmp_path, "a.dbn", Kind.MBP10, [*_at(1), UNDEF_TIMESTAMP, *_at(9)])
    other = _file(tmp_path, "b.dbn", Kind.TRADE, _at(5))
    assert [kind for kind, _ in _told(merge([gappy, other]))] == [Kind.MBP10, Kind.MBP10, Kind.TRADE, Kind.MBP10]


def test_a_single_file_passes_through_without_a_copy(tmp_path: Path) -> None:
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "mbp-10", depth(400)))
    places = {batch.arrays[Kind.MBP10].ctypes.data for batch in merge([file], 10)}
    assert len(places) <= 3


def test_no_files_no_batches() -> None:
    assert list(merge([])) == []


def test_depth_with_trades_is_not_copied(tmp_path: Path) -> None:
    words = depth(4000, every_nth_a_trade=10)
    quotes = DbnFile.open(dbn_file(tmp_path / "a.dbn", "mbp-10", words))
    trades = DbnFile.open(dbn_file(tmp_path / "b.dbn", "trades", trades_of(words)))
    assert all(batch.arrays[Kind.MBP10].base is not None for batch in merge([quotes, trades], 64))


def test_daily_files_are_opened_when_their_time_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [_file(tmp_path, f"{day}.dbn", Kind.TRADE, _at(day * 100, day * 100 + 50)) for day in range(6)]
    opened: list[str] = []
    chunks = DbnFile.chunks

    def watched(file: DbnFile, records_per_chunk: int | None = None) -> Any:
        batches = chunks(file, records_per_chunk)
        for number, batch in enumerate(batches):
            if number == 0:
                opened.append(file.path.name)
            yield batch

    monkeypatch.setattr(DbnFile, "chunks", watched)
    for batch, day in zip(merge(list(reversed(days))), range(6), strict=True):
        assert len(batch) == 2
        assert len(opened) <= day + 2
    assert opened == sorted(opened)


def test_giving_up_ends_all_reading(tmp_path: Path) -> None:
    files = [_file(tmp_path, f"{n}.dbn", Kind.TRADE, _at(*range(50))) for n in range(3)]
    batches = merge(files, 1)
    next(batches)
    batches.close()
    assert len(_told(merge(files))) == 150


def _by_heads(streams: list[list[tuple[int, int, tuple[Kind, int]]]]) -> Told:
    """The definition of the order: of all files' next records always the one with the smallest key."""
    told: Told = []
    places, maxima = [0] * len(streams), [0] * len(streams)
    while any(place < len(stream) for place, stream in zip(places, streams, strict=True)):
        heads = []
        for number, (place, stream) in enumerate(zip(places, streams, strict=True)):
            if place < len(stream):
                time, rank, _ = stream[place]
                maximum = maxima[number] if time == UNDEF_TIMESTAMP else max(maxima[number], time)
                heads.append((maximum, rank, number))
        maximum, _, number = min(heads)
        maxima[number] = maximum
        told.append(streams[number][places[number]][2])
        places[number] += 1
    return told


times = st.lists(st.integers(0, 12), max_size=12)
kinds = st.sampled_from([Kind.MBP10, Kind.TRADE, Kind.MBP1, Kind.DEF, Kind.STAT, None])
contents = st.lists(
    st.tuples(kinds, st.lists(st.tuples(st.integers(0, 12), kinds), max_size=12)), min_size=2, max_size=4
)


@settings(max_examples=120, deadline=None)
@given(contents=contents, chunk=st.sampled_from([1, 2, 7, 2048]), turn=st.integers(0, 5))
def test_the_merge_equals_its_definition(
    contents: list[tuple[Kind | None, list[tuple[int, Kind | None]]]], chunk: int, turn: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files, streams = [], []
        for number, (kind, rows) in enumerate(contents):
            row_kinds = [next(k for k in (kind, own, Kind.SYSTEM) if k is not None) for _, own in rows]
            pieces, stream = [], []
            for place, ((offset, _), row_kind) in enumerate(zip(rows, row_kinds, strict=True)):
                time = UNDEF_TIMESTAMP if offset == 0 else START_NS + offset
                row = _marked(row_kind, [time], number)
                row["instrument_id"] = place
                pieces.append(row)
                stream.append((time, kind_rank(row_kind, AssetClass.FUTURES), (row_kind, number << 16 | place)))
            schema = None if kind is None else SCHEMAS[kind]
            files.append(DbnFile.open(dbn_file(Path(folder) / f"{number}.dbn", schema, *pieces)))
            streams.append(stream)
        shuffled = list(itertools.permutations(files))[turn % len(list(itertools.permutations(files)))]
        assert _told(merge(shuffled, chunk)) == _by_heads(streams)


def test_chunk_size_and_argument_order_do_not_matter_on_real_files(data: Path) -> None:
    names = ["esh4-20231225-2300-2330.mbp-10", "esh4-20231225-2300-2330.trades", "definition-glbx-es-fut"]
    files = [DbnFile.open(data / "es" / f"{name}.dbn.zst") for name in names]
    merged = []
    for chunk, turn in ((7, 1), (2048, -1), (None, 1)):
        content = dict.fromkeys(DTYPES, b"")
        order = b""
        for batch in merge(files[::turn], chunk):
            order += batch.order.tobytes()
            for kind, rows in batch.arrays.items():
                content[kind] += body(rows)
        merged.append((order, content))
    assert merged[0] == merged[1] == merged[2]
    assert len(merged[0][0]) == 24_169 + 1_864 + 2


def test_times_in_the_merged_real_stream_never_fall(data: Path) -> None:
    names = ["esh4-20231225-2300-2330.mbp-10", "esh4-20231225-2300-2330.trades"]
    last = 0
    for batch in merge([DbnFile.open(data / "es" / f"{name}.dbn.zst") for name in names]):
        times = np.zeros(len(batch), dtype=np.uint64)
        for kind, rows in batch.arrays.items():
            times[batch.order == kind] = by_name(kind, rows)["ts_recv"]
        assert (np.diff(times.astype(np.int64)) >= 0).all()
        assert times[0] >= last
        last = times[-1]
    assert last > START_NS + 1000 * MS
