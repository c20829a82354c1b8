"""What is kept of an engine's run to judge it by: what it said of levels, and of the fuel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spymaster.evaluate.agreement import RAISED, SAID, Rows
from spymaster.evaluate.fuel_agreement import SAID_FUEL
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.rows import AlertEvent
from spymaster.physics.engine import SnapBlock


class LevelSink:
    """Keeps what the engine says of the watched levels. ``prices_e9``: the future's price of each, by ordinal."""

    def __init__(self, prices_e9: Sequence[int]) -> None:
        self.snaps = 0
        self.last_snap_ns = 0
        self._prices_e9 = np.array(prices_e9, np.int64)
        self._said = [np.zeros(0, SAID)]
        self._raised = [np.zeros(0, RAISED)]

    def on_block(self, block: SnapBlock) -> None:
        """Copy the watched levels' states and the signals raised at them."""
        for snap, rows in zip(block.snaps, block.rows, strict=True):
            own = rows[: snap["levels"]]
            own = own[own["kind"] == LevelKind.USER]
            self._said.append(self._copy(own, SAID, int(snap["t_ns"]), own["barrier_state"]))
            self.last_snap_ns = int(snap["t_ns"])
        self.snaps += len(block.snaps)
        alerts = block.alerts
        new = alerts[(alerts["event"] == AlertEvent.RAISED) & (alerts["kind"] == LevelKind.USER)]
        self._raised.append(self._copy(new, RAISED, new["t_ns"], new["signal"]))

    def said(self) -> Rows:
        """``SAID`` rows."""
        return np.concatenate(self._said)

    def raised(self) -> Rows:
        """``RAISED`` rows."""
        return np.concatenate(self._raised)

    def _copy(self, rows: Rows, dtype: np.dtype[np.void], t_ns: Rows | int, code: Rows) -> Rows:
        out = np.zeros(len(rows), dtype)
        out["t_ns"] = t_ns
        out["price_e9"] = self._prices_e9[rows["user_index"].astype(np.int64)]
        # support (-1) is defended by bids (0), resistance (+1) by asks (1)
        out["side"] = rows["direction"] > 0
        out[dtype.names[-1] if dtype.names else ""] = code
        return out


class FuelSink:
    """Keeps what the engine says of the fuel each whole second, at spot and at the levels inside the band."""

    def __init__(self) -> None:
        self.points = 0
        self.last_snap_ns = 0
        self._said = [np.zeros(0, SAID_FUEL)]

    def on_block(self, block: SnapBlock) -> None:
        """Copy the exposures of a block."""
        for k, snap in enumerate(block.snaps):
            self.last_snap_ns = int(snap["t_ns"])
            options = snap["options"]
            if self.last_snap_ns % NS_PER_S or np.isnan(options["hedge"]):
                continue
            levels = block.rows[k, : snap["levels"]]
            levels = levels[(levels["in_band"] > 0.0) & ~np.isnan(levels["hedge"])]
            out = np.zeros(1 + len(levels), SAID_FUEL)
            out["t_ns"], out["sigma_1m"] = self.last_snap_ns, snap["sigma_1m"]
            out["at_spot"][0] = 1
            for name, of_snap, of_level in (
                ("price", "forward", "price"),
                ("hedge", "hedge", "hedge"),
                ("low", "hedge_low", "hedge_low"),
                ("high", "hedge_high", "hedge_high"),
                ("effect", "effect", "fuel_effect"),
            ):
                out[name][0] = options[of_snap]
                out[name][1:] = levels[of_level]
            self._said.append(out)
            self.points += len(out)

    def said(self) -> Rows:
        """``SAID_FUEL`` rows."""
        return np.concatenate(self._said)
