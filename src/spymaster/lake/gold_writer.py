"""Gold: what was published, flat and by name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.lake.export_table import arrow_table
from spymaster.lake.gold_choice import GoldChoice
from spymaster.lake.gold_schema import GoldSchema, alerts_schema, signals_schema
from spymaster.lake.part import Part, PartMaker
from spymaster.lake.places import ALERTS_TABLE, SIGNALS_TABLE, Place, folder_of
from spymaster.market.manifest import RecordingFile
from spymaster.market.rows import ALERT_ROW, LEVEL_FIELDS
from spymaster.signals.columns import Columns, alert_columns, level_columns

GROUP_ROWS: Final = 32_768
"""Rows of a full row group: these rows are wide."""

_HEAD: Final = np.dtype([("t_ns", "<i8"), ("session_date", "<i8")])


class GoldLane:
    """Rows for one file, gathered as numbers and made to columns a row group at a time."""

    def __init__(
        self, part: Part, schema: GoldSchema, columns: Callable[[NDArray[Any]], Columns], dtype: np.dtype[Any]
    ):
        self._part = part
        self._schema = schema
        self._columns = columns
        self._rows = np.empty(GROUP_ROWS, dtype)
        self._held = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Take rows; they are copied. Raises OSError."""
        at = 0
        while at < len(rows):
            count = min(len(rows) - at, GROUP_ROWS - self._held)
            self._rows[self._held : self._held + count] = rows[at : at + count]
            self._held += count
            at += count
            if self._held == GROUP_ROWS:
                self.flush()

    def finish(self) -> RecordingFile:
        """Write what is left and make the file visible. Raises OSError."""
        self.flush()
        return self._part.commit()

    def discard(self) -> None:
        """Give up."""
        self._part.discard()

    def flush(self) -> None:
        """Write what is held as a row group. Raises OSError."""
        if self._held:
            self._part.write(arrow_table(self._columns(self._rows[: self._held]), self._schema.arrow))
            self._held = 0


class GoldWriter:
    """Writes the Gold of one run, an hour at a time. ``underlying``: what the levels are of.

    Files are named after the time of their first row. Raises OSError where the disk or the network refuses.
    """

    def __init__(
        self, parts: PartMaker, underlying: str, monitor_band: float = 0.0, user_ids: Sequence[str] = ()
    ) -> None:
        self._parts = parts
        self._partition = f"underlying={underlying}"
        self._user_ids = tuple(user_ids)
        self._choice = GoldChoice(monitor_band)
        self._row = np.dtype([("head", _HEAD), ("numbers", "<f8", (len(LEVEL_FIELDS),))])
        self._signals: GoldLane | None = None
        self._alerts: GoldLane | None = None

    def configure(self, monitor_band: float, user_ids: Sequence[str]) -> None:
        """Go on under another configuration."""
        for lane in (self._signals, self._alerts):
            if lane is not None:
                lane.flush()
        self._user_ids = tuple(user_ids)
        self._choice = GoldChoice(monitor_band)

    def signals(self, snaps: NDArray[Any], levels: NDArray[Any], hour: int) -> None:
        """Take consecutive snaps (SNAP) and their levels (LEVEL_ROW), ``snaps[k].levels`` of each."""
        numbers = levels.view(np.float64).reshape(-1, len(LEVEL_FIELDS))
        counts = snaps["levels"]
        t_ns = np.repeat(snaps["t_ns"], counts)
        kept = self._choice.keep(numbers, t_ns)
        rows = np.empty(int(np.count_nonzero(kept)), self._row)
        if not len(rows):
            return
        rows["head"]["t_ns"] = t_ns[kept]
        rows["head"]["session_date"] = np.repeat(snaps["session_date"], counts)[kept]
        rows["numbers"] = numbers[kept]
        if self._signals is None:
            part = self._begin(SIGNALS_TABLE, hour, int(rows["head"]["t_ns"][0]), signals_schema())
            self._signals = GoldLane(part, signals_schema(), self._level_columns, self._row)
        self._signals.append(rows)

    def alerts(self, alerts: NDArray[Any], hour: int) -> None:
        """Take alerts (ALERT_ROW) raised, updated and resolved."""
        if not len(alerts):
            return
        if self._alerts is None:
            part = self._begin(ALERTS_TABLE, hour, int(alerts["t_ns"][0]), alerts_schema())
            self._alerts = GoldLane(part, alerts_schema(), self._alert_columns, ALERT_ROW)
        self._alerts.append(alerts)

    def close_hour(self) -> list[RecordingFile]:
        """Make the files of the hour durable and visible."""
        files = [lane.finish() for lane in (self._signals, self._alerts) if lane is not None]
        self._signals = self._alerts = None
        self._choice.forget()
        return files

    def discard(self) -> None:
        """Give the open hour up: nothing of it is left."""
        for lane in (self._signals, self._alerts):
            if lane is not None:
                with contextlib.suppress(OSError):
                    lane.discard()
        self._signals = self._alerts = None

    def _begin(self, table: str, hour: int, first_ns: int, schema: GoldSchema) -> Part:
        return self._parts.begin(folder_of("gold", Place(table, self._partition), hour), first_ns, schema)

    def _level_columns(self, rows: NDArray[Any]) -> Columns:
        head = rows["head"]
        return level_columns(rows["numbers"], head["t_ns"], head["session_date"], self._user_ids)

    def _alert_columns(self, rows: NDArray[Any]) -> Columns:
        return alert_columns(rows, self._user_ids)
