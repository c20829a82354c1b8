"""A tiny order-level market that writes the exact MBP-10 records a depth feed would send for it.

Prices are ticks, sizes contracts. Sides: 0 bid, 1 ask. One action is one venue event unless ``last=False`` keeps the
event open. A trade writes its T record with the book before it, then the C or M records that take the size away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import MBP10_DTYPE
from spymaster.market.kinds import F_LAST, F_SNAPSHOT, MBP10_WORDS, UNDEF_PRICE

BID: Final = 0
ASK: Final = 1
SIDE_BYTES: Final = {BID: b"B", ASK: b"A", None: b"N"}
MS: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 3600 * SECOND
INTERVAL: Final = 250 * MS

OPEN_NS: Final = 1_704_409_200 * SECOND
"""2024-01-04 23:00 UTC: the evening opening of the session used by default."""
RTH_OPEN_NS: Final = OPEN_NS + 15 * HOUR + 30 * MINUTE
RTH_CLOSE_NS: Final = OPEN_NS + 22 * HOUR
CLOSE_NS: Final = OPEN_NS + 23 * HOUR
START_NS: Final = OPEN_NS + 2 * HOUR
"""When a market begins unless told otherwise: in the evening, where silence is normal."""

TICK_E9: Final = 250_000_000
MID: Final = 20_000
"""A best bid of 20,000 ticks is 5,000 points."""

Levels = dict[int, int]
"""Price in ticks -> size."""


@dataclass
class Order:
    """A resting order."""

    side: int
    tick: int
    size: int


@dataclass
class Market:
    """Order-level book of one instrument and the records it has written so far."""

    start_ns: int = START_NS
    tick_e9: int = TICK_E9
    publisher_id: int = 1
    instrument_id: int = 17077
    recv_delay_ns: int = 20_000
    now_ns: int = 0
    orders: dict[int, Order] = field(default_factory=dict)
    next_id: int = 1
    sequence: int = 0
    rows: list[NDArray[np.void]] = field(default_factory=list)
    truth: list[tuple[int, str, int, int, int]] = field(default_factory=list)
    """(record index, add | pull | fill, side, tick, contracts), one for each order-level change."""

    def __post_init__(self) -> None:
        self.now_ns = self.start_ns

    def at(self, seconds: float) -> Market:
        """Move the market's clock to so many seconds after its start."""
        self.now_ns = self.start_ns + round(seconds * SECOND)
        return self

    def levels(self, side: int) -> Levels:
        """Displayed size by price, best price first."""
        total: Levels = {}
        for order in self.orders.values():
            if order.side == side:
                total[order.tick] = total.get(order.tick, 0) + order.size
        return dict(sorted(total.items(), reverse=side == BID))

    def best(self, side: int) -> int:
        """The best price of a side."""
        return next(iter(self.levels(side)))

    def write(
        self,
        action: bytes,
        side: int | None,
        tick: int | None,
        size: int,
        *,
        flags: int = F_LAST,
        levels: tuple[Levels, Levels] | None = None,
        ts_event: int | None = None,
        ts_recv: int | None = None,
    ) -> int:
        """Append one record with the ten best levels as they are (or as given); returns its index."""
        self.sequence += 1
        row = np.zeros(1, MBP10_DTYPE)
        row["length"] = MBP10_DTYPE.itemsize // 4
        row["rtype"] = 10
        row["publisher_id"] = self.publisher_id
        row["instrument_id"] = self.instrument_id
        row["ts_event"] = np.uint64(self.now_ns if ts_event is None else ts_event)
        row["ts_recv"] = np.uint64(self.now_ns + self.recv_delay_ns if ts_recv is None else ts_recv)
        row["price"] = UNDEF_PRICE if tick is None else tick * self.tick_e9
        row["size"] = size
        row["action"] = action
        row["side"] = SIDE_BYTES[side]
        row["flags"] = flags
        row["sequence"] = self.sequence
        book = levels if levels is not None else (self.levels(BID), self.levels(ASK))
        for name, side_levels in (("bid", book[0]), ("ask", book[1])):
            shown = list(side_levels.items())[:10]
            for k in range(10):
                row[f"{name}_px_{k:02}"] = shown[k][0] * self.tick_e9 if k < len(shown) else UNDEF_PRICE
                row[f"{name}_sz_{k:02}"] = shown[k][1] if k < len(shown) else 0
                row[f"{name}_ct_{k:02}"] = 1 if k < len(shown) else 0
        self.rows.append(row)
        return len(self.rows) - 1

    def add(self, side: int, tick: int, size: int, *, last: bool = True) -> int:
        """A new resting order; returns its id."""
        number = self.next_id
        self.next_id += 1
        self.orders[number] = Order(side, tick, size)
        index = self.write(b"A", side, tick, size, flags=F_LAST if last else 0)
        self.truth.append((index, "add", side, tick, size))
        return number

    def cancel(self, number: int, size: int | None = None, *, last: bool = True, filled: bool = False) -> None:
        """Take away a resting order or part of it (a part is a modify in the feed)."""
        order = self.orders[number]
        taken = order.size if size is None else size
        order.size -= taken
        action = b"C"
        if order.size == 0:
            del self.orders[number]
        elif filled:
            action = b"M"
        shown = taken if action == b"C" else order.size
        index = self.write(action, order.side, order.tick, shown, flags=F_LAST if last else 0)
        self.truth.append((index, "fill" if filled else "pull", order.side, order.tick, taken))

    def modify(self, number: int, *, tick: int | None = None, size: int | None = None, last: bool = True) -> None:
        """Move a resting order or change its size."""
        order = self.orders[number]
        old_tick, old_size = order.tick, order.size
        order.tick = old_tick if tick is None else tick
        order.size = old_size if size is None else size
        index = self.write(b"M", order.side, order.tick, order.size, flags=F_LAST if last else 0)
        if order.tick != old_tick:
            self.truth.append((index, "pull", order.side, old_tick, old_size))
            self.truth.append((index, "add", order.side, order.tick, order.size))
        elif order.size > old_size:
            self.truth.append((index, "add", order.side, order.tick, order.size - old_size))
        elif order.size < old_size:
            self.truth.append((index, "pull", order.side, order.tick, old_size - order.size))

    def trade(self, aggressor: int, size: int, *, last: bool = True) -> int:
        """A market order of ``size`` against the other side, price by price; returns what was executed."""
        passive = ASK if aggressor == BID else BID
        left = size
        while left > 0 and self.levels(passive):
            tick = self.best(passive)
            queue = [n for n, o in self.orders.items() if o.side == passive and o.tick == tick]
            part = min(left, sum(self.orders[n].size for n in queue))
            self.print(aggressor, tick, part, last=False)
            left -= part
            for number in queue:
                if part == 0:
                    break
                taken = min(part, self.orders[number].size)
                part -= taken
                self.cancel(number, taken, last=False, filled=True)
        if last:
            self.end_event()
        return size - left

    def print(self, aggressor: int | None, tick: int, size: int, *, last: bool = True) -> None:
        """A T record alone: it shows the book as it is and changes nothing."""
        self.write(b"T", aggressor, tick, size, flags=F_LAST if last else 0)

    def end_event(self) -> None:
        """Mark the latest record as the last of its venue event."""
        self.rows[-1]["flags"] |= F_LAST

    def clear(self) -> None:
        """The venue empties the book."""
        self.orders.clear()
        self.write(b"R", None, None, 0)

    def snapshot(self) -> None:
        """The whole book at once."""
        self.write(b"A", None, None, 0, flags=F_LAST | F_SNAPSHOT | 8)

    def ladder(self, *, best_bid: int = MID, size: int = 50, depth: int = 15, spread: int = 1) -> Market:
        """Fill both sides with orders of one size and show the result as a snapshot."""
        for k in range(depth):
            self.orders[self.next_id] = Order(BID, best_bid - k, size)
            self.orders[self.next_id + 1] = Order(ASK, best_bid + spread + k, size)
            self.next_id += 2
        self.snapshot()
        return self

    def orders_at(self, side: int, tick: int) -> list[int]:
        """Ids of the orders resting at a price, oldest first."""
        return [n for n, o in self.orders.items() if o.side == side and o.tick == tick]

    def words(self) -> NDArray[np.int64]:
        """Everything written so far as ``int64[n, 46]``."""
        if not self.rows:
            return np.zeros((0, MBP10_WORDS), np.int64)
        return np.concatenate(self.rows).view(np.int64).reshape(-1, MBP10_WORDS).copy()
