"""Between records in their vendor's layout and Arrow columns, bit for bit in both directions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spymaster.lake.tables.schema import raw_dtype
from spymaster.market.batches import Records
from spymaster.market.dtypes import DTYPES
from spymaster.market.kinds import MBP10_WORDS, Kind


def raw_rows(kind: Kind, records: Records) -> NDArray[Any]:
    """The records as rows of :func:`raw_dtype`: a view where they are contiguous."""
    rows = np.ascontiguousarray(records)
    if rows.dtype.names is None:
        rows = rows.reshape(-1)
    return rows.view(raw_dtype(kind))


def column_array(column: NDArray[Any]) -> Any:
    """A raw column as an Arrow array over the same memory."""
    if column.dtype.kind == "V":
        binary = pa.binary(column.dtype.itemsize)
        return pa.FixedSizeBinaryArray.from_buffers(binary, len(column), [None, pa.py_buffer(column)])
    return pa.array(column)


def records_of(kind: Kind, batch: Any) -> Records:
    """The records of an Arrow batch or table that has every field of the kind by name; other columns are passed over.

    MBP10 comes as ``int64[n, 46]``, every other kind as its dtype; the memory is new and writable.
    """
    rows = np.empty(batch.num_rows, raw_dtype(kind))
    for name in rows.dtype.names or ():
        rows[name] = numpy_column(batch.column(name), rows.dtype[name])
    if kind is Kind.MBP10:
        return rows.view(np.int64).reshape(-1, MBP10_WORDS)
    return rows.view(DTYPES[kind])


def numpy_column(column: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """An Arrow column without nulls as numpy."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    if dtype.kind == "V":
        size = dtype.itemsize
        data = column.buffers()[1]
        return np.frombuffer(data, dtype, len(column), column.offset * size)
    values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return values
