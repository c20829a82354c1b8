"""The heatmap's memory: one column a second of event time, for the last hour."""

from __future__ import annotations

import threading
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NO_TICK, NS_PER_S
from spymaster.market.rows import BarrierState
from spymaster.physics.views import read_bucket_trades, read_heat
from spymaster.signals.frame import HEAT_TICKS, LEVEL_MARK, TRADE_DOT, HeatColumns

COLUMNS: Final = 3600
_MOVE_TICKS: Final = HEAT_TICKS // 4
_TRADES_PER_BUCKET: Final = 256
_ARRAYS: Final = ("t_ns", "base", "depth", "last", "bid", "ask", "gap_ns")


class HeatState(msgspec.Struct, frozen=True):
    """Everything a HeatStore remembers: the columns in use, oldest first, their trades and marks."""

    count: int
    second: int
    columns: dict[str, bytes]
    trades: bytes
    marks: bytes


class HeatStore:
    """Written by the Session after each snap, read by screens; columns are numbered from 0 and never renumbered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._second = -1
        self._revision = 0
        self._t_ns = np.zeros(COLUMNS, np.int64)
        self._base = np.zeros(COLUMNS, np.int64)
        self._depth = np.full((COLUMNS, HEAT_TICKS), -1, np.int32)
        self._last = np.full(COLUMNS, NO_TICK, np.int64)
        self._bid = np.full(COLUMNS, NO_TICK, np.int64)
        self._ask = np.full(COLUMNS, NO_TICK, np.int64)
        self._gap_ns = np.zeros(COLUMNS, np.int64)
        self._trades: dict[int, dict[int, tuple[int, int]]] = {}
        self._marks: dict[int, NDArray[Any]] = {}
        self._scratch = np.zeros((_TRADES_PER_BUCKET, 3), np.int64)

    def add_snap(self, state: NDArray[Any], t_ns: int, levels: NDArray[Any]) -> None:
        """Bring the column of the snap at ``t_ns`` up to date. ``levels``: the snap's LEVEL_ROW rows."""
        book = state["book"][0]
        with self._lock:
            number = self._column_of(t_ns)
            k = number % COLUMNS
            middle = int(book["bid"]) if book["has_bbo"] else int(book["last_tick"])
            if abs(middle - (self._base[k] + HEAT_TICKS // 2)) > _MOVE_TICKS:
                self._base[k] = middle - HEAT_TICKS // 2
            read_heat(state, int(self._base[k]), self._depth[k])
            self._t_ns[k] = t_ns
            if book["has_bbo"]:
                self._bid[k], self._ask[k] = book["bid"], book["ask"]
            if book["has_last"]:
                self._last[k] = book["last_tick"]
            self._add_trades(number, state)
            self._marks[number] = _marks_of(number, levels)
            self._revision += 1

    def columns(self, seconds: int) -> HeatColumns:
        """Copies of up to ``seconds`` newest columns."""
        with self._lock:
            first = max(self._count - min(seconds, COLUMNS), 0)
            slots = np.arange(first, self._count) % COLUMNS
            dots = [
                (number, tick, buys, sells)
                for number in range(first, self._count)
                for tick, (buys, sells) in self._trades.get(number, {}).items()
            ]
            marks = [self._marks[number] for number in range(first, self._count) if number in self._marks]
            return HeatColumns(
                revision=self._revision,
                first=first,
                t_ns=_frozen(self._t_ns[slots]),
                base=_frozen(self._base[slots]),
                depth=_frozen(self._depth[slots]),
                last=_frozen(self._last[slots]),
                bid=_frozen(self._bid[slots]),
                ask=_frozen(self._ask[slots]),
                gap_ns=_frozen(self._gap_ns[slots]),
                trades=_frozen(np.array(dots, TRADE_DOT)),
                marks=_frozen(np.concatenate(marks) if marks else np.zeros(0, LEVEL_MARK)),
            )

    def snapshot(self) -> HeatState:
        """Everything, for ``restore``."""
        with self._lock:
            first = max(self._count - COLUMNS, 0)
            slots = np.arange(first, self._count) % COLUMNS
            dots = [
                (number, tick, buys, sells)
                for number, column in self._trades.items()
                for tick, (buys, sells) in column.items()
            ]
            return HeatState(
                count=self._count,
                second=self._second,
                columns={name: getattr(self, f"_{name}")[slots].tobytes() for name in _ARRAYS},
                trades=np.array(dots, np.int64).tobytes(),
                marks=b"".join(self._marks[number].tobytes() for number in range(first, self._count)),
            )

    def restore(self, snapshot: HeatState) -> None:
        """Go on from what another store remembered. Raises ValueError for what no store can have remembered."""
        held = min(snapshot.count, COLUMNS)
        slots = np.arange(snapshot.count - held, snapshot.count) % COLUMNS
        with self._lock:
            for name in _ARRAYS:
                column = getattr(self, f"_{name}")
                kept = np.frombuffer(snapshot.columns.get(name, b""), column.dtype)
                column[slots] = kept.reshape(held, *column.shape[1:])
            self._count, self._second = snapshot.count, snapshot.second
            self._trades = {}
            for number, tick, buys, sells in np.frombuffer(snapshot.trades, TRADE_DOT).tolist():
                self._trades.setdefault(number, {})[tick] = (buys, sells)
            marks = np.frombuffer(snapshot.marks, LEVEL_MARK)
            numbers = np.arange(snapshot.count - held, snapshot.count + 1)
            ends = np.searchsorted(marks["column"], numbers).tolist()
            spans = zip(numbers.tolist(), ends, ends[1:], strict=False)
            self._marks = {number: marks[begin:end] for number, begin, end in spans}
            self._revision += 1

    def _column_of(self, t_ns: int) -> int:
        second = (t_ns - 1) // NS_PER_S
        if second == self._second:
            return self._count - 1
        number = self._count
        k = number % COLUMNS
        before = (number - 1) % COLUMNS
        self._base[k] = self._base[before] if number else 0
        self._depth[k] = -1
        self._last[k] = self._last[before] if number else NO_TICK
        self._bid[k] = self._ask[k] = NO_TICK
        self._gap_ns[k] = max((second - self._second - 1) * NS_PER_S, 0) if number else 0
        self._second = second
        self._count = number + 1
        self._trades.pop(number - COLUMNS, None)
        self._marks.pop(number - COLUMNS, None)
        return number

    def _add_trades(self, number: int, state: NDArray[Any]) -> None:
        n = read_bucket_trades(state, self._scratch)
        if not n:
            return
        column = self._trades.setdefault(number, {})
        for tick, buys, sells in self._scratch[:n].tolist():
            known = column.get(tick, (0, 0))
            column[tick] = (known[0] + buys, known[1] + sells)


def _marks_of(number: int, levels: NDArray[Any]) -> NDArray[Any]:
    judged = levels[levels["barrier_state"] != int(BarrierState.MISSING)]
    marks = np.zeros(len(judged), LEVEL_MARK)
    marks["column"] = number
    marks["tick"] = judged["tick"]
    marks["state"] = judged["barrier_state"]
    marks["confidence"] = judged["barrier_confidence"]
    return marks


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
