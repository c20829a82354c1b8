"""Whether the feeds would come: each is opened, looked at for a while, and closed again. Nothing is recorded."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.live.supervision import Bell, Clock, LiveFeed
from spymaster.feeds.massive_live.feed import MassiveFeed
from spymaster.feeds.massive_rest.feed import ChainFeed
from spymaster.market.kinds import NS_PER_MS

PATIENCE_S: Final = 15.0
_LOOK_S: Final = 0.1


class FeedFinding(msgspec.Struct, frozen=True):
    """What was found of one feed. ``lag_ms``: from the vendor's sending to our looking, by the two clocks; None where
    nothing was sent. ``is_databento``: whose key it is."""

    name: str
    is_well: bool
    words: str
    lag_ms: float | None
    is_databento: bool = True


def check_feeds(feeds: Sequence[LiveFeed], clock: Clock, patience_s: float = PATIENCE_S) -> list[FeedFinding]:
    """Open all of them until each has shown what it gives, has stopped for good, or has had its time."""
    bell = Bell()
    with contextlib.ExitStack() as stack:
        for feed in feeds:
            stack.callback(feed.close)
            feed.open(bell)
        until_s = clock.monotonic_s() + patience_s
        while clock.monotonic_s() < until_s and not all(feed.is_over or _gives(feed) for feed in feeds):
            bell.wait(_LOOK_S)
            for feed in feeds:
                # what came is of no use here; that it came is what counts
                deque(feed.poll(), maxlen=0)
        return [_found(feed) for feed in feeds]


def _gives(feed: LiveFeed) -> str:
    """What a feed has shown that it gives, in words; nothing yet where they are empty."""
    if isinstance(feed, DatabentoFeed) and len(feed.universe):
        return f"connected, {len(feed.universe):,} instruments are defined"
    if isinstance(feed, MassiveFeed) and feed.lag_ns is not None:
        return f"connected, records of {len(feed.topics):,} subscriptions come"
    if isinstance(feed, ChainFeed) and feed.snapshots:
        return "the chain is there, with the vendor's greeks"
    return ""


def _found(feed: LiveFeed) -> FeedFinding:
    gives, lag_ms, refused = _gives(feed), _lag_ms(feed), ""
    is_databento = isinstance(feed, DatabentoFeed)
    if isinstance(feed, MassiveFeed):
        refused = "; ".join(feed.refused)
        if not (gives or refused or feed.is_over) and feed.is_let_in:
            # out of hours nothing is owed: that the key is accepted is all there is to be seen
            return FeedFinding(feed.name, True, "key accepted, and no record came (is the market open?)", None, False)
    if refused or not gives:
        words = refused or feed.problem or "connected, and no definition came"
        return FeedFinding(feed.name, False, words, lag_ms, is_databento)
    return FeedFinding(feed.name, True, gives, lag_ms, is_databento)


def _lag_ms(feed: LiveFeed) -> float | None:
    """Of Massive the fastest records of each second: event times are all that it tells."""
    if isinstance(feed, DatabentoFeed):
        return None if feed.lag_ns is None else feed.lag_ns / NS_PER_MS
    return feed.skew_ns / NS_PER_MS if isinstance(feed, MassiveFeed) and feed.lag_ns is not None else None
