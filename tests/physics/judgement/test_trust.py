"""Each cause of distrust: raised when it should be, gone afterwards, and nothing raised meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from spymaster.market.frames import FeedState, FeedStatusFrame, Frame, GapFrame, TapeFrom, WatermarkFrame
from spymaster.market.instruments import TickSource
from spymaster.market.kinds import F_LAST
from spymaster.market.rows import Confidence, Trust, TrustReason
from spymaster.physics.judgement.score import confidence_label
from spymaster.physics.judgement.trust import worst_configured
from tests.support.engine import Results, engine_for, feed, params_for, records
from tests.support.market import ASK, BID, INTERVAL, MID, RTH_OPEN_NS, SECOND, START_NS, Market

DEPTH, TAPE, OPTIONS, EQUITY = range(4)
GREEN = (Trust.GREEN, TrustReason.NONE)


def good_book(start_ns: int = START_NS) -> Market:
    return Market(start_ns=start_ns).ladder().at(1.0)


def judged(market: Market, *, until_s: float, frames: tuple[Frame, ...] = (), **config: Any) -> Results:
    """Snaps over the market's records, the frames, and a watermark so many seconds after the start."""
    mark = WatermarkFrame(market.start_ns + round(until_s * SECOND))
    return feed(engine_for(**config), records(market.words()), *frames, mark)


def at(results: Results, seconds: float, of: int = DEPTH, start_ns: int = START_NS) -> tuple[Trust, TrustReason]:
    """State and reason of an input at the snap so many seconds after the start."""
    snap = results.snaps[results.snaps["t_ns"] == start_ns + round(seconds * SECOND)][0]
    return Trust(int(snap["trust"][of])), TrustReason(int(snap["trust_reason"][of]))


def spells(results: Results, of: int = DEPTH) -> list[tuple[Trust, TrustReason]]:
    """The states an input went through."""
    out: list[tuple[Trust, TrustReason]] = []
    for snap in results.snaps:
        now = (Trust(int(snap["trust"][of])), TrustReason(int(snap["trust_reason"][of])))
        if not out or out[-1] != now:
            out.append(now)
    return out


def test_a_full_book_with_lawful_trades_is_green_throughout() -> None:
    market = good_book()
    for k in range(40):
        market.at(1.0 + 0.3 * k)
        market.trade(k % 2, 3)
        market.add(k % 2, MID + (k % 2), 3)
    results = judged(market, until_s=13.0)
    assert spells(results) == [GREEN]
    assert spells(results, TAPE) == [GREEN]


def test_options_and_equity_are_not_configured_in_points() -> None:
    results = judged(good_book(), until_s=2.0)
    assert spells(results, OPTIONS) == [(Trust.ABSENT, TrustReason.NOT_CONFIGURED)]
    assert spells(results, EQUITY) == [(Trust.ABSENT, TrustReason.NOT_CONFIGURED)]


def test_a_share_price_by_the_default_ratio_is_degraded() -> None:
    results = judged(good_book(), until_s=2.0, profile="spy")
    assert spells(results, EQUITY) == [(Trust.DEGRADED, TrustReason.DEFAULT_RATIO)]


def test_no_book() -> None:
    market = good_book()
    market.write(b"R", None, None, 0, levels=({}, {}))
    market.at(3.0)
    market.snapshot()
    results = judged(market, until_s=4.0)
    assert spells(results) == [GREEN, (Trust.BLIND, TrustReason.NO_BOOK), GREEN]
    assert at(results, 2.0) == (Trust.BLIND, TrustReason.NO_BOOK)


def test_a_book_the_venue_doubts() -> None:
    market = good_book()
    market.write(b"A", BID, MID - 30, 1, flags=F_LAST | 4)
    market.at(3.0)
    market.add(BID, MID - 1, 1)
    results = judged(market, until_s=4.0)
    assert spells(results) == [GREEN, (Trust.BLIND, TrustReason.MAYBE_BAD_BOOK), GREEN]


def test_a_doubted_book_is_believed_only_once_a_clean_event_is_closed() -> None:
    market = good_book()
    market.write(b"A", BID, MID - 30, 1, flags=F_LAST | 4)
    market.at(3.0)
    market.add(BID, MID - 1, 1, last=False)
    results = judged(market, until_s=3.0)
    assert at(results, 3.0) == (Trust.BLIND, TrustReason.MAYBE_BAD_BOOK)


def status(state: FeedState, seconds: float) -> FeedStatusFrame:
    return FeedStatusFrame("depth", state, START_NS + round(seconds * SECOND))


