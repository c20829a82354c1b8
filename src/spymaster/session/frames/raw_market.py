"""The market as its records alone show it: what a screen has while there is no engine yet. No flow, level or state."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, TapeFrom
from spymaster.market.kinds import (
    ACTION_TRADE,
    MASK32,
    MAX_TICK,
    MBP10_WORDS,
    NO_TICK,
    PRICE_SCALE,
    SIDE_ASK,
    SIDE_BID,
    UNDEF_PRICE,
    Kind,
)
from spymaster.market.rows import ORDER_ROW
from spymaster.signals.frame import LADDER_ROW, Frame
from spymaster.signals.run_state import RunState, empty_book, waiting_frame

_ORDERS_SHOWN: Final = 200
_LADDER_ROWS: Final = 320
_FIRST_LEVEL: Final = 6
_WORDS_A_LEVEL: Final = 4
_HEADER, _EVENT, _PRICE, _DETAILS, _RECEIVED = range(5)
_KEY_BITS: Final = 16
_ACTION_BITS: Final = 32
_SIDE_BITS: Final = 40
_BYTE: Final = 0xFF
_SIZE_BITS: Final = 32
_AGGRESSORS: Final = {SIDE_BID: 1, SIDE_ASK: -1}


class RawMarket:
    """Follows the records of one contract: its ten levels, its trades, its clock. Nothing of them is judged."""

    def __init__(self, config: ConfigFrame) -> None:
        instrument = config.instrument
        head = np.array([instrument.publisher_id << 16 | instrument.instrument_id << 32], np.uint64).view(np.int64)
        self._key = int(head[0]) >> _KEY_BITS
        self._tick_e9 = instrument.tick_e9
        self._config = config
        self._from_depth = config.tape_from is TapeFrom.DEPTH
        self._book = empty_book()
        self._orders = np.zeros(0, ORDER_ROW)
        self._traded: dict[int, list[int]] = {}
        self._last_tick = NO_TICK
        self._depth = self._trades = _Waiting(np.zeros((0, MBP10_WORDS), np.int64), self._key)
        self.records = 0
        self.t_ns = 0
        """The clock: the newest time of a record taken."""

    def begin(self, batch: Batch) -> None:
        """The records that come next. What was not taken of those before is passed over."""
        depth = batch.arrays.get(Kind.MBP10, np.zeros((0, MBP10_WORDS), np.int64))
        self._depth = _Waiting(depth, self._key)
        trades = None if self._from_depth else batch.arrays.get(Kind.TRADE)
        self._trades = _Waiting(
            depth[:0] if trades is None else trades.view(np.int64).reshape(len(trades), -1), self._key
        )

    def take(self, until_ns: int | None = None) -> bool:
        """Take the records due until a moment, all of them where it is None; whether none is left."""
        depth, trades = self._depth.due(until_ns), self._trades.due(until_ns)
        for words in (depth, trades):
            if len(words):
                self.records += len(words)
                self.t_ns = max(self.t_ns, int(_times(words).max()))
        printed = depth[(depth[:, _DETAILS] >> _ACTION_BITS) & _BYTE == ACTION_TRADE] if self._from_depth else trades
        self._print(printed)
        if len(depth):
            self._show(depth[-1])
        return self._depth.is_over and self._trades.is_over

    @property
    def next_ns(self) -> int:
        """When the next record is due, 0 where none is waiting."""
        waiting = [due for due in (self._depth.next_ns, self._trades.next_ns) if due]
        return min(waiting) if waiting else 0

    def frame(self, number: int, run: RunState) -> Frame:
        """What there is of a picture; as before the first record where none has been taken."""
        config = self._config
        plain = waiting_frame(number, run, config.profile, config.instrument.symbol)
        if not self.t_ns:
            return plain
        tick = self._tick_e9 / PRICE_SCALE
        bid, ask = int(self._book[0, 0, 0]), int(self._book[1, 0, 0])
        both = bid != NO_TICK and ask != NO_TICK
        middle = (bid + ask) / 2.0 * tick if both else math.nan
        header = msgspec.structs.replace(
            plain.header,
            t_ns=self.t_ns,
            as_of_ns=self.t_ns,
            spot=middle if config.profile != "spy" else math.nan,
            es_mid=middle,
            es_last=self._last_tick * tick if self._last_tick != NO_TICK else math.nan,
            es_bid_tick=bid,
            es_ask_tick=ask,
            es_last_tick=self._last_tick,
            tick_size=tick,
            records=self.records,
        )
        book, ladder, orders = self._book.copy(), self._ladder(bid if both else self._last_tick), self._orders.copy()
        for array in (book, ladder, orders):
            array.flags.writeable = False
        return dataclasses.replace(plain, header=header, t_ns=self.t_ns, book=book, ladder=ladder, orders=orders)

    def _show(self, words: NDArray[np.int64]) -> None:
        levels = words[_FIRST_LEVEL:].reshape(10, _WORDS_A_LEVEL)
        self._book = empty_book()
        for side in range(2):
            sizes = (levels[:, 2] >> (_SIZE_BITS * side)) & MASK32
            prices = levels[:, side]
            there = (prices != UNDEF_PRICE) & (sizes > 0) & (np.abs(prices) < MAX_TICK * self._tick_e9)
            self._book[side, there, 0] = prices[there] // self._tick_e9
            self._book[side, there, 1] = sizes[there]

    def _print(self, words: NDArray[np.int64]) -> None:
        words = words[words[:, _PRICE] != UNDEF_PRICE]
        if not len(words):
            return
        orders = np.zeros(len(words), ORDER_ROW)
        orders["t_ns"] = _times(words)
        orders["size"] = words[:, _DETAILS] & MASK32
        orders["prints"] = orders["levels"] = 1
        for name in ("low_tick", "high_tick", "last_tick"):
            orders[name] = words[:, _PRICE] // self._tick_e9
        sides = (words[:, _DETAILS] >> _SIDE_BITS) & _BYTE
        for code, aggressor in _AGGRESSORS.items():
            orders["side"][sides == code] = aggressor
        for tick, side, size in zip(
            orders["last_tick"].tolist(), orders["side"].tolist(), orders["size"].tolist(), strict=True
        ):
            if side:
                self._traded.setdefault(tick, [0, 0])[0 if side > 0 else 1] += size
        self._last_tick = int(orders["last_tick"][-1])
        self._orders = np.concatenate((self._orders, orders))[-_ORDERS_SHOWN:]

    def _ladder(self, middle: int) -> NDArray[Any]:
        rows = np.zeros(_LADDER_ROWS, LADDER_ROW)
        rows["tick"] = np.arange(_LADDER_ROWS) + (middle - _LADDER_ROWS // 2)
        rows["bid_age_ns"] = rows["ask_age_ns"] = -1
        low = int(rows["tick"][0])
        for side, name in enumerate(("bid", "ask")):
            ticks = self._book[side, :, 0]
            places = ticks - low
            inside = (ticks != NO_TICK) & (places >= 0) & (places < _LADDER_ROWS)
            rows[name][places[inside]] = self._book[side, inside, 1]
            rows[f"{name}_seen"][places[inside]] = 1
            rows[f"{name}_age_ns"][places[inside]] = 0
        for tick, (bought, sold) in self._traded.items():
            if low <= tick < low + _LADDER_ROWS:
                rows["buys"][tick - low], rows["sells"][tick - low] = bought, sold
        return rows


class _Waiting:
    """Records of one kind (int64[n, words]), taken as they become due."""

    def __init__(self, words: NDArray[np.int64], key: int) -> None:
        self._words = words[words[:, _HEADER] >> _KEY_BITS == key]
        # a record that is late is due with the one before it
        self._due = np.maximum.accumulate(_times(self._words)) if len(self._words) else np.zeros(0, np.int64)
        self._taken = 0

    def due(self, until_ns: int | None) -> Any:
        first = self._taken
        last = len(self._due) if until_ns is None else int(np.searchsorted(self._due, until_ns, "right"))
        self._taken = max(first, last)
        return self._words[first : self._taken]

    @property
    def next_ns(self) -> int:
        return 0 if self.is_over else int(self._due[self._taken])

    @property
    def is_over(self) -> bool:
        return self._taken >= len(self._due)


def _times(words: NDArray[np.int64]) -> NDArray[np.int64]:
    """When records happened, and where that is unknown, when they were captured."""
    times: NDArray[np.int64] = np.where(words[:, _EVENT] != -1, words[:, _EVENT], words[:, _RECEIVED])
    return times
