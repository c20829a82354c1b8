"""Practice over depth records: one bracket at a time, filled as docs/practice.md 2 says, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_MS
from spymaster.practice.orders import Order
from spymaster.practice.position import Position
from spymaster.practice.standing import (
    MAX_SIZE,
    MAX_TICKS,
    Bracket,
    PracticeRules,
    PracticeStanding,
    PracticeTrade,
    WorkingOrder,
)
from spymaster.practice.tape import Span, span_of

Ints = NDArray[np.int64]

_FIRST: Final = {"flat": 0, "stop": 1, "target": 2, "entry": 3}
"""Of orders to which something happens at one record the worst for the position comes first."""


class PracticeError(Exception):
    """What was asked for cannot be; the message is for people."""


class PracticeEngine:
    """Paper orders over the depth records of one instrument. ``tick_e9``: its tick.

    ``take`` is given records in order, ``advance`` lets them happen up to a moment. The same records, requests and
    moments give the same fills, however the records are cut.
    """

    def __init__(self, tick_e9: int, rules: PracticeRules | None = None) -> None:
        self._tick_e9 = tick_e9
        self.rules = rules or PracticeRules()
        self._pending: list[Ints] = []
        self._span: Span | None = None
        self._orders: list[Order] = []
        self._position: Position | None = None
        self._ended: list[PracticeTrade] = []
        self._now_ns = self._shown_ns = self._clock_ns = 0

    @property
    def now_ns(self) -> int:
        """The moment that is shown."""
        return self._now_ns

    def use_tick(self, tick_e9: int) -> None:
        """Another contract's records come from now on; nothing may work or be open."""
        self._tick_e9 = tick_e9

    @property
    def is_busy(self) -> bool:
        """Whether a bracket works or is open."""
        return self._position is not None

    @property
    def current(self) -> PracticeTrade | None:
        """The bracket that works or is open, as it is now."""
        return None if self._position is None else self._position.trade()

    def take(self, words: Ints) -> None:
        """Records int64[n, 46] that come next; they are copied."""
        if len(words):
            self._pending.append(words.copy())

    def advance(self, t_ns: int) -> None:
        """Let happen what the snap at ``t_ns`` has seen: the records before the first that moves the clock there."""
        while self._pending:
            words = self._pending[0]
            times = np.maximum.accumulate(np.maximum(words[:, 1], self._clock_ns))
            until = int(np.searchsorted(times, t_ns))
            if until:
                self._clock_ns = int(times[until - 1])
                self._live(words[:until])
            if until < len(words):
                self._pending[0] = words[until:]
                break
            del self._pending[0]
        self._now_ns = t_ns
        self._shown_ns = max(self._shown_ns, t_ns)

    def leap(self, why: str) -> None:
        """Time is left out, or lived again: what works or is open cannot be judged any more, and is void."""
        self.void(why)
        self._pending.clear()
        self._span, self._clock_ns = None, 0

    def void(self, why: str) -> None:
        """What works or is open cannot be judged any more; the records that were taken still happen."""
        if self._position is not None:
            self._end(self._position.void(self._now_ns, why))

    def place(self, bracket: Bracket) -> None:
        """Send a bracket now; it is at the venue after the latency. Raises PracticeError."""
        if self._position is not None:
            raise PracticeError("one bracket at a time: x leaves this one first")
        if not self._now_ns:
            raise PracticeError("nothing has been shown yet")
        check(bracket)
        foreseen = self._now_ns < self._shown_ns
        self._position = Position(len(self._ended) + 1, bracket, self.rules, self._now_ns, foreseen=foreseen)
        tick = bracket.tick if bracket.kind != "market" else 0
        self._orders = [self._order("entry", bracket.side, bracket.kind, tick, bracket.size, self._now_ns)]

    def flat(self) -> None:
        """Cancel what works and leave what is open at the market, after the latency. Raises PracticeError."""
        if self._position is None:
            raise PracticeError("nothing works and nothing is open")
        if not any(order.role == "flat" for order in self._orders):
            self._orders.append(self._order("flat", -self._position.side, "market", 0, 1, self._now_ns))

    def standing(self, *, is_on: bool) -> PracticeStanding:
        """All of it, as of now."""
        position = self._position
        trades = (*([position.trade()] if position is not None else []), *reversed(self._ended))
        counted = [trade for trade in self._ended if trade.counts]
        return PracticeStanding(
            is_on=is_on,
            rules=self.rules,
            trades=trades,
            orders=tuple(_shown(order) for order in self._orders),
            mark=position.mark if position is not None else 0.0,
            sum_r=sum(trade.r for trade in counted),
            counted=len(counted),
        )

    @property
    def ended(self) -> tuple[PracticeTrade, ...]:
        """Brackets that are over, the oldest first."""
        return tuple(self._ended)

    def _order(self, role: str, side: int, kind: str, tick: int, size: int, sent_ns: int) -> Order:
        due_ns = sent_ns + round(self.rules.latency_ms * NS_PER_MS)
        share = round(self.rules.cancels_ahead * 1000)
        return Order(role, side, kind, tick, size, due_ns, share)  # type: ignore[arg-type]

    def _live(self, words: Ints) -> None:
        span = span_of(words, self._tick_e9, self._span)
        at = 0 if self._span is None else 1
        while self._position is not None and at < len(span):
            places = [order.next(span, at) for order in self._orders]
            found = min(places, default=len(span))
            end = min(found, len(span) - 1)
            self._position.stood(span, at, end + 1)
            if found >= len(span):
                break
            self._happen(span, found)
            at = found + 1
        self._span = _last(span)

    def _happen(self, span: Span, at: int) -> None:
        for order in sorted(self._orders, key=lambda one: _FIRST[one.role]):
            if order.due_ns is not None and order in self._orders and order.next(span, at) == at:
                self._arrive(order, span, at)
        for order in sorted(self._orders, key=lambda one: _FIRST[one.role]):
            if order.due_ns is None and order in self._orders and not order.is_done and order.next(span, at) == at:
                order.happen(span, at)
                self._settle(order)

    def _arrive(self, order: Order, span: Span, at: int) -> None:
        position = self._position
        if position is None:
            return
        if order.role == "flat":
            self._orders = [order]
            position.entry_left = 0
            order.left = position.open
            if not order.left:
                assert order.due_ns is not None
                self._end(position.cancelled(order.due_ns))
                return
        order.arrive(span, at)
        self._settle(order)

    def _settle(self, order: Order) -> None:
        """Let the position have an order's fills, and the other orders follow from it."""
        position = self._position
        if position is None:
            return
        position.joined(order)
        fills, order.fills = order.fills, []
        for fill in fills:
            if order.role == "entry":
                position.enter(fill)
                stop, target = position.exits
                for role, kind, tick in (("stop", "stop", stop), ("target", "limit", target)):
                    self._orders.append(self._order(role, -position.side, kind, tick, fill.size, fill.t_ns))
            else:
                position.leave(fill, order.role)
                self._less(order, fill.size)
        if order.role == "stop" and order.triggered:
            # one cancels the other, at the venue
            self._orders = [one for one in self._orders if one.role in ("stop", "flat")]
            position.entry_left = 0
            for other in self._orders:
                if other.role == "stop" and other.due_ns is None and other.tick == order.tick:
                    other.triggered, other.taken_event = True, max(other.taken_event, order.taken_event)
        self._orders = [one for one in self._orders if not one.is_done]
        if position.is_over:
            self._end(position.closed())

    def _less(self, order: Order, size: int) -> None:
        """What is left of the entry goes at the first exit; of the orders that protect what is gone as much goes."""
        position = self._position
        assert position is not None
        position.entry_left = 0
        self._orders = [one for one in self._orders if one.role != "entry"]
        for role in ("stop", "target", "flat"):
            if role != order.role:
                _reduce((one for one in self._orders if one.role == role), size)

    def _end(self, trade: PracticeTrade) -> None:
        self._ended.append(msgspec.structs.replace(trade, number=len(self._ended) + 1))
        self._position, self._orders = None, []


