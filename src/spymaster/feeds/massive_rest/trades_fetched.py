"""Trades that a broken connection missed, fetched by REST for the journal alone."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Final

import msgspec
import numpy as np

from spymaster.feeds.massive_live.frame_records import FrameRecords, headed
from spymaster.feeds.massive_live.instruments import InstrumentBook
from spymaster.feeds.massive_live.plan import MassiveAddress
from spymaster.feeds.massive_rest.pages import pages
from spymaster.feeds.massive_rest.rest_client import RestClient, RestError, RestLimits
from spymaster.journal.format import FrameFlag
from spymaster.journal.source import Arrival
from spymaster.market.batches import Batch, Records
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import NS_PER_MS, NS_PER_S, PRICE_SCALE, Kind

SETTLE_S: Final = 2.0
"""How long after a reconnect trades are fetched: the vendor has put them there by then."""
EDGE_NS: Final = NS_PER_S
"""How far behind the first record a symbol may still have been missed: subscriptions are granted one by one."""
_DISORDER_NS: Final = NS_PER_S
"""How much later than a newer record the connection may bring an older trade."""
_MOST_HELD_S: Final = 15.0
"""A connection that falls quiet brings nothing that was not fetched."""
_TRADES: Final = "/v3/trades/"
_PAGE: Final = "50000"
_JOIN_S: Final = 5.0

_Price = Annotated[float, msgspec.Meta(ge=0, le=9e6)]
_Size = Annotated[float, msgspec.Meta(ge=0, le=9e9)]
_Word = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Code = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]


class RestTrade(msgspec.Struct):
    """One trade as the vendor's REST interface has it; ``sip_timestamp`` in ns."""

    sip_timestamp: Annotated[int, msgspec.Meta(gt=0, le=2**63 - 1)]
    price: _Price
    size: _Size = 0.0
    sequence_number: _Word = 0
    exchange: _Code = 0
    conditions: list[_Code] = []


class _Hole(msgspec.Struct, frozen=True):
    symbols: tuple[str, ...]
    from_ns: int
    to_ns: int
    ring: Callable[[], None]


class _Fetched(msgspec.Struct, frozen=True):
    """Trades of one symbol, or how a hole ended (``symbol`` empty)."""

    hole: _Hole
    at_s: float
    symbol: str = ""
    trades: tuple[RestTrade, ...] = ()
    problem: str = ""


