"""Everything a Massive server can do wrong: that it is said, that records come again, what is declared missing.

How soon, to the tenth of a second, is held by a clock set by hand in ``test_supervision``. Here, where threads and
sockets are real, a limit is only a bound that a heavily loaded machine keeps too: ``LOADED_S`` beyond what is asked.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from spymaster.feeds.live.supervision import Hours, Limits, SystemClock
from spymaster.feeds.massive_live.feed import MassiveFeed
from spymaster.feeds.massive_live.instruments import InstrumentBook
from spymaster.feeds.massive_live.life import Life
from spymaster.feeds.massive_live.plan import Cluster, ClusterPlan
from spymaster.loopback.massive.reel import Event, MassiveReel
from spymaster.loopback.massive.server import DEMO_KEY, MassiveServer
from spymaster.loopback.massive.troubles import MassiveAct, MassiveTrouble
from spymaster.loopback.pace import PlayedClock
from spymaster.market.frames import FeedState
from spymaster.market.kinds import NS_PER_MS, Kind
from tests.support.massive import (
    LIMITS,
    Lived,
    address_of,
    drive,
    live_through,
    open_hours,
    option,
    option_market,
    regular,
    share_feed,
    share_market,
)

pytest.importorskip("polygon")

SHORT = replace(LIMITS, first_record_s=2.0, silence_regular_s=1.0)
"""For what is about silence. A machine that stands still so long breaks a good connection, which then comes back."""
LOADED_S = 30.0
"""What a loaded machine may add to a limit."""
AT_ONCE_S = 1.0 + LOADED_S
BACK_S = 5.0 + LOADED_S
LONG_S = 60.0
"""Of a market: longer than anything takes that is done in it."""
MORE = 5
"""Batches that come after the last fault before a test looks at what there is."""
N = 60
"""Events before the fault."""


@dataclass(frozen=True)
class Row:
    """A fault: its script, what is said of it, and how long the server is away by its own will.

    ``limits``: of the feed; ``owed_s``: how long nothing may be said.
    """

    name: str
    script: tuple[MassiveTrouble, ...]
    words: str
    owed_s: float = 0.0
    away_s: float = 0.0
    hours: Callable[[int], Hours] = open_hours
    limits: Limits = LIMITS


def silent(name: str, lane: str, trouble: MassiveTrouble) -> Row:
    """Nothing more comes of a lane: said when that is longer than it may be."""
    return Row(name, (trouble,), f"silent: {lane}", SHORT.silence_regular_s, hours=regular, limits=SHORT)


def close(code: int, text: str = "") -> tuple[MassiveTrouble, ...]:
    """The server closes with a code."""
    return (MassiveTrouble(MassiveAct.CLOSE, N, code=code, text=text),)


TABLE = [
    Row("closed with 1000", close(1000), "closed by the vendor: code 1000"),
    Row("closed with 1001", close(1001, "going away"), "code 1001: going away"),
    Row("dropped without a word (1006)", (MassiveTrouble(MassiveAct.ABORT, N),), "connection lost: code 1006"),
    Row("closed with 1008", close(1008, "slow consumer"), "code 1008: slow consumer"),
    Row("closed with 1011", close(1011, "internal"), "code 1011: internal"),
    Row("refused", (MassiveTrouble(MassiveAct.REFUSE, N, seconds=0.4),), "cannot connect: ", away_s=0.4),
    silent("silence", "quotes", MassiveTrouble(MassiveAct.SILENCE, N)),
    silent("quotes silent", "quotes", MassiveTrouble(MassiveAct.SILENCE, N, channel="Q")),
    silent("trades silent", "trades", MassiveTrouble(MassiveAct.SILENCE, N, channel="T")),
    Row(
        "no first record",
        (MassiveTrouble(MassiveAct.SILENCE, 0),),
        "no record since the session began",
        SHORT.first_record_s,
        limits=SHORT,
    ),
    Row(
        "auth_timeout",
        (MassiveTrouble(MassiveAct.AUTH, status="auth_timeout", text="No authentication message received"),),
        "auth_timeout: No authentication message received",
    ),
    Row(
        "an answer to the key that nobody knows",
        (MassiveTrouble(MassiveAct.AUTH, status="auth_pending", text="try later"),),
        "not let in: auth_pending: try later",
    ),
]


def is_back(script: tuple[MassiveTrouble, ...], lived: Lived, feed: MassiveFeed, server: MassiveServer) -> bool:
    """All of the script happened, was said, records came again, and some more has come."""
    ups = [at for at, frame in lived.statuses() if frame.detail.startswith(("records again", "connected"))]
    if len(server.acts) < len(script) or feed.problem or not ups or ups[-1] < server.acts[-1][0]:
        return False
    return lived.came_after(ups[-1]) >= MORE


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_fault_is_said_recovered_from_and_what_was_missed_is_declared(row: Row) -> None:
    events = share_market(LONG_S)
    lived, _, server = live_through(
        events, row.script, lambda *now: is_back(row.script, *now), hours=row.hours, limits=row.limits
    )
    acted_s = server.acts[-1][0]
    noticed_s = lived.when(FeedState.DOWN, row.words, acted_s)
    assert noticed_s is not None, lived.statuses()
    back_s = next(at for at, f in lived.statuses() if f.state is not FeedState.DOWN and at > noticed_s)
    assert noticed_s - acted_s <= row.owed_s + row.away_s + AT_ONCE_S
    assert back_s - max(acted_s + row.away_s, noticed_s) <= BACK_S + row.limits.backoff_most_s
    assert_nothing_twice_and_what_is_missing_was_said(events, lived)


def assert_nothing_twice_and_what_is_missing_was_said(events: list[Event], lived: Lived) -> None:
    """Every trade of the vendor's up to the last that came is there once, or lies in a declared gap."""
    had = Counter(lived.records(Kind.XTRADE)["sequence"].tolist())
    assert had
    assert set(had.values()) == {1}
    first, last = min(had), max(had)
    sent = {told["q"]: told["t"] for told in map(json.loads, (e.data for e in events)) if told["ev"] == "T"}
    missing = [q for q in sent if first < q < last and q not in had]
    for q in missing:
        at_ns = sent[q] * NS_PER_MS
        assert any(gap.from_ns <= at_ns <= gap.to_ns for gap in lived.gaps()), (q, lived.gaps())


