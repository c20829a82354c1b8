"""Frames as records: XTRADE, XQUOTE and the frames themselves as RAW, in one batch in the order they arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.massive_live.conditions import ConditionCodes
from spymaster.feeds.massive_live.instruments import PUBLISHER, InstrumentBook
from spymaster.feeds.massive_live.messages import FrameReader, Quote, Status, Trade
from spymaster.feeds.massive_live.skew import SkewMeter
from spymaster.feeds.massive_live.trades_seen import TradesSeen
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import DTYPES, RAW_DATA_BYTES
from spymaster.market.kinds import NS_PER_MS, PRICE_SCALE, UNDEF_PRICE, Kind
from spymaster.market.option_chain import NO_CONDITION

RTYPES: Final = {Kind.XTRADE: 0xF0, Kind.XQUOTE: 0xF1, Kind.RAW: 0xF2, Kind.GREEKS: 0xF3}
CODES: Final = 6
REPEATED: Final = "trade sent again (same exchange, sequence and time)"
_MOST_SIZE_E9: Final = 9 * 10**18
_LENGTH_UNIT: Final = 4


class RawFrame(msgspec.Struct, frozen=True):
    """A frame as it arrived: number in its connection, receive time (ns of this machine), content."""

    number: int
    recv_ns: int
    data: bytes


class FrameRecords:
    """Turns frames of all connections of one cluster into batches. ``rejected``: reason -> what was left out; ``seen``:
    the latest trades, of an earlier session too."""

    def __init__(
        self,
        book: InstrumentBook,
        rejected: Counter[str],
        codes: ConditionCodes | None = None,
        seen: TradesSeen | None = None,
    ) -> None:
        self.codes = codes or ConditionCodes()
        self.seen = seen or TradesSeen()
        self.latest_ns = 0
        """The latest event time of all."""
        self.skew = SkewMeter()
        self._book = book
        self._rejected = rejected
        self._reader = FrameReader(rejected)

    def take(self, frames: Sequence[RawFrame], connection: int) -> Batch:
        """The batch of some frames of one connection: of each the pieces of the frame, then its records."""
        trades: list[Trade] = []
        quotes: list[Quote] = []
        ids: dict[Kind, list[int]] = {Kind.XTRADE: [], Kind.XQUOTE: []}
        times: dict[Kind, list[int]] = {Kind.XTRADE: [], Kind.XQUOTE: []}
        order: list[int] = []
        raw_ns: list[int] = []
        for frame in frames:
            messages = [one for one in self._reader.read(frame.data) if not isinstance(one, Status)]
            if messages:
                newest_ns = max(one.t for one in messages) * NS_PER_MS
                self.latest_ns = max(self.latest_ns, newest_ns)
                self.skew.take(frame.recv_ns, newest_ns)
            recv_ns = self.skew.corrected_ns(frame.recv_ns)
            raw_ns.append(recv_ns)
            order += [int(Kind.RAW)] * _pieces(frame)
            for one in messages:
                number = self._book.id_of(one.sym)
                kind = Kind.XTRADE if isinstance(one, Trade) else Kind.XQUOTE
                if number == 0:
                    self._rejected["symbol that is none"] += 1
                    continue
                if isinstance(one, Trade):
                    if self.seen.take(number, one.x, one.q, one.t):
                        self._rejected[REPEATED] += 1
                        continue
                    trades.append(one)
                else:
                    quotes.append(one)
                ids[kind].append(number)
                times[kind].append(recv_ns)
                order.append(int(kind))
        arrays: dict[Kind, Records] = {}
        if frames:
            arrays[Kind.RAW] = _raw_rows(frames, raw_ns, connection)
        if trades:
            arrays[Kind.XTRADE] = self._trades(trades, ids[Kind.XTRADE], times[Kind.XTRADE])
        if quotes:
            arrays[Kind.XQUOTE] = _quotes(quotes, ids[Kind.XQUOTE], times[Kind.XQUOTE])
        return Batch(arrays, np.array(order, np.uint8))

    def _trades(self, trades: Sequence[Trade], ids: Sequence[int], recv_ns: Sequence[int]) -> Records:
        rows = _headed(Kind.XTRADE, ids, [one.t for one in trades], recv_ns)
        rows["price"] = _e9([one.p for one in trades])
        rows["size_e9"] = [_size_e9(one) for one in trades]
        rows["sequence"] = [one.q for one in trades]
        rows["exchange"] = [one.x for one in trades]
        rows["conditions"] = self.conditions([one.c or [] for one in trades])
        return rows

    def conditions(self, codes: Sequence[list[int]]) -> NDArray[np.uint16]:
        """The condition codes of some trades as the engine's table has them, uint16[n, CODES]."""
        filled = np.full((len(codes), CODES), NO_CONDITION, np.uint16)
        for place, some in enumerate(codes):
            if some:
                known = self.codes.translate(some)
                if len(known) > CODES:
                    self._rejected["condition codes beyond the sixth"] += len(known) - CODES
                filled[place, : min(len(known), CODES)] = known[:CODES]
        return filled


