"""Signals and alerts out of the journal as the messages that are published of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.journal.codec import SignalRows
from spymaster.market.rows import ALERT_ROW, LEVEL_ROW, SNAP


@dataclass(frozen=True, slots=True, eq=False)
class StoredBlock:
    """Consecutive snaps as an engine gave them (``signals.blocks.Block``), without the per-strike rows that no message
    needs."""

    snaps: NDArray[Any]
    rows: NDArray[Any]
    alerts: NDArray[Any]

    @property
    def numbers(self) -> NDArray[Any]:
        """The rows as float64[snap, level, field]."""
        count, most = self.rows.shape
        return self.rows.view(np.float64).reshape(count, most, -1)

    @property
    def flows(self) -> NDArray[Any]:
        """None were stored."""
        return np.zeros(0)

    @property
    def strikes(self) -> NDArray[Any]:
        """None were stored."""
        return np.zeros((len(self.snaps), 0))


def block_of_signals(stored: SignalRows) -> StoredBlock:
    """The snaps of a SIGNAL frame."""
    counts = stored.snaps["levels"].astype(np.int64)
    rows = np.zeros((len(counts), int(counts.max(initial=0))), LEVEL_ROW)
    rows[np.arange(rows.shape[1]) < counts[:, np.newaxis]] = stored.levels
    return StoredBlock(stored.snaps, rows, np.zeros(0, ALERT_ROW))


def block_of_alerts(alerts: NDArray[Any]) -> StoredBlock:
    """The alerts of an ALERT frame, without a snap."""
    return StoredBlock(np.zeros(0, SNAP), np.zeros((0, 0), LEVEL_ROW), alerts)