class TradesFetched:
    """Fetches one hole after the other in a thread of its own (a ``massive_live.plan.HoleFiller``).

    A trade that the connection brought itself is left out: by exchange, sequence and millisecond it is the same. So
    that it has brought all it will, what was fetched is held until it has come well beyond the hole. The
    time of a fetched trade is the tape's, to the nanosecond; it is its receive time too, so that it finds its place.
    """

    def __init__(
        self,
        address: MassiveAddress,
        book: InstrumentBook,
        limits: RestLimits | None = None,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._client = RestClient(address, limits)
        self._book = book
        self._settle_s = settle_s
        self._waiting: deque[_Hole] = deque()
        self._fetched: deque[_Fetched] = deque()
        self._open = 0
        self._taken = 0
        self._work = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a hole is being filled or waits to be."""
        return self._open > 0

    def fill(self, symbols: Sequence[str], from_ns: int, to_ns: int, ring: Callable[[], None]) -> None:
        """Fetch the trades of some symbols in [from, to], a little beyond it at its end."""
        self._open += 1
        with self._work:
            self._waiting.append(_Hole(tuple(symbols), from_ns, to_ns, ring))
            self._work.notify()
        if self._thread is None and not self._stop.is_set():
            self._thread = threading.Thread(target=self._run, name="massive-trades", daemon=True)
            self._thread.start()

    def poll(self, records: FrameRecords) -> Iterator[Arrival | str]:
        """What was fetched since the last call, and at each hole's end a sentence about it."""
        while self._fetched and self._is_due(self._fetched[0], records):
            one = self._fetched.popleft()
            if one.symbol:
                rows = self._rows(one, records)
                self._taken += len(rows)
                if len(rows):
                    for frame in self._book.untold():
                        yield Arrival(frame)
                    yield Arrival(RecordsFrame(Batch.of(Kind.XTRADE, rows)), FrameFlag.BACKFILL)
                continue
            span_s = (one.hole.to_ns - one.hole.from_ns) / NS_PER_S
            if one.problem:
                end = f"its trades stay missing ({one.problem}); {self._taken} of them were fetched"
            else:
                end = f"its trades were fetched: {self._taken} records; its quotes stay missing"
            self._open -= 1
            self._taken = 0
            yield f"a hole of {span_s:.1f} s: {end}"

    def _is_due(self, one: _Fetched, records: FrameRecords) -> bool:
        is_beyond = records.latest_ns > one.hole.to_ns + EDGE_NS + _DISORDER_NS
        return is_beyond or time.monotonic() - one.at_s > _MOST_HELD_S

    def close(self) -> None:
        """End the thread. Safe to call twice."""
        self._stop.set()
        with self._work:
            self._work.notify()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(_JOIN_S)
        self._client.close()

    def _run(self) -> None:
        """The thread that waits for the network."""
        while not self._stop.is_set():
            with self._work:
                while not self._waiting and not self._stop.is_set():
                    self._work.wait()
            if self._stop.wait(self._settle_s):
                return
            hole = self._waiting.popleft()
            problem = self._fetch(hole)
            self._fetched.append(_Fetched(hole, time.monotonic(), problem=problem))
            hole.ring()

    def _fetch(self, hole: _Hole) -> str:
        """All symbols of a hole; why it is not full, empty when it is."""
        malformed = 0
        for symbol in hole.symbols:
            if self._stop.is_set():
                return "the session ended"
            try:
                found = fetch_trades(self._client, symbol, hole.from_ns, hole.to_ns + EDGE_NS)
            except RestError as error:
                return str(error)
            malformed += found[1]
            self._fetched.append(_Fetched(hole, time.monotonic(), symbol, found[0]))
            hole.ring()
        return f"{malformed} of them cannot be read" if malformed else ""

    def _rows(self, one: _Fetched, records: FrameRecords) -> Records:
        number = self._book.id_of(one.symbol)
        seen = records.seen
        kept = [
            trade
            for trade in one.trades
            if not seen.has(number, trade.exchange, trade.sequence_number, trade.sip_timestamp // NS_PER_MS)
        ]
        rows = headed(Kind.XTRADE, len(kept))
        rows["instrument_id"] = number
        rows["ts_event"] = rows["ts_recv"] = [trade.sip_timestamp for trade in kept]
        rows["price"] = np.rint(np.array([trade.price for trade in kept], np.float64) * PRICE_SCALE)
        rows["size_e9"] = np.rint(np.array([trade.size for trade in kept], np.float64) * PRICE_SCALE)
        rows["sequence"] = [trade.sequence_number for trade in kept]
        rows["exchange"] = [trade.exchange for trade in kept]
        rows["conditions"] = records.conditions([trade.conditions for trade in kept])
        return rows


def fetch_trades(client: RestClient, symbol: str, from_ns: int, until_ns: int) -> tuple[tuple[RestTrade, ...], int]:
    """(The trades of a symbol in [from, until] by the tape's time, oldest first; how many could not be read).

    Raises RestError.
    """
    query = {"timestamp.gte": str(from_ns // NS_PER_MS * NS_PER_MS), "timestamp.lt": str(until_ns + 1)}
    found: list[RestTrade] = []
    malformed = 0
    for raw in pages(client, f"{_TRADES}{symbol}", **query, order="asc", sort="timestamp", limit=_PAGE):
        for entry in raw:
            try:
                found.append(msgspec.json.decode(entry, type=RestTrade))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                malformed += 1
    found.sort(key=lambda trade: (trade.sip_timestamp, trade.sequence_number))
    return tuple(found), malformed
