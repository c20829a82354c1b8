"""Gold's tables: published rows by name, as they are in exports."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from spymaster.lake.export_table import arrow_table
from spymaster.lake.table_schema import TableSchema
from spymaster.market.rows import ALERT_ROW, LEVEL_FIELDS, SCHEMA_VERSION
from spymaster.signals.columns import Columns, alert_columns, level_columns

SIGNALS: Final = "SIGNALS"
ALERTS: Final = "ALERTS"


class GoldSchema(TableSchema):
    """One table of Gold."""

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
    """Whole numbers and words by a dictionary, times as differences, floats as they are."""
    arrow = arrow_table(columns).schema
    encodings = {name: "PLAIN" for name, of in zip(arrow.names, arrow.types, strict=True) if _is_float(of)}
    encodings |= {name: "RLE" for name, of in zip(arrow.names, arrow.types, strict=True) if pa.types.is_boolean(of)}
    encodings["ts_event_ns"] = "DELTA_BINARY_PACKED"
    return GoldSchema(kind, SCHEMA_VERSION, arrow, encodings, ("ts_event_ns",))


def _is_float(kind: Any) -> bool:
    return bool(pa.types.is_floating(kind))
