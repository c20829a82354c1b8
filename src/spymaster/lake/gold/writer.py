"""Gold: what was published, flat and by name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.lake.gold.choice import GoldChoice
from spymaster.lake.gold.schema import GoldSchema, alerts_schema, signals_schema
from spymaster.lake.tables.part import Part, PartMaker
from spymaster.lake.tables.routing import ALERTS_TABLE, SIGNALS_TABLE, TableKey, folder_of
from spymaster.market.manifest import RecordingFile
from spymaster.market.rows import LEVEL_FIELDS
from spymaster.signals.columns import Columns, alert_columns, level_columns

GROUP_ROWS: Final = 32_768
"""Rows of a full row group: these rows are wide."""
_TURNED_ROWS: Final = 64


class LevelLane:
    """Level rows for one file, gathered field by field and made to columns a row group at a time."""

    def __init__(self, part: Part, columns: Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], Columns]) -> None:
        self._part = part
        self._columns = columns
        self._numbers = np.empty((len(LEVEL_FIELDS), GROUP_ROWS))
        self._t_ns = np.empty(GROUP_ROWS, np.int64)
        self._dates = np.empty(GROUP_ROWS, np.int64)
        self._held = 0

    def append(self, numbers: NDArray[Any], t_ns: NDArray[np.int64], dates: NDArray[np.int64]) -> None:
        """Take rows (float64[n, fields]), snap time and session date of each; they are copied. Raises OSError."""
        at = 0
        while at < len(numbers):
            count = min(len(numbers) - at, GROUP_ROWS - self._held)
            into, some = slice(self._held, self._held + count), slice(at, at + count)
            self._turn(numbers[some])
            self._t_ns[into] = t_ns[some]
            self._dates[into] = dates[some]
            self._held += count
            at += count
            if self._held == GROUP_ROWS:
                self.flush()

    def _turn(self, numbers: NDArray[Any]) -> None:
        """Rows into columns behind those held: as many at a time as stay in a core's own cache meanwhile."""
        for at in range(0, len(numbers), _TURNED_ROWS):
            some = numbers[at : at + _TURNED_ROWS]
            self._numbers[:, self._held + at : self._held + at + len(some)] = some.T

    def flush(self) -> None:
        """Write what is held as a row group. Raises OSError."""
        held = self._held
        if held:
            columns = self._columns(self._numbers[:, :held].T, self._t_ns[:held], self._dates[:held])
            self._part.write(signals_schema().table(columns))
            self._held = 0

    def finish(self) -> RecordingFile:
        """Write what is left and make the file visible. Raises OSError."""
        self.flush()
        return self._part.commit()

    def discard(self) -> None:
        """Give up."""
        self._part.discard()


class AlertLane:
    """Alerts for one file; there are few."""

    def __init__(self, part: Part, columns: Callable[[NDArray[Any]], Columns]) -> None:
        self._part = part
        self._columns = columns
        self._rows: list[NDArray[Any]] = []

    def append(self, alerts: NDArray[Any]) -> None:
        """Take alerts (ALERT_ROW); they are copied. Raises OSError."""
        self._rows.append(alerts.copy())
        if sum(map(len, self._rows)) >= GROUP_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what is held as a row group. Raises OSError."""
        if self._rows:
            self._part.write(alerts_schema().table(self._columns(np.concatenate(self._rows))))
            self._rows.clear()

    def finish(self) -> RecordingFile:
        """Write what is left and make the file visible. Raises OSError."""
        self.flush()
        return self._part.commit()

    def discard(self) -> None:
        """Give up."""
        self._part.discard()


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
        self._signals: LevelLane | None = None
        self._alerts: AlertLane | None = None

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
        if not kept.any():
            return
        dates = np.repeat(snaps["session_date"], counts)
        if not kept.all():
            numbers, t_ns, dates = numbers[kept], t_ns[kept], dates[kept]
        if self._signals is None:
            part = self._begin(SIGNALS_TABLE, hour, int(t_ns[0]), signals_schema())
            self._signals = LevelLane(part, self._level_columns)
        self._signals.append(numbers, t_ns, dates)

    def alerts(self, alerts: NDArray[Any], hour: int) -> None:
        """Take alerts (ALERT_ROW) raised, updated and resolved."""
        if not len(alerts):
            return
        if self._alerts is None:
            part = self._begin(ALERTS_TABLE, hour, int(alerts["t_ns"][0]), alerts_schema())
            self._alerts = AlertLane(part, self._alert_columns)
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
        return self._parts.begin(folder_of("gold", TableKey(table, self._partition), hour), first_ns, schema)

    def _level_columns(self, rows: NDArray[Any], t_ns: NDArray[Any], dates: NDArray[Any]) -> Columns:
        return level_columns(rows, t_ns, dates, self._user_ids)

    def _alert_columns(self, rows: NDArray[Any]) -> Columns:
        return alert_columns(rows, self._user_ids)
