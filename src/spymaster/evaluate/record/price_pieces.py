"""The price of a day in pieces without a hole, and where it stood some seconds later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.evaluate.mid_path import HALF_TICKS_PER_POINT, OUTCOME, MidPath
from spymaster.market.kinds import NS_PER_S
from spymaster.sim.market.latent import BUCKET_NS

Array = NDArray[Any]
Floats = NDArray[np.float64]

SNAP_NS: Final = BUCKET_NS
"""The interval of snaps that are judged."""
LEAST_PIECE_S: Final = 300.0
"""Less than this without a hole says nothing: what becomes of a signal takes up to four minutes."""
STEP_HALF_TICKS: Final = 10
FIRST_HALF_TICKS: Final = 6
"""Half ticks: the grid of prices that the record of tests uses too."""
BINS: Final = 2 * OUTCOME + 1
"""Distances past a price, half ticks, from two points in front to two beyond."""
_TOUCH: Final = np.dtype([("ts_bucket_ns", "<i8"), ("bid", "<i8"), ("ask", "<i8")])


class Piece:
    """Price without a hole: ``path`` holds its mids; ``ticks``: prices like any other near it, every 1.25 points."""

    def __init__(self, prices: Array) -> None:
        self.path = MidPath(_touch_of(prices))
        low, high = int(self.path.mids.min()) - OUTCOME, int(self.path.mids.max()) + OUTCOME
        first = -(-(low - FIRST_HALF_TICKS) // STEP_HALF_TICKS)
        halves = range(FIRST_HALF_TICKS + first * STEP_HALF_TICKS, high + 1, STEP_HALF_TICKS)
        self.ticks = [half // 2 for half in halves]

    def moves(self, seconds: int) -> Floats:
        """What price does in so many seconds from each bucket on, points; NaN where the piece ends before."""
        ahead = seconds * NS_PER_S // BUCKET_NS
        found = np.full(len(self.path.mids), np.nan)
        if ahead < len(found):
            found[:-ahead] = (self.path.mids[ahead:] - self.path.mids[:-ahead]) / HALF_TICKS_PER_POINT
        return found

    def mean_moves(self, moves: Floats) -> tuple[Floats, Floats]:
        """(sums, counts) of moves past prices like any other by the distance past it then: float64[BINS] each.

        Past is as the price's defenders see it, so that a sum is positive where price goes on through.
        """
        sums, counts = np.zeros(BINS), np.zeros(BINS)
        known = ~np.isnan(moves)
        for tick in self.ticks:
            sides = self.path.defenders(tick)
            past = self.path.past(tick, sides)
            near = known & (abs(past) <= OUTCOME)
            at = past[near] + OUTCOME
            sums += np.bincount(at, (2 * sides[near] - 1) * moves[near], BINS)
            counts += np.bincount(at, minlength=BINS)
        return sums, counts


def pieces_of(prices: Array) -> Iterator[Array]:
    """The stretches of PRICE rows, 250 ms apart, in which price is known."""
    known = ~np.isnan(prices["price"])
    goes_on = np.zeros(len(prices), np.bool_)
    goes_on[1:] = known[1:] & known[:-1] & (np.diff(prices["t_ns"]) == BUCKET_NS)
    for piece in np.split(prices, np.flatnonzero(~goes_on)):
        if len(piece) and not np.isnan(piece["price"][0]):
            yield piece


def _touch_of(prices: Array) -> Array:
    """Mids as a touch whose ticks sum up to them, of which there are two a tick."""
    touch = np.zeros(len(prices), _TOUCH)
    halves = np.rint(prices["price"] * HALF_TICKS_PER_POINT).astype(np.int64)
    touch["ts_bucket_ns"] = prices["t_ns"]
    touch["bid"] = halves // 2
    touch["ask"] = halves - touch["bid"]
    return touch
