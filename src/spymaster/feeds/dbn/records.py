"""Turning the bytes behind a DBN header into batches of whole records.

Files of one kind whose layout never changed are used where they were decompressed (``UniformRecords``). Everything
else, mixed streams and the kinds that older versions laid out differently, is walked record by record by the length in
each header (``WalkedRecords``); a uniform file in which a foreign header turns up continues as a walk from there.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec
import numpy as np

from spymaster.feeds.dbn.header import DbnHeader
from spymaster.feeds.dbn.record_rows import LENGTH_UNIT, NOT_A_RECORD, OLD_LAYOUTS, SMALLEST_RECORD, RecordRows
from spymaster.feeds.streams.byte_stream import RecordBytes
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import DTYPES, RTYPE_KINDS, SCHEMA_RTYPES
from spymaster.market.kinds import Kind

_WORD: Final = 8
_STAGING_BYTES: Final = 1024 * 1024


class Mark(msgspec.Struct, frozen=True):
    """A place between two records of a file, from which it can be read on as if from its beginning.

    ``offset``: of the next record in the file's bytes, decompressed; ``whole``: records before it, ``emitted`` of them
    handed on and ``rejected`` left out, by reason. ``walked``: whether a foreign record has turned up by then.
    """

    offset: int
    whole: int = 0
    emitted: int = 0
    rejected: dict[str, int] = {}
    walked: bool = False


class Slot:
    """One reusable place for a chunk: the rows as read and, where ``ts_out`` is cut off, the rows without it.

    ``bytes``, ``words``, ``heads``: the memory of the rows as bytes; each row's first word (length, record type,
    publisher and instrument id), and its first two bytes.
    """

    def __init__(self, rows: int, row_words: int, ts_out: bool) -> None:
        self.rows = np.empty((rows, row_words), dtype=np.int64)
        self.bytes = self.rows.data.cast("B") if rows else memoryview(b"")
        self.words = self.rows.view("<u8")[:, 0]
        self.heads = self.rows.view("<u2")[:, 0]
        self.dense = np.empty((rows, row_words - 1), dtype=np.int64) if ts_out else self.rows


class RecordReader:
    """Reads one open file's records as batches of at most ``limit`` records. Not thread-safe.

    ``damage``: why the records ended before their time, or None. ``whole``: how many whole records were seen.
    ``rejected``: reason -> how many records were left out. ``marks``: where the batch with each ``first_seq`` began.
    ``start``: where the stream stands, if not at the first record.
    """

    def __init__(self, stream: RecordBytes, header: DbnHeader, limit: int, start: Mark | None = None) -> None:
        self._stream = stream
        self._header = header
        self._limit = limit
        self.rejected: Counter[str] = Counter(start.rejected if start is not None else {})
        self.damage: str | None = None
        self.marks: dict[int, Mark] = {}
        self.whole = start.whole if start is not None else 0
        self._emitted = start.emitted if start is not None else 0
        self._uniform: UniformRecords | None = None
        self._walked: WalkedRecords | None = None
        walked = start is not None and start.walked
        if walked or header.kind is None or header.kind in OLD_LAYOUTS[header.version]:
            self._walked = WalkedRecords(stream, header, b"", self.rejected)
        else:
            self._uniform = UniformRecords(stream, header, limit)

    def slot(self) -> Slot:
        """A fresh buffer for :meth:`read`."""
        return self._uniform.slot() if self._uniform else Slot(0, 2, False)

    def read(self, slot: Slot) -> Batch | None:
        """The next batch, its arrays in ``slot`` or fresh; None at the end. ``first_seq`` counts from 0."""
        self.marks[self._emitted] = self._mark()
        batch = self._next(slot)
        while batch is not None and len(batch) == 0:
            batch = self._next(slot)
        if batch is None:
            return None
        numbered = Batch(batch.arrays, batch.order, self._emitted, batch.key)
        self._emitted += len(batch)
        return numbered

    def _mark(self) -> Mark:
        if self._walked is not None:
            held, walked = self._walked.held, True
        else:
            assert self._uniform is not None
            held, walked = len(self._uniform.foreign), bool(self._uniform.foreign)
        return Mark(self._stream.position - held, self.whole, self._emitted, dict(self.rejected), walked)

    def _next(self, slot: Slot) -> Batch | None:
        if self._walked is None:
            assert self._uniform is not None
            batch = self._uniform.read(slot)
            if batch is not None:
                self.whole += len(batch)
                return batch
            if not self._uniform.foreign:
                self.damage = self._stream.damage
                return None
            self._walked = WalkedRecords(self._stream, self._header, self._uniform.foreign, self.rejected)
        before = self._walked.whole
        batch = self._walked.read(self._limit)
        self.whole += self._walked.whole - before
        self.damage = self._walked.damage
        return batch


class UniformRecords:
    """Records of one kind, read in place. Ends at the end of the stream or where something else begins."""

    def __init__(self, stream: RecordBytes, header: DbnHeader, limit: int) -> None:
        assert header.kind is not None
        assert header.schema is not None
        self._stream = stream
        self._kind = header.kind
        self._dtype = DTYPES[header.kind]
        self._ts_out = header.ts_out
        self._row_words = self._dtype.itemsize // _WORD + header.ts_out
        self._row_bytes = self._row_words * _WORD
        self._length = self._row_bytes // LENGTH_UNIT
        self._rtype = SCHEMA_RTYPES[header.schema]
        self._begun = False
        self._limit = limit
        self._order = np.full(limit, int(self._kind), dtype=np.uint8)
        self._words = np.empty(limit, dtype=np.uint64)
        self.foreign = b""

    def slot(self) -> Slot:
        """A fresh buffer for :meth:`read`."""
        return Slot(self._limit, self._row_words, self._ts_out)

    def read(self, slot: Slot) -> Batch | None:
        """The next rows in ``slot``, or None; then ``foreign`` holds what was read behind the last row."""
        if self.foreign:
            return None
        filled = self._stream.read_into(slot.bytes)
        count = filled // self._row_bytes
        if count and not self._begun:
            self._begin(int(slot.rows.view(np.uint8)[0, 1]))
        key = self._one_key(slot, count)
        if key is None:
            foreign = slot.heads[:count] != (self._length | self._rtype << 8)
            if foreign.any():
                count = int(foreign.argmax())
        self.foreign = slot.bytes[count * self._row_bytes : filled].tobytes()
        if count == 0:
            return None
        if self._ts_out:
            np.copyto(slot.dense[:count], slot.rows[:count, :-1])
            slot.dense.view(np.uint8)[:count, 0] = self._dtype.itemsize // LENGTH_UNIT
        rows = slot.dense[:count]
        records: Records = rows if self._kind is Kind.MBP10 else rows.view(self._dtype)[:, 0]
        return Batch({self._kind: records}, self._order[:count], key=key)

    def _one_key(self, slot: Slot, count: int) -> int | None:
        """The key of ``Batch``, where the first words of all rows are the same and begin a record of this kind."""
        if not count:
            return None
        first = int(slot.words[0])
        # side by side first: numpy gathers them in half the time that it takes to compare them where they are
        words = self._words[:count]
        np.copyto(words, slot.words[:count])
        if first & 0xFFFF != self._length | self._rtype << 8 or not (words == first).all():
            return None
        return first >> 16

    def _begin(self, rtype: int) -> None:
        """Follow the first record where its kind bears several record types, of which the schema tells only one."""
        self._begun = True
        if RTYPE_KINDS.get(rtype) is self._kind:
            self._rtype = rtype


class WalkedRecords:
    """Records of any kinds, found by walking the length byte of each header, older layouts brought to version 3."""

    def __init__(self, stream: RecordBytes, header: DbnHeader, first: bytes, rejected: Counter[str]) -> None:
        self._stream = stream
        self._rows = RecordRows(header.version, rejected, ts_out=header.ts_out)
        self._bytes = bytearray(max(_STAGING_BYTES, len(first)))
        self._bytes[: len(first)] = first
        self._staging = np.frombuffer(self._bytes, dtype=np.uint8)
        self._end = len(first)
        self._at = 0
        self._ended = False
        self.whole = 0
        self.damage: str | None = None

    @property
    def held(self) -> int:
        """Bytes read and not yet made records of."""
        return self._end - self._at

    def read(self, limit: int) -> Batch | None:
        """The next at most ``limit`` records, without those rejected (so perhaps none); None at the end."""
        if self.damage is not None:
            return None
        starts = self._walk(limit)
        if not starts and not self._ended:
            self._stage()
            starts = self._walk(limit)
        if not starts:
            self.damage = self._stream.damage or self._tail()
            return None
        batch, count = self._rows.gather(self._staging, np.array(starts, dtype=np.int64))
        self.whole += count
        if count < len(starts):
            self.damage = NOT_A_RECORD
        return batch

    def _tail(self) -> str | None:
        """What is wrong with the bytes behind the last whole record, if there are any."""
        if self._at == self._end:
            return None
        length = self._bytes[self._at] * LENGTH_UNIT
        return NOT_A_RECORD if length < SMALLEST_RECORD else "the file ends inside a record"

    def _stage(self) -> None:
        """Move what is left to the front and read behind it."""
        rest = self._end - self._at
        self._bytes[:rest] = self._bytes[self._at : self._end]
        room = memoryview(self._bytes)[rest:]
        got = self._stream.read_into(room)
        self._ended = got < len(room)
        self._at, self._end = 0, rest + got

    def _walk(self, limit: int) -> list[int]:
        """Where the next whole records start."""
        data, at, end = self._bytes, self._at, self._end
        starts: list[int] = []
        for _ in range(limit):
            after = at + data[at] * LENGTH_UNIT if at < end else at
            if after - at < SMALLEST_RECORD or after > end:
                break
            starts.append(at)
            at = after
        self._at = at
        return starts