@pytest.mark.parametrize("of", [DEPTH, TAPE])
def test_skipped_records_blind_for_one_window(of: int) -> None:
    results = judged(good_book(), until_s=12.0, frames=(status(FeedState.SKIPPED_RECORDS, 1.0),))
    assert at(results, 10.75, of) == (Trust.BLIND, TrustReason.SKIPPED_RECORDS)
    assert at(results, 11.0, of) == GREEN


@pytest.mark.parametrize("of", [DEPTH, TAPE])
def test_a_reconnect_blinds_for_one_window(of: int) -> None:
    frames = (status(FeedState.DOWN, 1.0), WatermarkFrame(START_NS + 2 * SECOND), status(FeedState.RECONNECTED, 2.0))
    results = judged(good_book(), until_s=13.0, frames=frames)
    assert at(results, 2.0, of) == (Trust.BLIND, TrustReason.FEED_DOWN)
    assert at(results, 11.75, of) == (Trust.BLIND, TrustReason.RECONNECTED)
    assert at(results, 12.0, of) == GREEN


@pytest.mark.parametrize("of", [DEPTH, TAPE])
def test_a_feed_that_is_down(of: int) -> None:
    results = judged(good_book(), until_s=5.0, frames=(status(FeedState.DOWN, 1.0),))
    assert at(results, 5.0, of) == (Trust.BLIND, TrustReason.FEED_DOWN)


def test_a_feed_that_was_down_is_not_believed_before_a_full_window() -> None:
    """What came while it was down is missing, whatever the feed calls its return."""
    frames = (status(FeedState.DOWN, 1.0), WatermarkFrame(START_NS + 4 * SECOND), status(FeedState.UP, 4.0))
    results = judged(good_book(), until_s=15.0, frames=frames)
    assert at(results, 5.0) != GREEN
    assert at(results, 14.5) == GREEN


def test_a_feed_that_says_it_is_up_at_the_start_blinds_nothing() -> None:
    results = judged(good_book(), until_s=3.0, frames=(status(FeedState.UP, 1.0),))
    assert spells(results) == [GREEN]


def test_the_health_of_another_feed_says_nothing_about_the_depth() -> None:
    results = judged(good_book(), until_s=3.0, frames=(FeedStatusFrame("options", FeedState.DOWN, START_NS),))
    assert spells(results) == [GREEN]


def crossed(market: Market) -> int:
    return market.add(BID, MID + 1, 5)


def test_a_book_crossed_for_more_than_a_second() -> None:
    market = good_book()
    order = crossed(market)
    market.at(3.0)
    market.cancel(order)
    results = judged(market, until_s=5.0)
    assert at(results, 2.0) == GREEN
    assert at(results, 2.25) == (Trust.BLIND, TrustReason.CROSSED)
    assert at(results, 3.25) == GREEN


def test_a_book_crossed_inside_an_event_is_no_crossed_book() -> None:
    market = good_book()
    order = market.add(BID, MID + 1, 5, last=False)
    market.cancel(order)
    assert spells(judged(market, until_s=5.0)) == [GREEN]


def test_best_prices_of_a_crossed_book_are_the_last_good_ones() -> None:
    market = good_book()
    crossed(market)
    snap = judged(market, until_s=1.5).snaps[-1]
    assert (snap["bid"], snap["ask"]) == (MID / 4, (MID + 1) / 4)


def test_a_crossing_is_timed_from_when_it_arrived() -> None:
    """A late record that crosses the book has not crossed it for as long as it is late."""
    market = good_book()
    market.at(20.0)
    market.add(BID, MID - 1, 1)
    market.at(5.0)
    crossed(market)
    results = judged(market, until_s=20.5)
    assert at(results, 20.5) == GREEN


def test_windows_start_anew_after_a_book_that_made_no_sense() -> None:
    market = good_book()
    market.at(15.0)
    order = crossed(market)
    market.at(17.0)
    market.cancel(order)
    rows = judged(market, until_s=20.0, levels=(5001.0,)).level(5001.0)
    assert rows[-1]["window_s"] == pytest.approx(3.0)


def test_a_book_with_one_side_only() -> None:
    market = good_book()
    asks = [n for n, o in market.orders.items() if o.side == ASK]
    kept = {n: market.orders.pop(n) for n in asks}
    market.write(b"M", ASK, MID + 1, 1)
    market.orders.update(kept)
    market.at(3.0)
    market.write(b"M", ASK, MID + 1, 1)
    results = judged(market, until_s=5.0)
    assert at(results, 2.25) == (Trust.BLIND, TrustReason.ONE_SIDED)
    assert at(results, 3.25) == GREEN


