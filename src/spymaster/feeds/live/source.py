"""Live feeds put together: what a live Session reads, with its CONFIG in front and watermarks where nothing comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from spymaster.errors import ExitCode, UserError
from spymaster.feeds.live.supervision import Bell, Clock, LiveFeed
from spymaster.journal.source import Arrival
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame, WatermarkFrame
from spymaster.market.kinds import NS_PER_MS, Kind

QUIET_S: Final = 0.25
"""After this long without a record a watermark moves the clock."""
REST_S: Final = 0.0005
"""At least so long between two looks: what comes within it is one batch. A look has its price, whatever it finds."""
WATERMARK_LAG_NS: Final = 300 * NS_PER_MS
"""How far a watermark stays behind the present: what is under way by then has arrived."""
_MOST_HELD_BYTES: Final = 512 * 1024 * 1024
_TIMELESS: Final = frozenset({Kind.SYSTEM, Kind.ERROR, Kind.MAPPING, Kind.DEF, Kind.RAW, Kind.GREEKS})


class LiveFeeds:
    """Several feeds as one ``LiveSource``. What arrives is handed on in the order in which it was found.

    ``configure``: the CONFIG frame once it can be made (it is asked again after everything that arrives), or None;
    until then arrivals are held back, so that CONFIG comes before the first record. ``skew_ns``: how far this machine's
    clock was ahead of the latest record's sending (a feed's ``lag_ns``); a watermark stays behind that too, so that
    neither a slow way nor a clock that was set moves the engine past records that are still to come. ``opening``: what
    comes between CONFIG and the first record. ``is_self_timed``: nothing of the future comes, so that no record says
    that the market goes on: watermarks come all the time. ``rest_s``: at least so long between two looks.
    """

    def __init__(
        self,
        feeds: Sequence[LiveFeed],
        configure: Callable[[], ConfigFrame | None],
        clock: Clock,
        *,
        skew_ns: Callable[[], int] = lambda: 0,
        quiet_s: float = QUIET_S,
        opening: Callable[[], Iterator[Arrival]] = lambda: iter(()),
        is_self_timed: bool = False,
        rest_s: float = REST_S,
    ) -> None:
        self.feeds = tuple(feeds)
        self._configure = configure
        self._clock = clock
        self._skew_ns = skew_ns
        self._quiet_s = quiet_s
        self._opening = opening
        self._is_self_timed = is_self_timed
        self._rest_s = rest_s
        self._bell = Bell()
        self._closing = False
        self._watermark_ns = 0

    @property
    def problem(self) -> str:
        """What is wrong with any of the feeds, in words; empty while all is well. For a screen that waits."""
        return "; ".join(f"{feed.name}: {feed.problem}" for feed in self.feeds if feed.problem)

    def frames(self) -> Iterator[Frame]:
        """What an engine is given."""
        for arrival in self.arrivals():
            if arrival.is_for_engine:
                yield arrival.frame

    def arrivals(self) -> Iterator[Arrival]:
        """Everything, until ``close`` or until every feed has stopped for good. Raises UserError where it never becomes
        known what the records are of."""
        for feed in self.feeds:
            feed.open(self._bell)
        held: list[Arrival] | None = []
        held_bytes = 0
        last_s = looked_s = self._clock.monotonic_s()
        try:
            while not self._closing:
                over = all(feed.is_over for feed in self.feeds)
                self._bell.wait(0.0 if over else self._quiet_s / 5)
                looked_s = self._rest(looked_s)
                for arrival in self._poll():
                    if not self._is_self_timed and _moves_clock(arrival):
                        last_s = self._clock.monotonic_s()
                    if held is None:
                        yield arrival
                    else:
                        kept, size = _kept(arrival)
                        held.append(kept)
                        held_bytes += size
                if held is not None:
                    config = self._configure()
                    if config is not None:
                        yield Arrival(config)
                        yield from self._opening()
                        yield from held
                        held = None
                    elif held_bytes > _MOST_HELD_BYTES:
                        raise self._unrecognised(held_bytes)
                elif self._clock.monotonic_s() - last_s >= self._quiet_s:
                    last_s = self._clock.monotonic_s()
                    yield from self._watermark()
                if over:
                    return
        finally:
            self.close()

    def close(self) -> None:
        """End all feeds. Safe to call twice and from another thread; ``arrivals`` then ends."""
        self._closing = True
        self._bell.ring()
        for feed in self.feeds:
            feed.close()

    def _unrecognised(self, held_bytes: int) -> UserError:
        place = ", ".join(feed.name for feed in self.feeds)
        problem = f"{held_bytes / 1e6:,.0f} MB arrived and no instrument was recognised"
        return UserError(place, problem, "name a contract that is traded, or ask the vendor", code=ExitCode.DATA)

    def _poll(self) -> Iterator[Arrival]:
        for feed in self.feeds:
            yield from feed.poll()

    def _rest(self, looked_s: float) -> float:
        """Let what comes together become one batch; when that is over."""
        early_s = looked_s + self._rest_s - self._clock.monotonic_s()
        if early_s > 0.0:
            time.sleep(early_s)
        return self._clock.monotonic_s()

    def _watermark(self) -> Iterator[Arrival]:
        clock_ns = self._clock.wall_ns() - max(self._skew_ns(), 0) - WATERMARK_LAG_NS
        if clock_ns > self._watermark_ns:
            self._watermark_ns = clock_ns
            yield Arrival(WatermarkFrame(clock_ns))


def _moves_clock(arrival: Arrival) -> bool:
    frame = arrival.frame
    return arrival.is_for_engine and isinstance(frame, RecordsFrame) and not _TIMELESS.issuperset(frame.batch.arrays)


def _kept(arrival: Arrival) -> tuple[Arrival, int]:
    """The arrival with arrays of its own, and their size in bytes."""
    if not isinstance(arrival.frame, RecordsFrame):
        return arrival, 0
    batch = arrival.frame.batch
    arrays = {kind: rows.copy() for kind, rows in batch.arrays.items()}
    own = Batch(arrays, batch.order.copy(), batch.first_seq)
    return Arrival(RecordsFrame(own), arrival.flags), sum(rows.nbytes for rows in arrays.values())