def _quotes(quotes: Sequence[Quote], ids: Sequence[int], recv_ns: Sequence[int]) -> Records:
    rows = _headed(Kind.XQUOTE, ids, [one.t for one in quotes], recv_ns)
    for price, size, prices, sizes in (
        ("bid_px", "bid_sz_e9", [one.bp or 0.0 for one in quotes], [one.bs or 0.0 for one in quotes]),
        ("ask_px", "ask_sz_e9", [one.ap or 0.0 for one in quotes], [one.as_ or 0.0 for one in quotes]),
    ):
        e9 = _e9(prices)
        rows[price] = np.where(e9 > 0, e9, UNDEF_PRICE)
        rows[size] = np.where(e9 > 0, _e9(sizes), 0)
    rows["sequence"] = [one.q for one in quotes]
    rows["exchange"] = [one.bx or 0 for one in quotes]
    rows["ask_exchange"] = [one.ax or 0 for one in quotes]
    filled = np.full((len(quotes), CODES), NO_CONDITION, np.uint16)
    for place, one in enumerate(quotes):
        codes = ([] if one.c is None else [one.c]) + (one.i or [])
        if codes:
            filled[place, : min(len(codes), CODES)] = codes[:CODES]
    rows["conditions"] = filled
    return rows


def headed(kind: Kind, count: int) -> Records:
    """Zeroed records of one of this vendor's kinds, their headers filled in but for instrument and times."""
    rows = np.zeros(count, DTYPES[kind])
    rows["length"] = rows.dtype.itemsize // _LENGTH_UNIT
    rows["rtype"] = RTYPES[kind]
    rows["publisher_id"] = PUBLISHER
    return rows


def _headed(kind: Kind, ids: Sequence[int], event_ms: Sequence[int], recv_ns: Sequence[int]) -> Records:
    rows = headed(kind, len(ids))
    rows["instrument_id"] = ids
    rows["ts_event"] = np.array(event_ms, np.int64) * NS_PER_MS
    rows["ts_recv"] = np.array(recv_ns, np.int64)
    return rows


def _e9(numbers: Sequence[float]) -> NDArray[np.int64]:
    """Decimal numbers as integers of 1e-9, to the nearest: the vendor's have fewer digits than that."""
    return np.rint(np.array(numbers, np.float64) * PRICE_SCALE).astype(np.int64)


def _size_e9(trade: Trade) -> int:
    if trade.ds is not None:
        try:
            exact = Decimal(trade.ds) * PRICE_SCALE
            if exact.is_finite() and 0 <= exact <= _MOST_SIZE_E9:
                return int(exact)
        except ArithmeticError:
            pass
    return int(trade.s * PRICE_SCALE)


def _pieces(frame: RawFrame) -> int:
    return max(1, -(-len(frame.data) // RAW_DATA_BYTES))


def _raw_rows(frames: Sequence[RawFrame], recv_ns: Sequence[int], connection: int) -> Records:
    counts = [_pieces(frame) for frame in frames]
    rows = headed(Kind.RAW, sum(counts))
    padded = b"".join(
        frame.data.ljust(count * RAW_DATA_BYTES, b"\0") for frame, count in zip(frames, counts, strict=True)
    )
    rows["data"] = np.frombuffer(padded, f"V{RAW_DATA_BYTES}")
    rows["instrument_id"] = connection
    rows["ts_event"] = rows["ts_recv"] = np.repeat(np.array(recv_ns, np.int64), counts)
    rows["frame"] = np.repeat([frame.number & 0xFFFF_FFFF for frame in frames], counts)
    rows["pieces"] = np.repeat(np.minimum(counts, 0xFFFF), counts)
    rows["piece"] = np.concatenate([np.minimum(np.arange(count), 0xFFFF) for count in counts])
    rows["bytes"] = np.repeat([len(frame.data) for frame in frames], counts)
    return rows


def frames_of(raw: NDArray[Any]) -> list[bytes]:
    """The frames that RAW records (of one connection, in order) hold: what the vendor sent, byte for byte."""
    found = []
    starts = np.flatnonzero(raw["piece"] == 0)
    for start, end in zip(starts, [*starts[1:], len(raw)], strict=True):
        data = np.ascontiguousarray(raw["data"][start:end]).tobytes()
        found.append(data[: int(raw["bytes"][start])])
    return found
