"""The truth beyond a level: what became of the contracts that rested at it when price arrived, order by order.

A zone that price has passed cannot be judged by its flows against what is usual there: nothing can rest in it. What
counts is what it held when price came. Of those contracts at least 40 % and 20 must be gone: then the zone is CONSUMED
where most of them were filled and VACUUM where most were withdrawn, until as much stands there again for ten seconds.
Contracts that came later never count, whatever became of them. Otherwise the rule is silent, and the tree of
``sim.truth.states`` has its word.

Price arrives when the defenders' best price comes into the zone, and arrives anew after ten seconds outside, in front
of it, or once as much has stood there again for as long. Touch and depth are read at the ends of buckets; orders that
left, one by one.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.rows import BarrierState
from spymaster.sim.market.latent import BUCKET_NS
from spymaster.sim.market.state import FILL
from spymaster.sim.truth.scales import HALF, WINDOW

ANONYMOUS: Final = -1
"""The id of orders where a market keeps none: fills take those in front, any order is as likely to be withdrawn."""
SILENT: Final = -1
"""The state where price has not passed, or too little is gone."""
PRICES: Final = 2 * HALF + 1
_SHARE_GONE: Final = 0.4
_FEWEST_GONE: Final = 20.0

PASSED: Final = np.dtype(
    [
        ("ts_ns", "<i8"),
        ("passed_state", "<i8"),
        ("past_half_ticks", "<i8"),
        ("rested", "<i8"),
        ("rested_filled", "<f8"),
        ("rested_withdrawn", "<f8"),
    ]
)
"""A zone at a snap. ``past_half_ticks``: how far the mid is past the level, negative in front of it. ``rested``:
contracts there when price arrived, 0 before that; of them ``rested_filled`` and ``rested_withdrawn`` are gone."""


class _Visit:
    """The contracts that rested in a zone when price arrived, and what became of them.

    ``resting``: contracts per price of the zone; ``next_order``: the id of the first order that comes later.
    """

    def __init__(self, resting: NDArray[Any], next_order: int) -> None:
        self.rested = int(resting.sum())
        self.filled = self.withdrawn = 0.0
        self.buckets_whole = self.buckets_away = 0
        self._here = [float(contracts) for contracts in resting]
        self._next_order = next_order

    def leave(self, price: int, what: int, size: int, order: int, left: int) -> None:
        """``size`` contracts left a price of the zone (0 to ``PRICES`` - 1), after which ``left`` wait there."""
        here = self._here[price]
        if order != ANONYMOUS:
            own = float(size) if order < self._next_order else 0.0
        elif what == FILL:
            own = min(float(size), here)
        else:
            own = size * here / (size + left)
        self._here[price] = here - own
        if what == FILL:
            self.filled += own
        else:
            self.withdrawn += own

    def state(self) -> int:
        """CONSUMED, VACUUM, or SILENT where too little is gone."""
        gone = self.filled + self.withdrawn
        if gone < max(_FEWEST_GONE, _SHARE_GONE * self.rested):
            return SILENT
        return int(BarrierState.CONSUMED if self.filled >= self.withdrawn else BarrierState.VACUUM)


class PassedZone:
    """The truth beyond one side of one price, from stretch to stretch of consecutive buckets."""

    def __init__(self, side: int, tick: int) -> None:
        self._side, self._tick = side, tick
        self._visit: _Visit | None = None
        self._before: tuple[NDArray[Any], int] | None = None

    def judge(self, touch: NDArray[Any], depth: NDArray[Any], leavings: NDArray[Any]) -> NDArray[Any]:
        """``PASSED`` at the end of each bucket of ``touch``, which follow on those judged before.

        ``touch``: ``ts_bucket_ns``, ``bid``, ``ask``, ``next_order``. ``depth``: contracts at each of the zone's prices
        at those moments, lowest first, int[n, ``PRICES``]. ``leavings``: ``LEAVING`` rows in time; those of other
        prices, sides and moments are passed over.
        """
        outward = 2 * self._side - 1
        best = touch["ask" if self._side else "bid"]
        inside = outward * (self._tick - best) <= HALF
        rows = np.zeros(len(touch), PASSED)
        rows["ts_ns"], rows["passed_state"] = touch["ts_bucket_ns"], SILENT
        rows["past_half_ticks"] = outward * (touch["bid"] + touch["ask"] - 2 * self._tick)
        own = leavings[(leavings["side"] == self._side) & (abs(leavings["tick"] - self._tick) <= HALF)]
        cuts = np.searchsorted(own["ts_ns"], np.append(touch["ts_bucket_ns"][:1] - BUCKET_NS, touch["ts_bucket_ns"]))
        columns = (own["tick"] - self._tick + HALF).tolist()
        events = list(zip(columns, *(own[name].tolist() for name in ("what", "size", "order", "left")), strict=True))
        arrivals = np.flatnonzero(inside)
        k = 0
        while k < len(touch):
            if self._visit is None:
                k = self._next_arrival(arrivals, k, touch, depth)
                if self._visit is None:
                    break
            for event in events[cuts[k] : cuts[k + 1]]:
                self._visit.leave(*event)
            self._note(rows[k], self._visit, int(depth[k].sum()), bool(inside[k]))
            k += 1
        if len(touch):
            self._before = depth[-1].copy(), int(touch["next_order"][-1])
        return rows

    def _next_arrival(self, arrivals: NDArray[Any], k: int, touch: NDArray[Any], depth: NDArray[Any]) -> int:
        """Begin a visit at the first bucket from ``k`` on in which price is inside; what rested is of the one before.

        The first bucket of all has none before it."""
        at = int(np.searchsorted(arrivals, k))
        while at < len(arrivals):
            row = int(arrivals[at])
            before = (depth[row - 1], int(touch["next_order"][row - 1])) if row else self._before
            if before is not None:
                self._visit = _Visit(*before)
                return row
            at += 1
        return len(touch)

    def _note(self, row: Any, visit: _Visit, depth: int, inside: bool) -> None:
        """A bucket's end: what is true then, and whether the visit is over."""
        visit.buckets_whole = visit.buckets_whole + 1 if depth >= visit.rested else 0
        visit.buckets_away = 0 if inside else visit.buckets_away + 1
        if visit.buckets_whole >= WINDOW or visit.buckets_away >= WINDOW:
            self._visit = None
            return
        row["rested"], row["rested_filled"], row["rested_withdrawn"] = visit.rested, visit.filled, visit.withdrawn
        if row["past_half_ticks"] >= 2:
            row["passed_state"] = visit.state()