@pytest.mark.parametrize("of", [DEPTH, TAPE])
@pytest.mark.parametrize(("start_ns", "limit_s"), [(START_NS, 60.0), (RTH_OPEN_NS + 600 * SECOND, 5.0)])
def test_silence(of: int, start_ns: int, limit_s: float) -> None:
    results = judged(good_book(start_ns), until_s=80.0)
    last_record = 0.0
    assert at(results, last_record + limit_s, of, start_ns) == GREEN
    assert at(results, last_record + limit_s + 0.25, of, start_ns) == (Trust.BLIND, TrustReason.SILENT)


def test_silence_ends_with_the_next_record() -> None:
    market = good_book()
    engine = engine_for()
    results = feed(engine, records(market.words()), WatermarkFrame(START_NS + 70 * SECOND))
    assert at(results, 70.0) == (Trust.BLIND, TrustReason.SILENT)
    count = len(market.rows)
    market.at(70.1)
    market.add(BID, MID - 1, 1)
    feed(engine, records(market.words()[count:]), WatermarkFrame(START_NS + 71 * SECOND), into=results)
    assert at(results, 70.25) == GREEN


@pytest.mark.parametrize("of", [DEPTH, TAPE])
def test_trades_outside_the_quotes(of: int) -> None:
    market = good_book()
    market.print(BID, MID + 5, 40)
    market.at(1.5)
    market.print(ASK, MID, 60)
    results = judged(market, until_s=13.0)
    assert at(results, 2.0, of) == (Trust.DEGRADED, TrustReason.TRADES_OUTSIDE)
    assert at(results, 11.0, of) == (Trust.DEGRADED, TrustReason.TRADES_OUTSIDE)
    assert at(results, 11.25, of)[1] != TrustReason.TRADES_OUTSIDE


def test_a_few_trades_outside_the_quotes_are_tolerated() -> None:
    market = good_book()
    market.print(BID, MID + 5, 4)
    market.trade(ASK, 49)
    market.trade(BID, 49)
    assert at(judged(market, until_s=2.0), 2.0, TAPE) == GREEN


def test_book_changes_no_record_declares() -> None:
    market = good_book()
    for k in range(5):
        market.orders[market.orders_at(BID, MID - k)[0]].size += 20
    market.write(b"A", ASK, MID + 30, 1)
    results = judged(market, until_s=13.0)
    assert at(results, 2.0) == (Trust.DEGRADED, TrustReason.RESIDUAL)
    assert at(results, 2.0, TAPE) == GREEN
    assert at(results, 11.25) == GREEN
    assert int(results.snaps[-1]["totals"][6]) == 0


def test_declared_changes_leave_no_residual() -> None:
    market = good_book()
    for k in range(30):
        number = market.add(k % 2, MID + (k % 2), 5)
        market.cancel(number)
    assert int(judged(market, until_s=2.0).snaps[-1]["totals"][6]) == 0


def test_much_hidden_volume() -> None:
    market = good_book()
    market.print(BID, MID + 1, 30)
    results = judged(market, until_s=13.0)
    assert at(results, 2.0) == (Trust.DEGRADED, TrustReason.HIDDEN_SHARE)
    assert at(results, 11.25) == GREEN


@pytest.mark.parametrize("of", [DEPTH, TAPE])
def test_rejected_records(of: int) -> None:
    market = good_book()
    market.write(b"X", BID, MID, 1)
    results = judged(market, until_s=13.0)
    assert at(results, 2.0, of) == (Trust.DEGRADED, TrustReason.REJECTED)
    assert at(results, 11.25, of) == GREEN


@pytest.mark.parametrize("of", [DEPTH, TAPE])
def test_a_gap_degrades_until_the_windows_are_full(of: int) -> None:
    gap = GapFrame("depth", START_NS, START_NS + SECOND, "test")
    results = judged(good_book(), until_s=12.0, frames=(gap,))
    assert at(results, 10.75, of) == (Trust.DEGRADED, TrustReason.GAP)
    assert at(results, 11.0, of) == GREEN


@pytest.mark.parametrize("of", [DEPTH, TAPE])
@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (FeedState.DAY_DEGRADED, TrustReason.DAY_DEGRADED),
        (FeedState.DAY_MISSING, TrustReason.DAY_MISSING),
    ],
)
def test_what_the_vendor_says_of_a_day_holds_until_it_says_otherwise(
    of: int, state: FeedState, reason: TrustReason
) -> None:
    told = FeedStatusFrame("depth", state, START_NS)
    assert at(judged(good_book(), until_s=30.0, frames=(told,)), 29.0, of) == (Trust.DEGRADED, reason)
    over = FeedStatusFrame("depth", FeedState.UP, START_NS)
    assert at(judged(good_book(), until_s=30.0, frames=(told, over)), 29.0, of) == GREEN


