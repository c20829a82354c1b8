"""A copy of a compressed file gives the same bytes from anywhere, and is never trusted further than it is sound."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import zstandard

from spymaster.feeds.streams.seek_copy import BLOCK_BYTES, SeekCopy
from spymaster.feeds.streams.seekable import SeekableFile

SIZE = 3 * BLOCK_BYTES + 12_345
NO_LIMIT = 1 << 40


@pytest.fixture(scope="module")
def content() -> bytes:
    """Bytes that compress a little."""
    return np.random.default_rng(3).integers(0, 40, SIZE, np.uint8).tobytes()


@pytest.fixture
def original(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "a.zst"
    path.write_bytes(zstandard.compress(content, 3))
    return path


def copy_in(folder: Path, limit: int = NO_LIMIT) -> SeekCopy:
    return SeekCopy(folder / "cache" / "a.blocks", limit)


def read(file: SeekableFile, offset: int, count: int) -> bytes:
    buffer = bytearray(count)
    got, _ = file.read(offset, memoryview(buffer))
    return bytes(buffer[:got])


def test_any_place_can_be_read_in_any_order(original: Path, tmp_path: Path, content: bytes) -> None:
    file = SeekableFile(original, copy_in(tmp_path))
    dice = random.Random(1)
    for _ in range(40):
        offset, count = dice.randrange(SIZE + 10), dice.randrange(1, 400_000)
        assert read(file, offset, count) == content[offset : offset + count]
    file.close()


def test_reading_through_covers_the_whole_file(original: Path, tmp_path: Path, content: bytes) -> None:
    copy = copy_in(tmp_path)
    file = SeekableFile(original, copy)
    assert read(file, 0, SIZE + 1) == content
    assert (copy.covered, copy.total, copy.damage) == (SIZE, SIZE, None)
    file.close()


def test_a_whole_copy_needs_the_file_no_more(original: Path, tmp_path: Path, content: bytes) -> None:
    first = SeekableFile(original, copy_in(tmp_path))
    read(first, 0, SIZE + 1)
    first.close()
    again = SeekableFile(tmp_path / "gone.zst", copy_in(tmp_path))
    assert read(again, 2 * BLOCK_BYTES - 7, SIZE) == content[2 * BLOCK_BYTES - 7 :]
    again.close()


def test_a_copy_begun_earlier_grows_on(original: Path, tmp_path: Path, content: bytes) -> None:
    first = SeekableFile(original, copy_in(tmp_path))
    read(first, 0, 2 * BLOCK_BYTES + 100)
    first.close()
    copy = copy_in(tmp_path)
    assert copy.covered == 2 * BLOCK_BYTES
    second = SeekableFile(original, copy)
    assert read(second, SIZE - 50, 100) == content[-50:]
    assert copy.total == SIZE
    assert read(second, 100, 3 * BLOCK_BYTES) == content[100 : 100 + 3 * BLOCK_BYTES]
    second.close()


def test_a_damaged_block_is_read_from_the_file_again(original: Path, tmp_path: Path, content: bytes) -> None:
    first = SeekableFile(original, copy_in(tmp_path))
    read(first, 0, SIZE + 1)
    first.close()
    blocks = tmp_path / "cache" / "a.blocks"
    raw = bytearray(blocks.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    blocks.write_bytes(raw)
    again = SeekableFile(original, copy_in(tmp_path))
    assert read(again, 0, SIZE + 1) == content
    assert read(again, 5, SIZE) == content[5:]
    again.close()


@pytest.mark.parametrize("what", ["empty", "foreign", "short"])
def test_a_damaged_index_is_made_anew(original: Path, tmp_path: Path, content: bytes, what: str) -> None:
    first = SeekableFile(original, copy_in(tmp_path))
    read(first, 0, SIZE + 1)
    first.close()
    index = tmp_path / "cache" / "a.index"
    index.write_bytes({"empty": b"", "foreign": b"\x93\x01\x02\x03", "short": index.read_bytes()[:-9]}[what])
    copy = copy_in(tmp_path)
    assert copy.covered == 0
    again = SeekableFile(original, copy)
    assert read(again, 0, SIZE + 1) == content
    assert copy.total == SIZE
    again.close()


def test_an_index_that_promises_more_than_there_is_is_not_believed(original: Path, tmp_path: Path) -> None:
    first = SeekableFile(original, copy_in(tmp_path))
    read(first, 0, SIZE + 1)
    first.close()
    blocks = tmp_path / "cache" / "a.blocks"
    blocks.write_bytes(blocks.read_bytes()[:1000])
    assert copy_in(tmp_path).covered == 0


def test_beyond_its_size_limit_a_copy_stops_and_the_file_is_read(
    original: Path, tmp_path: Path, content: bytes
) -> None:
    copy = copy_in(tmp_path, limit=original.stat().st_size // 2)
    file = SeekableFile(original, copy)
    assert read(file, 0, SIZE + 1) == content
    assert BLOCK_BYTES <= copy.covered < SIZE
    assert copy.total is None
    for offset in (SIZE - 100, 2 * BLOCK_BYTES + 5, 10):
        assert read(file, offset, 90) == content[offset : offset + 90]
    file.close()


def test_a_second_reader_leaves_the_growing_to_the_first(original: Path, tmp_path: Path, content: bytes) -> None:
    one, other = copy_in(tmp_path), copy_in(tmp_path)
    assert (one.grows, other.grows) == (True, False)
    file = SeekableFile(original, other)
    assert read(file, 77, SIZE) == content[77:]
    assert other.covered == 0
    file.close()
    one.close()


def test_a_folder_that_cannot_be_written_only_costs_time(original: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cache").write_text("a file stands in the way")
    file = SeekableFile(original, copy_in(tmp_path))
    assert read(file, 1000, 500) == content[1000:1500]
    assert read(file, 10, 500) == content[10:510]
    file.close()


def test_a_torn_file_tells_its_damage_from_the_copy_too(original: Path, tmp_path: Path, content: bytes) -> None:
    original.write_bytes(original.read_bytes()[:-2000])
    told = []
    for _ in range(2):
        file = SeekableFile(original, copy_in(tmp_path))
        buffer = bytearray(SIZE)
        got, damage = file.read(0, memoryview(buffer))
        assert bytes(buffer[:got]) == content[:got]
        told.append((got, damage))
        file.close()
    assert told[0] == told[1]
    assert told[0][1] == "the file ends inside a compressed frame: it was cut, or is still being written"
