"""What a feed says of itself is in the trust of its inputs at the next snap, and until they have recovered."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from spymaster.feeds.live.supervision import FeedVoice
from spymaster.market.dtypes import recv_ns
from spymaster.market.frames import FeedState, FeedStatusFrame, Frame, GapFrame, RecordsFrame, WatermarkFrame
from spymaster.market.option_chain import CALL
from spymaster.market.rows import Confidence, Trust, TrustReason
from tests.support.engine import Results, config_frame, engine_for, feed, records
from tests.support.market import RTH_OPEN_NS, Market
from tests.support.options import E9, NOON_NS, OptionTape, chain, quiet_market
from tests.support.prices import SHARE, quotes, started
from tests.support.scenes import keep_alive

DEPTH, TAPE, OPTIONS, EQUITY = range(4)
GREEN = (Trust.GREEN, TrustReason.NONE)
DOWN = (Trust.BLIND, TrustReason.FEED_DOWN)
SECONDS = 30


def said(feed_name: str, state: FeedState, seconds: float, start_ns: int = NOON_NS) -> FeedStatusFrame:
    return FeedStatusFrame(feed_name, state, start_ns + round(seconds * E9), "in its words")


def played(parts: Sequence[RecordsFrame], words: Sequence[Frame]) -> list[Frame]:
    """Records of one each, with what was said among them when it was said."""
    timed: list[tuple[int, int, Frame]] = []
    for frame in parts:
        for kind, rows in frame.batch.arrays.items():
            timed += [(int(recv_ns(kind, rows).min()), len(timed), frame)]
    timed += [(at_ns(frame), len(timed) + k, frame) for k, frame in enumerate(words)]
    return [frame for _, _, frame in sorted(timed, key=lambda item: item[:2])]


def at_ns(frame: Frame) -> int:
    assert isinstance(frame, FeedStatusFrame | GapFrame | WatermarkFrame)
    if isinstance(frame, FeedStatusFrame):
        return frame.at_ns
    return frame.clock_ns if isinstance(frame, WatermarkFrame) else frame.to_ns


def options(*words: Frame, silent: tuple[int, int] = (0, 0)) -> Results:
    """Half a minute of options quoted each second, but for the seconds in which nothing comes."""
    tape = OptionTape()
    tape.trade(5000, CALL, 0.05, 9.5, 10, b"B")
    for second in range(SECONDS):
        if not silent[0] <= second < silent[1]:
            tape.quotes_everywhere(second + 0.1)
    engine = engine_for("es", chain=chain())
    return feed(engine, *played(tape.frames(quiet_market(SECONDS), 1), words))


def share(*words: Frame, silent: tuple[int, int] = (0, 0)) -> Results:
    """Half a minute of a share quoted four times a second, but for the seconds in which nothing comes."""
    market = keep_alive(Market(start_ns=RTH_OPEN_NS).ladder(size=100, depth=30), SECONDS)
    times = [k / 4 for k in range(4, 4 * SECONDS) if not silent[0] <= k / 4 < silent[1]]
    told = [quotes([(RTH_OPEN_NS + round(s * E9), 499.99, 500.01)], SHARE) for s in times]
    book = [records(word[None, :]) for word in market.words()]
    engine = started(config_frame("spy"), with_share=True)
    return feed(engine, *played([*book, *told], words))


def at(results: Results, seconds: float, of: int, start_ns: int = NOON_NS) -> tuple[Trust, TrustReason]:
    """State and reason of an input at the first snap so many seconds after the start or later."""
    snap = results.snaps[results.snaps["t_ns"] >= start_ns + round(seconds * E9)][0]
    return Trust(int(snap["trust"][of])), TrustReason(int(snap["trust_reason"][of]))


def test_options_are_blind_at_the_next_snap_after_their_feed_went_down() -> None:
    results = options(said("options", FeedState.DOWN, 10.01))
    assert at(results, 9.75, OPTIONS) == GREEN
    assert at(results, 10.25, OPTIONS) == DOWN
    assert at(results, 28.0, OPTIONS) == DOWN, "quotes do not bring it back, its feed must say so"
    assert at(results, 10.25, DEPTH)[0] is Trust.GREEN


def test_options_that_are_back_are_blind_until_a_quote_and_degraded_until_a_window_is_full() -> None:
    words = (said("options", FeedState.DOWN, 5.01), said("options", FeedState.RECONNECTED, 8.0))
    results = options(*words, silent=(5, 11))
    assert at(results, 7.75, OPTIONS) == DOWN
    assert at(results, 8.25, OPTIONS) == (Trust.BLIND, TrustReason.RECONNECTED)
    assert at(results, 11.25, OPTIONS) == (Trust.DEGRADED, TrustReason.RECONNECTED)
    assert at(results, 17.75, OPTIONS) == (Trust.DEGRADED, TrustReason.RECONNECTED)
    assert at(results, 18.0, OPTIONS) == GREEN


def test_options_whose_feed_skipped_records_are_degraded_for_a_window() -> None:
    results = options(said("options", FeedState.SKIPPED_RECORDS, 5.01))
    assert at(results, 5.25, OPTIONS) == (Trust.DEGRADED, TrustReason.SKIPPED_RECORDS)
    assert at(results, 15.25, OPTIONS) == GREEN


def test_a_hole_in_the_options_degrades_them_for_a_window_and_nothing_else() -> None:
    results = options(GapFrame("options", NOON_NS + 3 * E9, NOON_NS + 5 * E9, "lost"))
    assert at(results, 5.25, OPTIONS) == (Trust.DEGRADED, TrustReason.GAP)
    assert at(results, 15.25, OPTIONS) == GREEN
    assert at(results, 5.25, DEPTH)[0] is Trust.GREEN
    assert at(results, 5.25, TAPE) == GREEN


def test_a_session_whose_options_never_came_says_that_their_feed_is_down() -> None:
    words = (said("options", FeedState.DOWN, 1),)
    results = feed(engine_for("es"), *played(OptionTape().frames(quiet_market(3), 1), words))
    assert at(results, 0.5, OPTIONS) == (Trust.ABSENT, TrustReason.NOT_CONFIGURED)
    assert at(results, 1.25, OPTIONS) == DOWN


def test_the_share_is_blind_at_the_next_snap_and_until_it_is_quoted_again() -> None:
    words = (
        said("equity", FeedState.DOWN, 10.01, RTH_OPEN_NS),
        said("equity", FeedState.RECONNECTED, 12.01, RTH_OPEN_NS),
    )
    results = share(*words, silent=(10, 13))
    assert at(results, 9.5, EQUITY, RTH_OPEN_NS) == GREEN
    assert at(results, 10.25, EQUITY, RTH_OPEN_NS) == DOWN
    assert at(results, 12.25, EQUITY, RTH_OPEN_NS) == (Trust.BLIND, TrustReason.RECONNECTED)
    assert at(results, 13.25, EQUITY, RTH_OPEN_NS) == (Trust.DEGRADED, TrustReason.RECONNECTED)
    assert at(results, 22.5, EQUITY, RTH_OPEN_NS) == GREEN


@pytest.mark.parametrize("name", ["options", "equity"])
def test_an_input_of_which_the_day_is_called_degraded_is_so_until_that_ends(name: str) -> None:
    run, of, start_ns = (options, OPTIONS, NOON_NS) if name == "options" else (share, EQUITY, RTH_OPEN_NS)
    results = run(said(name, FeedState.DAY_DEGRADED, 5.01, start_ns), said(name, FeedState.UP, 10.01, start_ns))
    assert at(results, 6.0, of, start_ns) == (Trust.DEGRADED, TrustReason.DAY_DEGRADED)
    assert at(results, 11.0, of, start_ns) == GREEN


def test_a_feed_of_trades_alone_takes_nothing_from_the_book() -> None:
    results = options(said("tape", FeedState.DOWN, 5.01))
    assert at(results, 6.0, TAPE) == DOWN
    assert at(results, 6.0, DEPTH)[0] is Trust.GREEN


@pytest.mark.parametrize("name", ["chain", "options ", "OPTIONS", ""])
def test_what_any_other_feed_says_is_for_people_alone(name: str) -> None:
    results = options(said(name, FeedState.DOWN, 5.01))
    assert [at(results, 6.0, of)[0] for of in (DEPTH, TAPE, OPTIONS)] == [Trust.GREEN] * 3


def test_no_confidence_is_high_while_the_options_are_down() -> None:
    results = options(said("options", FeedState.DOWN, 5.01))
    later = [
        row
        for snap, rows in zip(results.snaps, results.rows, strict=True)
        if snap["t_ns"] > NOON_NS + 6 * E9
        for row in rows
    ]
    assert later
    assert not [row for row in later if row["confidence"] == Confidence.HIGH]


def test_every_name_that_a_connection_speaks_for_is_blinded_by_its_words() -> None:
    voice = FeedVoice(("depth", "options"))
    voice.up("connected", NOON_NS)
    frames = [arrival.frame for arrival in voice.down("connection lost", NOON_NS + 5 * E9 + 1)]
    results = options(*frames)
    assert [at(results, 5.5, of) for of in (DEPTH, TAPE, OPTIONS)] == [DOWN] * 3
