"""What a loopback Massive server serves: a recorded or simulated session as the JSON events of two clusters."""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from spymaster.loopback.databento.reel import Reel, received_ns, reels_of
from spymaster.market.dtypes import by_name
from spymaster.market.kinds import ACTION_TRADE, NS_PER_MS, UNDEF_PRICE, Kind

STOCKS: Final = "stocks"
OPTIONS: Final = "options"
_PRICE_SCALE: Final = 1e9
_TRADE_KINDS: Final = frozenset({Kind.TRADE, Kind.MBP1, Kind.CMBP1})
_QUOTE_KINDS: Final = frozenset({Kind.MBP1, Kind.CMBP1, Kind.BBO, Kind.CBBO})
_OPEN_INTEREST: Final = 9
_AUTOMATIC: Final = 209
_VENUES_FROM: Final = 300


@dataclass(frozen=True, slots=True)
class Event:
    """One event: when it is due (ns UTC), its topic (``T.SPY``), and its JSON object."""

    due_ns: int
    topic: str
    data: bytes


@dataclass(frozen=True)
class MassiveReel:
    """A session. ``clusters``: cluster -> its events by time; ``open_interest``: option symbol -> contracts."""

    clusters: Mapping[str, Sequence[Event]]
    underlying: str = "SPY"
    open_interest: Mapping[str, int] = field(default_factory=dict)

    @property
    def first_ns(self) -> int:
        """When the first event is due."""
        return min(events[0].due_ns for events in self.clusters.values() if events)

    @property
    def option_symbols(self) -> list[str]:
        """The contracts there is anything of, by name."""
        seen = {event.topic.partition(".")[2] for event in self.clusters.get(OPTIONS, ())}
        return sorted(seen | set(self.open_interest))


def event(channel: str, due_ns: int, **fields: Any) -> Event:
    """An event as the vendor writes it: ``ev``, then the fields; ``sym`` names its topic."""
    data = json.dumps({"ev": channel, **fields}, separators=(",", ":")).encode()
    return Event(due_ns, f"{channel}.{fields['sym']}", data)


def trade(due_ns: int, sym: str, price: float, size: float, q: int, **more: Any) -> Event:
    """A trade at the millisecond of its time."""
    return event("T", due_ns, sym=sym, p=price, s=size, t=due_ns // NS_PER_MS, q=q, **more)


def quote(due_ns: int, sym: str, bid: float, ask: float, bid_size: int, ask_size: int, q: int, **more: Any) -> Event:
    """A quote at the millisecond of its time."""
    sides = {"bp": bid, "bs": bid_size, "ap": ask, "as": ask_size}
    return event("Q", due_ns, sym=sym, **sides, t=due_ns // NS_PER_MS, q=q, **more)


def massive_reel(sources: Iterable[Path], underlying: str = "SPY") -> MassiveReel:
    """The share and its listed options out of recordings. Raises SourceError."""
    clusters: dict[str, list[Event]] = {STOCKS: [], OPTIONS: []}
    interest: dict[str, int] = {}
    for reel in reels_of(sources):
        events = _Events(reel, underlying, interest)
        for cluster, one in events.all():
            clusters[cluster].append(one)
    ordered = {name: sorted(events, key=lambda one: one.due_ns) for name, events in clusters.items()}
    return MassiveReel(ordered, underlying, interest)


class _Events:
    """Records of one dataset as events. What is of no share and no listed option gives none."""

    def __init__(self, reel: Reel, underlying: str, interest: dict[str, int]) -> None:
        self._reel = reel
        self._underlying = underlying
        self._interest = interest
        self._sequence = 0

    def all(self) -> Iterator[tuple[str, Event]]:
        """(cluster, event), in the order of the records."""
        names = {number: name for number, name in map(self._named, self._reel.symbols.items()) if name}
        for batch in self._reel.batches():
            due_ns = received_ns(batch)
            for kind, rows in batch.arrays.items():
                named = by_name(kind, rows)
                times = due_ns[batch.order == kind].tolist()
                if kind is Kind.STAT:
                    self._measure(named, names)
                elif kind in _TRADE_KINDS | _QUOTE_KINDS:
                    yield from self._of(kind, named, times, names)

    def _of(self, kind: Kind, rows: Any, times: list[int], names: Mapping[int, str]) -> Iterator[tuple[str, Event]]:
        for row, due_ns in zip(rows, times, strict=True):
            symbol = names.get(int(row["instrument_id"]))
            if symbol is None:
                continue
            cluster = OPTIONS if symbol.startswith("O:") else STOCKS
            if kind in _QUOTE_KINDS:
                yield cluster, self._quote(symbol, due_ns, row)
            if kind in _TRADE_KINDS and row["action"] == bytes([ACTION_TRADE]):
                yield cluster, self._trade(symbol, due_ns, row)

    def _quote(self, symbol: str, due_ns: int, row: Any) -> Event:
        sides: dict[str, Any] = {}
        for side, price, size in (("b", "bid_px_00", "bid_sz_00"), ("a", "ask_px_00", "ask_sz_00")):
            if int(row[price]) != UNDEF_PRICE:
                sides |= {
                    f"{side}p": int(row[price]) / _PRICE_SCALE,
                    f"{side}s": int(row[size]),
                    f"{side}x": _VENUES_FROM,
                }
        return event("Q", due_ns, sym=symbol, **sides, t=due_ns // NS_PER_MS, q=self._next())

    def _trade(self, symbol: str, due_ns: int, row: Any) -> Event:
        conditions = [_AUTOMATIC] if symbol.startswith("O:") else []
        price, venue = int(row["price"]) / _PRICE_SCALE, _VENUES_FROM + int(row["publisher_id"]) % 100
        return trade(due_ns, symbol, price, int(row["size"]), self._next(), x=venue, c=conditions)

    def _measure(self, rows: Any, names: Mapping[int, str]) -> None:
        for row in rows[rows["stat_type"] == _OPEN_INTEREST]:
            symbol = names.get(int(row["instrument_id"]))
            if symbol is not None:
                self._interest[symbol] = int(row["quantity"])

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    def _named(self, pair: tuple[int, str]) -> tuple[int, str]:
        """An instrument under the vendor's name for it; none where the vendor has no such instrument."""
        number, name = pair
        root = name.split(" ")[0]
        if root != self._underlying:
            return number, ""
        return number, name if name == self._underlying else f"O:{name.replace(' ', '')}"


def starting_at(events: Sequence[Event], after_ns: int) -> int:
    """Place of the first event later than a time."""
    return bisect.bisect_right(events, after_ns, key=lambda one: one.due_ns)
