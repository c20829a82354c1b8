"""Gold's tables: published rows by name, as they are in exports."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spymaster.lake.export.table import arrow_table
from spymaster.lake.tables.schema import TableSchema
from spymaster.market.rows import ALERT_ROW, LEVEL_FIELDS
from spymaster.signals.columns import Column, Columns, Words, alert_columns, level_columns

GOLD_VERSION: Final = 6
"""Version of Gold: raised when a column is added, or when rows come to lie otherwise. 6: by kind, see ``cluster``."""

SIGNALS: Final = "SIGNALS"
ALERTS: Final = "ALERTS"

_UNITS: Final = {field.name: field.unit for field in LEVEL_FIELDS}
_COUNTED: Final = frozenset({"contracts", "ratio", "usual queues", "count", "profile unit", "min", "+1/0/-1"})
_SNAPS_OWN: Final = frozenset({"as_of_age_ns", "input_fingerprint_high", "input_fingerprint_low"})
"""Whole numbers that are others at every snap: what a dictionary would hold of them is larger than they are."""


class GoldSchema(TableSchema):
    """One table of Gold. Words are written by their codes."""

    @property
    def written(self) -> Any:
        """Texts as dictionaries."""
        words = pa.dictionary(pa.int32(), pa.string())
        return pa.schema([field.with_type(words) if _is_text(field.type) else field for field in self.arrow])

    def table(self, columns: Columns) -> Any:
        """Columns as a table to be written. NaN becomes null."""
        schema = self.written
        pairs = zip(columns.values(), schema.types, strict=True)
        return pa.Table.from_arrays([_array(column, kind) for column, kind in pairs], schema=schema)

    @property
    def label(self) -> str:
        """What a file of it says it is: ``gold/SIGNALS/2``."""
        return f"gold/{self.kind}/{self.version}"


@cache
def signals_schema() -> GoldSchema:
    """One row per level and snap: time, session date, level, then every field of a level row by name."""
    nothing = np.zeros(0, np.int64)
    return _schema(SIGNALS, level_columns(np.zeros((0, len(LEVEL_FIELDS))), nothing, nothing))


@cache
def alerts_schema() -> GoldSchema:
    """One row for each time an alert was raised, updated or resolved."""
    return _schema(ALERTS, alert_columns(np.zeros(0, ALERT_ROW)))


def _schema(kind: str, columns: Columns) -> GoldSchema:
    """Whole numbers and words by a dictionary, times as differences, contracts and prices as byte streams, other floats
    as they are: as measured on published levels that lie by kind and level."""
    arrow = arrow_table(columns).schema
    encodings = {}
    for name, of in zip(arrow.names, arrow.types, strict=True):
        if pa.types.is_floating(of):
            encodings[name] = "BYTE_STREAM_SPLIT" if _UNITS.get(name) in _COUNTED else "PLAIN"
        elif name in _SNAPS_OWN:
            encodings[name] = "PLAIN"
        elif pa.types.is_boolean(of):
            encodings[name] = "RLE"
    encodings["ts_event_ns"] = "DELTA_BINARY_PACKED"
    return GoldSchema(kind, GOLD_VERSION, arrow, encodings, ("ts_event_ns", "kind"))


def _array(column: Column, kind: Any) -> Any:
    if isinstance(column, Words):
        codes = pa.array(column.codes, mask=column.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.words, pa.string()))
    if column.dtype == np.float64 and column.flags.c_contiguous:
        return _floats(column)
    return pa.array(column, type=kind, from_pandas=True)


def _floats(column: NDArray[np.float64]) -> Any:
    """Numbers as they lie in memory, NaN as null. pyarrow asks them one by one, which takes several times longer."""
    absent = np.isnan(column)
    nulls = int(np.count_nonzero(absent))
    valid = pa.py_buffer(np.packbits(~absent, bitorder="little")) if nulls else None
    return pa.Array.from_buffers(pa.float64(), len(column), [valid, pa.py_buffer(column)], nulls)


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind))
