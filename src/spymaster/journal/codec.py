"""Between frames and the bytes of the journal.

Records stand in it as they are, so that reading them is a view. Signals are compressed (zstd, level 1): rows of floats
that hardly change from snap to snap would be four fifths of the journal, and shrink to a twentieth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from spymaster.journal.blocks import Block, pack_blocks, rows_of, unpack_blocks
from spymaster.journal.format import MAX_PAYLOAD_BYTES, FormatError, FrameContent, FrameKind, StoredFrame
from spymaster.ledger.rows import NO_TESTS, TEST
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import (
    ConfigFrame,
    FeedStatusFrame,
    Frame,
    GapFrame,
    MappingFrame,
    RecordsFrame,
    WatermarkFrame,
)
from spymaster.market.kinds import MBP10_WORDS, Kind
from spymaster.market.rows import ALERT_ROW, LEVEL_ROW, SCHEMA_VERSION, SNAP

RECORDS_VERSION: Final = 1
SMALL_VERSION: Final = 1
"""Version of the payloads that are single Structs."""

ORDER_BLOCK: Final = "order"
SNAP_BLOCK: Final = "snap"
LEVEL_BLOCK: Final = "level"
ALERT_BLOCK: Final = "alert"
TEST_BLOCK: Final = "test.1"
"""Tests of levels (``ledger.rows.TEST``) that were decided at the snaps, where there are any; with another layout comes
another name, so that nobody reads rows that are not what they think."""
STRIKE_BLOCK: Final = "strike"
"""Rows of strikes beside the snaps, ``snaps[k].options.strikes`` of each one after the other; not in every journal."""


class EndFrame(msgspec.Struct, frozen=True, tag="END"):
    """The writer closed the journal of its own will. ``complete``: nothing was lost on the way; ``reason`` if not."""

    complete: bool
    reason: str = ""


_SMALL: Final[Mapping[type, FrameKind]] = MappingProxyType(
    {
        WatermarkFrame: FrameKind.WATERMARK,
        FeedStatusFrame: FrameKind.FEED_STATUS,
        MappingFrame: FrameKind.MAPPING,
        ConfigFrame: FrameKind.CONFIG,
        GapFrame: FrameKind.GAP,
        EndFrame: FrameKind.END,
    }
)
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODERS: Final[Mapping[FrameKind, msgspec.msgpack.Decoder[Frame | EndFrame]]] = MappingProxyType(
    {kind: msgspec.msgpack.Decoder(struct) for struct, kind in _SMALL.items()}
)


@dataclass(frozen=True, slots=True, eq=False)
class SignalRows:
    """What the engine published: ``snaps`` (SNAP) and the ``levels`` (LEVEL_ROW) of all of them, one snap after the
    other, ``snaps[k].levels`` of each. ``version``: of the row layout. ``blocks``: whatever else is stored, by name."""

    version: int
    snaps: NDArray[Any]
    levels: NDArray[Any]
    blocks: Mapping[str, Block]


def encode_frame(frame: Frame | EndFrame) -> FrameContent:
    """An input of the engine, or the journal's end, as the content of a journal frame."""
    if isinstance(frame, RecordsFrame):
        return encode_records(frame.batch)
    data = np.frombuffer(_ENCODER.encode(frame), np.uint8)
    return FrameContent(_SMALL[type(frame)], SMALL_VERSION, 0, (data,))


def encode_records(batch: Batch) -> FrameContent:
    """Records as the content of a journal frame: the order they arrived in, and each kind's array as it is."""
    kinds = sorted(kind for kind, rows in batch.arrays.items() if len(rows))
    blocks = [(ORDER_BLOCK, batch.order), *((kind.name, batch.arrays[kind]) for kind in kinds)]
    return FrameContent(FrameKind.RECORDS, RECORDS_VERSION, len(batch), pack_blocks(blocks))


def encode_signals(
    snaps: NDArray[Any], levels: NDArray[Any], others: Mapping[str, NDArray[Any]] = MappingProxyType({})
) -> FrameContent:
    """Consecutive snaps (SNAP) and their levels (LEVEL_ROW), ``snaps[k].levels`` of each one after the other.

    ``others``: what else was made of them, by name: ``STRIKE_BLOCK``, ``TEST_BLOCK``.
    """
    blocks = [(SNAP_BLOCK, snaps), (LEVEL_BLOCK, levels), *others.items()]
    return FrameContent(FrameKind.SIGNAL, SCHEMA_VERSION, len(snaps), (_compressed(pack_blocks(blocks)),))


