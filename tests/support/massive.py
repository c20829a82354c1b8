"""A small market behind a loopback Massive server, and feeds on it that come back soon and are patient in all else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from spymaster.feeds.live.supervision import Backoff, Bell, Hours, Limits, LiveFeed
from spymaster.feeds.massive_live.feed import MassiveFeed
from spymaster.feeds.massive_live.instruments import InstrumentBook
from spymaster.feeds.massive_live.plan import Cluster, ClusterPlan, MassiveAddress
from spymaster.journal.source import Arrival
from spymaster.loopback.massive.reel import Event, MassiveReel, quote, trade
from spymaster.loopback.massive.server import DEMO_KEY, MassiveServer
from spymaster.loopback.massive.troubles import MassiveTrouble
from spymaster.loopback.pace import PlayedClock
from spymaster.market.batches import Records
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import FeedState, FeedStatusFrame, GapFrame, RecordsFrame
from spymaster.market.kinds import NS_PER_MS, NS_PER_S, Kind
from tests.support.live import poll_until

T0_NS = 1_773_765_000 * NS_PER_S
SCALE = 0.1
"""How much shorter the waits between two connections are than those of the program."""
DAY = "2026-03-17"
TOPICS = ("T.SPY", "Q.SPY")


def share_market(
    seconds: float, *, price: Callable[[float], float] = lambda _s: 660.0, step_ms: int = 10
) -> list[Event]:
    """A quote of SPY every ``step_ms`` and a trade with every fourth."""
    events = []
    for place in range(int(seconds * 1000 / step_ms)):
        at_ns = T0_NS + place * step_ms * NS_PER_MS
        middle = round(price(place * step_ms / 1000), 2)
        events.append(quote(at_ns, "SPY", middle - 0.01, middle + 0.01, 300, 500, 2 * place + 1, bx=11, ax=12))
        if place % 4 == 3:
            events.append(trade(at_ns, "SPY", middle, 100 + place % 7, 2 * place + 2, x=4, c=[14, 41]))
    return events


def option(strike: float, right: str = "C") -> str:
    """The vendor's name of an option on SPY of the day."""
    return f"O:SPY260317{right}{round(strike * 1000):08d}"


def option_market(seconds: float, strikes: Sequence[float], step_ms: int = 40) -> list[Event]:
    """A quote and a trade of each call and put every ``step_ms``."""
    events = []
    symbols = [option(strike, right) for strike in strikes for right in "CP"]
    for place in range(int(seconds * 1000 / step_ms)):
        at_ns = T0_NS + place * step_ms * NS_PER_MS
        for symbol in symbols:
            events.append(quote(at_ns, symbol, 1.2, 1.25, 10, 20, 2 * place + 1, bx=300, ax=301))
            events.append(trade(at_ns, symbol, 1.25, 1 + place % 5, 2 * place + 2, x=302, c=[209]))
    return events


@dataclass
class Lived:
    """What feeds gave: every frame with when it came (``time.monotonic``)."""

    frames: list[tuple[float, Arrival]] = field(default_factory=list)

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Note what was given."""
        for arrival in arrivals:
            self.frames.append((time.monotonic(), arrival))

    def statuses(self) -> list[tuple[float, FeedStatusFrame]]:
        """What the feeds said of themselves."""
        return [(at, a.frame) for at, a in self.frames if isinstance(a.frame, FeedStatusFrame)]

    def gaps(self) -> list[GapFrame]:
        """What was declared missing."""
        return [a.frame for _, a in self.frames if isinstance(a.frame, GapFrame)]

    def came_after(self, moment_s: float) -> int:
        """How many batches of records came after a moment."""
        return sum(at > moment_s and isinstance(arrival.frame, RecordsFrame) for at, arrival in self.frames)

    def when(self, state: FeedState, words: str = "", after_s: float = 0.0) -> float | None:
        """When a feed first said so."""
        said = (at for at, f in self.statuses() if f.state is state and words in f.detail and at >= after_s)
        return next(said, None)

    def records(self, kind: Kind) -> Records:
        """All records of a kind."""
        batches = [a.frame.batch for _, a in self.frames if isinstance(a.frame, RecordsFrame)]
        rows = [batch.arrays[kind] for batch in batches if kind in batch.arrays]
        return np.concatenate(rows) if rows else np.zeros(0, DTYPES[kind])


LIMITS = Limits(
    connect_s=120.0,
    first_record_s=120.0,
    silence_regular_s=120.0,
    silence_open_s=120.0,
    backoff_first_s=SCALE,
    backoff_most_s=60.0 * SCALE,
    healthy_s=60.0 * SCALE,
)
"""No silence counts: a machine that stands still for a while breaks no connection. For what is not about silence."""


def address_of(server: MassiveServer, key: str = DEMO_KEY) -> MassiveAddress:
    """Where a loopback server is."""
    return MassiveAddress(key, server.socket_host, server.rest_host, is_secure=False)


def regular(_ns: int) -> Hours:
    """Always in regular hours."""
    return Hours.REGULAR


def open_hours(_ns: int) -> Hours:
    """Always open, where silence may last: for what has nothing to do with silence, on a machine that may be loaded."""
    return Hours.OPEN


def share_feed(
    server: MassiveServer,
    *,
    key: str = DEMO_KEY,
    hours: Callable[[int], Hours] = open_hours,
    limits: Limits = LIMITS,
) -> MassiveFeed:
    """A feed of SPY with no chance in its waits."""
    plan = ClusterPlan(Cluster.STOCKS, ("equity",), lambda: TOPICS, hours, hours)
    clock = PlayedClock(server.pace)
    return MassiveFeed(plan, address_of(server, key), clock, InstrumentBook(), limits, Backoff(limits, lambda: 0.0))


def drive(feeds: Sequence[LiveFeed], until: Callable[[Lived], bool]) -> Lived:
    """Run feeds until something is true of what they gave."""
    lived, bell = Lived(), Bell()
    for feed in feeds:
        feed.open(bell)
    try:
        poll_until(lambda: until(lived), feeds, bell, lived)
    finally:
        for feed in feeds:
            feed.close()
    return lived


def live_through(
    events: Sequence[Event],
    script: Sequence[MassiveTrouble],
    until: Callable[[Lived, MassiveFeed, MassiveServer], bool],
    *,
    key: str = DEMO_KEY,
    hours: Callable[[int], Hours] = open_hours,
    limits: Limits = LIMITS,
) -> tuple[Lived, MassiveFeed, MassiveServer]:
    """Run a feed of the share on a market in which things go wrong."""
    with MassiveServer(MassiveReel({"stocks": events}), script=script) as server:
        feed = share_feed(server, key=key, hours=hours, limits=limits)
        lived = drive([feed], lambda lived: until(lived, feed, server))
    return lived, feed, server
