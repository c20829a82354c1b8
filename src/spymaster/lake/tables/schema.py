"""What the lake's tables look like: Arrow schemas, and how each column is stored.

The encodings were chosen by measurement on real and simulated ES depth: numbers that grow steadily as differences,
sizes and counts split into byte streams, prices and codes by a dictionary. Every column alone is then smaller than
under any one encoding for all, and together a quarter smaller than the vendor's compressed rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from spymaster.market.dtypes import DTYPES
from spymaster.market.kinds import Kind

BRONZE_VERSION: Final = 1
"""Version of Bronze: raised when a column is added, dropped or changes its meaning."""

TIMES: Final = ("ts_event", "ts_recv")
SEQ: Final = "seq"
BACKFILL: Final = "backfill"

SCHEMA_KEY: Final = b"spymaster.schema"
RUN_KEY: Final = b"spymaster.run"
CONTENT_KEY: Final = b"spymaster.rows_sha256"

_DELTA: Final = "DELTA_BINARY_PACKED"
_SPLIT: Final = "BYTE_STREAM_SPLIT"
_GROWING: Final = frozenset({SEQ, "ts_event", "ts_recv", "sequence", "ts_event_ns", "as_of_ns", "clock_ns", "offset"})


@dataclass(frozen=True, slots=True, eq=False)
class TableSchema:
    """One kind of Parquet file. ``encodings``: column -> Parquet encoding, all others have a dictionary.

    ``statistics``: columns whose smallest and largest value per row group are kept.
    """

    kind: str
    version: int
    arrow: Any
    encodings: Mapping[str, str]
    statistics: tuple[str, ...]

    @property
    def dictionaries(self) -> list[str]:
        """Columns stored by a dictionary."""
        return [name for name in self.arrow.names if name not in self.encodings]

    @property
    def written(self) -> Any:
        """The schema of the tables that are written; the same to a reader."""
        return self.arrow

    @property
    def label(self) -> str:
        """What a file of it says it is: ``bronze/MBP10/1``."""
        return f"bronze/{self.kind}/{self.version}"


@cache
def raw_dtype(kind: Kind) -> np.dtype[Any]:
    """A kind's layout with single characters as integers, texts as plain bytes that are not cut at a zero, and a field
    of several numbers as a field for each (``conditions_0``)."""
    fields: list[tuple[str, np.dtype[Any]]] = []
    for name, (column, *_) in (DTYPES[kind].fields or {}).items():
        if column.subdtype is None:
            fields.append((name, _raw(column)))
        else:
            of, (count,) = column.subdtype
            fields += [(f"{name}_{index}", of) for index in range(count)]
    return np.dtype(fields)


@cache
def bronze_schema(kind: Kind) -> TableSchema:
    """Bronze of a record kind: ``seq``, whether it was fetched later to fill a hole, then every field of the record."""
    dtype = raw_dtype(kind)
    fields: list[Any] = [pa.field(SEQ, pa.uint64(), nullable=False), pa.field(BACKFILL, pa.bool_(), nullable=False)]
    encodings = {SEQ: _DELTA, BACKFILL: "RLE"}
    for name, (column, *_) in (dtype.fields or {}).items():
        fields.append(pa.field(name, arrow_type(column), nullable=False))
        if name in _GROWING:
            encodings[name] = _DELTA
        elif ((column.kind, column.itemsize) == ("u", 4) and name != "instrument_id") or name == "ts_in_delta":
            encodings[name] = _SPLIT
    return TableSchema(
        kind.name,
        BRONZE_VERSION,
        pa.schema(fields),
        encodings,
        tuple(name for name in (SEQ, *TIMES) if name in encodings),
    )


CONTROL: Final = "CONTROL"


@cache
def control_schema() -> TableSchema:
    """Bronze of the frames between records. ``seq``: number of the record that comes next; ``segment`` and ``offset``:
    where the frame stood in the journal; ``at_ns``: a watermark's time; ``payload``: any other frame as JSON."""
    columns = {
        SEQ: pa.uint64(),
        "segment": pa.uint32(),
        "offset": pa.uint64(),
        "clock_ns": pa.int64(),
        "type": pa.string(),
        "at_ns": pa.int64(),
        "payload": pa.string(),
    }
    schema = pa.schema([pa.field(name, kind, nullable=name in ("at_ns", "payload")) for name, kind in columns.items()])
    encodings = dict.fromkeys((SEQ, "offset", "clock_ns", "at_ns"), _DELTA)
    return TableSchema(CONTROL, BRONZE_VERSION, schema, encodings, (SEQ, "clock_ns"))


def arrow_type(column: np.dtype[Any]) -> Any:
    """The Arrow type of a raw column."""
    return pa.binary(column.itemsize) if column.kind == "V" else pa.from_numpy_dtype(column)


def _raw(column: np.dtype[Any]) -> np.dtype[Any]:
    if column.kind != "S":
        return column
    return np.dtype("u1") if column.itemsize == 1 else np.dtype(f"V{column.itemsize}")
