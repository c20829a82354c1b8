"""The status of trading, live: a halt comes as a record; a dataset that has no status is asked for the rest alone."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.plan import LinePlan, Subscription
from spymaster.feeds.live.supervision import Hours
from spymaster.loopback.databento.gateway import DatabentoGateway
from spymaster.loopback.databento.reel import HeldReel
from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES, SCHEMA_RTYPES
from spymaster.market.frames import FeedState, RecordsFrame
from spymaster.market.kinds import NS_PER_S, Kind
from tests.support.live import T0_NS, Lived, live_through

pytest.importorskip("databento")

SHARE_ID = 7
PLAN = LinePlan(
    "XNAS.BASIC",
    ("equity",),
    (Subscription("mbp-1", ("SPY",)), Subscription("status", ("SPY",))),
    hours=lambda _ns: Hours.REGULAR,
)


def share_market(dataset: str) -> HeldReel:
    """Quotes of a share, and after the first of them a halt."""
    quotes = np.zeros(40, DTYPES[Kind.MBP1])
    halt = np.zeros(1, DTYPES[Kind.STATUS])
    quotes["rtype"], halt["rtype"] = SCHEMA_RTYPES["mbp-1"], SCHEMA_RTYPES["status"]
    for rows in (quotes, halt):
        rows["length"], rows["publisher_id"], rows["instrument_id"] = rows.dtype.itemsize // 4, 1, SHARE_ID
    quotes["ts_event"] = quotes["ts_recv"] = T0_NS + np.arange(40) * NS_PER_S // 10
    halt["ts_event"] = halt["ts_recv"] = T0_NS
    halt["is_trading"] = halt["is_quoting"] = b"N"
    order = np.full(41, int(Kind.MBP1), np.uint8)
    order[1] = int(Kind.STATUS)
    return HeldReel(dataset, {SHARE_ID: "SPY"}, [Batch({Kind.MBP1: quotes, Kind.STATUS: halt}, order)])


def came(lived: Lived, kind: Kind) -> int:
    """How many records of a kind came."""
    frames = [arrival.frame for _, arrival in lived.frames]
    return sum(len(one.batch.arrays.get(kind, ())) for one in frames if isinstance(one, RecordsFrame))


def test_a_halt_is_heard_live() -> None:
    lived, _feed, _gateway = live_through(
        share_market("XNAS.BASIC"), (), lambda lived, _f, _g: came(lived, Kind.STATUS) > 0, plan=PLAN
    )
    batches = [arrival.frame.batch for _, arrival in lived.frames if isinstance(arrival.frame, RecordsFrame)]
    (halt,) = (batch.arrays[Kind.STATUS] for batch in batches if Kind.STATUS in batch.arrays)
    assert (bytes(halt["is_trading"][0]), int(halt["instrument_id"][0])) == (b"N", SHARE_ID)


def test_where_status_is_refused_the_rest_is_asked_for_again_and_the_loss_is_said() -> None:
    words = "asked again without status: a halt will show as silence alone"

    def is_back(lived: Lived, _feed: DatabentoFeed, _gateway: DatabentoGateway) -> bool:
        told_s = lived.when(FeedState.DOWN, words)
        if told_s is None:
            return False
        again = (FeedState.UP, FeedState.RECONNECTED)
        return any(at > told_s and frame.state in again for at, frame in lived.statuses())

    plan = msgspec.structs.replace(PLAN, dataset="EQUS.MINI")
    lived, feed, gateway = live_through(share_market("EQUS.MINI"), (), is_back, plan=plan)
    assert lived.when(FeedState.DOWN, words) is not None
    assert not feed.is_over
    asked = [[one["schema"] for one in each.requests if "schema" in one] for each in gateway.connections]
    assert asked[:2] == [["mbp-1", "status"], ["mbp-1"]]


def test_a_refusal_that_is_not_about_status_stops_the_feed_for_good() -> None:
    plan = msgspec.structs.replace(PLAN, dataset="EQUS.MINI", subscriptions=(Subscription("statistics", ("SPY",)),))
    _lived, feed, _gateway = live_through(share_market("EQUS.MINI"), (), lambda _l, feed, _g: feed.is_over, plan=plan)
    assert "error 5" in feed.problem