def test_max_connections_stops_the_feed_and_says_what_to_do() -> None:
    script = (MassiveTrouble(MassiveAct.MAX_CONNECTIONS, N, connection=None),)
    lived, feed, server = live_through(share_market(LONG_S), script, lambda _l, feed, _s: feed.is_over)
    said_s = lived.when(FeedState.DOWN, "max_connections")
    assert said_s is not None
    assert said_s - server.acts[0][0] < AT_ONCE_S
    assert feed.problem.endswith("another program uses this key: stop it, then start again; stopped")
    assert len(server.connections) == 1


def one_lives(stopped: MassiveFeed, living: MassiveFeed) -> bool:
    """Whether the one has stopped for good and the other gives records."""
    return stopped.is_over and not living.is_over and not living.problem


def test_a_second_connection_of_the_key_stops_the_first_and_lives_itself() -> None:
    with MassiveServer(MassiveReel({"stocks": share_market(LONG_S)})) as server:
        first, second = share_feed(server), share_feed(server)
        # whichever connects later stops the other
        lived = drive([first, second], lambda _lived: one_lives(first, second) or one_lives(second, first))
    over = [one for one in (first, second) if one.is_over]
    assert len(over) == 1, lived.statuses()
    assert "another program uses this key" in over[0].problem


def test_a_key_that_is_not_accepted_stops_the_feed_without_a_subscription() -> None:
    lived, feed, server = live_through(share_market(LONG_S), (), lambda _l, feed, _s: feed.is_over, key="wrong-key")
    assert lived.when(FeedState.DOWN, "key not accepted: auth_failed: authentication failed") is not None
    assert feed.problem.endswith("; stopped")
    assert [connection.requests for connection in server.connections] == [[]]


def test_whatever_the_answer_to_the_key_was_but_yes_nothing_is_subscribed() -> None:
    script = (MassiveTrouble(MassiveAct.AUTH, status="auth_timeout"),)
    _, _, server = live_through(share_market(LONG_S), script, lambda *now: is_back(script, *now))
    assert server.connections[0].requests == []
    assert server.connections[1].requests == [("subscribe", frozenset({"T.SPY", "Q.SPY"}))]


def test_what_the_key_may_not_have_is_said_at_once_and_stops_the_feed() -> None:
    script = (MassiveTrouble(MassiveAct.NOT_AUTHORIZED, text="You are not authorized for real-time data."),)
    lived, feed, server = live_through(share_market(LONG_S), script, lambda _l, feed, _s: feed.is_over, limits=SHORT)
    said_s = lived.when(FeedState.DOWN, "not authorized for real-time data")
    assert said_s is not None
    assert said_s - server.acts[0][0] < AT_ONCE_S
    assert feed.problem.startswith("key not accepted: error: You are not authorized")
    assert len(server.connections) == 1


ODD = [
    (MassiveAct.MALFORMED, "", "frame that is no array of events"),
    (MassiveAct.UNKNOWN, "", "unknown event 'FMV'"),
    (MassiveAct.MALFORMED, '[{"ev":"T","sym":"SPY","p":-1,"t":5}]', "malformed T event"),
    (MassiveAct.MALFORMED, '{"ev":"T"}', "frame that is no array of events"),
    (MassiveAct.MALFORMED, '[{"ev":"T","sym":"\\u00e9","p":1,"t":5}]', "symbol that is none"),
    (MassiveAct.REPEAT, "", "trade sent again (same exchange, sequence and time)"),
]


