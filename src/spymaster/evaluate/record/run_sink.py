"""What is kept of a run to judge it by afterwards: price, signals raised, orders that took several prices or much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.evaluate.record.day_record import LARGE, SWEEP
from spymaster.ledger.follow import LevelTests
from spymaster.ledger.rows import TEST
from spymaster.market.frames import DEPTH_FEED
from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.rows import INPUTS, ORDER_ROW, AlertEvent, Signal, Trust
from spymaster.physics.engine import Engine, SnapBlock

Array = NDArray[Any]

PRICE: Final = np.dtype([("t_ns", "<i8"), ("session_date", "<i8"), ("price", "<f8")])
"""The future's mid at a snap, points; NaN where the book was BLIND."""
RAISED: Final = np.dtype(
    [("t_ns", "<i8"), ("session_date", "<i8"), ("signal", "<i8"), ("direction", "<i8"), ("level", "<f8")]
)
"""A BREAK or REJECT. ``direction``: +1 where a break is up; ``level``: its level's price in points of the future."""

_DEPTH: Final = INPUTS.index(DEPTH_FEED)
_JUDGED: Final = (Signal.BREAK, Signal.REJECT)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What is judged: PRICE, RAISED and TEST rows, placebos among these, and ORDER_ROW rows by what they are."""

    prices: Array
    raised: Array
    tests: Array
    orders: Mapping[str, Array]


class RunSink:
    """Follows a run. ``dropped_levels``: levels, snap by snap, that found no room and were not followed.
    ``unseen_orders``: orders that came too fast between two looks and were not counted.

    ``sweep_levels``: prices an order must take to be a sweep.
    """

    def __init__(self, tick_e9: int, sweep_levels: int) -> None:
        self.unseen_orders = 0
        self._tests = LevelTests(tick_e9 / PRICE_SCALE)
        self._sweep_levels = sweep_levels
        self._prices = [np.zeros(0, PRICE)]
        self._raised = [np.zeros(0, RAISED)]
        self._decided = [np.zeros(0, TEST)]
        self._sweeps = [np.zeros(0, ORDER_ROW)]
        self._large = [np.zeros(0, ORDER_ROW)]
        self._orders = 0
        self._changes_ns: list[int] = []

    @property
    def dropped_levels(self) -> int:
        """See the class."""
        return self._tests.dropped

    def on_block(self, block: SnapBlock) -> None:
        """Copy what is needed of a block."""
        snaps = block.snaps
        if not len(snaps):
            return
        if self._changes_ns and snaps["t_ns"][0] >= self._changes_ns[0]:
            self._changes_ns.pop(0)
            self._decided.append(self._tests.finish())
        prices = np.zeros(len(snaps), PRICE)
        prices["t_ns"], prices["session_date"] = snaps["t_ns"], snaps["session_date"]
        prices["price"] = np.where(snaps["trust"][:, _DEPTH] >= Trust.BLIND, np.nan, snaps["es_mid"])
        self._prices.append(prices)
        self._decided.append(self._tests.on_block(block))
        alerts = block.alerts
        alerts = alerts[(alerts["event"] == AlertEvent.RAISED) & np.isin(alerts["signal"], _JUDGED)]
        if len(alerts):
            raised = np.zeros(len(alerts), RAISED)
            for name in ("t_ns", "session_date", "signal", "direction"):
                raised[name] = alerts[name]
            at = np.searchsorted(snaps["t_ns"], alerts["t_ns"], "right") - 1
            raised["level"] = alerts["price"] * snaps["ratio"][np.maximum(at, 0)]
            self._raised.append(raised)

    def after_frame(self, engine: Engine) -> None:
        """Copy the orders that were completed since the last frame."""
        orders = engine.state["orders"]
        total, ring = int(orders["orders"][0]), orders["order"][0]
        first = max(self._orders, total - len(ring))
        self.unseen_orders += first - self._orders
        self._orders = total
        new = ring[np.arange(first, total) % len(ring)]
        new = new[new["side"] != 0]
        self._sweeps.append(new[new["levels"] >= self._sweep_levels].copy())
        self._large.append(new[new["size"] >= int(orders["large_order"][0])].copy())

    def at_change(self, engine: Engine) -> None:
        """Before the engine begins anew with another contract: prices up to there are the other's."""
        self._changes_ns.append(int(engine.state["clock"][0]["next_snap_ns"]))
        self._orders = 0

    def run(self) -> Run:
        """All of it; tests that were open when the run ended are UNKNOWN. To be asked once."""
        self._decided.append(self._tests.finish())
        return Run(
            prices=np.concatenate(self._prices),
            raised=np.concatenate(self._raised),
            tests=np.concatenate(self._decided),
            orders={SWEEP: np.concatenate(self._sweeps), LARGE: np.concatenate(self._large)},
        )
