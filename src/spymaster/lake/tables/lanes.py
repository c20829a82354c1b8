"""Rows on their way into one Parquet file: gathered column by column, written a row group at a time."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spymaster.lake.tables.arrow_records import column_array
from spymaster.lake.tables.part import Part
from spymaster.lake.tables.schema import BACKFILL, SEQ, bronze_schema, control_schema, raw_dtype
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RecordingFile

GROUP_ROWS: Final = 100_000
"""Rows of a full row group."""
_GROUP_BYTES: Final = 48 * 1024 * 1024
"""A row group of wide records is closed earlier, so that memory stays flat."""

ControlRow = tuple[int, int, int, int, str, int | None, str | None]
"""seq, segment, offset, clock_ns, type, at_ns, payload."""


class RecordLane:
    """Records of one kind for one file, copied out of the vendor's layout while they are still in the cache."""

    def __init__(self, part: Part, kind: Kind, group_rows: int = GROUP_ROWS) -> None:
        self._part = part
        self._schema = bronze_schema(kind)
        dtype = raw_dtype(kind)
        self._size = max(1, min(group_rows, _GROUP_BYTES // dtype.itemsize))
        self._seqs = np.empty(self._size, np.uint64)
        self._backfill = np.empty(self._size, np.bool_)
        self._columns = {name: np.empty(self._size, dtype[name]) for name in dtype.names or ()}
        self._held = 0
        self._first: int | None = None
        self._last = 0

    def append(self, rows: NDArray[Any], seqs: NDArray[np.uint64], *, backfill: bool) -> None:
        """Take rows of ``raw_dtype`` and their numbers; they are copied. Raises OSError."""
        if self._first is None:
            self._first = int(seqs[0])
        self._last = int(seqs[-1])
        at = 0
        while at < len(rows):
            count = min(len(rows) - at, self._size - self._held)
            into = slice(self._held, self._held + count)
            some = rows[at : at + count]
            self._seqs[into] = seqs[at : at + count]
            self._backfill[into] = backfill
            for name, column in self._columns.items():
                column[into] = some[name]
            self._held += count
            at += count
            if self._held == self._size:
                self._flush()

    def finish(self) -> RecordingFile:
        """Write what is left and make the file visible. Raises OSError."""
        self._flush()
        return self._part.commit(first_seq=self._first, last_seq=self._last)

    def discard(self) -> None:
        """Give up."""
        self._part.discard()

    def _flush(self) -> None:
        if not self._held:
            return
        columns = {SEQ: self._seqs, BACKFILL: self._backfill, **self._columns}
        arrays = [column_array(columns[name][: self._held]) for name in self._schema.arrow.names]
        self._part.write(pa.Table.from_arrays(arrays, schema=self._schema.arrow))
        self._held = 0


class ControlLane:
    """The frames between records for one file."""

    def __init__(self, part: Part, group_rows: int = GROUP_ROWS) -> None:
        self._part = part
        self._schema = control_schema()
        self._size = group_rows
        self._rows: list[ControlRow] = []
        self._first: int | None = None
        self._last = 0

    def append(self, row: ControlRow) -> None:
        """Take a row. Raises OSError."""
        if self._first is None:
            self._first = row[0]
        self._last = row[0]
        self._rows.append(row)
        if len(self._rows) >= self._size:
            self._flush()

    def finish(self) -> RecordingFile:
        """Write what is left and make the file visible. Raises OSError."""
        self._flush()
        return self._part.commit(first_seq=self._first, last_seq=self._last)

    def discard(self) -> None:
        """Give up."""
        self._part.discard()

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(column, kind) for column, kind in zip(columns, self._schema.arrow.types, strict=True)]
        self._part.write(pa.Table.from_arrays(arrays, schema=self._schema.arrow))
        self._rows.clear()
