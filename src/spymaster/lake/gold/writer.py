"""Gold: what was published, flat and by name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.lake.gold.choice import GoldChoice
from spymaster.lake.gold.cluster import KIND, clustered, row_groups
from spymaster.lake.gold.schema import GoldSchema, alerts_schema, signals_schema
from spymaster.lake.tables.part import Part, PartMaker
from spymaster.lake.tables.routing import ALERTS_TABLE, SIGNALS_TABLE, TableKey, folder_of
from spymaster.market.manifest import RecordingFile
from spymaster.market.rows import LEVEL_FIELDS
from spymaster.signals.columns import Columns, alert_columns, level_columns

BUNDLE_ROWS: Final = 32_768
"""Rows that are gathered before they are written, side by side with those of their kind: these rows are wide."""
_TURNED_ROWS: Final = 64


class LevelLane:
    """Level rows for one file, gathered as they come; a bundle of them is laid by kind and made to columns."""

    def __init__(self, part: Part, columns: Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], Columns]) -> None:
        self._part = part
        self._columns = columns
        self._numbers = np.empty((BUNDLE_ROWS, len(LEVEL_FIELDS)))
        self._turned = np.empty((len(LEVEL_FIELDS), BUNDLE_ROWS))
        self._t_ns = np.empty(BUNDLE_ROWS, np.int64)
        self._dates = np.empty(BUNDLE_ROWS, np.int64)
        self._held = 0

    def append(self, numbers: NDArray[Any], kept: NDArray[np.intp], t_ns: NDArray[Any], dates: NDArray[Any]) -> None:
        """Take the rows at ``kept`` (of float64[n, fields]), with snap time and session date of each of the n; they are
        copied. Raises OSError."""
        at = 0
        while at < len(kept):
            some = kept[at : at + BUNDLE_ROWS - self._held]
            into = slice(self._held, self._held + len(some))
            for column, held in ((numbers, self._numbers), (t_ns, self._t_ns), (dates, self._dates)):
                np.take(column, some, axis=0, out=held[into], mode="clip")
            self._held += len(some)
            at += len(some)
            if self._held == BUNDLE_ROWS:
                self.flush()

    def flush(self) -> None:
        """Write what is held as a bundle. Raises OSError."""
        held, self._held = self._held, 0
        if not held:
            return
        order = clustered(self._numbers[:held])
        turned = self._turn(order)
        table = signals_schema().table(self._columns(turned.T, self._t_ns[order], self._dates[order]))
        for group in row_groups(turned[KIND]):
            self._part.write(table.slice(group.start, group.stop - group.start))

    def _turn(self, order: NDArray[np.intp]) -> NDArray[np.float64]:
        """Rows in this order into columns: as many at a time as stay in a core's own cache meanwhile."""
        for at in range(0, len(order), _TURNED_ROWS):
            some = order[at : at + _TURNED_ROWS]
            self._turned[:, at : at + len(some)] = self._numbers[some].T
        return self._turned[:, : len(order)]

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
        if sum(map(len, self._rows)) >= BUNDLE_ROWS:
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
        kept = np.flatnonzero(self._choice.keep(numbers, t_ns))
        if not len(kept):
            return
        if self._signals is None:
            part = self._begin(SIGNALS_TABLE, hour, int(t_ns[kept[0]]), signals_schema())
            self._signals = LevelLane(part, self._level_columns)
        self._signals.append(numbers, kept, t_ns, np.repeat(snaps["session_date"], counts))

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
