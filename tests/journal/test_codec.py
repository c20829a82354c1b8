"""What a frame says must be the same after it has been bytes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from spymaster.journal.codec import (
    EndFrame,
    decode_alerts,
    decode_frame,
    decode_records,
    decode_signals,
    encode_alerts,
    encode_frame,
    encode_records,
    encode_signals,
)
from spymaster.journal.format import ALIGNMENT, MAX_PAYLOAD_BYTES, FormatError, FrameContent, FrameKind
from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import (
    FeedState,
    FeedStatusFrame,
    Frame,
    GapFrame,
    MappingFrame,
    RecordsFrame,
    WatermarkFrame,
)
from spymaster.market.instruments import EQUITY_CALENDAR, Instrument, TickSource
from spymaster.market.kinds import MBP10_WORDS, Kind
from spymaster.market.rows import SCHEMA_VERSION
from tests.support.journals import (
    alert_rows,
    config_frame,
    depth_frame,
    mixed_batch,
    records,
    same_records,
    signal_rows,
    stored,
)

SMALL: list[Frame | EndFrame] = [
    WatermarkFrame(1_704_465_000_250_000_000),
    FeedStatusFrame("depth", FeedState.RECONNECTED, 5, "after 3 s"),
    MappingFrame(1, 17, "ESH4"),
    config_frame(),
    GapFrame("depth", 1, 2, "the disk was full"),
    EndFrame(complete=False, reason="the disk was full"),
]


@pytest.mark.parametrize("frame", SMALL, ids=lambda frame: type(frame).__name__)
def test_a_frame_without_records_comes_back_as_it_was(frame: Frame | EndFrame) -> None:
    assert decode_frame(stored(encode_frame(frame))) == frame


def test_a_config_keeps_its_share() -> None:
    share = Instrument(2, 9, "SPY", 10_000_000, 1, TickSource.DEFINITION, EQUITY_CALENDAR)
    frame = type(config_frame())("spy", b"p", config_frame().instrument, config_frame().tape_from, (), b"s", share)
    assert decode_frame(stored(encode_frame(frame))) == frame


@pytest.mark.parametrize("kind", sorted(DTYPES), ids=lambda kind: kind.name)
def test_records_of_every_kind_come_back_bit_for_bit(kind: Kind) -> None:
    batch = Batch.of(kind, records(kind, 5))
    assert same_records(decode_records(stored(encode_records(batch))), batch)


@given(count=st.integers(0, 40), seed=st.integers(0, 99))
def test_mixed_records_keep_their_order(count: int, seed: int) -> None:
    batch = mixed_batch(count, seed=seed)
    again = decode_frame(stored(encode_frame(RecordsFrame(batch)), first_seq=7))
    assert isinstance(again, RecordsFrame)
    assert again.batch.first_seq == 7
    assert same_records(again.batch, batch)


def test_records_are_read_without_a_copy_and_may_be_written_to() -> None:
    frame = stored(encode_frame(depth_frame(3)))
    depth = decode_records(frame).arrays[Kind.MBP10]
    assert depth.dtype == np.int64
    assert depth.shape == (3, MBP10_WORDS)
    assert depth.flags.writeable
    assert depth.flags.c_contiguous
    assert depth.flags.aligned
    assert np.shares_memory(depth, np.frombuffer(frame.payload, np.uint8))


def test_records_of_a_slice_are_stored_like_those_of_an_array() -> None:
    trades = records(Kind.TRADE, 9)[::2]
    assert same_records(
        decode_records(stored(encode_records(Batch.of(Kind.TRADE, trades)))), Batch.of(Kind.TRADE, trades)
    )


def test_the_rows_of_every_block_begin_on_a_multiple_of_eight_bytes() -> None:
    batch = decode_records(stored(encode_records(mixed_batch(7))))
    assert [rows.ctypes.data % ALIGNMENT for rows in batch.arrays.values()] == [0, 0, 0]


def test_signals_come_back_with_their_levels_and_with_blocks_added_later() -> None:
    snaps, levels = signal_rows(3, 4)
    extra = np.arange(6, dtype=np.int64)
    rows = decode_signals(stored(encode_signals(snaps, levels, {"option": extra})))
    assert rows.snaps.tobytes() == snaps.tobytes()
    assert rows.levels.tobytes() == levels.tobytes()
    assert rows.blocks["option"][1].view(np.int64).tolist() == extra.tolist()


def test_signals_take_a_small_part_of_their_rows() -> None:
    snaps, levels = signal_rows(16, 30)
    assert encode_signals(snaps, levels).length < levels.nbytes / 5


@given(at=st.integers(0, 2000), value=st.integers(0, 255))
def test_signals_with_a_wrong_byte_are_read_or_refused_but_never_crash(at: int, value: int) -> None:
    frame = stored(encode_signals(*signal_rows(2, 3)))
    frame.payload[at % len(frame.payload)] = value
    try:
        rows = decode_signals(frame)
    except FormatError:
        return
    assert len(rows.snaps) == 2


def test_signals_that_claim_to_be_huge_are_refused_before_memory_is_asked_for() -> None:
    huge = zstandard.ZstdCompressor().compress(bytes(MAX_PAYLOAD_BYTES + 1))
    content = FrameContent(FrameKind.SIGNAL, SCHEMA_VERSION, 1, (np.frombuffer(huge, np.uint8),))
    with pytest.raises(FormatError, match="does not say a possible size"):
        decode_signals(stored(content))


def test_alerts_come_back_as_they_were() -> None:
    assert decode_alerts(stored(encode_alerts(alert_rows(2)))).tobytes() == alert_rows(2).tobytes()


def test_an_output_is_no_input() -> None:
    with pytest.raises(FormatError, match="ALERT is not an input"):
        decode_frame(stored(encode_alerts(alert_rows(1))))


def test_a_payload_of_another_version_is_refused() -> None:
    frame = dataclasses.replace(stored(encode_signals(*signal_rows(1, 1))), version=999)
    with pytest.raises(FormatError, match="version 999"):
        decode_signals(frame)


@given(at=st.integers(0, 2000), value=st.integers(0, 255))
def test_a_payload_with_a_wrong_byte_is_read_or_refused_but_never_crashes(at: int, value: int) -> None:
    frame = stored(encode_records(mixed_batch(3)))
    frame.payload[at % len(frame.payload)] = value
    try:
        batch = decode_records(frame)
    except FormatError:
        return
    assert all(np.count_nonzero(batch.order == kind) == len(rows) for kind, rows in batch.arrays.items())
