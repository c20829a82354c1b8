"""A small market behind a loopback gateway, and a feed on it that comes back soon and is patient in all else."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.plan import Address, LinePlan, Subscription
from spymaster.feeds.databento_live.seen import LastSeen
from spymaster.feeds.live.supervision import Backoff, Bell, Hours, Limits, LiveFeed
from spymaster.journal.format import FrameFlag
from spymaster.journal.source import Arrival
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.databento.reel import HeldReel
from spymaster.loopback.pace import PlayedClock
from spymaster.loopback.troubles import Trouble
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import by_name, empty
from spymaster.market.frames import FeedState, FeedStatusFrame, Frame, RecordsFrame
from spymaster.market.kinds import F_LAST, NS_PER_S, Kind

T0_NS = 1_773_765_000 * NS_PER_S
ES_ID = 17
SCALE = 0.04
"""How much shorter the waits between two connections are than those of the program."""
PATIENT = Limits(
    connect_s=120.0,
    first_record_s=120.0,
    silence_regular_s=120.0,
    silence_open_s=120.0,
    backoff_first_s=SCALE,
    backoff_most_s=60.0 * SCALE,
    healthy_s=60.0 * SCALE,
)
"""No silence counts: a machine that stands still for a while breaks no connection. For what is not about silence."""
PATIENCE_S = 120.0
"""How long a test waits for what must come true; a machine that takes longer than this is broken."""


def market(seconds: float, per_s: int = 400, *, seed: int = 0, mute_trades_after_s: float | None = None) -> HeldReel:
    """Depth and trades of ESM6, several records of one time, and true twins among them."""
    rng = np.random.default_rng(seed)
    count = int(seconds * per_s)
    step_ns = NS_PER_S // per_s
    depth = empty(Kind.MBP10, count)
    fields = by_name(Kind.MBP10, depth)
    times = T0_NS + np.arange(count) // 3 * 3 * step_ns
    fields["length"], fields["rtype"] = 92, 10
    fields["publisher_id"], fields["instrument_id"] = 1, ES_ID
    fields["ts_event"], fields["ts_recv"] = times, times + 20_000
    fields["price"] = (20_000 + rng.integers(-8, 8, count)) * 250_000_000
    fields["size"] = rng.integers(1, 50, count)
    fields["action"], fields["side"], fields["flags"] = b"A", b"B", F_LAST
    fields["sequence"] = np.arange(count) // 3
    for level in range(10):
        fields[f"bid_px_{level:02}"] = (20_000 - level) * 250_000_000
        fields[f"ask_px_{level:02}"] = (20_001 + level) * 250_000_000
        fields[f"bid_sz_{level:02}"] = fields[f"ask_sz_{level:02}"] = rng.integers(10, 90, count)
    twins = np.arange(2, count, 30)
    depth[twins] = depth[twins - 1]
    traded = np.arange(0, count, 10)
    if mute_trades_after_s is not None:
        traded = traded[times[traded] < T0_NS + mute_trades_after_s * NS_PER_S]
    fields["action"][np.arange(0, count, 10)] = b"T"
    trades = np.zeros(len(traded), empty(Kind.TRADE).dtype)
    for name in trades.dtype.names or ():
        trades[name] = fields[name][traded]
    trades["length"], trades["rtype"], trades["depth"] = 12, 0, 0
    order = np.full(count, int(Kind.MBP10), np.uint8)
    order = np.insert(order, traded + 1, int(Kind.TRADE))
    return HeldReel("GLBX.MDP3", {ES_ID: "ESM6"}, cut(Batch({Kind.MBP10: depth, Kind.TRADE: trades}, order), 64))


def cut(batch: Batch, size: int) -> list[Batch]:
    """The batch in pieces."""
    from spymaster.journal.clock import piece_of

    return [piece_of(batch, at, min(at + size, len(batch))) for at in range(0, len(batch), size)]


PLAN = LinePlan(
    "GLBX.MDP3",
    ("depth",),
    (Subscription("mbp-10", ("ESM6",)), Subscription("trades", ("ESM6",))),
    hours=lambda _ns: Hours.REGULAR,
)


class Taker(Protocol):
    """Who notes what feeds give."""

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Note what was given."""
        ...

    def statuses(self) -> list[tuple[float, FeedStatusFrame]]:
        """What the feeds said of themselves, and when."""
        ...