def check(bracket: Bracket) -> None:
    """Raises PracticeError for a bracket that cannot be."""
    if not 1 <= bracket.size <= MAX_SIZE:
        raise PracticeError(f"{bracket.size} contracts cannot be: 1 to {MAX_SIZE}")
    for name, ticks in (("stop", bracket.stop_ticks), ("target", bracket.target_ticks)):
        if not 1 <= ticks <= MAX_TICKS:
            raise PracticeError(f"a {name} of {ticks} ticks cannot be: 1 to {MAX_TICKS}")


def _reduce(orders: Iterable[Order], size: int) -> None:
    """Take contracts off orders, off those sent last first."""
    for order in reversed(list(orders)):
        taken = min(order.left, size)
        order.left -= taken
        size -= taken


def _last(span: Span) -> Span:
    """The last record of a span, as what stands before the next."""
    keep = slice(len(span) - 1, len(span))
    return Span(
        span.t_ns[keep].copy(),
        span.event[keep].copy(),
        span.is_last[keep].copy(),
        span.aggressor[keep].copy(),
        span.tick[keep].copy(),
        span.size[keep].copy(),
        (span.ticks[0][keep].copy(), span.ticks[1][keep].copy()),
        (span.sizes[0][keep].copy(), span.sizes[1][keep].copy()),
    )


def _shown(order: Order) -> WorkingOrder:
    ahead = None if order.ahead_milli is None else max(order.ahead_milli, 0) / 1000
    return WorkingOrder(order.role, order.side, order.kind, order.tick, order.left, ahead, order.due_ns is None)
