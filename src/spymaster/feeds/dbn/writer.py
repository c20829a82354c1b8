"""Writing DBN version 3 files that every reader of the format can open.

A file appears under its name only when it is whole: it is written beside it, made durable, then renamed. Compressed
files consist of many zstd frames, so that damage costs one frame and a reader can start at any. The header is a frame
of its own whose length does not depend on its content: the true first and last time are put into it at the end.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import zstandard
from databento_dbn import Metadata, Schema, SType
from databento_dbn.metadata import MappingInterval

from spymaster.atomic_output import AtomicOutput
from spymaster.feeds.streams.zstd_frames import ZSTD_MAGIC
from spymaster.market.batches import Records
from spymaster.market.dtypes import DTYPES, SCHEMA_KINDS, recv_ns
from spymaster.market.kinds import MBP10_WORDS, NS_PER_S, UNDEF_TIMESTAMP, Kind

_LEVEL: Final = 3
_FRAME_BYTES: Final = 16 * 1024 * 1024
"""Uncompressed bytes after which a new zstd frame begins."""
_RAW_BLOCK_BYTES: Final = 128 * 1024
_ONE_DAY: Final = dt.timedelta(days=1)


class DbnWriter:
    """Writes one DBN file. Use as a context manager: an error inside leaves no file behind.

    ``schema``: the vendor's name, or None for a stream of mixed kinds. ``symbol_map``: instrument id -> symbol.
    ``start_ns``, ``end_ns``: the span the file stands for, end exclusive; without them, that of its records.
    ``compress``: zstd; by default as the ending of ``path`` says. Raises ``OSError`` where the disk refuses.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        schema: str | None,
        dataset: str,
        symbol_map: Mapping[int, str],
        start_ns: int | None = None,
        end_ns: int | None = None,
        compress: bool | None = None,
    ) -> None:
        self.path = Path(path)
        self.count = 0
        self._kind = None if schema is None else SCHEMA_KINDS[schema]
        self._description = _Description(schema, dataset, tuple(symbol_map.items()))
        self._start_ns, self._end_ns = start_ns, end_ns
        self._first_ns: int | None = None
        self._last_ns = 0
        self._compress = self.path.name.endswith(".zst") if compress is None else compress
        self._output = AtomicOutput(self.path)
        self._file = self._output.file
        self._is_complete = False
        self._file.write(self._header())
        compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self._frames = compressor.stream_writer(self._file, closefd=False)
        self._frame_bytes = 0

    def write(self, records: Records) -> None:
        """Append records of one kind, as their structured dtype or MBP10 as ``int64[n, 46]``; they are copied out."""
        kind = _kind_of(records)
        if self._kind is not None and kind is not self._kind:
            raise ValueError(f"{kind.name} records do not belong into a file of {self._kind.name} records")
        if len(records) == 0:
            return
        times = recv_ns(kind, records)
        times = times[times != UNDEF_TIMESTAMP]
        if len(times):
            first, last = int(times.min()), int(times.max())
            self._first_ns = first if self._first_ns is None else min(first, self._first_ns)
            self._last_ns = max(last, self._last_ns)
        self.count += len(records)
        self._write_body(np.ascontiguousarray(records).view(np.uint8).reshape(-1).data)

    def complete(self) -> None:
        """Bring the whole file to the disk, without its name yet: several files can then appear together."""
        if self._is_complete or not self._output.is_open:
            return
        self._end_frame()
        self._file.seek(0)
        self._file.write(self._header())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._is_complete = True

    def close(self) -> None:
        """Complete the file and give it its name. Safe to call twice."""
        if self._output.is_open:
            self.complete()
            self._output.commit()

    def abandon(self) -> None:
        """Give up: remove what was written. Does nothing after :meth:`close`."""
        self._output.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()

    def _header(self) -> bytes:
        start = self._start_ns if self._start_ns is not None else self._first_ns or 0
        end = self._end_ns if self._end_ns is not None else self._last_ns + 1
        encoded = self._description.encode(start, end)
        return _stored_frame(encoded) if self._compress else encoded

    def _write_body(self, data: memoryview) -> None:
        if not self._compress:
            self._file.write(data)
            return
        for at in range(0, len(data), _FRAME_BYTES):
            piece = data[at : at + _FRAME_BYTES]
            self._frames.write(piece)
            self._frame_bytes += len(piece)
            if self._frame_bytes >= _FRAME_BYTES:
                self._end_frame()

    def _end_frame(self) -> None:
        if self._frame_bytes:
            self._frames.flush(zstandard.FLUSH_FRAME)
            self._frame_bytes = 0


def write_dbn(
    path: str | os.PathLike[str],
    records: Records,
    *,
    schema: str,
    dataset: str,
    symbol_map: Mapping[int, str],
    compress: bool | None = None,
) -> None:
    """Write all records of one kind as one DBN file. See :class:`DbnWriter`."""
    with DbnWriter(path, schema=schema, dataset=dataset, symbol_map=symbol_map, compress=compress) as writer:
        writer.write(records)


@dataclass(slots=True)
class _Interval:
    start_date: dt.date
    end_date: dt.date
    symbol: str


@dataclass(slots=True)
class _Mapping:
    raw_symbol: str
    intervals: Sequence[MappingInterval]


@dataclass(frozen=True, slots=True)
class _Description:
    """Everything the header says that is known before the first record."""

    schema: str | None
    dataset: str
    symbols: tuple[tuple[int, str], ...]

    def encode(self, start_ns: int, end_ns: int) -> bytes:
        """The DBN header. Its length depends on the symbols alone."""
        first, last = (dt.datetime.fromtimestamp(ns // NS_PER_S, tz=dt.UTC).date() for ns in (start_ns, end_ns))
        intervals: dict[str, list[MappingInterval]] = {}
        for number, symbol in self.symbols:
            intervals.setdefault(symbol, []).append(_Interval(first, last + _ONE_DAY, str(number)))
        return Metadata(
            dataset=self.dataset,
            start=start_ns,
            end=end_ns,
            stype_in=SType.from_str("raw_symbol"),
            stype_out=SType.from_str("instrument_id"),
            schema=None if self.schema is None else Schema.from_str(self.schema),
            symbols=list(intervals),
            mappings=[_Mapping(symbol, spans) for symbol, spans in intervals.items()],
        ).encode()


def _kind_of(records: Records) -> Kind:
    if records.dtype == np.int64 and records.ndim == 2 and records.shape[1] == MBP10_WORDS:
        return Kind.MBP10
    for kind, dtype in DTYPES.items():
        if records.dtype == dtype:
            return kind
    raise ValueError(f"records of dtype {records.dtype} are no DBN records")


def _stored_frame(data: bytes) -> bytes:
    """A zstd frame that holds the data uncompressed: its length depends only on theirs (RFC 8878)."""
    single_segment_with_8_byte_size = 0xE0
    frame = bytearray(ZSTD_MAGIC)
    frame.append(single_segment_with_8_byte_size)
    frame += len(data).to_bytes(8, "little")
    for at in range(0, len(data), _RAW_BLOCK_BYTES):
        block = data[at : at + _RAW_BLOCK_BYTES]
        is_last = at + _RAW_BLOCK_BYTES >= len(data)
        frame += (len(block) << 3 | is_last).to_bytes(3, "little")
        frame += block
    return bytes(frame)
