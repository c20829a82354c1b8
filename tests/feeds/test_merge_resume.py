"""A merge that is begun again where it was left gives what was left of it, whatever the chunk sizes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.records import Mark
from spymaster.feeds.merge import Merge, MergePosition
from spymaster.market.batches import Batch
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind
from tests.support.dbn import START_NS, body, dbn_file, depth, header, put, records, zstd

SCHEMAS = {Kind.MBP10: "mbp-10", Kind.TRADE: "trades", Kind.DEF: "definition", Kind.STAT: "statistics"}


def told(batches: Iterable[Batch]) -> list[tuple[int, Kind, bytes]]:
    """Every record with its number, in order."""
    out: list[tuple[int, Kind, bytes]] = []
    for batch in batches:
        rows = {kind: iter(list(rows.copy())) for kind, rows in batch.arrays.items()}
        for number, code in enumerate(batch.order.tolist(), batch.first_seq):
            out.append((number, Kind(code), next(rows[Kind(code)]).tobytes()))
    return out


def resumed_everywhere(files: list[DbnFile], chunk: int, other_chunk: int) -> None:
    whole = told(Merge(files, chunk).batches())
    merge = Merge(files, chunk)
    taken = 0
    for batch in merge.batches():
        taken += len(batch)
        saved = msgspec.msgpack.encode(merge.position())
        again = Merge(files[::-1], other_chunk, msgspec.msgpack.decode(saved, type=MergePosition))
        assert told(again.batches()) == whole[taken:]
    assert taken == len(whole)


contents = st.lists(
    st.tuples(
        st.sampled_from([Kind.MBP10, Kind.TRADE, Kind.DEF, Kind.STAT, None]),
        st.lists(st.tuples(st.integers(0, 9), st.sampled_from([Kind.TRADE, Kind.STAT, Kind.DEF])), max_size=9),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(contents=contents, chunk=st.sampled_from([1, 2, 7]), other_chunk=st.sampled_from([1, 3, 2048]))
def test_what_is_left_is_the_same(
    contents: list[tuple[Kind | None, list[tuple[int, Kind]]]], chunk: int, other_chunk: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, (kind, rows) in enumerate(contents):
            pieces = []
            for place, (offset, own) in enumerate(rows):
                time = UNDEF_TIMESTAMP if offset == 0 else START_NS + offset
                row = records(kind or own, 1, recv_ns=np.array([time], np.uint64), publisher_id=number)
                row["instrument_id"] = place
                pieces.append(row)
            schema = None if kind is None else SCHEMAS[kind]
            files.append(DbnFile.open(dbn_file(Path(folder) / f"{number}.dbn.zst", schema, *pieces)))
        resumed_everywhere(files, chunk, other_chunk)


@pytest.mark.parametrize("version", [1, 2])
def test_files_of_older_layouts_are_gone_on_with(tmp_path: Path, version: int) -> None:
    sizes = {1: 360, 2: 400}
    raw = bytearray()
    for number in range(9):
        row = bytearray(records(Kind.DEF, 1, recv_ns=START_NS + number)[0].tobytes()[: sizes[version]])
        row[0] = sizes[version] // 4
        raw += row
    definitions = DbnFile.open(put(tmp_path / "a.dbn", header("definition", version=version) + bytes(raw)))
    quotes = DbnFile.open(dbn_file(tmp_path / "b.dbn", "mbp-10", depth(20)))
    resumed_everywhere([definitions, quotes], 4, 3)


def test_a_file_opened_later_is_opened_later_again(tmp_path: Path) -> None:
    words = depth(40)
    early = DbnFile.open(dbn_file(tmp_path / "a.dbn", "mbp-10", words[:20]))
    late = DbnFile.open(dbn_file(tmp_path / "b.dbn", "mbp-10", words[20:]))
    resumed_everywhere([early, late], 8, 5)


def test_left_out_records_are_counted_on(tmp_path: Path) -> None:
    odd = bytes([4, 0x11]) + bytes(14)
    pieces = b"".join(body(depth(1)) + odd for _ in range(6))
    path = put(tmp_path / "a.dbn.zst", zstd(header(None) + pieces))
    whole = DbnFile.open(path)
    list(whole.chunks(2))
    file = DbnFile.open(path)
    chunks = file.chunks_from(None, 2)
    marks: list[Mark] = []
    for _ in chunks:
        marks.append(chunks.mark)
    again = DbnFile.open(path)
    list(again.chunks_from(marks[-1], 2))
    assert again.rejected == whole.rejected
    assert sum(whole.rejected.values()) == 6


def test_a_torn_file_tears_at_the_same_record_when_gone_on_with(tmp_path: Path) -> None:
    raw = header("mbp-10") + depth(50).tobytes()
    file = DbnFile.open(put(tmp_path / "a.dbn", raw[:-5]))
    chunks = file.chunks_from(None, 10)
    marks = []
    for _ in chunks:
        marks.append(chunks.mark)
    again = DbnFile.open(file.path)
    list(again.chunks_from(marks[2], 7))
    assert again.torn_at == file.torn_at == 49
