"""Signals, option flow and alerts out of the journal as the messages that are published of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.journal.blocks import rows_of
from spymaster.journal.codec import STRIKE_BLOCK, SignalRows
from spymaster.journal.format import FormatError
from spymaster.market.option_rows import STRIKE_ROW
from spymaster.market.rows import ALERT_ROW, LEVEL_ROW, SNAP


@dataclass(frozen=True, slots=True, eq=False)
class StoredBlock:
    """Consecutive snaps as an engine gave them (``signals.blocks.Block``)."""

    snaps: NDArray[Any]
    rows: NDArray[Any]
    alerts: NDArray[Any]
    strikes: NDArray[Any]

    @property
    def numbers(self) -> NDArray[Any]:
        """The rows as float64[snap, level, field]."""
        count, most = self.rows.shape
        return self.rows.view(np.float64).reshape(count, most, len(LEVEL_ROW.names or ()))

    @property
    def flows(self) -> NDArray[Any]:
        """None were stored."""
        return np.zeros(0)


def block_of_signals(stored: SignalRows) -> StoredBlock:
    """The snaps of a SIGNAL frame. Raises FormatError."""
    counts = stored.snaps["levels"].astype(np.int64)
    rows = np.zeros((len(counts), int(counts.max(initial=0))), LEVEL_ROW)
    rows[np.arange(rows.shape[1]) < counts[:, np.newaxis]] = stored.levels
    return StoredBlock(stored.snaps, rows, np.zeros(0, ALERT_ROW), _strikes_of(stored))


def has_flow(stored: SignalRows) -> bool:
    """Whether the rows of strikes were stored beside the snaps."""
    return STRIKE_BLOCK in stored.blocks


def _strikes_of(stored: SignalRows) -> NDArray[Any]:
    if not has_flow(stored):
        return np.zeros((len(stored.snaps), 0), STRIKE_ROW)
    found = rows_of(stored.blocks, STRIKE_BLOCK, STRIKE_ROW)
    counts = stored.snaps["options"]["strikes"].astype(np.int64)
    if len(found) != counts.sum():
        raise FormatError("snaps and their strikes do not agree")
    rows = np.zeros((len(counts), int(counts.max(initial=0))), STRIKE_ROW)
    rows[np.arange(rows.shape[1]) < counts[:, np.newaxis]] = found
    return rows


def block_of_alerts(alerts: NDArray[Any]) -> StoredBlock:
    """The alerts of an ALERT frame, without a snap."""
    return StoredBlock(np.zeros(0, SNAP), np.zeros((0, 0), LEVEL_ROW), alerts, np.zeros((0, 0), STRIKE_ROW))
