"""Options of the day made by hand: a chain, quotes at a flat volatility, trades, frames that mix them with depth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES, recv_ns
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import UNDEF_PRICE, Kind
from spymaster.market.option_chain import CALL, CHAIN, PUT
from spymaster.physics.options.option_time import variance_time_to_fixing
from tests.support.market import RTH_CLOSE_NS, RTH_OPEN_NS, SECOND, Market

FORWARD = 5000.125
"""Middle of the book that ``quiet_market`` makes, in points."""

VOLATILITY = 0.12
STRIKES = tuple(range(4900, 5105, 5))
FIRST_ID = 1000
NOON_NS = RTH_OPEN_NS + 3 * 3600 * SECOND
E9 = 1_000_000_000
UNLIMITED = 2**63 - 1


def chain(
    strikes: Sequence[float] = STRIKES,
    *,
    publisher_id: int = 1,
    multiplier: int = 50,
    tick_e9: int = 50_000_000,
    expiry_ns: int = RTH_CLOSE_NS,
) -> bytes:
    """A call and a put at every strike: ids ``FIRST_ID``, then one more each, calls first."""
    rows = np.zeros(2 * len(strikes), CHAIN)
    for k, strike in enumerate(strikes):
        for side, right in enumerate((CALL, PUT)):
            rows[2 * k + side] = (
                publisher_id, FIRST_ID + 2 * k + side, round(strike * E9), right, expiry_ns, multiplier, tick_e9,
            )  # fmt: skip
    return rows.tobytes()


def premium(strike: float, right: int, tau: float, forward: float = FORWARD, volatility: float = VOLATILITY) -> float:
    """Black's undiscounted premium."""
    s = volatility * math.sqrt(tau)
    d1 = math.log(forward / strike) / s + s / 2
    call = forward * _cdf(d1) - strike * _cdf(d1 - s)
    return call if right == CALL else call - forward + strike


def gamma(strike: float, tau: float, forward: float = FORWARD, volatility: float = VOLATILITY) -> float:
    """Black's gamma."""
    s = volatility * math.sqrt(tau)
    d1 = math.log(forward / strike) / s + s / 2
    return math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi) / (forward * s)


def _cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


@dataclass
class OptionTape:
    """Option records of one kind each, in the order they were written. ``start_ns``: what seconds count from."""

    strikes: Sequence[float] = STRIKES
    start_ns: int = NOON_NS
    publisher_id: int = 1
    rows: list[tuple[Kind, NDArray[np.void]]] = field(default_factory=list)

    def record(self, kind: Kind, strike: float, right: int, seconds: float, **columns: Any) -> None:
        """Append one record of a contract."""
        row = np.zeros(1, DTYPES[kind])
        t_ns = self.start_ns + round(seconds * SECOND)
        row["length"] = row.dtype.itemsize // 4
        row["publisher_id"] = self.publisher_id
        row["instrument_id"] = FIRST_ID + 2 * list(self.strikes).index(strike) + (right == PUT)
        row["ts_event"] = row["ts_recv"] = t_ns
        for name, value in columns.items():
            row[name] = value
        self.rows.append((kind, row))

    def quote(
        self,
        strike: float,
        right: int,
        seconds: float,
        bid: float,
        ask: float,
        *,
        size: int = 10,
        kind: Kind = Kind.BBO,
    ) -> None:
        """A best bid and ask in points; NaN leaves a side out."""
        sides = {"bid_px_00": price_e9(bid), "ask_px_00": price_e9(ask), "bid_sz_00": size, "ask_sz_00": size + 1}
        if kind is Kind.XQUOTE:
            sides = {
                "bid_px": price_e9(bid),
                "ask_px": price_e9(ask),
                "bid_sz_e9": size * E9,
                "ask_sz_e9": (size + 1) * E9,
            }
        self.record(kind, strike, right, seconds, **sides)

    def trade(
        self,
        strike: float,
        right: int,
        seconds: float,
        price: float,
        size: int,
        side: bytes = b"N",
        *,
        quote: tuple[float, float] | None = None,
        kind: Kind = Kind.MBP1,
    ) -> None:
        """A trade with the quote it met (none: both sides absent). ``side``: the aggressor's."""
        bid, ask = quote or (math.nan, math.nan)
        self.record(
            kind, strike, right, seconds, price=price_e9(price), size=size, action=b"T", side=side,
            bid_px_00=price_e9(bid), ask_px_00=price_e9(ask), bid_sz_00=7, ask_sz_00=9,
        )  # fmt: skip

    def quotes_everywhere(
        self, seconds: float, *, half: float = 0.05, kind: Kind = Kind.BBO, tau: float | None = None
    ) -> None:
        """Quotes around Black's premium at every contract whose premium is worth one."""
        left = tau if tau is not None else years_left(self.start_ns + round(seconds * SECOND))
        for strike in self.strikes:
            for right in (CALL, PUT):
                middle = premium(strike, right, left)
                self.quote(strike, right, seconds, max(middle - half, 0.0) or math.nan, middle + half, kind=kind)

    def frames(self, words: NDArray[np.int64], chunk: int = 0) -> list[RecordsFrame]:
        """The records and MBP-10 words merged by arrival, depth first among equals, in chunks."""
        return frames([(Kind.MBP10, words), *((kind, row) for kind, row in self.rows)], chunk)


def frames(parts: Iterable[tuple[Kind, NDArray[Any]]], chunk: int = 0) -> list[RecordsFrame]:
    """Records of several kinds merged by arrival, in chunks of so many records (0: one)."""
    items: list[tuple[int, int, Kind, NDArray[Any]]] = []
    for kind, rows in parts:
        times = recv_ns(kind, rows).tolist()
        items += [(t, len(items) + k, kind, rows[k : k + 1]) for k, t in enumerate(times)]
    items.sort(key=lambda item: (item[0], item[2] is not Kind.MBP10, item[1]))
    step = chunk or max(len(items), 1)
    return [_frame(items[first : first + step], first) for first in range(0, len(items), step)]


def _frame(items: list[tuple[int, int, Kind, NDArray[Any]]], first_seq: int) -> RecordsFrame:
    kinds = dict.fromkeys(kind for _, _, kind, _ in items)
    arrays = {k: np.ascontiguousarray(np.concatenate([row for _, _, kind, row in items if kind is k])) for k in kinds}
    return RecordsFrame(Batch(arrays, np.array([kind for _, _, kind, _ in items], np.uint8), first_seq))


def quiet_market(seconds: float, start_ns: int = NOON_NS, middle_tick: int = 20_000) -> NDArray[np.int64]:
    """Depth that stands still but for one order that comes and goes twice a second."""
    market = Market(start_ns=start_ns)
    market.ladder(best_bid=middle_tick)
    for k in range(int(seconds * 2)):
        market.at(0.4 + 0.5 * k)
        number = market.add(0, middle_tick - 3, 5)
        market.at(0.6 + 0.5 * k)
        market.cancel(number)
    return market.words()


def years_left(t_ns: int) -> float:
    """Variance time to the close."""
    return float(variance_time_to_fixing(t_ns, RTH_OPEN_NS, RTH_CLOSE_NS))


def price_e9(price: float) -> int:
    """A price in points as records have it; NaN is undefined."""
    return UNDEF_PRICE if math.isnan(price) else round(price * E9)
