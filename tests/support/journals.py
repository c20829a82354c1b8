"""Frames and records for journals, without an engine."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.journal.codec import encode_frame
from spymaster.journal.files import OsFiles
from spymaster.journal.format import Buffer, FrameContent, FrameFlag, StoredFrame
from spymaster.journal.reader import JournalReader
from spymaster.journal.writer import JournalWriter
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import by_name, empty
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame, TapeFrom, UserLevel
from spymaster.market.instruments import Instrument, TickSource
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.market.rows import ALERT_ROW, LEVEL_ROW, SNAP
from spymaster.market.sessions import SESSION

T0_NS = 1_704_465_000 * NS_PER_S
"""2024-01-05 14:30 UTC."""

STEP_NS = 1_000_000
ES = Instrument(1, 17, "ESH4", 250_000_000, 50, TickSource.PRODUCT_TABLE, "CME Globex Equity")


def records(kind: Kind, count: int, *, from_ns: int = T0_NS, step_ns: int = STEP_NS, seed: int = 0) -> Records:
    """Records of a kind, a step apart, whose prices and sequences follow from the seed."""
    rows = empty(kind, count)
    fields = by_name(kind, rows)
    fields["publisher_id"], fields["instrument_id"] = 1, 17
    fields["ts_event"] = from_ns + np.arange(count) * step_ns
    names = fields.dtype.names or ()
    if "ts_recv" in names:
        fields["ts_recv"] = fields["ts_event"] + 20_000
    if "price" in names:
        fields["price"] = np.random.default_rng(seed).integers(4000, 5000, count) * 250_000_000
    if "sequence" in names:
        fields["sequence"] = np.arange(count) + seed
    return rows


def mixed_batch(count: int = 12, *, from_ns: int = T0_NS, step_ns: int = STEP_NS, seed: int = 0) -> Batch:
    """Depth, with a trade after every third and one statistic at the end."""
    depth = records(Kind.MBP10, count, from_ns=from_ns, step_ns=step_ns, seed=seed)
    trades = records(Kind.TRADE, count // 3, from_ns=from_ns, step_ns=3 * step_ns, seed=seed)
    stat = records(Kind.STAT, 1, from_ns=from_ns + count * step_ns)
    order = [Kind.MBP10 if n % 4 else Kind.TRADE for n in range(1, 4 * (count // 3) + 1)]
    order += [Kind.MBP10] * (count - order.count(Kind.MBP10)) + [Kind.STAT]
    return Batch({Kind.MBP10: depth, Kind.TRADE: trades, Kind.STAT: stat}, np.array(order, np.uint8))


def depth_frame(count: int, *, from_ns: int = T0_NS, step_ns: int = STEP_NS, seed: int = 0) -> RecordsFrame:
    """Depth alone."""
    return RecordsFrame(Batch.of(Kind.MBP10, records(Kind.MBP10, count, from_ns=from_ns, step_ns=step_ns, seed=seed)))


def trades_frame(count: int, *, from_ns: int = T0_NS, seed: int = 0) -> RecordsFrame:
    """Trades alone: the smallest records there are."""
    return RecordsFrame(Batch.of(Kind.TRADE, records(Kind.TRADE, count, from_ns=from_ns, seed=seed)))


def config_frame() -> ConfigFrame:
    """A CONFIG that no engine could use and that has something in every field."""
    levels = (UserLevel("USER_4805", 4805 * NS_PER_S),)
    session = np.zeros(1, SESSION)
    session["open_ns"], session["close_ns"] = T0_NS - 16 * 3600 * NS_PER_S, T0_NS + 7 * 3600 * NS_PER_S
    return ConfigFrame("es", b"\x00\x01params", ES, TapeFrom.DEPTH, levels, session.tobytes(), None)


def signal_rows(snaps: int, levels: int, *, from_ns: int = T0_NS) -> tuple[NDArray[Any], NDArray[Any]]:
    """Snaps with that many levels each."""
    rows = np.zeros(snaps, SNAP)
    rows["t_ns"] = from_ns + np.arange(snaps) * 250_000_000
    rows["levels"] = levels
    published = np.zeros(snaps * levels, LEVEL_ROW)
    published["price"] = 4800 + np.arange(snaps * levels)
    return rows, published


def alert_rows(count: int, *, at_ns: int = T0_NS) -> NDArray[Any]:
    """Alerts at a moment."""
    rows = np.zeros(count, ALERT_ROW)
    rows["t_ns"], rows["raised_ns"], rows["price"] = at_ns, at_ns, 4805.0
    return rows


def stored(content: FrameContent, *, first_seq: int = 0, clock_ns: int = T0_NS) -> StoredFrame:
    """What a reader would make of a frame."""
    payload = memoryview(bytearray(b"".join(part.tobytes() for part in content.parts)))
    return StoredFrame(
        content.kind, FrameFlag(0), content.version, content.count, first_seq, clock_ns, payload, 1, 80
    )  # fmt: skip


def same_records(one: Batch, other: Batch) -> bool:
    """Whether two batches hold the same records in the same order, bit for bit."""
    held = [{kind: rows.tobytes() for kind, rows in batch.arrays.items() if len(rows)} for batch in (one, other)]
    return np.array_equal(one.order, other.order) and held[0] == held[1]


def write_journal(folder: Path, frames: Sequence[Frame], *, segment_bytes: int = 2**20, close: bool = True) -> None:
    """A journal of these frames. ``close`` False: as a killed writer leaves it, without its last frame."""
    writer = JournalWriter(folder, "test", segment_bytes=segment_bytes)
    for frame in frames:
        writer.append(encode_frame(frame), clock_ns=T0_NS)
    if close:
        writer.close()
    else:
        writer.abandon()


def read_journal(folder: Path) -> list[StoredFrame]:
    """Every whole frame. Raises JournalDamage as a reader does."""
    with contextlib.closing(JournalReader(folder)) as reader:
        frames = list(reader.frames())
        reader.check_tail()
    return frames


def contents(frames: Sequence[StoredFrame]) -> list[tuple[int, int, int, bytes]]:
    """What frames say, without where they stand."""
    return [(frame.kind, frame.count, frame.first_seq, bytes(frame.payload)) for frame in frames]


class FailingFiles(OsFiles):
    """A disk that refuses. ``room``: bytes that still fit, None for as many as you like; ``error``: what is said then;
    ``sync_error``: what every sync says."""

    def __init__(self, room: int | None = None, error: int = errno.ENOSPC) -> None:
        self.room = room
        self.error = error
        self.sync_error: int | None = None

    def write(self, descriptor: int, buffers: Sequence[Buffer], offset: int) -> int:
        """As much as there is room for."""
        data = b"".join(buffers)
        if self.room is None:
            return super().write(descriptor, [data], offset)
        if not self.room:
            raise OSError(self.error, os.strerror(self.error))
        taken = super().write(descriptor, [data[: self.room]], offset)
        self.room -= taken
        return taken

    def sync(self, descriptor: int) -> None:
        """Refuse when told to."""
        if self.sync_error is not None:
            raise OSError(self.sync_error, os.strerror(self.sync_error))
        super().sync(descriptor)
