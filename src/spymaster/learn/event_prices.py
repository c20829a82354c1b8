"""The price of the future after each venue event of a run: what labels go along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.labels.path import PricePath
from spymaster.market.dtypes import FLAGS_SHIFT, INSTRUMENT_SHIFT, PUBLISHER_SHIFT, W_HEADER, W_LEVELS, W_SIZE
from spymaster.market.frames import DEPTH_FEED, ConfigFrame, Frame, GapFrame, RecordsFrame
from spymaster.market.kinds import F_LAST, PRICE_SCALE, UNDEF_PRICE, Kind
from spymaster.physics.engine import SnapBlock

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
PriceOf = Callable[[Ints, Ints, Ints], Floats]
"""From best bids and asks, 1e-9 points, and their sizes, packed as depth records have them, to prices in points."""

_TS_EVENT: Final = 1
_IDENTITY_BITS: Final = 2**48 - 1
_SIZE_BITS: Final = 32
_COLUMNS: Final = (_TS_EVENT, W_SIZE, W_LEVELS, W_LEVELS + 1, W_LEVELS + 2)
"""Of a depth record: time, flags, best bid, best ask, their sizes."""
_TIME, _FLAGS, _BID, _ASK, _SIZES = range(len(_COLUMNS))


def mid_of(bid: Ints, ask: Ints, sizes: Ints) -> Floats:
    """The middle of the best prices."""
    mid: Floats = (bid + ask) / (2.0 * PRICE_SCALE)
    return mid


def microprice_of(bid: Ints, ask: Ints, sizes: Ints) -> Floats:
    """Their middle weighted by the sizes across; the mid where nothing is displayed."""
    both = sizes.view(np.uint64)
    bid_size = (both & np.uint64(2**_SIZE_BITS - 1)).astype(np.float64)
    ask_size = (both >> np.uint64(_SIZE_BITS)).astype(np.float64)
    total = bid_size + ask_size
    displayed = total > 0.0
    weighted = (bid_size * (ask / PRICE_SCALE) + ask_size * (bid / PRICE_SCALE)) / np.where(displayed, total, 1.0)
    price: Floats = np.where(displayed, weighted, mid_of(bid, ask, sizes))
    return price


class EventPrices:
    """Keeps a price after each venue event, changes only: to be the ``tap`` of ``session.headless.drive``.

    An event ends with a record that says so, or where the next one has another time: vendors leave the mark out. Where
    another contract begins nothing is known in between: its prices are none of those before.
    """

    def __init__(self, price_of: PriceOf) -> None:
        self._price_of = price_of
        self._t_ns = [np.zeros(0, np.int64)]
        self._price = [np.zeros(0)]
        self._gaps: list[tuple[int, int]] = []
        self._header = 0
        self._is_another = False
        self._last: Ints = np.zeros((0, len(_COLUMNS)), np.int64)

    @property
    def is_empty(self) -> bool:
        """Whether no price came: the run has no depth."""
        return len(self._t_ns) == 1

    def on_frame(self, frame: Frame) -> None:
        """Copy what the depth of the contract in force says."""
        if isinstance(frame, ConfigFrame):
            one = frame.instrument
            self._header = one.publisher_id | one.instrument_id << (INSTRUMENT_SHIFT - PUBLISHER_SHIFT)
            self._is_another = not self.is_empty
            self._last = self._last[:0]
        elif isinstance(frame, GapFrame) and frame.feed == DEPTH_FEED:
            self._gaps.append((frame.from_ns, frame.to_ns))
        elif isinstance(frame, RecordsFrame) and Kind.MBP10 in frame.batch.arrays:
            self._add(frame.batch.arrays[Kind.MBP10])

    def publish(self, block: SnapBlock) -> None:
        """Snaps are for others."""

    def path(self, blind: NDArray[np.int64], end_ns: int) -> PricePath:
        """All of it. ``blind`` int64[m, 2]: spans in which nothing was known of depth; ``end_ns``: the last snap."""
        gaps = np.array(self._gaps, np.int64).reshape(-1, 2)
        times = np.maximum.accumulate(np.concatenate(self._t_ns))
        return PricePath(times, np.concatenate(self._price), end_ns, np.concatenate([gaps, blind]))

    def _add(self, records: Ints) -> None:
        own = ((records[:, W_HEADER] >> PUBLISHER_SHIFT) & _IDENTITY_BITS) == self._header
        # the record that came last may end its event, which only the next one says
        rows = np.concatenate([self._last, records[:, _COLUMNS][own]])
        if not len(rows):
            return
        closed = ((rows[:, _FLAGS] >> FLAGS_SHIFT) & F_LAST) != 0
        closed[:-1] |= rows[1:, _TIME] != rows[:-1, _TIME]
        self._last = rows[-1:][~closed[-1:]].copy()
        bid, ask = rows[:, _BID], rows[:, _ASK]
        rows = rows[closed & (bid != UNDEF_PRICE) & (ask != UNDEF_PRICE) & (ask > bid)]
        price = self._price_of(rows[:, _BID], rows[:, _ASK], np.ascontiguousarray(rows[:, _SIZES]))
        last = self._price[-1][-1:] if len(self._price[-1]) else np.array([np.nan])
        changed = np.diff(price, prepend=last) != 0.0
        if not changed.any():
            return
        times = rows[changed, _TIME]
        if self._is_another:
            self._gaps.append((int(self._t_ns[-1][-1]), int(times[0])))
            self._is_another = False
        self._t_ns.append(times)
        self._price.append(price[changed])
