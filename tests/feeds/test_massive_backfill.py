"""Trades that a broken connection of Massive's missed: fetched once each for the journal, or said to be missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from spymaster.feeds.live.supervision import Backoff
from spymaster.feeds.massive_live.conditions import PACKAGED
from spymaster.feeds.massive_live.feed import MassiveFeed
from spymaster.feeds.massive_live.instruments import InstrumentBook
from spymaster.feeds.massive_live.plan import Cluster, ClusterPlan
from spymaster.feeds.massive_rest.rest_client import RestLimits
from spymaster.feeds.massive_rest.trades_fetched import TradesFetched
from spymaster.journal.format import FrameFlag
from spymaster.loopback.massive.reel import Event, MassiveReel
from spymaster.loopback.massive.server import MassiveServer
from spymaster.loopback.massive.troubles import MassiveAct, MassiveTrouble, RestAct, RestTrouble
from spymaster.loopback.pace import PlayedClock
from spymaster.market.batches import Records
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import FeedState, RecordsFrame
from spymaster.market.kinds import NS_PER_MS, Kind
from tests.support.massive import LIMITS, Lived, address_of, drive, open_hours, option, option_market, share_market

pytest.importorskip("polygon")

QUICK = RestLimits(connect_s=5.0, answer_s=5.0, retries=1, pause_s=0.01)
MISSED = (MassiveTrouble(MassiveAct.REFUSE, 80, seconds=0.4),)
AGAIN = 60
"""Records behind the break until a test looks."""


def filled_feed(server: MassiveServer, cluster: Cluster, topics: Sequence[str]) -> MassiveFeed:
    """A feed that fetches what it missed."""
    plan = ClusterPlan(cluster, ("equity",), lambda: topics, open_hours, open_hours)
    book, address = InstrumentBook(), address_of(server)
    filler = TradesFetched(address, book, QUICK, settle_s=0.3)
    clock = PlayedClock(server.pace)
    return MassiveFeed(plan, address, clock, book, LIMITS, Backoff(LIMITS, lambda: 0.0), filler)


def live_through_a_break(
    events: Sequence[Event],
    *,
    cluster: Cluster = Cluster.STOCKS,
    topics: Sequence[str] = ("T.SPY", "Q.SPY"),
    rest: Sequence[RestTrouble] = (),
    script: Sequence[MassiveTrouble] = MISSED,
    until: Callable[[Lived, MassiveFeed], bool] | None = None,
) -> tuple[Lived, MassiveServer]:
    """A connection that breaks, comes back, and has its hole filled, as far as that can be."""
    with MassiveServer(MassiveReel({cluster.value: events}), script=script, rest_script=rest, speed=3.0) as server:
        feed = filled_feed(server, cluster, topics)

        def is_told(lived: Lived) -> bool:
            return any(frame.detail.startswith("a hole of ") for _, frame in lived.statuses())

        lived = drive([feed], lambda lived: until(lived, feed) if until else is_told(lived))
    return lived, server


def trades(lived: Lived, *, fetched: bool) -> Records:
    """The trades that came by the connection, or those that were fetched."""
    found = [
        arrival.frame.batch.arrays[Kind.XTRADE]
        for _, arrival in lived.frames
        if isinstance(arrival.frame, RecordsFrame)
        and Kind.XTRADE in arrival.frame.batch.arrays
        and (FrameFlag.BACKFILL in arrival.flags) == fetched
    ]
    return np.concatenate(found) if found else np.zeros(0, DTYPES[Kind.XTRADE])


def keys(rows: Records) -> Counter[tuple[int, int]]:
    """What tells trades of these markets apart."""
    return Counter(zip(rows["instrument_id"].tolist(), rows["sequence"].tolist(), strict=True))


def last_words(lived: Lived) -> str:
    """What was said of the hole."""
    return next(frame.detail for _, frame in lived.statuses() if frame.detail.startswith("a hole of "))


def test_what_was_missed_is_fetched_and_nothing_twice() -> None:
    lived, _ = live_through_a_break(share_market(60))
    live, fetched = trades(lived, fetched=False), trades(lived, fetched=True)
    assert len(fetched) > 0
    assert max(Counter(keys(live) + keys(fetched)).values()) == 1
    sequences = sorted([*live["sequence"].tolist(), *fetched["sequence"].tolist()])
    # every fourth quote is followed by a trade, whose sequences are eight apart
    assert sequences == list(range(sequences[0], sequences[-1] + 1, 8))
    assert last_words(lived).endswith(f"its trades were fetched: {len(fetched)} records; its quotes stay missing")


def test_a_fetched_trade_has_the_tapes_time_as_its_receive_time_so_that_it_finds_its_place() -> None:
    lived, _ = live_through_a_break(share_market(60))
    fetched = trades(lived, fetched=True)
    (gap,) = lived.gaps()
    assert (fetched["ts_event"] == fetched["ts_recv"]).all()
    assert gap.from_ns - 100 * NS_PER_MS <= int(fetched["ts_event"].min())
    assert int(fetched["ts_event"].max()) <= gap.to_ns + 1100 * NS_PER_MS


def test_options_are_fetched_one_by_one_with_their_conditions() -> None:
    symbols = [option(660, right) for right in "CP"]
    topics = [f"{channel}.{symbol}" for symbol in symbols for channel in "TQ"]
    lived, server = live_through_a_break(option_market(60, [660]), cluster=Cluster.OPTIONS, topics=topics)
    fetched = trades(lived, fetched=True)
    assert len(set(fetched["instrument_id"].tolist())) == 2
    assert set(fetched["conditions"][:, 0].tolist()) == {PACKAGED["I"]}
    asked = [path for _, path, _ in server.rest.requests if path.startswith("/v3/trades/")]
    assert len(asked) == len(symbols)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (RestTrouble(RestAct.STATUS, times=99, path="/v3/trades", code=403, text="NOT_AUTHORIZED"), "HTTP status 403"),
        (RestTrouble(RestAct.NOT_JSON, times=99, path="/v3/trades"), "is not what the vendor describes"),
        (RestTrouble(RestAct.NO_RESULTS, times=99, path="/v3/trades"), "has no results"),
    ],
    ids=["not entitled", "no json", "no results"],
)
def test_what_cannot_be_fetched_is_declared_missing_with_its_reason(trouble: RestTrouble, words: str) -> None:
    lived, _ = live_through_a_break(share_market(60), rest=[trouble])
    assert words in last_words(lived)
    assert "its trades stay missing (" in last_words(lived)
    assert len(trades(lived, fetched=True)) == 0
    assert len(lived.gaps()) == 1


def test_a_feed_goes_on_while_a_hole_is_being_filled_and_closes_without_waiting_for_it() -> None:
    slow = RestTrouble(RestAct.SLOW, times=9, path="/v3/trades", seconds=2.0)

    def goes_on(lived: Lived, feed: MassiveFeed) -> bool:
        back = lived.when(FeedState.RECONNECTED)
        return back is not None and feed.is_filling and len(trades(lived, fetched=False)) > AGAIN

    lived, _ = live_through_a_break(share_market(60), rest=[slow], until=goes_on)
    assert lived.when(FeedState.RECONNECTED, "its trades are being fetched, its quotes stay missing") is not None
