"""Depth records as practice reads them: arrays by record, and which of the records matter to an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import ACTION_SHIFT, FLAGS_SHIFT, LEVELS, SIDE_SHIFT, W_LEVELS, W_PRICE, W_SIZE, W_TS_EVENT
from spymaster.market.kinds import F_LAST, UNDEF_PRICE, UNDEF_TIMESTAMP

Ints = NDArray[np.int64]

_BYTE: Final = 0xFF
_LOW: Final = 0xFFFF_FFFF
_TRADE: Final = ord("T")
FAR: Final = 1 << 40
"""Ticks beyond any price: stands for a level that is not there."""


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Consecutive depth records of one instrument, the first of them the last one of the span before.

    ``t_ns``: running maximum of the event's times; ``event``: number of the venue event a record belongs to;
    ``aggressor``: of a trade +1 or -1, else 0; ``tick``, ``size``: of a trade; ``ticks[k]``, ``sizes[k]``: what is
    displayed on side k (0 bid, 1 ask), best first, ``FAR`` away where there is nothing.
    """

    t_ns: Ints
    event: Ints
    is_last: NDArray[np.bool_]
    aggressor: Ints
    tick: Ints
    size: Ints
    ticks: tuple[Ints, Ints]
    sizes: tuple[Ints, Ints]

    def __len__(self) -> int:
        return len(self.t_ns)

    def displayed(self, side: int, tick: int) -> tuple[Ints, NDArray[np.bool_]]:
        """Contracts displayed at a price by record, and whether it is in sight there. ``side``: +1 bids, -1 asks."""
        place = 0 if side > 0 else 1
        ticks, sizes = self.ticks[place], self.sizes[place]
        at = ticks == tick
        # between the levels shown there is nothing; beyond the tenth nobody knows
        seen = (side * ticks[:, -1] <= side * tick) | (np.abs(ticks[:, -1]) >= FAR)
        return np.where(at, sizes, 0).sum(axis=1), seen

    def best(self, side: int) -> Ints:
        """Best bid (+1) or ask (-1) by record; ``FAR`` below or above where there is none."""
        return self.ticks[0 if side > 0 else 1][:, 0]


def span_of(words: Ints, tick_e9: int, before: Span | None) -> Span:
    """Records int64[n, 46], behind the last record of the span before them."""
    sizes = words[:, W_SIZE]
    action, side, flags = ((sizes >> shift) & _BYTE for shift in (ACTION_SHIFT, SIDE_SHIFT, FLAGS_SHIFT))
    is_trade = action == _TRADE
    aggressor = np.where(is_trade, np.where(side == ord("B"), 1, np.where(side == ord("A"), -1, 0)), 0)
    levels = words[:, W_LEVELS:].reshape(len(words), LEVELS, 4)
    times = np.where(words[:, W_TS_EVENT] == _signed(UNDEF_TIMESTAMP), 0, words[:, W_TS_EVENT])
    is_last = (flags & F_LAST) != 0
    ends = np.concatenate([[0], np.cumsum(is_last)[:-1]]) if len(words) else np.zeros(0, np.int64)
    fresh = Span(
        t_ns=np.maximum.accumulate(times),
        event=ends.astype(np.int64),
        is_last=is_last,
        aggressor=aggressor.astype(np.int64),
        tick=_ticks(words[:, W_PRICE], tick_e9, -FAR),
        size=sizes & _LOW,
        ticks=(_ticks(levels[:, :, 0], tick_e9, -FAR), _ticks(levels[:, :, 1], tick_e9, FAR)),
        sizes=(levels[:, :, 2] & _LOW, levels[:, :, 2] >> 32 & _LOW),
    )
    return fresh if before is None or not len(before) else _joined(before, fresh)


def _joined(before: Span, fresh: Span) -> Span:
    last = slice(len(before) - 1, len(before))
    first_event = int(before.event[-1]) + int(before.is_last[-1])
    return Span(
        t_ns=np.maximum.accumulate(np.concatenate([before.t_ns[last], fresh.t_ns])),
        event=np.concatenate([before.event[last], fresh.event + first_event]),
        is_last=np.concatenate([before.is_last[last], fresh.is_last]),
        aggressor=np.concatenate([before.aggressor[last], fresh.aggressor]),
        tick=np.concatenate([before.tick[last], fresh.tick]),
        size=np.concatenate([before.size[last], fresh.size]),
        ticks=_pair(before.ticks, fresh.ticks, last),
        sizes=_pair(before.sizes, fresh.sizes, last),
    )


def _pair(before: tuple[Ints, Ints], fresh: tuple[Ints, Ints], last: slice) -> tuple[Ints, Ints]:
    return np.concatenate([before[0][last], fresh[0]]), np.concatenate([before[1][last], fresh[1]])


def _ticks(prices: NDArray[Any], tick_e9: int, absent: int) -> Ints:
    ticks: Ints = np.where(prices == UNDEF_PRICE, absent, prices // tick_e9)
    return ticks


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
