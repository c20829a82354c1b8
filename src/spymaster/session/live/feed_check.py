"""Whether a vendor's feeds would come: each is opened, looked at for a while, and closed again. Nothing is recorded."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.live.supervision import Bell, Clock
from spymaster.market.kinds import NS_PER_MS

PATIENCE_S: Final = 15.0
_LOOK_S: Final = 0.1


class FeedFinding(msgspec.Struct, frozen=True):
    """What was found of one feed. ``lag_ms``: from the vendor's sending to our looking, by the two clocks; None where
    nothing was sent."""

    name: str
    is_well: bool
    words: str
    lag_ms: float | None


def check_feeds(feeds: Sequence[DatabentoFeed], clock: Clock, patience_s: float = PATIENCE_S) -> list[FeedFinding]:
    """Open all of them until each has said what it trades in, has stopped for good, or has had its time."""
    bell = Bell()
    with contextlib.ExitStack() as stack:
        for feed in feeds:
            stack.callback(feed.close)
            feed.open(bell)
        until_s = clock.monotonic_s() + patience_s
        while clock.monotonic_s() < until_s and not all(feed.is_over or len(feed.universe) for feed in feeds):
            bell.wait(_LOOK_S)
            for feed in feeds:
                # what came is of no use here; that it came is what counts
                deque(feed.poll(), maxlen=0)
        return [_found(feed) for feed in feeds]


def _found(feed: DatabentoFeed) -> FeedFinding:
    known = len(feed.universe)
    lag_ms = None if feed.lag_ns is None else feed.lag_ns / NS_PER_MS
    if known:
        return FeedFinding(feed.name, True, f"connected, {known:,} instruments are defined", lag_ms)
    return FeedFinding(feed.name, False, feed.problem or "connected, and no definition came", lag_ms)