def encode_alerts(alerts: NDArray[Any]) -> FrameContent:
    """Alerts (ALERT_ROW) raised, updated and resolved."""
    return FrameContent(FrameKind.ALERT, SCHEMA_VERSION, len(alerts), pack_blocks([(ALERT_BLOCK, alerts)]))


def decode_frame(stored: StoredFrame) -> Frame | EndFrame:
    """The input of the engine that a frame holds, or the journal's end. Raises FormatError for outputs (SIGNAL, ALERT)
    and for payloads that are not what they should be. The arrays of records are views of the frame's memory."""
    if stored.kind is FrameKind.RECORDS:
        return RecordsFrame(decode_records(stored))
    decoder = _DECODERS.get(stored.kind)
    if decoder is None:
        raise FormatError(f"{stored.kind.name} is not an input of the engine")
    _check_version(stored, SMALL_VERSION)
    try:
        frame: Frame | EndFrame = decoder.decode(stored.payload)
    except msgspec.MsgspecError as error:
        raise FormatError(f"unreadable {stored.kind.name} ({error})") from None
    return frame


def decode_records(stored: StoredFrame) -> Batch:
    """The records of a RECORDS frame, writable views of its memory. Raises FormatError."""
    _check_version(stored, RECORDS_VERSION)
    blocks = unpack_blocks(stored.payload)
    order: NDArray[np.uint8] = rows_of(blocks, ORDER_BLOCK, np.dtype(np.uint8))
    if len(order) != stored.count:
        raise FormatError(f"the frame says {stored.count} records and holds {len(order)}")
    arrays: dict[Kind, Records] = {}
    for name in blocks:
        if name in Kind.__members__:
            kind = Kind[name]
            rows = rows_of(blocks, name, DTYPES[kind])
            arrays[kind] = rows.view(np.int64).reshape(-1, MBP10_WORDS) if kind is Kind.MBP10 else rows
    counts = np.bincount(order, minlength=len(Kind))
    if len(counts) > len(Kind) or any(len(arrays.get(kind, ())) != counts[kind] for kind in Kind):
        raise FormatError("records and their order do not agree")
    return Batch(arrays, order, stored.first_seq)


def decode_signals(stored: StoredFrame) -> SignalRows:
    """What a SIGNAL frame holds. Raises FormatError, also for rows of another version."""
    _check_version(stored, SCHEMA_VERSION)
    blocks = unpack_blocks(_expanded(stored.payload))
    snaps, levels = rows_of(blocks, SNAP_BLOCK, SNAP), rows_of(blocks, LEVEL_BLOCK, LEVEL_ROW)
    if len(snaps) != stored.count or int(snaps["levels"].sum()) != len(levels):
        raise FormatError("snaps and their levels do not agree")
    others = {name: block for name, block in blocks.items() if name not in (SNAP_BLOCK, LEVEL_BLOCK)}
    return SignalRows(stored.version, snaps, levels, MappingProxyType(others))


def decode_tests(rows: SignalRows) -> NDArray[Any]:
    """The tests (TEST) that stand beside the snaps of a SIGNAL frame. Raises FormatError."""
    return rows_of(rows.blocks, TEST_BLOCK, TEST) if TEST_BLOCK in rows.blocks else NO_TESTS


def decode_alerts(stored: StoredFrame) -> NDArray[Any]:
    """The alerts (ALERT_ROW) of an ALERT frame, a view of its memory. Raises FormatError."""
    _check_version(stored, SCHEMA_VERSION)
    return rows_of(unpack_blocks(stored.payload), ALERT_BLOCK, ALERT_ROW)


def _compressed(parts: tuple[NDArray[np.uint8], ...]) -> NDArray[np.uint8]:
    return np.frombuffer(zstandard.ZstdCompressor(level=1).compress(b"".join(part.data for part in parts)), np.uint8)


def _expanded(payload: memoryview) -> memoryview:
    """A compressed payload as it was. Raises FormatError; never asks for more memory than a frame may have."""
    try:
        if not 0 <= zstandard.frame_content_size(payload) <= MAX_PAYLOAD_BYTES:
            raise FormatError("a compressed payload does not say a possible size")
        return memoryview(bytearray(zstandard.ZstdDecompressor().decompress(payload)))
    except zstandard.ZstdError as error:
        raise FormatError(f"a payload cannot be decompressed ({error})") from None


def _check_version(stored: StoredFrame, known: int) -> None:
    if stored.version != known:
        raise FormatError(f"{stored.kind.name} was written in version {stored.version}, this program reads {known}")