@pytest.mark.parametrize(("act", "text", "reason"), ODD)
def test_what_cannot_be_used_is_counted_said_and_ends_nothing(act: MassiveAct, text: str, reason: str) -> None:
    script = (MassiveTrouble(act, N, text=text),)

    def until(lived: Lived, _feed: MassiveFeed, server: MassiveServer) -> bool:
        return bool(server.acts) and server.connections[0].sent > N + 20

    lived, feed, server = live_through(share_market(LONG_S), script, until)
    assert feed.rejected == Counter({reason: 1})
    assert any(f"left out: 1 {reason}" in frame.detail for _, frame in lived.statuses())
    assert len(server.connections) == 1
    assert not lived.gaps()


def test_five_thousand_events_in_one_frame_are_five_thousand_records() -> None:
    script = (MassiveTrouble(MassiveAct.ARRAY, N, count=5000),)
    lived, feed, _ = live_through(
        share_market(LONG_S), script, lambda lived, _f, _s: len(lived.records(Kind.XTRADE)) > 5000
    )
    assert (lived.records(Kind.XTRADE)["sequence"] >= 10**9).sum() == 5000
    assert not feed.rejected


def test_a_warning_of_the_server_is_said_and_records_go_on() -> None:
    script = (MassiveTrouble(MassiveAct.STATUS, N, status="slow_consumer", text="buffer is filling"),)

    def until(lived: Lived, _feed: MassiveFeed, server: MassiveServer) -> bool:
        return bool(server.acts) and server.connections[0].sent > N + 20

    lived, feed, _ = live_through(share_market(LONG_S), script, until)
    words = "this program reads too slowly: slow_consumer: buffer is filling"
    assert lived.when(FeedState.UP, words) is not None
    assert not feed.problem


def test_the_key_is_in_no_log_no_line_and_no_text_of_an_object(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    key = "wrong-but-secret-key-4711"
    lived, feed, _ = live_through(share_market(LONG_S), (), lambda _l, feed, _s: feed.is_over, key=key)
    accepted, _, _ = live_through(share_market(LONG_S), (), lambda lived, _f, _s: bool(lived.frames))
    said = [frame.detail for _, frame in lived.statuses()] + [repr(feed._address), feed.problem, repr(accepted)]
    assert not any(secret in text for secret in (key, DEMO_KEY) for text in (*said, caplog.text))


async def test_a_program_that_no_longer_reads_ends_the_connection_before_its_memory_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spymaster.feeds.massive_live.life.MOST_HELD_BYTES", 1 << 20)
    life = Life(asyncio.get_running_loop(), 0, ("T.SPY",), SystemClock(), lambda: None)
    yes = b'[{"ev":"status","status":"auth_success"}]'
    assert [life.take(data) for data in (b"[]", yes, b" " * 900_000)] == [None] * 3
    life.read_bytes += 500_000
    assert life.take(b" " * 600_000) is None
    fault = life.take(b" " * 100_000)
    assert str(fault) == "connection hung: this program reads too slowly: 1 MB wait"


def test_a_trade_that_is_taken_back_is_a_record_with_the_code_that_says_so() -> None:
    symbol = option(660)
    script = (MassiveTrouble(MassiveAct.CANCEL, N, cluster="options"),)
    plan = ClusterPlan(Cluster.OPTIONS, ("options",), lambda: (f"T.{symbol}", f"Q.{symbol}"), open_hours, open_hours)
    with MassiveServer(MassiveReel({"options": option_market(LONG_S, [660.0])}), script=script) as server:
        feed = MassiveFeed(plan, address_of(server), PlayedClock(server.pace), InstrumentBook(), LIMITS)
        lived = drive([feed], lambda lived: any(lived.records(Kind.XTRADE)["conditions"][:, 0] == 201))
    rows = lived.records(Kind.XTRADE)
    (cancel,) = rows[rows["conditions"][:, 0] == 201]
    before = rows[rows["sequence"] == cancel["sequence"] - 10**9]
    assert (cancel["price"], cancel["size_e9"]) == (before["price"][0], before["size_e9"][0])


@pytest.mark.parametrize("method", ["__init__", "connect"])
def test_a_client_that_breaks_is_said_without_the_key(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise RuntimeError(f"something about {DEMO_KEY}")

    monkeypatch.setattr(f"polygon.WebSocketClient.{method}", broken)
    lived, _, _ = live_through(share_market(LONG_S), (), lambda lived, _f, _s: bool(lived.statuses()))
    (_, said), *_ = lived.statuses()
    assert said.state is FeedState.DOWN
    assert said.detail.endswith("RuntimeError: something about ***")
