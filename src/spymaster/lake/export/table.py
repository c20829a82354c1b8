"""Columns to Arrow tables, all of one schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spymaster.signals.columns import Words

Column = NDArray[Any] | Words | list[Any]
"""A column of an export: an array, text by its codes, or a list of values with None where absent."""


def arrow_table(columns: Mapping[str, Column], schema: Any = None) -> Any:
    """The columns as a ``pyarrow.Table``; NaN becomes null, text becomes string.

    ``schema``: of the tables before this one, which it must have too. Raises ValueError where it has not, where columns
    differ in length, or where a number is infinite.
    """
    if schema is not None and schema.names != list(columns):
        raise ValueError(f"columns {list(columns)} where there were {schema.names}")
    types = [None] * len(columns) if schema is None else schema.types
    arrays = [_arrow(name, column, kind) for (name, column), kind in zip(columns.items(), types, strict=True)]
    return pa.Table.from_arrays(arrays, names=list(columns)) if schema is None else pa.table(arrays, schema=schema)


def _arrow(name: str, column: Column, kind: Any) -> Any:
    if isinstance(column, Words):
        codes = pa.array(column.codes, mask=column.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.words, pa.string())).cast(pa.string())
    if isinstance(column, np.ndarray) and column.dtype.kind == "f" and np.isinf(column).any():
        raise ValueError(f"column {name} holds an infinity")
    return pa.array(column, type=kind, from_pandas=True)
