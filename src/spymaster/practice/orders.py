"""One paper order: where it stands in its queue, and what it is filled by. docs/practice.md 2 says the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.practice.standing import EntryKind, Role
from spymaster.practice.tape import FAR, Span

_MILLI: Final = 1000
Ints = NDArray[np.int64]


class Fill(NamedTuple):
    """Contracts of a paper order at a price in ticks."""

    t_ns: int
    tick: int
    size: int


@dataclass(slots=True, eq=False)
class Order:
    """An order and what is remembered of it. ``due_ns``: when it is at the venue, None once it is.

    ``ahead_milli``: thousandths of contracts taken to stand before it, negative once more has traded than that, None
    while unknown. ``is_clear``: the other side has stood beyond its price since it came. ``explained``: contracts
    traded in the venue event ``event`` whose leaving the book is still to come.
    """

    role: Role
    side: int
    kind: EntryKind
    tick: int
    left: int
    due_ns: int | None
    cancels_permille: int
    ahead_milli: int | None = None
    joined_ahead: int | None = None
    explained: int = 0
    event: int = -1
    shown: int = -1
    triggered: bool = False
    taken_event: int = -1
    arrived_ns: int = 0
    is_clear: bool = False
    fills: list[Fill] = field(default_factory=list)
    _found_in: Span | None = None
    _found: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def is_done(self) -> bool:
        """Nothing left of it."""
        return self.left <= 0

    def next(self, span: Span, start: int) -> int:
        """The first place of a span, from ``start`` on, at which something may happen to it; its length for none."""
        if self.due_ns is not None:
            return max(int(np.searchsorted(span.t_ns, self.due_ns)), start)
        if self.kind == "market" or self.triggered:
            later = span.event[start:] != self.taken_event
            return start + int(later.argmax()) if later.any() else len(span)
        if self._found_in is not span:
            self._found_in = span
            self._found = self._beyond(span) if self.kind == "stop" else self._queue_places(span)
        at = int(np.searchsorted(self._found, start))
        return int(self._found[at]) if at < len(self._found) else len(span)

    def _beyond(self, span: Span) -> Ints:
        """Trades that trigger it."""
        return np.flatnonzero((span.aggressor != 0) & (self.side * span.tick >= self.side * self.tick))

    def _queue_places(self, span: Span) -> Ints:
        """Trades at its price or through it, changes of what is displayed there, and of where the other side stands."""
        hits = (span.aggressor == -self.side) & (self.side * span.tick <= self.side * self.tick)
        shown, seen = span.displayed(self.side, self.tick)
        hits[1:] |= (shown[1:] != shown[:-1]) | (seen[1:] != seen[:-1])
        ends = np.flatnonzero(span.is_last)
        if len(ends):
            beyond = self.side * span.best(-self.side)[ends] > self.side * self.tick
            hits[ends[np.concatenate([[True], beyond[1:] != beyond[:-1]])]] = True
        return np.flatnonzero(hits)

    def arrive(self, span: Span, at: int) -> None:
        """It reaches the venue before record ``at`` of a span, whose book is then that of the record before."""
        assert self.due_ns is not None
        self.arrived_ns, self.due_ns = self.due_ns, None
        book = max(at - 1, 0)
        if self.kind == "market":
            self._take(span, book, FAR * self.side)
        elif self.kind == "limit":
            self.is_clear = self.side * int(span.best(-self.side)[book]) > self.side * self.tick
            if not self.is_clear:
                self._take(span, book, self.tick)
            self._join(span, book)
        elif abs(there := int(span.best(-self.side)[book])) < FAR and self.side * there >= self.side * self.tick:
            # the market went past its trigger while it was on its way
            self.triggered = True
            self._take(span, book, FAR * self.side)

    def happen(self, span: Span, at: int) -> None:
        """Record ``at`` of a span, in order."""
        if self.kind == "market" or self.triggered:
            # what rests after the event that triggered it, or after the one it found too little in
            self._take(span, at - 1, FAR * self.side)
        elif self.kind == "stop":
            self.triggered = True
            self.taken_event = int(span.event[at])
        else:
            self._queue(span, at)

    def _join(self, span: Span, book: int) -> None:
        shown, seen = span.displayed(self.side, self.tick)
        if self.left > 0 and seen[book]:
            self.ahead_milli = int(shown[book]) * _MILLI
            self.shown = int(shown[book])
            self.joined_ahead = self.shown
        self.event = int(span.event[book])

    def _take(self, span: Span, book: int, limit: int) -> None:
        """Contracts displayed on the other side up to a price, once for each venue event."""
        self.taken_event = int(span.event[min(book + 1, len(span) - 1)])
        place = 1 if self.side > 0 else 0
        for tick, size in zip(span.ticks[place][book].tolist(), span.sizes[place][book].tolist(), strict=True):
            if self.left <= 0 or abs(tick) >= FAR or self.side * tick > self.side * limit:
                return
            self._fill(span, book, tick, min(size, self.left))

    def _queue(self, span: Span, at: int) -> None:
        """A record at its price or through it: trades first take what is ahead, then it; of what else leaves, a share
        was ahead."""
        if int(span.event[at]) != self.event:
            self.event, self.explained = int(span.event[at]), 0
        if span.aggressor[at] == -self.side:
            tick = int(span.tick[at])
            if self.side * tick < self.side * self.tick:
                self._fill(span, at, self.tick, self.left)
            elif tick == self.tick:
                self._traded(span, at, int(span.size[at]))
        self._displayed(span, at)
        if span.is_last[at]:
            is_beyond = self.side * int(span.best(-self.side)[at]) > self.side * self.tick
            if self.is_clear and not is_beyond:
                # the other side has come to stand where it rests: it was met
                self._fill(span, at, self.tick, self.left)
            self.is_clear = self.is_clear or is_beyond

    def _traded(self, span: Span, at: int, size: int) -> None:
        self.explained += size
        if self.ahead_milli is None:
            return
        self.ahead_milli -= size * _MILLI
        if self.ahead_milli < 0:
            size = min(-self.ahead_milli // _MILLI, self.left)
            self.ahead_milli += size * _MILLI
            self._fill(span, at, self.tick, size)

    def _displayed(self, span: Span, at: int) -> None:
        place = 0 if self.side > 0 else 1
        ticks = span.ticks[place][at]
        if not (self.side * int(ticks[-1]) <= self.side * self.tick or abs(int(ticks[-1])) >= FAR):
            return
        shown = int(span.sizes[place][at][ticks == self.tick].sum())
        before, self.shown = self.shown, shown
        if self.ahead_milli is None:
            # in sight for the first time: all that is there may have come before it
            self.ahead_milli, self.joined_ahead = shown * _MILLI, shown
            return
        gone = max(before - shown, 0)
        traded = min(gone, self.explained)
        self.explained -= traded
        if gone > traded and before > 0 and self.ahead_milli > 0:
            self.ahead_milli -= (
                (gone - traded) * min(self.ahead_milli // before, _MILLI) * self.cancels_permille // _MILLI
            )
        self.ahead_milli = min(self.ahead_milli, shown * _MILLI)

    def _fill(self, span: Span, at: int, tick: int, size: int) -> None:
        size = min(size, self.left)
        if size > 0:
            self.left -= size
            self.fills.append(Fill(max(int(span.t_ns[at]), self.arrived_ns), tick, size))
