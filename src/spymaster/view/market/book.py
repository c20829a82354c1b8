"""The order book cut to the price axis: one entry per row, sizes of a row's ticks added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NO_TICK, NS_PER_S
from spymaster.signals.frame import Frame
from spymaster.view.drawing.axis import PriceAxis

FORGET_NS: Final = 60 * NS_PER_S
"""A size out of sight is shown this long; then only the hatch remains."""

AWAY: Final = 0
"""The other side's territory: nothing can rest there."""
SEEN: Final = 1
REMEMBERED: Final = 2
UNKNOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the book by row: ``kind`` (AWAY, SEEN, REMEMBERED, UNKNOWN), ``size`` and ``change`` in contracts."""

    kind: list[int]
    size: list[int]
    change: list[int]
    best_row: int


@dataclass(frozen=True, slots=True)
class BookWindow:
    """Both sides and what aggressors ``bought`` and ``sold`` in each visible row.

    ``*_total``, ``*_change``: over all visible levels; best ticks and ``last_tick`` are NO_TICK where unknown.
    """

    bid: Side
    ask: Side
    bought: list[int]
    sold: list[int]
    best_bid: int
    best_ask: int
    last_tick: int
    bid_total: int
    ask_total: int
    bid_change: int
    ask_change: int
    levels: int

    @property
    def volume(self) -> list[int]:
        """Contracts traded in each visible row."""
        return [bought + sold for bought, sold in zip(self.bought, self.sold, strict=True)]


def book_window(frame: Frame, axis: PriceAxis) -> BookWindow:
    """The visible part of a frame's book."""
    header = frame.header
    ladder = _by_row(frame.ladder, axis)
    bid = _side(ladder, axis, "bid", header.es_bid_tick)
    ask = _side(ladder, axis, "ask", header.es_ask_tick)
    traded = {name: np.zeros(axis.rows, dtype=np.int64) for name in ("buys", "sells")}
    for name, total in traded.items():
        np.add.at(total, ladder.row, ladder.rows[name])
    sizes = frame.book[:, :, 1]
    present = frame.book[:, :, 0] != NO_TICK
    return BookWindow(
        bid,
        ask,
        traded["buys"].tolist(),
        traded["sells"].tolist(),
        header.es_bid_tick,
        header.es_ask_tick,
        header.es_last_tick,
        int(sizes[0][present[0]].sum()),
        int(sizes[1][present[1]].sum()),
        _total_change(frame.ladder, "bid", frame.book[0]),
        _total_change(frame.ladder, "ask", frame.book[1]),
        int(present.sum(axis=1).max(initial=0)),
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    rows: NDArray[Any]
    row: NDArray[np.int64]


def _by_row(ladder: NDArray[Any], axis: PriceAxis) -> _Rows:
    row = (axis.top - ladder["tick"]) // axis.zoom
    inside = (row >= 0) & (row < axis.rows)
    return _Rows(ladder[inside], row[inside])


def _side(ladder: _Rows, axis: PriceAxis, name: str, best: int) -> Side:
    sign = 1 if name == "bid" else -1
    kind = np.full(axis.rows, UNKNOWN, dtype=np.int64)
    size = np.zeros(axis.rows, dtype=np.int64)
    change = np.zeros(axis.rows, dtype=np.int64)
    rows, row = ladder.rows, ladder.row
    seen = rows[f"{name}_seen"] != 0
    age = rows[f"{name}_age_ns"]
    remembered = ~seen & (age >= 0) & (age < FORGET_NS) & (rows[name] > 0)
    kind[row[remembered]] = REMEMBERED
    kind[row[seen]] = SEEN
    counted = np.where(kind[row] == SEEN, seen, remembered)
    np.add.at(size, row[counted], rows[name][counted])
    np.add.at(change, row[seen], rows[f"{name}_change"][seen])
    best_row = -1
    if best != NO_TICK:
        nearest = axis.low(0) - np.arange(axis.rows) * axis.zoom + (0 if name == "bid" else axis.zoom - 1)
        kind[(nearest - best) * sign > 0] = AWAY
        best_row = axis.row_of(best)
    return Side(kind.tolist(), size.tolist(), change.tolist(), best_row)


def _total_change(ladder: NDArray[Any], name: str, book: NDArray[np.int64]) -> int:
    ticks = book[book[:, 0] != NO_TICK, 0]
    if not len(ticks):
        return 0
    inside = (ladder["tick"] >= ticks.min()) & (ladder["tick"] <= ticks.max()) & (ladder[f"{name}_seen"] != 0)
    return int(ladder[f"{name}_change"][inside].sum())
