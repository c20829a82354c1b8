"""Reading MBP-10 records the slow and plain way: what the generator says is checked against this."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import by_name
from spymaster.market.kinds import F_LAST, F_SNAPSHOT, UNDEF_PRICE, Kind

BUCKET_NS = 250_000_000
BID, ASK = 0, 1
Book = tuple[dict[int, int], dict[int, int]]
"""Price (e9) -> contracts, bids and asks, best first."""


@dataclass(frozen=True)
class Row:
    """One record: times, what it says, and the ten levels it carries."""

    ts_event: int
    action: str
    side: str
    price: int
    size: int
    is_last: bool
    is_snapshot: bool
    book: Book


def rows(records: NDArray[np.int64]) -> list[Row]:
    """Every record of int64[n, 46]."""
    fields = by_name(Kind.MBP10, records)
    flags = fields["flags"].tolist()
    heads = zip(
        fields["ts_event"].tolist(),
        fields["action"].tolist(),
        fields["side"].tolist(),
        fields["price"].tolist(),
        fields["size"].tolist(),
        strict=True,
    )
    bids, asks = (_ladders(fields, side) for side in ("bid", "ask"))
    return [
        Row(ts, action.decode(), side.decode(), price, size, bool(flag & F_LAST), bool(flag & F_SNAPSHOT), (bid, ask))
        for (ts, action, side, price, size), flag, bid, ask in zip(heads, flags, bids, asks, strict=True)
    ]


def events(all_rows: list[Row]) -> list[list[Row]]:
    """The rows of each venue event: those that share a time."""
    grouped: list[list[Row]] = []
    for row in all_rows:
        if grouped and grouped[-1][-1].ts_event == row.ts_event:
            grouped[-1].append(row)
        else:
            grouped.append([row])
    return grouped


@dataclass
class Decomposition:
    """Flows read off the ten levels. ``cells``: (bucket end ns, side, price) -> [added, pulled, filled]."""

    cells: dict[tuple[int, int, int], list[int]]
    unmatched: int
    worst: dict[tuple[int, int], int]
    """(bucket end ns, side) -> the nearest that the worst visible price came to the touch, outward from it."""

    def in_sight(self, bucket: int, side: int, price: int) -> bool:
        """Whether a price was among the visible ones throughout a bucket."""
        worst = self.worst.get((bucket, side))
        return worst is not None and _outward(side) * price <= worst


def decompose(all_rows: list[Row]) -> Decomposition:
    """Attribute every change on the common visible range to ADD, PULL or FILL, record by record."""
    out = Decomposition(defaultdict(lambda: [0, 0, 0]), 0, {})
    pending: dict[tuple[int, int], int] = defaultdict(int)
    before: Book | None = None
    for row in all_rows:
        bucket = (row.ts_event // BUCKET_NS + 1) * BUCKET_NS
        if before is None or row.is_snapshot:
            before = row.book
            continue
        for side in (BID, ASK):
            lim = min(_edge(before, side), _edge(row.book, side))
            out.worst[bucket, side] = min(lim, out.worst.get((bucket, side), lim))
        if row.action == "T":
            pending[ASK if row.side == "B" else BID, row.price] += row.size
        else:
            _compare(out, before, row.book, pending, bucket)
        before = row.book
        if row.is_last:
            out.unmatched += sum(pending.values())
            pending.clear()
    return out


def depth_of_zone(row: Row, side: int, tick: int, tick_e9: int = 250_000_000) -> int:
    """Contracts displayed within two ticks of a level."""
    return sum(row.book[side].get((tick + offset) * tick_e9, 0) for offset in range(-2, 3))


def _compare(out: Decomposition, old: Book, new: Book, pending: dict[tuple[int, int], int], bucket: int) -> None:
    for side in (BID, ASK):
        lim = min(_edge(old, side), _edge(new, side))
        for price in old[side].keys() | new[side].keys():
            if _outward(side) * price > lim:
                continue
            change = new[side].get(price, 0) - old[side].get(price, 0)
            if change == 0:
                continue
            cell = out.cells[bucket, side, price]
            filled = min(max(-change, 0), pending[side, price])
            pending[side, price] -= filled
            cell[0] += max(change, 0)
            cell[1] += max(-change, 0) - filled
            cell[2] += filled


def _outward(side: int) -> int:
    return 1 if side == ASK else -1


def _edge(book: Book, side: int) -> int:
    prices = list(book[side])
    return _outward(side) * prices[-1] if len(prices) == 10 else 2**62


def _ladders(fields: NDArray[Any], side: str) -> list[dict[int, int]]:
    prices = np.stack([fields[f"{side}_px_{level:02}"] for level in range(10)], axis=1).tolist()
    sizes = np.stack([fields[f"{side}_sz_{level:02}"] for level in range(10)], axis=1).tolist()
    return [
        {price: size for price, size in zip(*pair, strict=True) if price != UNDEF_PRICE}
        for pair in zip(prices, sizes, strict=True)
    ]
