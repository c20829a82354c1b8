"""The frame tracker knows a true end from a cut, for every way of cutting and feeding."""

from __future__ import annotations

import random

import pytest
import zstandard

from spymaster.feeds.streams.zstd_frames import FrameTracker
from tests.support.dbn import zstd

NOISE = random.Random(1).randbytes(140_000)
RUN = b"\0" * 140_000
TEXT = b"the same words again and again " * 9_000
SKIPPABLE = b"\x53\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"


def _ends(stream: bytes, piece: int) -> bool:
    tracker = FrameTracker()
    for at in range(0, len(stream), piece):
        tracker.feed(stream[at : at + piece])
    return tracker.at_frame_end


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("content", [b"", b"x", NOISE, RUN, TEXT], ids=["empty", "one byte", "raw", "run", "packed"])
@pytest.mark.parametrize("piece", [1, 3, 1000, 10**9])
def test_a_whole_frame_ends_at_its_end(content: bytes, checksum: bool, piece: int) -> None:
    assert _ends(zstd(content, checksum=checksum), piece)


def test_only_frame_boundaries_are_ends() -> None:
    frames = [zstd(b"abc"), SKIPPABLE, zstd(TEXT, checksum=True), zstd(b"")]
    stream = b"".join(frames)
    boundaries = {sum(map(len, frames[:count])) for count in range(len(frames) + 1)}
    assert {cut for cut in range(len(stream) + 1) if _ends(stream[:cut], 10**9)} == boundaries


def test_a_cut_between_two_blocks_is_not_an_end() -> None:
    stream = zstd(NOISE)
    assert not any(_ends(stream[:cut], 10**9) for cut in range(1, len(stream), 977))


@pytest.mark.parametrize("piece", [1, 2, 10**9])
def test_between_two_blocks_is_a_block_s_end(piece: int) -> None:
    compressor = zstandard.ZstdCompressor().compressobj()
    stream, ends = b"", set()
    for part in (b"", NOISE[:500], TEXT[:9_000], b"x"):
        stream += compressor.compress(part) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        ends.add(len(stream))
    told = set()
    for cut in range(len(stream) - 100, len(stream) + 1):
        tracker = FrameTracker()
        for at in range(0, cut, piece):
            tracker.feed(stream[at : min(at + piece, cut)])
        if tracker.at_block_end:
            told.add(cut)
    assert told == {end for end in ends if end >= len(stream) - 100}


def test_before_a_checksum_is_a_block_s_end() -> None:
    stream = zstd(TEXT, checksum=True)
    tracker = FrameTracker()
    tracker.feed(stream[:-4])
    assert tracker.at_block_end
    tracker.feed(stream[-4:-3])
    assert not tracker.at_block_end


def test_bytes_behind_the_last_frame_are_not_an_end() -> None:
    assert not _ends(zstd(b"abc") + b"rubbish!", 2)