def test_an_older_gap_does_not_shorten_the_distrust_of_a_newer_one() -> None:
    gaps = (
        GapFrame("depth", START_NS, START_NS + SECOND, "newer"),
        GapFrame("depth", 1, START_NS - 20 * SECOND, "older"),
    )
    results = judged(good_book(), until_s=12.0, frames=gaps)
    assert at(results, 10.0) == (Trust.DEGRADED, TrustReason.GAP)


def test_a_book_joined_in_mid_stream() -> None:
    market = Market()
    market.add(BID, MID, 5)
    market.add(ASK, MID + 1, 5)
    for k in range(20):
        market.at(0.1 * k)
        market.add(BID, MID - k, 5)
        market.add(ASK, MID + 1 + k, 5)
    market.at(30.0)
    market.snapshot()
    results = judged(market, until_s=31.0)
    assert spells(results) == [(Trust.DEGRADED, TrustReason.INCOMPLETE_BOOK), GREEN]


def test_a_book_built_up_after_a_clear_is_whole() -> None:
    market = Market()
    market.clear()
    market.at(0.05)
    market.add(BID, MID, 5)
    market.add(ASK, MID + 1, 5)
    assert spells(judged(market, until_s=3.0))[-1] == GREEN


def test_a_tick_that_was_inferred() -> None:
    results = judged(good_book(), until_s=2.0, tick_source=TickSource.INFERRED)
    assert spells(results) == [(Trust.DEGRADED, TrustReason.TICK_INFERRED)]


def test_without_depth_the_barrier_is_absent_and_the_tape_lives() -> None:
    from spymaster.market.batches import Batch
    from spymaster.market.dtypes import DTYPES
    from spymaster.market.frames import RecordsFrame
    from spymaster.market.kinds import Kind
    from tests.support.dbn import trades_of

    market = good_book()
    market.trade(BID, 5)
    market.at(2.0)
    market.trade(BID, 5)
    trades = trades_of(market.words())
    assert trades.dtype == DTYPES[Kind.TRADE]
    engine = engine_for(tape_from=TapeFrom.TRADES, levels=(5000.25,))
    results = feed(engine, RecordsFrame(Batch.of(Kind.TRADE, trades)), WatermarkFrame(START_NS + 3 * SECOND))
    assert spells(results) == [(Trust.ABSENT, TrustReason.NOT_CONFIGURED)]
    assert spells(results, TAPE) == [GREEN]
    assert results.total("off_book") == 10
    row = results.level(5000.25)[-1]
    assert (row["buy_volume"], row["sell_volume"], row["barrier_state"]) == (10, 0, 6)


def test_trades_come_once() -> None:
    from spymaster.market.batches import Batch
    from spymaster.market.frames import RecordsFrame
    from spymaster.market.kinds import Kind
    from tests.support.dbn import trades_of

    market = good_book()
    market.trade(BID, 5)
    market.at(2.0)
    market.add(BID, MID, 1)
    words = market.words()
    engine = engine_for()
    results = feed(engine, records(words), RecordsFrame(Batch.of(Kind.TRADE, trades_of(words))))
    results.take(engine.finish())
    assert results.total("filled") == 5
    assert engine.counters()["trades_not_tape"] == 1
    assert engine.counters()["trades"] == 1


def test_every_snap_carries_every_input() -> None:
    results = judged(good_book(), until_s=2.0)
    assert results.snaps["trust"].shape[1] == 4
    assert results.times[0] == START_NS + INTERVAL


OPTIONAL = pytest.mark.parametrize("of", [OPTIONS, EQUITY])


@OPTIONAL
@pytest.mark.parametrize(
    ("state", "confidence", "expected"),
    [
        (Trust.GREEN, 0.9, Confidence.HIGH),
        (Trust.ABSENT, 0.9, Confidence.HIGH),
        (Trust.DEGRADED, 0.9, Confidence.MEDIUM),
        (Trust.BLIND, 0.9, Confidence.MEDIUM),
        (Trust.BLIND, 0.5, Confidence.MEDIUM),
        (Trust.BLIND, 0.3, Confidence.LOW),
        (Trust.ABSENT, 0.3, Confidence.LOW),
    ],
)
def test_an_input_that_is_not_believed_allows_medium_confidence_at_most(
    of: int, state: Trust, confidence: float, expected: Confidence
) -> None:
    """One that is not configured takes nothing away."""
    memory = engine_for().state[0]
    memory["trust"]["state"] = (Trust.GREEN, Trust.GREEN, Trust.ABSENT, Trust.ABSENT)
    memory["trust"]["state"][of] = state
    assert Confidence(confidence_label(params_for(), confidence, worst_configured(memory))) is expected
