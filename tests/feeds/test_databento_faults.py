"""Everything a Databento gateway can do wrong: that it is said, that records come again, that none is lost.

How soon, to the tenth of a second, is held by a clock set by hand in ``test_supervision``. Here, where threads and
sockets are real, a limit is only a bound that a heavily loaded machine keeps too: ``LOADED_S`` beyond what is asked.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.plan import Address, Subscription
from spymaster.feeds.databento_live.seen import LastSeen
from spymaster.feeds.live.supervision import Bell, Limits
from spymaster.loopback.databento.gateway import DatabentoGateway
from spymaster.loopback.databento.reel import HeldReel
from spymaster.loopback.troubles import Act, Trouble
from spymaster.market.frames import FeedState, GapFrame
from tests.support.live import PATIENT, PLAN, Lived, data_of, live_feed, live_through, market, poll_until, whole

pytest.importorskip("databento")

SHORT = replace(PATIENT, first_record_s=2.0, silence_regular_s=1.0)
"""For what is about silence. A machine that stands still so long breaks a good connection, which then comes back."""
LOADED_S = 30.0
"""What a loaded machine may add to a limit."""
AT_ONCE_S = 1.0 + LOADED_S
BACK_S = 5.0 + LOADED_S
N = 120
"""Records of data before the fault."""
LONG_S = 60.0
"""Of a market: longer than anything takes that is done in it."""
MORE = 5
"""Batches that come after the last fault before a test looks at what there is."""


@dataclass(frozen=True)
class Row:
    """A fault: its script, what is said of it, and how long the server is away by its own will.

    ``limits``: of the feed; ``owed_s``: how long nothing may be said; ``is_whole``: whether records came before it.
    """

    name: str
    script: tuple[Trouble, ...]
    words: str
    owed_s: float = 0.0
    away_s: float = 0.0
    limits: Limits = PATIENT
    is_whole: bool = True


def error(code: int, text: str) -> tuple[Trouble, ...]:
    """The gateway says what is wrong and closes."""
    return (Trouble(Act.ERROR, N, code=code, text=text), Trouble(Act.FIN, N))


def silent(name: str, words: str, *script: Trouble) -> Row:
    """Nothing more comes: said when that is longer than it may be."""
    is_first = script[0].after_records == 0
    owed_s = SHORT.first_record_s if is_first else SHORT.silence_regular_s
    return Row(name, script, words, owed_s, limits=SHORT, is_whole=not is_first)


TABLE = [
    Row("orderly close", (Trouble(Act.FIN, N),), "closed by the vendor"),
    Row("reset", (Trouble(Act.RST, N),), "connection lost"),
    Row("refused for a while", (Trouble(Act.REFUSE, N, seconds=0.4),), "cannot connect", away_s=0.4),
    silent("hung from the first record", "no record since", Trouble(Act.HANG, 0)),
    silent("heartbeats and no first record", "no record since", Trouble(Act.MUTE, 0)),
    silent("hung after a while", "silent: mbp-10", Trouble(Act.HANG, N)),
    silent("hung again after the reconnect", "silent: mbp-10", Trouble(Act.RST, N), Trouble(Act.HANG, N, connection=1)),
    silent("depth silent, trades go on", "silent: mbp-10", Trouble(Act.MUTE, N, schema="mbp-10")),
    silent("trades silent, depth goes on", "silent: trades", Trouble(Act.MUTE, N, schema="trades")),
    Row("internal error", error(6, "Internal error"), "error 6"),
    Row("too many connections", error(3, "Connection limit"), "error 3"),
    Row("bytes that are no records", (Trouble(Act.GARBAGE, N),), "unreadable bytes"),
]


Until = Callable[[Lived, DatabentoFeed, DatabentoGateway], bool]


def is_back(script: tuple[Trouble, ...], breaking: int | None = None) -> Until:
    """Until all that is in the script happened, records came again, no hole is open, and some more has come.

    ``breaking``: how many of its steps, from the first, break the live connection; all by default.
    """
    last = (len(script) if breaking is None else breaking) - 1

    def until(lived: Lived, feed: DatabentoFeed, gateway: DatabentoGateway) -> bool:
        ups = [at for at, frame in lived.statuses() if frame.detail.startswith(("records again", "connected"))]
        if len(gateway.acts) < len(script) or feed.problem or not ups or ups[-1] < gateway.acts[last][0]:
            return False
        return not feed.is_filling and lived.came_after(max(ups[-1], gateway.acts[-1][0])) >= MORE

    return until


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_fault_is_said_recovered_from_and_costs_no_record(row: Row) -> None:
    reel = market(LONG_S)
    lived, _, gateway = live_through(reel, row.script, is_back(row.script), limits=row.limits)
    # what is said with an error is said before the end that follows it on the same connection
    first = next(k for k, step in enumerate(row.script) if step.connection == row.script[-1].connection)
    acted_s = gateway.acts[first][0]
    noticed_s = lived.when(FeedState.DOWN, row.words, acted_s)
    assert noticed_s is not None, lived.statuses()
    back_s = next(at for at, f in lived.statuses() if f.state is not FeedState.DOWN and at > noticed_s)
    assert noticed_s - acted_s <= row.owed_s + AT_ONCE_S
    assert back_s - max(acted_s + row.away_s, noticed_s) <= BACK_S + row.limits.backoff_most_s
    assert_nothing_twice_nothing_lost(reel, lived, is_whole=row.is_whole)


def assert_nothing_twice_nothing_lost(reel: HeldReel, lived: Lived, *, is_whole: bool = True) -> None:
    """Live and backfill together are what the vendor had, from the first record received to the last of each kind."""
    sent = whole(reel)
    had = lived.live + lived.backfill
    assert not had - sent, "a record was received more often than it was sent"
    if not is_whole:
        return
    order = [record for batch in reel.held for record in data_of(batch)]
    for rtype in (10, 0):
        own = [record for record in order if record[1] == rtype]
        reached = max(index for index, record in enumerate(own) if record in lived.live)
        # twins of the latest record may still be under way
        assert not [index for index, record in enumerate(own[: reached - 5]) if had[record] != sent[record]]
    assert lived.backfill
    assert any(isinstance(arrival.frame, GapFrame) for _, arrival in lived.frames)


@pytest.mark.parametrize(("code", "text"), [(1, "Invalid key"), (2, "Key deactivated"), (5, "Invalid subscription")])
def test_an_error_that_no_retry_can_mend_stops_the_feed_and_is_said_at_once(code: int, text: str) -> None:
    script = error(code, text)
    lived, feed, gateway = live_through(market(LONG_S), script, lambda _l, feed, _g: feed.is_over)
    said_s = lived.when(FeedState.DOWN, f"error {code}: {text}")
    assert said_s is not None
    assert said_s - gateway.acts[0][0] < AT_ONCE_S
    assert feed.is_over
    assert feed.problem.endswith("; stopped")
    assert len(gateway.connections) == 1


def test_a_key_that_is_not_accepted_stops_the_feed_with_the_vendors_words() -> None:
    lived, feed, gateway = live_through(
        market(LONG_S), (), lambda _l, feed, _g: feed.is_over, key="db-anotherkeyanotherkeyanothe00"
    )
    assert feed.problem == "key not accepted: Authentication failed.; stopped"
    assert len(gateway.connections) == 1
    assert lived.when(FeedState.DOWN, "key not accepted") is not None


def test_a_dataset_without_a_licence_stops_the_feed_with_the_vendors_words() -> None:
    plan = replace(PLAN, dataset="OPRA.PILLAR")
    _, feed, _ = live_through(market(LONG_S), (), lambda _l, feed, _g: feed.is_over, plan=plan)
    assert "license is required to access OPRA.PILLAR" in feed.problem


def heard(text: str) -> Until:
    """Until the feed has said something with these words."""

    def until(lived: Lived, _feed: DatabentoFeed, _gateway: DatabentoGateway) -> bool:
        return any(text in frame.detail for _, frame in lived.statuses())

    return until


@pytest.mark.parametrize(
    ("trouble", "state", "words"),
    [
        (Trouble(Act.SKIP, N), FeedState.SKIPPED_RECORDS, "error 7: Skipped records"),
        (Trouble(Act.ERROR, N, code=99, text="News"), FeedState.UP, "error with the unknown code 99: News"),
        (Trouble(Act.ERROR, N, code=4, text="Failed: XX"), FeedState.UP, "error 4: Failed: XX"),
        (Trouble(Act.SYSTEM, N, code=2, text="slow"), FeedState.UP, "this program reads too slowly: slow"),
        (Trouble(Act.SYSTEM, N, code=77, text="news"), FeedState.UP, "system message 77: news"),
    ],
    ids=["skipped records", "unknown error", "symbol", "slow reader", "unknown system message"],
)
def test_what_the_gateway_says_without_ending_the_session_is_said_and_nothing_ends(
    trouble: Trouble, state: FeedState, words: str
) -> None:
    lived, feed, gateway = live_through(market(LONG_S), (trouble,), heard(words))
    said_s = lived.when(state, words)
    assert said_s is not None
    assert said_s - gateway.acts[0][0] < AT_ONCE_S
    assert len(gateway.connections) == 1
    assert not feed.is_over


def test_a_misspelt_symbol_is_named() -> None:
    plan = replace(PLAN, subscriptions=(*PLAN.subscriptions, Subscription("mbp-10", ("ESX9",))))
    _, feed, _ = live_through(market(LONG_S), (), heard("ESX9"), plan=plan)
    assert feed.unresolved == ("error 4: Failed to resolve symbol ESX9",)


def test_a_replay_said_to_be_complete_before_it_began_is_taken_to_its_end_all_the_same() -> None:
    script = (Trouble(Act.RST, N), Trouble(Act.COMPLETE_EARLY, 0, connection=2))
    reel = market(LONG_S)
    lived, _, _ = live_through(reel, script, is_back(script, breaking=1))
    assert_nothing_twice_nothing_lost(reel, lived)


def test_a_replay_that_breaks_is_begun_again_and_brings_no_record_twice() -> None:
    script = (Trouble(Act.REFUSE, N, seconds=0.3), Trouble(Act.RST, 40, connection=2))
    reel = market(LONG_S)
    lived, feed, _ = live_through(reel, script, is_back(script, breaking=1))
    assert not feed.fillings[0].problem
    assert_nothing_twice_nothing_lost(reel, lived)


def test_a_life_that_brings_trades_and_no_depth_neither_loses_nor_doubles_any() -> None:
    script = (
        Trouble(Act.RST, N),
        Trouble(Act.MUTE, 0, connection=1, schema="mbp-10"),
        Trouble(Act.RST, 60, connection=1),
    )
    reel = market(LONG_S)
    lived, _, _ = live_through(reel, script, is_back(script))
    assert_nothing_twice_nothing_lost(reel, lived)


def test_a_hole_that_the_vendor_no_longer_has_is_declared_with_its_words() -> None:
    script = (Trouble(Act.RST, N), *error_on(2, 8, "Replay data is no longer available"))
    lived, feed, _ = live_through(market(LONG_S), script, lambda _l, feed, _g: bool(feed.fillings))
    assert "Replay data is no longer available" in feed.fillings[0].problem
    assert any("stays (" in frame.detail for _, frame in lived.statuses())


def error_on(connection: int, code: int, text: str) -> tuple[Trouble, ...]:
    """The same on a later connection, before its first record."""
    return (
        Trouble(Act.ERROR, 0, connection=connection, code=code, text=text),
        Trouble(Act.FIN, 0, connection=connection),
    )


def test_a_session_that_goes_on_with_an_earlier_one_fetches_what_came_between() -> None:
    reel = market(LONG_S)
    first, seen = reel.held[:4], LastSeen()
    for batch in first:
        seen.take(batch)
    earlier = Counter(record for batch in first for record in data_of(batch))
    rest = HeldReel(reel.dataset, reel.symbols, reel.held)
    lived, feed, _ = live_through(rest, (), lambda _l, feed, _g: bool(feed.fillings), seen=seen, start_s=1.5)
    assert not feed.fillings[0].problem
    had = earlier + lived.backfill + lived.live
    order = [record for batch in reel.held for record in data_of(batch)]
    depth = [record for record in order if record[1] == 10]
    reached = max(index for index, record in enumerate(depth) if record in lived.live)
    sent = whole(reel)
    assert lived.backfill
    assert not [record for record in depth[: reached - 5] if had[record] != sent[record]]


def test_a_key_shows_neither_in_an_address_nor_in_what_goes_wrong_with_it() -> None:
    key = "db-secretsecretsecretsecretse00"
    address = Address(key, "127.0.0.1", 1)
    assert key not in repr(address)
    lived, feed, _ = live_through(market(LONG_S), (), lambda _l, feed, _g: feed.is_over, key=key)
    assert key not in feed.problem + repr(lived.statuses())


def test_a_feed_that_is_closed_leaves_no_thread_and_gives_nothing_more() -> None:
    before = {thread.name for thread in threading.enumerate()}
    lived, feed, _ = live_through(market(LONG_S), (), lambda lived, _f, _g: bool(lived.live))
    feed.close()
    assert list(feed.poll()) == []
    assert {thread.name for thread in threading.enumerate()} <= before | {"MainThread"}
    assert lived.live


@pytest.mark.parametrize("size", [1, 7, 375])
def test_a_stream_cut_anywhere_on_its_way_brings_the_same_records(size: int) -> None:
    reel = market(0.1)
    total = sum(whole(reel).values())
    script = (Trouble(Act.CUT, 0, count=size),)
    lived, feed, _ = live_through(reel, script, lambda lived, _f, _g: sum(lived.live.values()) >= total)
    assert lived.live == whole(reel)
    assert not feed.rejected


def test_of_two_connections_only_the_one_that_broke_is_down() -> None:
    futures = market(LONG_S)
    options = HeldReel("OPRA.PILLAR", futures.symbols, futures.held)
    lived = Lived()
    script = (Trouble(Act.FIN, N, connection=1),)
    with DatabentoGateway([futures, options], speed=1.0, script=script) as gateway:
        feeds = [live_feed(gateway), live_feed(gateway, replace(PLAN, dataset="OPRA.PILLAR", feeds=("options",)))]
        bell = Bell()
        try:
            for feed in feeds:
                feed.open(bell)
                poll_until(lambda feed=feed: not feed.problem, feeds, bell, lived)  # type: ignore[misc]
            poll_until(lambda: lived.when(FeedState.RECONNECTED) is not None, feeds, bell, lived)
        finally:
            for feed in feeds:
                feed.close()
    said = [(frame.feed, frame.state) for _, frame in lived.statuses()]
    assert ("options", FeedState.DOWN) in said
    assert ("options", FeedState.RECONNECTED) in said
    assert ("depth", FeedState.DOWN) not in said
