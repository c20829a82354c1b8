"""Minute bars from Parquet files, read a stretch at a time."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.bars.bars import MINUTE_NS, Stamped, prices_e9, whole_volume
from spymaster.feeds.bars.headings import (
    NO_TIME,
    WANTED,
    Columns,
    epochs_ns,
    find_columns,
    new_york_to_utc,
    parse_time,
    written_ns,
)
from spymaster.feeds.bars.ids import NO_ID
from spymaster.feeds.bars.table import BarColumns
from spymaster.feeds.errors import SourceError

PARQUET_MAGIC: Final = b"PAR1"
_ROWS: Final = 65536
_Read = tuple[NDArray[np.int64], NDArray[np.int64] | None]
"""Times in ns UTC, ``NO_TIME`` where there is none, and what they would be if times without a zone were UTC."""
_AGAIN: Final = "write or fetch the file again"


def read_parquet_bars(path: Path, stamped: Stamped) -> Generator[BarColumns, None, None]:
    """The bars of a Parquet file whose columns are named as in a CSV's header.

    ``stamped``: which end of its minute a time is. A time without a zone is New York's. Raises SourceError.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            columns = find_columns(names)
            if isinstance(columns, str):
                raise SourceError(path, columns, WANTED)
            wanted = [names[column_index] for column_index in _column_indices(columns)]
            for batch in file.iter_batches(batch_size=_ROWS, columns=wanted):
                yield _bars(path, columns, names, batch, stamped)
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0][:120]
        raise SourceError(path, f"cannot be read as Parquet ({reason})", _AGAIN) from None


def _column_indices(columns: Columns) -> list[int]:
    some = (columns.time, columns.clock, *columns.prices, columns.volume, columns.contract, columns.instrument)
    return sorted({column_index for column_index in some if column_index is not None})


def _bars(path: Path, columns: Columns, names: list[str], batch: Any, stamped: Stamped) -> BarColumns:
    import pyarrow

    def column(at: int) -> Any:
        return batch.column(batch.schema.get_field_index(names[at]))

    def numbers(at: int) -> NDArray[np.float64]:
        values: NDArray[np.float64] = column(at).cast(pyarrow.float64()).to_numpy(zero_copy_only=False)
        return values

    def text_column(at: int) -> NDArray[np.object_]:
        values: NDArray[np.object_] = column(at).cast(pyarrow.string()).to_numpy(zero_copy_only=False)
        return values

    def ids(at: int) -> NDArray[np.int64]:
        values: NDArray[np.int64] = column(at).cast(pyarrow.int64()).fill_null(NO_ID).to_numpy(zero_copy_only=False)
        return values

    try:
        if columns.clock is None:
            start_ns, as_utc = _times(column(columns.time))
        else:
            days, clocks = text_column(columns.time), text_column(columns.clock)
            start_ns, as_utc = _written([f"{day}T{clock}" for day, clock in zip(days, clocks, strict=True)])
    except ValueError as error:
        raise SourceError(path, str(error), "write times as time stamps with a zone") from None
    shift = MINUTE_NS if stamped is Stamped.END else 0
    return BarColumns(
        start_ns=_earlier(start_ns, shift),
        prices_e9=prices_e9(np.stack([numbers(column_index) for column_index in columns.prices], axis=1)),
        volume=whole_volume(numbers(columns.volume)),
        contract=None if columns.contract is None else text_column(columns.contract),
        instrument_id=None if columns.instrument is None else ids(columns.instrument),
        as_utc_ns=None if as_utc is None else _earlier(as_utc, shift),
    )


def _earlier(times: NDArray[np.int64], shift: int) -> NDArray[np.int64]:
    return np.where(times == NO_TIME, NO_TIME, times - shift)


def _times(column: Any) -> _Read:
    """A column of times, as :func:`written_ns` gives them. Raises ValueError where these are no times."""
    import pyarrow

    kind = column.type
    if pyarrow.types.is_timestamp(kind):
        column = column.cast(pyarrow.timestamp("ns", kind.tz)).cast(pyarrow.int64())
        ns = _filled(column)
        return (ns, None) if kind.tz is not None else (new_york_to_utc(ns), ns)
    if pyarrow.types.is_integer(kind):
        return epochs_ns(_filled(column.cast(pyarrow.int64()))), None
    if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind):
        return _written(column.to_pylist())
    raise ValueError(f"its times are of type {kind}")


def _filled(column: Any) -> NDArray[np.int64]:
    values: NDArray[np.int64] = column.fill_null(NO_TIME).to_numpy(zero_copy_only=False)
    return values


def _written(texts: list[str | None]) -> _Read:
    return written_ns([parse_time(text or "") for text in texts])
