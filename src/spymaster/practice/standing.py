"""Practice as a screen and a file are told of it: what is asked for, what works, what became of it.

Prices are ticks of the future; ``side`` +1 buys, -1 sells. Nothing here is, or can become, an order at a venue.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

MAX_SIZE: Final = 500
MAX_TICKS: Final = 400

EntryKind = Literal["limit", "stop", "market"]
Status = Literal["working", "open", "closed", "cancelled", "void"]
Exit = Literal["", "target", "stop", "flat"]
Role = Literal["entry", "target", "stop", "flat"]


class PracticeRules(msgspec.Struct, frozen=True):
    """How paper orders fare. ``latency_ms``: from a key to the venue, and from a fill to the orders that protect it.
    ``cancels_ahead``: 1 spreads what is withdrawn at a price evenly over its queue, 0 takes all of it to be behind."""

    latency_ms: float = 50.0
    cancels_ahead: float = 0.25

    @property
    def words(self) -> str:
        """Both, for a line on the screen."""
        return f"{self.latency_ms:g} ms, cancels ahead {self.cancels_ahead:g}"


class Bracket(msgspec.Struct, frozen=True):
    """An entry with its stop and target. ``tick``: limit or trigger of the entry, without a meaning for ``market``;
    ``stop_ticks``, ``target_ticks``: how far from it, or from the first fill of a market order, they stand."""

    side: Literal[-1, 1]
    kind: EntryKind
    tick: int
    size: int
    stop_ticks: int
    target_ticks: int


class PracticeRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a screen asks for: ``on``, ``off``, ``place`` a bracket, ``flat``: out of everything, ``rules``: other ones
    for what is placed from now on, ``export`` the journal into a file."""

    what: Literal["on", "off", "place", "flat", "rules", "export"]
    bracket: Bracket | None = None
    rules: PracticeRules | None = None
    file: str = ""


class WorkingOrder(msgspec.Struct, frozen=True):
    """One paper order that is not done. ``ahead``: contracts taken to stand before it, None while the price has not
    been in sight, and for stops and market orders; ``at_venue``: whether its latency has passed."""

    role: Role
    side: int
    kind: EntryKind
    tick: int
    left: int
    ahead: float | None
    at_venue: bool


class PracticeTrade(msgspec.Struct, frozen=True):
    """A bracket from its placing to its end; also a line of the journal. Times are of the market, prices in ticks, each
    0 where there is none yet.

    ``entry``, ``exit``: average prices; ``filled``: contracts entered; ``open``: of these, still held.
    ``joined_ahead``: contracts displayed before the entry when it joined its queue, None where it joined none.
    ``adverse``, ``favourable``: ticks the position stood furthest against and for it, at the price it could have been
    left at.
    ``result``: ticks a contract; ``r``: that over the way from entry to stop. ``foreseen``: it was placed at a moment
    that had been shown before. ``why_void``: in words.
    """

    number: int
    side: int
    kind: EntryKind
    size: int
    placed_ns: int
    tick: int
    stop: int
    target: int
    rules: PracticeRules
    status: Status = "working"
    foreseen: bool = False
    joined_ahead: int | None = None
    filled: int = 0
    open: int = 0
    entry: float = 0.0
    entered_ns: int = 0
    exit: float = 0.0
    ended_ns: int = 0
    by: Exit = ""
    adverse: float = 0.0
    favourable: float = 0.0
    result: float = 0.0
    r: float = 0.0
    why_void: str = ""

    @property
    def risk(self) -> float:
        """Ticks from the average entry to the stop, at least one; 0 before anything was entered."""
        return max(self.side * (self.entry - self.stop), 1.0) if self.filled else 0.0

    @property
    def counts(self) -> bool:
        """Whether its result enters the sum: ended by itself, and not foreseen."""
        return self.status == "closed" and not self.foreseen


class PracticeStanding(msgspec.Struct, frozen=True):
    """All there is to show. ``trades``: the newest first, the first of them perhaps not over; ``mark``: ticks that what
    is open stands at, at the price it could be left at; ``sum_r``, ``counted``: of those that count."""

    is_on: bool = False
    rules: PracticeRules = PracticeRules()
    trades: tuple[PracticeTrade, ...] = ()
    orders: tuple[WorkingOrder, ...] = ()
    mark: float = 0.0
    sum_r: float = 0.0
    counted: int = 0

    @property
    def current(self) -> PracticeTrade | None:
        """The bracket that works or is open."""
        first = self.trades[0] if self.trades else None
        return first if first is not None and first.status in ("working", "open") else None
