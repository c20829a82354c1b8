"""The bytes of a live session as batches: the header once, then whole records as they come, cut anywhere."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.databento_live.byte_inbox import ByteInbox
from spymaster.feeds.dbn.record_rows import LENGTH_UNIT, NOT_A_RECORD, SMALLEST_RECORD, RecordRows
from spymaster.feeds.dbn.vendor_decoder import NEWEST_VERSION, DecoderError, decode_metadata
from spymaster.market.batches import Batch
from spymaster.market.kinds import NS_PER_S

_PREFIX_BYTES: Final = 8
_MOST_HEADER_BYTES: Final = 48 * 1024
"""A live session's header names no symbols; it must fit what an inbox carries from chunk to chunk."""
_TS_OUT_BYTES: Final = 8
_RUN: Final = 32
"""So many records of one length in a row are looked for before records are walked one by one."""
MOST_RECORDS: Final = 16384


class LiveRecords:
    """Reads one life's bytes. ``damage``: why they cannot be read on, or None; what came before it was handed on.

    ``rejected``: reason -> records left out, shared by all lives of a feed. ``start_ns``: when the session began, by
    its header. ``sent_ns``: the ``ts_out`` of the latest record.
    """

    def __init__(self, inbox: ByteInbox, rejected: Counter[str]) -> None:
        self._inbox = inbox
        self._rejected = rejected
        self._rows: RecordRows | None = None
        self._ts_out = False
        self.damage: str | None = None
        self.start_ns: int | None = None
        self.sent_ns = 0
        self.seq = 0

    def read(self) -> Batch | None:
        """The whole records that are there, at most ``MOST_RECORDS``; None where there is none. Never empty."""
        while self.damage is None:
            found = self._inbox.look()
            if found is None:
                return None
            data, array, start, end = found
            if self._rows is None:
                upto = self._take_header(data, start, end)
                batch = None
            else:
                batch, upto = self._take_records(self._rows, data, array, start, end)
            more = self._inbox.took(upto) or (upto > start and upto < end)
            if batch is not None and len(batch):
                numbered = Batch(batch.arrays, batch.order, self.seq)
                self.seq += len(batch)
                return numbered
            if not more:
                return None
        return None

    def _take_header(self, data: bytearray, start: int, end: int) -> int:
        """Read the header if all of it is there; the place behind it."""
        prefix = bytes(data[start : min(start + _PREFIX_BYTES, end)])
        if prefix[:3] != b"DBN"[: len(prefix)]:
            self.damage = "the session does not begin with a DBN header"
            return start
        if len(prefix) < _PREFIX_BYTES:
            return start
        version, size = prefix[3], int.from_bytes(prefix[4:8], "little")
        if not 1 <= version <= NEWEST_VERSION or size > _MOST_HEADER_BYTES:
            self.damage = f"its header is of DBN version {version} and has {size} bytes"
            return start
        behind = start + _PREFIX_BYTES + size
        if end < behind:
            return start
        try:
            metadata = decode_metadata(bytes(data[start:behind]))
        except DecoderError as error:
            self.damage = f"its DBN header is corrupt ({error})"
            return start
        self._ts_out = bool(metadata.ts_out)
        self.start_ns = int(metadata.start)
        self._rows = RecordRows(version, self._rejected, ts_out=self._ts_out)
        return behind

    def _take_records(
        self, rows: RecordRows, data: bytearray, array: NDArray[np.uint8], start: int, end: int
    ) -> tuple[Batch | None, int]:
        starts, upto = places_of(data, array, start, end)
        if upto < end and data[upto] * LENGTH_UNIT < SMALLEST_RECORD + _TS_OUT_BYTES * self._ts_out:
            self.damage = NOT_A_RECORD
        if not len(starts):
            return None, upto
        batch, count = rows.gather(array, starts)
        if count < len(starts):
            self.damage = NOT_A_RECORD
            upto = int(starts[count])
        elif self._ts_out:
            self.sent_ns = int.from_bytes(data[upto - _TS_OUT_BYTES : upto], "little")
        return batch, upto

    def lag_ns(self, now_ns: int) -> int | None:
        """From when the vendor sent the latest record until now; None where it does not say or cannot be right."""
        lag_ns = now_ns - self.sent_ns
        return lag_ns if self.sent_ns and abs(lag_ns) < 86_400 * NS_PER_S else None


def places_of(data: bytearray, array: NDArray[np.uint8], start: int, end: int) -> tuple[NDArray[np.int64], int]:
    """Where the whole records begin, at most ``MOST_RECORDS``, and the place behind the last of them."""
    parts: list[NDArray[np.int64]] = []
    at, left = start, MOST_RECORDS
    while left and at < end:
        size = data[at] * LENGTH_UNIT
        if size < SMALLEST_RECORD or at + size > end:
            break
        count = min(_run_of(array, at, end, size), left)
        if count >= _RUN:
            parts.append(np.arange(at, at + count * size, size, dtype=np.int64))
        else:
            walked = _walked(data, at, end, min(_RUN * 4, left))
            count = len(walked)
            parts.append(np.array(walked, np.int64))
        left -= count
        last = int(parts[-1][-1])
        at = last + data[last] * LENGTH_UNIT
    return (np.concatenate(parts) if len(parts) != 1 else parts[0]) if parts else np.zeros(0, np.int64), at


def _run_of(array: NDArray[np.uint8], at: int, end: int, size: int) -> int:
    """How many whole records of this size follow one another from here; 0 for too few to be worth it."""
    possible = (end - at) // size
    if possible < _RUN:
        return 0
    first = array[at]
    # mixed streams are the rule: only where a short look finds one size alone is it worth looking at everything
    if (array[at : at + _RUN * size : size] != first).any():
        return 0
    same = array[at : at + possible * size : size] == first
    return possible if same.all() else int(same.argmin())


def _walked(data: bytearray, at: int, end: int, limit: int) -> list[int]:
    """Where the next records begin, whatever their sizes. The first is known to be whole."""
    starts: list[int] = []
    for _ in range(limit):
        after = at + data[at] * LENGTH_UNIT if at < end else at
        if after - at < SMALLEST_RECORD or after > end:
            break
        starts.append(at)
        at = after
    return starts
