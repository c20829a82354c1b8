"""The heatmap of a Session elsewhere, column by column as it comes."""

from __future__ import annotations

import threading
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.bus.wire.exchange import HEAT_FIELDS, HEAT_SECONDS
from spymaster.signals.frame import HEAT_TICKS, HeatColumns

_OF_COLUMNS: Final = tuple(name for name in HEAT_FIELDS if name not in ("trades", "marks"))


class HeatMirror:
    """The newest ``HEAT_SECONDS`` columns without a hole between them. May be read from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, NDArray[Any]] = {
            name: np.zeros((HEAT_SECONDS, HEAT_TICKS) if name == "depth" else HEAT_SECONDS, HEAT_FIELDS[name])
            for name in _OF_COLUMNS
        }
        self._rows = {name: np.zeros(0, HEAT_FIELDS[name]) for name in ("trades", "marks")}
        self._first = self._end = 0
        self._revision = 0

    @property
    def newest(self) -> int:
        """Number of the newest column, -1 for none."""
        return self._end - 1 if self._end > self._first else -1

    def put(self, columns: HeatColumns) -> None:
        """Take columns over; those that are there from their first number on are replaced. Columns that do not follow
        those that are there take the place of all."""
        with self._lock:
            if not self._first <= columns.first <= self._end:
                self._first = self._end = columns.first
            kept = {name: rows[rows["column"] < columns.first] for name, rows in self._rows.items()}
            self._end = columns.first + len(columns)
            self._first = max(self._first, self._end - HEAT_SECONDS)
            numbers = np.arange(max(columns.first, self._first), self._end)
            for name in _OF_COLUMNS:
                self._held[name][numbers % HEAT_SECONDS] = getattr(columns, name)[numbers - columns.first]
            for name in self._rows:
                rows = np.concatenate([kept[name], getattr(columns, name)])
                self._rows[name] = rows[rows["column"] >= self._first]
            self._revision = columns.revision

    def columns(self, seconds: int) -> HeatColumns:
        """Copies of up to ``seconds`` newest columns."""
        with self._lock:
            first = max(self._first, self._end - max(seconds, 0))
            slots = np.arange(first, self._end) % HEAT_SECONDS
            fields = {name: _frozen(self._held[name][slots]) for name in _OF_COLUMNS}
            fields |= {name: _frozen(rows[rows["column"] >= first]) for name, rows in self._rows.items()}
            return HeatColumns(revision=self._revision, first=first, **fields)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
