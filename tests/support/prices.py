"""Trades, quotes and minute bars of a future and its share, as an engine is fed them, and the levels made of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import ConfigFrame, RecordsFrame, TapeFrom
from spymaster.market.instruments import EQUITY_CALENDAR, FUTURES_CALENDAR, Instrument, TickSource
from spymaster.market.kinds import F_LAST, UNDEF_PRICE, Kind
from spymaster.market.levels import LevelKind
from spymaster.market.sessions import sessions_between
from spymaster.physics.engine import Engine
from tests.support.engine import config_frame

FUTURE = (1, 17077)
SHARE = (2, 42)
STRANGER = (3, 9)
Key = tuple[int, int]
"""(publisher, instrument)."""

SPY = Instrument(*SHARE, "SPY", 10_000_000, 1, TickSource.DEFINITION, EQUITY_CALENDAR)
Row = tuple[int, float, int]
"""Time in ns, price, size."""
Quote = tuple[int, float | None, float | None]
"""Time in ns, bid, ask."""
BarRow = tuple[int, float, float, float, float, int]
"""Start in ns; open, high, low, close, volume."""

_MINUTE = 60_000_000_000


def at(text: str) -> int:
    """A moment in ISO 8601 with a zone, in ns UTC."""
    return int(dt.datetime.fromisoformat(text).timestamp()) * 1_000_000_000


def e9(price: float | None) -> int:
    """A price in 1e-9, UNDEF_PRICE for none."""
    return UNDEF_PRICE if price is None else round(price * 1e9)


def _records(kind: Kind, count: int, key: Key) -> NDArray[Any]:
    rows = np.zeros(count, DTYPES[kind])
    rows["length"] = rows.dtype.itemsize // 4
    rows["publisher_id"], rows["instrument_id"] = key
    return rows


def trades(rows: Iterable[Row], key: Key = FUTURE, side: bytes = b"N") -> RecordsFrame:
    """Records of a trades stream."""
    given = list(rows)
    made = _records(Kind.TRADE, len(given), key)
    made["ts_event"] = [t for t, _, _ in given]
    made["ts_recv"] = made["ts_event"] + 1000
    made["price"] = [e9(price) for _, price, _ in given]
    made["size"] = [size for _, _, size in given]
    made["action"], made["side"], made["flags"] = b"T", side, F_LAST
    return RecordsFrame(Batch.of(Kind.TRADE, made))


share_trades = partial(trades, key=SHARE)


def _put_quotes(made: NDArray[Any], quotes: Sequence[Quote]) -> RecordsFrame:
    made["bid_px_00"] = [e9(bid) for _, bid, _ in quotes]
    made["ask_px_00"] = [e9(ask) for _, _, ask in quotes]
    made["bid_sz_00"] = made["ask_sz_00"] = 100
    made["flags"] = F_LAST
    kind = Kind.BBO if made.dtype == DTYPES[Kind.BBO] else Kind.MBP1
    return RecordsFrame(Batch.of(kind, made))


def quotes(rows: Iterable[Quote], key: Key = SHARE, *, print_: tuple[float, int] | None = None) -> RecordsFrame:
    """MBP-1 records of the share: quotes, or with ``print_`` (price, size) trades that show the quote beside them."""
    given = list(rows)
    made = _records(Kind.MBP1, len(given), key)
    made["ts_event"] = [t for t, _, _ in given]
    made["ts_recv"] = made["ts_event"] + 1000
    made["action"], made["side"] = b"A", b"B"
    if print_ is not None:
        made["action"], made["price"], made["size"] = b"T", e9(print_[0]), print_[1]
    return _put_quotes(made, given)


def bbos(rows: Iterable[Quote], key: Key = SHARE, *, last_trade_ns: int = 0) -> RecordsFrame:
    """Quotes once an interval: sent at the row's time, their event that of the last trade."""
    given = list(rows)
    made = _records(Kind.BBO, len(given), key)
    made["ts_recv"] = [t for t, _, _ in given]
    made["ts_event"] = last_trade_ns
    return _put_quotes(made, given)


def bars(rows: Iterable[BarRow], key: Key = FUTURE) -> RecordsFrame:
    """The vendor's one-minute bars."""
    given = list(rows)
    made = _records(Kind.BAR, len(given), key)
    made["ts_event"] = [row[0] for row in given]
    for place, name in enumerate(("open", "high", "low", "close"), 1):
        made[name] = [e9(row[place]) for row in given]
    made["volume"] = [row[5] for row in given]
    return RecordsFrame(Batch.of(Kind.BAR, made))


def flat_bars(first_ns: int, until_ns: int, price: float = 5000.0) -> list[BarRow]:
    """A bar of one price for each minute that ends by ``until_ns``."""
    return [(t, price, price, price, price, 10) for t in range(first_ns, until_ns - _MINUTE + 1, _MINUTE)]


def trades_of_bar(row: BarRow) -> list[Row]:
    """Trades inside the bar's minute that make exactly this bar, one of them with all but three of its volume."""
    start, first, high, low, last, volume = row
    second = 1_000_000_000
    return [
        (start, first, 1),
        (start + 10 * second, high, 1),
        (start + 20 * second, low, 1),
        (start + 59 * second, last, volume - 3),
    ]


def tape_engine(profile: str = "es", *, with_share: bool = False, **config: Any) -> Engine:
    """An engine whose tape is a trades stream; ``with_share``: beside a feed of the share."""
    return started(config_frame(profile, **{"tape_from": TapeFrom.TRADES, **config}), with_share=with_share)


def started(config: ConfigFrame, *, with_share: bool = False) -> Engine:
    """An engine that has had its CONFIG."""
    engine = Engine()
    for _ in engine.feed(msgspec.structs.replace(config, equity=SPY) if with_share else config):
        raise AssertionError("a CONFIG frame makes no snaps")
    return engine


def real_sessions(first: str, last: str) -> NDArray[np.void]:
    """The sessions between two moments by the venue's own calendar."""
    return sessions_between(FUTURES_CALENDAR, at(first), at(last))


def placed(rows: NDArray[np.void]) -> dict[str, float]:
    """Price by kind of the structural levels in one snap's rows."""
    priced = (LevelKind.USER, LevelKind.ROUND, LevelKind.STRIKE)
    return {LevelKind(int(row["kind"])).name: float(row["price"]) for row in rows if int(row["kind"]) not in priced}
