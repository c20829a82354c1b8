"""What an engine said in a whole run: of every watched level at every snap, and which signals it raised where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.levels import LevelKind
from spymaster.market.rows import AlertEvent, Signal
from spymaster.physics.engine import SnapBlock
from spymaster.sim.instrument import TICK_E9

Rows = NDArray[Any]

SAID: Final = np.dtype([("t_ns", "<i8"), ("tick", "<i8"), ("side", "<i8"), ("state", "<i8")])
"""What was published of a watched level at a snap: the future's tick, side of the defenders, BarrierState."""
RAISED: Final = np.dtype([("t_ns", "<i8"), ("tick", "<i8"), ("side", "<i8"), ("signal", "<i8"), ("watched", "<i8")])
"""A BREAK or REJECT raised. ``watched``: 1 at a watched price, 0 at another one."""
JUDGED: Final = (Signal.BREAK, Signal.REJECT)


class Watch:
    """Keeps an engine's words. ``ticks``: the future's tick of each user level, by its index.

    ``e9_per_unit``: what the future's price is, in 1e-9, where the profile's is 1: its ratio times 1e9.
    """

    def __init__(self, ticks: Sequence[int], e9_per_unit: float) -> None:
        self.snaps = 0
        self.last_snap_ns = 0
        self._ticks = np.array(ticks, np.int64)
        self._e9_per_unit = e9_per_unit
        self._said = [np.zeros(0, SAID)]
        self._raised = [np.zeros(0, RAISED)]

    def on_block(self, block: SnapBlock) -> None:
        """Copy what is said of the watched levels, and the signals raised."""
        snaps, rows = block.snaps, block.rows
        if len(snaps):
            published = np.arange(rows.shape[1])[None, :] < snaps["levels"][:, None]
            k, level = np.nonzero(published & (rows["kind"] == LevelKind.USER))
            own = rows[k, level]
            said = np.zeros(len(own), SAID)
            said["t_ns"] = snaps["t_ns"][k]
            said["tick"] = self._ticks[own["user_index"].astype(np.int64)]
            said["side"] = own["direction"] > 0
            said["state"] = own["barrier_state"]
            self._said.append(said)
            self.snaps += len(snaps)
            self.last_snap_ns = int(snaps["t_ns"][-1])
        alerts = block.alerts[(block.alerts["event"] == AlertEvent.RAISED) & np.isin(block.alerts["signal"], JUDGED)]
        raised = np.zeros(len(alerts), RAISED)
        raised["t_ns"], raised["signal"] = alerts["t_ns"], alerts["signal"]
        raised["side"] = alerts["direction"] > 0
        raised["tick"] = np.rint(alerts["price"] * self._e9_per_unit / TICK_E9)
        own_level = alerts["kind"] == LevelKind.USER
        raised["tick"][own_level] = self._ticks[alerts["user_index"][own_level]]
        # levels of one price share a machine, so that another level may speak for a watched one
        raised["watched"] = np.isin(raised["tick"], self._ticks)
        self._raised.append(raised)

    def said(self) -> Rows:
        """``SAID`` rows, in time."""
        return np.concatenate(self._said)

    def raised(self) -> Rows:
        """``RAISED`` rows, in time."""
        return np.concatenate(self._raised)