@dataclass
class Lived:
    """What a feed gave: every frame with when it came (``time.monotonic``)."""

    frames: list[tuple[float, Arrival]] = field(default_factory=list)
    live: Counter[bytes] = field(default_factory=Counter)
    backfill: Counter[bytes] = field(default_factory=Counter)

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Note what was given."""
        for arrival in arrivals:
            frame: Frame = arrival.frame
            if isinstance(frame, RecordsFrame):
                counted = self.backfill if FrameFlag.BACKFILL in arrival.flags else self.live
                counted.update(data_of(frame.batch))
            self.frames.append((time.monotonic(), arrival))

    def statuses(self) -> list[tuple[float, FeedStatusFrame]]:
        """What the feed said of itself."""
        return [(at, a.frame) for at, a in self.frames if isinstance(a.frame, FeedStatusFrame)]

    def came_after(self, moment_s: float) -> int:
        """How many batches of records came live after a moment."""
        late = (a for at, a in self.frames if at > moment_s and FrameFlag.BACKFILL not in a.flags)
        return sum(isinstance(arrival.frame, RecordsFrame) for arrival in late)

    def when(self, state: FeedState, words: str = "", after_s: float = 0.0) -> float | None:
        """When the feed first said so."""
        said = (at for at, f in self.statuses() if f.state is state and words in f.detail and at >= after_s)
        return next(said, None)


def data_of(batch: Batch) -> list[bytes]:
    """The records of depth and trades, each as its bytes."""
    found: list[bytes] = []
    for kind in (Kind.MBP10, Kind.TRADE):
        rows: Records | None = batch.arrays.get(kind)
        if rows is not None:
            raw: Any = np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), -1)
            found += [bytes(row) for row in raw]
    return found


def whole(reel: HeldReel) -> Counter[bytes]:
    """Every record of a market."""
    return Counter(record for batch in reel.held for record in data_of(batch))


def live_feed(
    gateway: DatabentoGateway,
    plan: LinePlan = PLAN,
    *,
    limits: Limits = PATIENT,
    key: str = DEMO_KEY,
    seen: LastSeen | None = None,
) -> DatabentoFeed:
    """A feed on a gateway, with no chance in its waits."""
    address = Address(key, gateway.host, gateway.port)
    return DatabentoFeed(plan, address, PlayedClock(gateway.pace), limits, Backoff(limits, lambda: 0.0), seen)


def live_through(
    reel: HeldReel,
    script: Sequence[Trouble],
    until: Callable[[Lived, DatabentoFeed, DatabentoGateway], bool],
    *,
    plan: LinePlan = PLAN,
    limits: Limits = PATIENT,
    key: str = DEMO_KEY,
    speed: float = 1.0,
    seen: LastSeen | None = None,
    start_s: float = 0.0,
) -> tuple[Lived, DatabentoFeed, DatabentoGateway]:
    """Run a feed on a market in which things go wrong, until something is true."""
    lived = Lived()
    start_ns = reel.first_ns + round(start_s * NS_PER_S)
    with DatabentoGateway([reel], speed=speed, script=script, start_ns=start_ns) as gateway:
        feed = live_feed(gateway, plan, limits=limits, key=key, seen=seen)
        bell = Bell()
        feed.open(bell)
        try:
            poll_until(lambda: until(lived, feed, gateway), [feed], bell, lived)
        finally:
            feed.close()
    return lived, feed, gateway


def poll_until(true: Callable[[], bool], feeds: Sequence[LiveFeed], bell: Bell, lived: Taker) -> None:
    """Note what feeds give until something is true."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up_s, f"never came true; said was {[f.detail for _, f in lived.statuses()]}"
        bell.wait(0.02)
        for feed in feeds:
            lived.take(feed.poll())
