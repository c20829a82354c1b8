"""A DBN file: its header at once, its records streamed in chunks with flat memory, whatever the size of the file."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from spymaster.feeds.dbn.header import DbnHeader, SymbolSpan, read_header, skip_header
from spymaster.feeds.dbn.records import Mark, RecordReader
from spymaster.feeds.dbn.survey import Survey, take_survey
from spymaster.feeds.dbn.vendor_folder import VendorNotes
from spymaster.feeds.streams.byte_stream import ByteStream, RecordBytes
from spymaster.feeds.streams.prefetch import read_ahead, read_inline
from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES, recv_ns
from spymaster.market.kinds import NS_PER_S, UNDEF_TIMESTAMP, Kind

_CHUNK_BYTES: Final = 1536 * 1024
"""Small enough to stay in cache on its way to the consumer, large enough for a cheap hand-over between threads."""
_MIN_CHUNK_RECORDS: Final = 2048
_MAX_CHUNK_RECORDS: Final = 16384
_PEEK_RECORDS: Final = 64
_WEEK_NS: Final = 7 * 86_400 * NS_PER_S
_LONGEST_NS: Final = 400 * 86_400 * NS_PER_S
"""The longest span a header is believed to hold."""


class DbnFile:
    """One DBN file. Its records can be iterated any number of times; each pass opens the file anew.

    ``torn_at``, ``problems`` and ``rejected`` tell of the furthest pass so far: the record number at which a truncated
    or damaged file ends (every record before it was given), one line per trouble, and reason -> count of records left
    out. ``open_at``: opens the file's bytes from an offset on, where there is a better way than to skip what lies
    before it. ``is_zstd``: whether the file is compressed. ``notes``: what lay beside it in a vendor's folder.
    ``reads_ahead``: whether its chunks are decompressed in a thread of their own.
    """

    def __init__(self, path: Path, header: DbnHeader, is_zstd: bool = False) -> None:
        self.path = path
        self.header = header
        self.is_zstd = is_zstd
        self.open_at: Callable[[int], RecordBytes] | None = None
        self.torn_at: int | None = None
        self.rejected: Mapping[str, int] = {}
        self.notes = VendorNotes()
        self.reads_ahead = True
        self._damage = ""

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> DbnFile:
        """Read the header. Raises :class:`~spymaster.feeds.errors.SourceError` for a file that cannot be used."""
        with closing(ByteStream(path)) as stream:
            return cls(Path(path), read_header(stream), stream.is_zstd)

    @property
    def kind(self) -> Kind | None:
        """The kind of the records, or None where kinds are mixed."""
        return self.header.kind

    @property
    def schema(self) -> str | None:
        """The vendor's name of the records' schema, or None where kinds are mixed."""
        return self.header.schema

    @property
    def dataset(self) -> str:
        """The vendor's dataset code, such as ``GLBX.MDP3``."""
        return self.header.dataset

    @cached_property
    def spans(self) -> tuple[SymbolSpan, ...]:
        """Which symbol was which instrument id, by date and id: the header's word, else that of the folder."""
        return self.header.spans() or self.notes.spans

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the records so far read, a line each."""
        torn = f"{self.path}: torn at record {self.torn_at}: {self._damage}; the records before it were used"
        left_out = (f"{self.path}: {count} records left out: {reason}" for reason, count in self.rejected.items())
        return (*([torn] if self.torn_at is not None else []), *left_out)

    def symbols_by_id(self, on: dt.date | None = None) -> dict[int, str]:
        """Instrument id -> symbol, on a UTC date or, where none is given, at the latest date each id was in use."""
        return {s.instrument_id: s.symbol for s in self.spans if on is None or s.start_date <= on < s.end_date}

    def chunks(self, records_per_chunk: int | None = None) -> Generator[Batch, None, None]:
        """The records in the file's order, decompressed ahead in another thread where ``reads_ahead``.

        Each chunk holds at most ``records_per_chunk`` records in writable arrays (MBP10: C-contiguous ``int64[n, 46]``)
        over buffers that are used again: it is valid until the next is asked for. ``first_seq`` counts from 0.
        """
        chunks = self.chunks_from(None, records_per_chunk)
        try:
            yield from chunks
        finally:
            chunks.close()

    def chunks_from(self, start: Mark | None, records_per_chunk: int | None = None) -> Chunks:
        """The records from a mark on (None: the first), as :meth:`chunks` gives them; ``first_seq`` goes on."""
        return Chunks(lambda marks: self._read(start, records_per_chunk or self._default_chunk(), marks))

    def _read(self, start: Mark | None, limit: int, marks: dict[int, Mark]) -> Generator[Batch, None, None]:
        with closing(self._stream(start)) as stream:
            reader = RecordReader(stream, self.header, limit, start)
            reader.marks = marks
            try:
                yield from read_ahead(reader) if self.reads_ahead else read_inline(reader)
            finally:
                self._report(reader)

    def _stream(self, start: Mark | None) -> RecordBytes:
        """The bytes from a mark or from the first record on."""
        if start is not None and self.open_at is not None:
            return self.open_at(start.offset)
        stream = ByteStream(self.path)
        if start is not None:
            stream.skip(start.offset)
            return stream
        skip_header(stream)
        if self.open_at is None:
            return stream
        first = stream.position
        stream.close()
        return self.open_at(first)

    @cached_property
    def head(self) -> Batch:
        """The first few records, read without a thread; empty where the file holds none."""
        with closing(ByteStream(self.path)) as stream:
            skip_header(stream)
            reader = RecordReader(stream, self.header, _PEEK_RECORDS)
            batch = reader.read(reader.slot())
            self._report(reader)
            return batch or Batch({}, np.zeros(0, dtype=np.uint8))

    @cached_property
    def first_ns(self) -> int:
        """When the first record reached the vendor, ns; 0 where the file begins without a time, or holds no records."""
        if len(self.head) == 0:
            return 0
        kind = Kind(self.head.order[0])
        first = int(recv_ns(kind, self.head.arrays[kind])[0])
        return 0 if first == UNDEF_TIMESTAMP else first

    @cached_property
    def survey(self) -> Survey:
        """What the records themselves say; reads all of them, once."""
        return take_survey(self.chunks())

    @cached_property
    def end_ns(self) -> int:
        """A time no record arrives after, ns: the header's end where it can be true, else what the records say.

        An end beyond the days that the header maps is no end; a capture that was never closed has none.
        """
        end_ns = self.header.end_ns
        days = [span.end_date for span in self.header.spans()]
        mapped_ns = _midnight_ns(max(days)) if days else None
        limit_ns = _LONGEST_NS
        if mapped_ns is not None and (end_ns is None or end_ns > mapped_ns):
            end_ns, limit_ns = mapped_ns, _WEEK_NS
        first_ns = self.first_ns or self.header.start_ns
        if end_ns is not None and first_ns < end_ns <= first_ns + limit_ns:
            return end_ns
        return self.survey.last_ns + 1 if self.survey.last_ns else first_ns

    def _default_chunk(self) -> int:
        size = DTYPES[self.kind].itemsize if self.kind is not None else DTYPES[Kind.MBP10].itemsize
        return max(_MIN_CHUNK_RECORDS, min(_MAX_CHUNK_RECORDS, _CHUNK_BYTES // size))

    def _report(self, reader: RecordReader) -> None:
        """Keep what this pass learnt about the file."""
        if reader.damage is not None:
            self.torn_at, self._damage = reader.whole, reader.damage
        if reader.rejected.total() >= sum(self.rejected.values()):
            self.rejected = dict(reader.rejected)


def _midnight_ns(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()) * NS_PER_S


class Chunks:
    """The batches of a file on their way, each valid until the next, and where the present one began."""

    def __init__(self, read: Callable[[dict[int, Mark]], Generator[Batch, None, None]]) -> None:
        self._marks: dict[int, Mark] = {}
        self._batches = read(self._marks)
        self.mark = Mark(0)

    def __iter__(self) -> Chunks:
        return self

    def __next__(self) -> Batch:
        batch = next(self._batches)
        self.mark = self._marks.pop(batch.first_seq)
        return batch

    def close(self) -> None:
        """Stop reading. Safe to call twice."""
        self._batches.close()
