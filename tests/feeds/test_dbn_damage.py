"""Damage ends a file early: its whole records are given, and the place where it tore is told."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from spymaster.market.dtypes import DTYPES
from spymaster.market.kinds import Kind
from tests.support.dbn import body, depth, header, put, records, stored_blocks, stored_frame_start, zstd

ROW = DTYPES[Kind.MBP10].itemsize


def _read(file: DbnFile, chunk: int = 16) -> bytes:
    return b"".join(body(batch.arrays[Kind.MBP10]) for batch in file.chunks(chunk))


@pytest.mark.parametrize("cut", [1, ROW - 1, ROW + 1, 5 * ROW + 8])
def test_a_cut_plain_file_gives_its_whole_records(tmp_path: Path, cut: int) -> None:
    raw = depth(50).tobytes()
    file = DbnFile.open(put(tmp_path / "a.dbn", header("mbp-10") + raw[:-cut]))
    whole = (len(raw) - cut) // ROW
    assert _read(file) == raw[: whole * ROW]
    assert file.torn_at == whole
    assert file.problems == (
        f"{file.path}: torn at record {whole}: the file ends inside a record; the records before it were used",
    )


def test_a_plain_file_cut_between_records_is_just_shorter(tmp_path: Path) -> None:
    raw = depth(50).tobytes()
    file = DbnFile.open(put(tmp_path / "a.dbn", header("mbp-10") + raw[: 20 * ROW]))
    assert _read(file) == raw[: 20 * ROW]
    assert file.torn_at is None


def test_a_cut_mixed_file_gives_its_whole_records(tmp_path: Path) -> None:
    words, trades = depth(3), records(Kind.TRADE, 2)
    file = DbnFile.open(put(tmp_path / "a.dbn", header(None) + body(words) + body(trades)[:-5]))
    assert sum(len(batch) for batch in file.chunks()) == 4
    assert file.torn_at == 4


def test_a_compressed_file_cut_anywhere_gives_whole_records_and_says_so(tmp_path: Path) -> None:
    raw = depth(3000).tobytes()
    head, packed = zstd(header("mbp-10")), zstd(raw)
    for cut in range(1, len(packed), len(packed) // 40):
        file = DbnFile.open(put(tmp_path / "a.dbn.zst", head + packed[:cut]))
        given = _read(file, 512)
        assert raw.startswith(given)
        assert file.torn_at == len(given) // ROW
        assert len(given) < len(raw)


def test_a_compressed_file_cut_between_records_and_blocks_is_still_torn(tmp_path: Path) -> None:
    raw = depth(3000).tobytes()
    packed = zstd(raw)
    file = DbnFile.open(put(tmp_path / "a.dbn.zst", zstd(header("mbp-10")) + packed[:8]))
    assert _read(file) == b""
    assert file.torn_at == 0
    assert "the file ends inside a compressed frame" in file.problems[0]


def _flushed(*parts: bytes, level: int = 3) -> tuple[bytes, list[int]]:
    """A zstd frame that was flushed behind each part and never ended, and its length at each flush."""
    compressor = zstandard.ZstdCompressor(level=level).compressobj()
    packed, ends = b"", []
    for part in parts:
        packed += compressor.compress(part) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        ends.append(len(packed))
    return packed, ends


@pytest.mark.parametrize("count", [1, 100, 300, 356, 357, 3000])
@pytest.mark.parametrize("together", [True, False], ids=["one flush", "header flushed first"])
@pytest.mark.parametrize("chunk", [1, 7, 100_000])
def test_a_recording_under_way_gives_all_that_was_flushed(
    tmp_path: Path, count: int, together: bool, chunk: int
) -> None:
    raw = depth(count).tobytes()
    parts = [header("mbp-10") + raw] if together else [header("mbp-10"), raw]
    file = DbnFile.open(put(tmp_path / "a.dbn.zst", _flushed(*parts)[0]))
    assert _read(file, chunk) == raw
    assert file.torn_at == count
    assert "it was cut, or is still being written" in file.problems[0]


def test_a_mixed_recording_under_way_gives_all_that_was_flushed(tmp_path: Path) -> None:
    words, trades = depth(400), records(Kind.TRADE, 300)
    packed, _ = _flushed(header(None), body(words), body(trades))
    file = DbnFile.open(put(tmp_path / "a.dbn.zst", packed))
    assert sum(len(batch) for batch in file.chunks()) == 700


def test_a_recording_under_way_cut_at_any_byte_gives_what_the_whole_blocks_hold(tmp_path: Path) -> None:
    parts = [depth(size).tobytes() for size in (1, 5, 20, 3)]
    head, raw = header("mbp-10"), b"".join(parts)
    packed, ends = _flushed(head, *parts)
    sizes = np.cumsum([0, *map(len, parts)])
    for cut in range(ends[0], len(packed) + 1):
        file = DbnFile.open(put(tmp_path / "a.dbn.zst", packed[:cut]))
        given = _read(file, 5)
        flushed = int(sizes[np.searchsorted(ends, cut, side="right") - 1])
        assert raw.startswith(given)
        assert len(given) >= flushed // ROW * ROW
        assert file.torn_at == len(given) // ROW


def test_a_file_cut_before_its_checksum_gives_all_its_records(tmp_path: Path) -> None:
    raw = depth(3000).tobytes()
    file = DbnFile.open(put(tmp_path / "a.dbn.zst", zstd(header("mbp-10") + raw, checksum=True)[:-4]))
    assert _read(file, 356) == raw
    assert file.torn_at == 3000


def test_what_is_flushed_later_is_there_when_the_file_is_read_again(tmp_path: Path) -> None:
    parts = [depth(count).tobytes() for count in (10, 20)]
    packed, ends = _flushed(header("mbp-10"), *parts)
    file = DbnFile.open(put(tmp_path / "a.dbn.zst", packed[: ends[1]]))
    assert _read(file) == parts[0]
    put(file.path, packed)
    assert _read(file) == parts[0] + parts[1]


def test_a_damaged_block_costs_nothing_before_it(tmp_path: Path) -> None:
    raw = depth(3000).tobytes()
    blocks = stored_blocks(raw, 100_000)
    blocks[3] = b"\xff\xff\xff" + blocks[3][3:]
    packed = stored_frame_start(len(raw)) + b"".join(blocks)
    whole = 3 * 100_000 // ROW
    file = DbnFile.open(put(tmp_path / "a.dbn.zst", zstd(header("mbp-10")) + packed))
    assert _read(file, 4096) == raw[: whole * ROW]
    assert file.torn_at == whole
    assert "the compressed data are damaged" in file.problems[0]


def test_rubbish_behind_the_last_frame_is_told(tmp_path: Path) -> None:
    raw = depth(50).tobytes()
    file = DbnFile.open(put(tmp_path / "a.dbn.zst", zstd(header("mbp-10"), raw) + b"rubbish!"))
    assert _read(file) == raw
    assert file.torn_at == 50


@pytest.mark.parametrize("length", [0, 1, 3, 91, 93, 255])
def test_a_wrong_length_byte_ends_the_file_there(tmp_path: Path, length: int) -> None:
    words = depth(50)
    damaged = words.copy()
    damaged.view(np.uint8)[20, 0] = length
    file = DbnFile.open(put(tmp_path / "a.dbn", header("mbp-10") + body(damaged)))
    assert _read(file) == body(words[:20])
    assert file.torn_at == 20
    assert "what follows is not a record" in file.problems[0]


def test_an_unknown_record_type_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    words = depth(50)
    damaged = words.copy()
    damaged.view(np.uint8)[20, 1] = 99
    file = DbnFile.open(put(tmp_path / "a.dbn", header("mbp-10") + body(damaged)))
    assert _read(file) == body(np.delete(words, 20, axis=0))
    assert file.rejected == {"record type 99 is unknown": 1}


def test_an_error_while_reading_reaches_the_consumer(tmp_path: Path) -> None:
    path = put(tmp_path / "a.dbn", header("mbp-10") + body(depth(5)))
    file = DbnFile.open(path)
    path.unlink()
    with pytest.raises(SourceError, match="no such file"):
        list(file.chunks())


def _plain() -> bytes:
    rows = [depth(6), records(Kind.TRADE, 3), records(Kind.SYSTEM, 1), records(Kind.STAT, 2)]
    return header(None) + b"".join(map(body, rows))


def _version_1() -> bytes:
    old = records(Kind.DEF, 4).view(np.uint8).reshape(4, -1)[:, :360].copy()
    old[:, 0] = 90
    return header("definition", version=1) + old.tobytes()


SAMPLES = {
    "mixed": _plain(),
    "mixed zstd": zstd(header(None), _plain()[len(header(None)) :]),
    "depth": header("mbp-10") + body(depth(6)),
    "depth zstd": zstd(header("mbp-10") + body(depth(200)), checksum=True),
    "version 1": _version_1(),
}

edits = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4)


@settings(max_examples=400, deadline=5000)
@given(sample=st.sampled_from(sorted(SAMPLES)), edits=edits, cut=st.none() | st.integers(0, 10**6))
def test_any_bytes_are_read_or_refused(sample: str, edits: list[tuple[int, int]], cut: int | None) -> None:
    content = bytearray(SAMPLES[sample])
    for place, value in edits:
        content[place % len(content)] = value
    if cut is not None:
        del content[cut % len(content) :]
    _read_or_refuse(bytes(content))


@settings(max_examples=150, deadline=5000)
@given(content=st.binary(max_size=400), front=st.sampled_from([b"", header(None), header("mbp-10"), header("trades")]))
def test_any_bytes_behind_a_header_are_read_or_refused(content: bytes, front: bytes) -> None:
    _read_or_refuse(front + content)


def _read_or_refuse(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = put(Path(folder) / "a.dbn", content)
        try:
            file = DbnFile.open(path)
        except SourceError:
            return
        count = sum(len(batch) for batch in file.chunks(5))
        assert count * 16 <= len(content) * 300
        assert file.torn_at is None or count <= file.torn_at
