"""Event time: the grid of snaps, what a snap sees, late records, jumps, closed hours."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.market.frames import FeedState, FeedStatusFrame, GapFrame, WatermarkFrame
from spymaster.market.rows import Trust
from tests.support.engine import Results, Words, engine_for, feed, records, run, session_table
from tests.support.market import (
    ASK,
    BID,
    CLOSE_NS,
    HOUR,
    INTERVAL,
    MID,
    MINUTE,
    OPEN_NS,
    RTH_OPEN_NS,
    SECOND,
    START_NS,
    Market,
)

DEPTH = 0


def quiet(*seconds: float, start_ns: int = START_NS) -> Market:
    """A full book and one added contract at each of these times."""
    market = Market(start_ns=start_ns)
    market.ladder()
    for moment in seconds:
        market.at(moment)
        market.add(BID, MID - 3, 1)
    return market


def grid(first_s: float, last_s: float) -> list[int]:
    return list(range(START_NS + round(first_s * SECOND), START_NS + round(last_s * SECOND) + 1, INTERVAL))


def test_snaps_are_at_every_multiple_of_the_interval() -> None:
    assert run(quiet(0.1, 1.3).words()).times == grid(0.25, 1.5)


def test_the_grid_is_that_of_the_interval_not_of_the_first_record() -> None:
    market = Market(start_ns=START_NS + 137_000_001)
    market.ladder()
    market.at(0.5)
    market.add(BID, MID - 3, 1)
    assert run(market.words()).times == grid(0.25, 0.75)


def test_the_interval_may_be_100_ms() -> None:
    times = run(quiet(0.05, 0.95).words(), params={"snap_interval_ns": 100_000_000}).times
    assert times == list(range(START_NS + 100_000_000, START_NS + SECOND + 1, 100_000_000))


def test_a_record_at_the_grid_point_is_not_seen_by_that_snap() -> None:
    results = run(quiet(0.25).words())
    first, second = results.snaps[0], results.snaps[1]
    assert first["as_of_ns"] == START_NS
    assert second["as_of_ns"] == START_NS + INTERVAL
    assert results.flows["ts_bucket_ns"].tolist() == [START_NS + 2 * INTERVAL]


def test_a_record_just_before_the_grid_point_is_seen() -> None:
    market = quiet()
    market.now_ns = START_NS + INTERVAL - 1
    market.add(BID, MID - 3, 1)
    results = run(market.words())
    assert results.flows["ts_bucket_ns"].tolist() == [START_NS + INTERVAL]


def test_the_last_snap_is_the_first_grid_point_after_the_last_clock() -> None:
    assert run(quiet(1.0).words()).times[-1] == START_NS + SECOND + INTERVAL
    assert run(quiet(1.0000001).words()).times[-1] == START_NS + SECOND + INTERVAL


def test_no_records_make_no_snaps() -> None:
    assert run(Market().words()).times == []


def test_an_open_event_is_closed_before_the_snap() -> None:
    market = Market()
    market.ladder().at(0.2)
    market.print(ASK, MID, 20, last=False)
    market.at(0.3)
    market.add(BID, MID - 3, 1)
    results = run(market.words())
    assert {t for (t, _, tick) in results.cells() if tick == MID} == {START_NS + INTERVAL}


def test_the_first_record_of_an_event_moves_the_clock_and_the_rest_follows_it() -> None:
    market = Market()
    market.ladder().at(0.6)
    market.trade(BID, 70)
    results = run(market.words())
    assert {t for (t, _, _) in results.cells()} == {START_NS + 3 * INTERVAL}


def test_a_late_record_falls_into_the_open_bucket_and_is_counted() -> None:
    market = quiet(0.1, 1.1)
    market.at(0.4)
    market.add(ASK, MID + 4, 9)
    results = run(market.words())
    assert results.counters["late"] == 1
    assert {t for (t, side, _) in results.cells() if side == ASK} == {START_NS + 5 * INTERVAL}


def test_a_record_behind_the_clock_but_inside_the_bucket_is_not_late() -> None:
    market = quiet(0.1, 1.1)
    market.at(1.05)
    market.add(ASK, MID + 4, 9)
    assert run(market.words()).counters["late"] == 0


def late_reveal(age_s: float) -> tuple[Words, int]:
    """A price that comes into view at 20 s by a record that bears a time ``age_s`` older; and the view's tick."""
    market = Market()
    market.ladder(depth=12).at(20.0)
    market.add(BID, MID - 1, 1)
    market.at(20.0 - age_s)
    market.cancel(market.orders_at(ASK, MID + 1)[0])
    for moment in (20.5, 21.0):
        market.at(moment)
        market.add(BID, MID - 1, 1)
    return market.words(), MID + 11


@pytest.mark.parametrize("age_s", [0.0, 1.0, 19.0])
def test_a_price_is_in_sight_from_when_its_record_arrived_not_from_the_time_it_bears(age_s: float) -> None:
    words, tick = late_reveal(age_s)
    results = run(words, levels=(tick / 4,))
    rows = results.level(tick / 4)
    after = rows[[t > START_NS + 20 * SECOND for t in results.times]]
    assert np.isnan(after["added"]).all(), "one second in sight is less than the shortest window"


def test_a_price_that_late_records_hid_and_showed_again_was_not_visible_throughout() -> None:
    market = Market()
    market.ladder(depth=10, spread=2).at(1.1)
    market.add(BID, MID - 1, 1)
    market.at(0.9)
    market.add(ASK, MID + 1, 5)
    edge = market.orders_at(ASK, MID + 11)[0]
    market.cancel(edge, 30)
    market.cancel(market.orders_at(ASK, MID + 1)[0])
    market.at(1.15)
    market.cancel(edge, 1)
    cell = run(market.words()).cells()[START_NS + 5 * INTERVAL, ASK, MID + 11]
    assert cell["visible_ns"] < INTERVAL


def test_a_price_that_was_hidden_and_shown_again_at_the_bucket_start_was_not_visible_throughout() -> None:
    market = Market()
    market.ladder(depth=10, spread=2).at(0.1)
    market.add(BID, MID - 1, 1)
    market.at(1.0)
    market.add(ASK, MID + 1, 5)
    edge = market.orders_at(ASK, MID + 11)[0]
    market.cancel(edge, 30)
    market.cancel(market.orders_at(ASK, MID + 1)[0])
    market.at(1.15)
    market.cancel(edge, 1)
    cell = run(market.words()).cells()[START_NS + 5 * INTERVAL, ASK, MID + 11]
    assert cell["visible_ns"] < INTERVAL


def test_a_time_more_than_a_second_ahead_of_its_capture_is_rejected_and_moves_nothing() -> None:
    market = quiet(0.1)
    market.write(b"A", BID, MID - 3, 1, ts_event=START_NS + 30 * SECOND, ts_recv=START_NS + 28 * SECOND)
    results = run(market.words())
    assert results.counters["bad_time"] == 1
    assert results.times[-1] == START_NS + INTERVAL


def test_a_time_ahead_of_a_capture_time_that_is_itself_bad_is_taken() -> None:
    market = quiet(0.1)
    market.write(b"A", BID, MID - 3, 1, flags=128 | 8, ts_event=START_NS + 30 * SECOND, ts_recv=START_NS)
    assert run(market.words()).times[-1] == START_NS + 30 * SECOND + INTERVAL


@pytest.mark.parametrize("time", [0, 2**63 + 5])
def test_a_time_that_is_none_is_rejected(time: int) -> None:
    market = quiet(0.1)
    market.write(b"A", BID, MID - 3, 1, ts_event=time)
    assert run(market.words()).counters["bad_time"] == 1


def test_an_undefined_event_time_is_replaced_by_the_capture_time() -> None:
    market = quiet(0.1)
    market.write(b"A", BID, MID - 3, 1, ts_event=2**64 - 1, ts_recv=START_NS + 2 * SECOND)
    results = run(market.words())
    assert results.times[-1] == START_NS + 2 * SECOND + INTERVAL
    assert results.counters["bad_time"] == 0


def test_a_jump_of_over_a_minute_waits_for_a_second_record() -> None:
    market = quiet(0.1, 100.0)
    assert run(market.words()).times[-1] == START_NS + INTERVAL
    market.at(100.5)
    market.add(BID, MID - 3, 1)
    results = run(market.words())
    assert results.times[-1] == START_NS + 100 * SECOND + 3 * INTERVAL
    assert results.counters["jumps"] == 1


def test_a_jump_that_the_next_record_does_not_confirm_is_forgotten() -> None:
    market = quiet(0.1, 100.0, 0.2, 200.0, 0.3)
    results = run(market.words())
    assert results.times[-1] == START_NS + 2 * INTERVAL
    assert results.counters["jumps"] == 2


def test_a_quiet_minute_is_no_jump() -> None:
    assert run(quiet(0.1, 60.0).words()).times[-1] == START_NS + 60 * SECOND + INTERVAL


def test_no_snap_is_as_of_a_time_later_than_itself() -> None:
    """Also while a record far ahead waits to be confirmed."""
    market = quiet(0.1, 100.0, 0.6, 0.9)
    snaps = run(market.words()).snaps
    assert (snaps["as_of_ns"] <= snaps["t_ns"]).all()


def test_the_time_a_market_is_closed_is_no_jump_and_has_no_snaps() -> None:
    market = Market(start_ns=CLOSE_NS - 10 * SECOND)
    market.ladder().at(9.0)
    market.add(BID, MID - 3, 1)
    market.at(3600.0 + 11.0)
    market.add(BID, MID - 3, 1)
    times = run(market.words()).times
    closed = [t for t in times if CLOSE_NS < t < CLOSE_NS + HOUR]
    assert closed == []
    assert times[-1] == CLOSE_NS + HOUR + SECOND + INTERVAL
    assert CLOSE_NS in times


def test_records_before_the_first_session_make_no_snaps_until_it_opens() -> None:
    market = Market(start_ns=OPEN_NS - 5 * MINUTE)
    market.ladder().at(200.0)
    market.add(BID, MID - 3, 1)
    market.at(301.0)
    market.add(BID, MID - 3, 1)
    assert run(market.words()).times[0] == OPEN_NS


def test_silence_is_counted_in_open_time_only() -> None:
    """An hour's break between sessions is not an hour of silence."""
    market = Market(start_ns=CLOSE_NS - 10 * SECOND)
    market.ladder().at(9.5)
    market.add(BID, MID - 3, 1)
    engine = engine_for()
    results = feed(engine, records(market.words()), WatermarkFrame(CLOSE_NS + HOUR + 2 * SECOND))
    opened = results.snaps[results.snaps["t_ns"] > CLOSE_NS]
    assert len(opened) > 0
    assert (opened["trust"][:, DEPTH] == Trust.GREEN).all()


def test_price_does_not_move_while_the_market_is_closed() -> None:
    """A gap between two sessions is no velocity: time that was not traded is not integrated."""
    market = Market(start_ns=CLOSE_NS - 10 * SECOND)
    market.ladder().at(9.5)
    market.add(BID, MID - 3, 1)
    market.at(10 + 3600 - 5.0)
    market.orders.clear()
    market.ladder(best_bid=MID + 120)
    market.at(10 + 3600 + 1.0)
    market.add(BID, MID + 100, 1)
    results = run(market.words())
    first = results.snaps[results.snaps["t_ns"] > CLOSE_NS][0]
    assert first["es_mid"] == (MID + 120.5) / 4
    assert first["velocity"] == 0.0


def test_watermarks_tick_as_records_do() -> None:
    market = quiet(0.1)
    by_records = run(quiet(0.1, 2.0, 4.0).words())
    later = quiet(0.1, 2.0, 4.0).words()
    engine, results = engine_for(), Results()
    marks = [WatermarkFrame(START_NS + k * INTERVAL) for k in (1, 3, 4, 6)]
    feed(engine, records(market.words()), *marks, records(later[-2:]), into=results)
    results.take(engine.finish())
    assert results.times == by_records.times
    assert results.snaps.tobytes() == by_records.snaps.tobytes()
    assert results.flows.tobytes() == by_records.flows.tobytes()


def test_a_watermark_in_the_past_does_nothing() -> None:
    engine = engine_for()
    feed(engine, records(quiet(0.1, 2.0).words()))
    assert feed(engine, WatermarkFrame(START_NS + SECOND)).times == []


def test_a_watermark_before_any_record_does_nothing() -> None:
    assert feed(engine_for(), WatermarkFrame(START_NS)).times == []


def test_a_gap_known_late_does_not_lengthen_what_was_seen() -> None:
    """Prices that came into sight after the gap stay in sight only since then."""
    market = Market()
    market.ladder(depth=12).at(20.0)
    market.cancel(market.orders_at(ASK, MID + 1)[0])
    tick = MID + 11
    engine = engine_for(levels=(tick / 4,))
    results = feed(engine, records(market.words()))
    gap = GapFrame("depth", START_NS + 10 * SECOND, START_NS + 11 * SECOND, "test")
    feed(engine, gap, WatermarkFrame(START_NS + 21 * SECOND), into=results)
    rows = results.level(tick / 4)
    assert np.isnan(rows["added"]).all()


def test_a_gap_known_late_leaves_visible_times_in_order() -> None:
    market = Market()
    market.ladder().at(1.1)
    market.add(BID, MID, 5)
    engine = engine_for()
    results = feed(engine, records(market.words()), GapFrame("depth", START_NS, START_NS + SECOND // 2, "test"))
    feed(engine, WatermarkFrame(START_NS + 2 * SECOND), into=results)
    assert (results.flows["visible_ns"] >= 0).all()
    assert (results.flows["visible_ns"] <= INTERVAL).all()


def test_a_reconnect_restarts_the_windows() -> None:
    market = Market()
    market.ladder()
    engine = engine_for(levels=(5000.25,))
    results = feed(engine, records(market.words()), WatermarkFrame(START_NS + 12 * SECOND))
    assert results.level(5000.25)[-1]["window_s"] == 10.0
    feed(engine, FeedStatusFrame("depth", FeedState.RECONNECTED, START_NS + 12 * SECOND), into=results)
    feed(engine, WatermarkFrame(START_NS + 23 * SECOND), into=results)
    after = results.level(5000.25)[-1]
    assert after["window_s"] <= 11.0
    assert after["trust_depth"] == Trust.GREEN


def test_overnight_and_regular_hours_are_told_apart() -> None:
    market = Market(start_ns=RTH_OPEN_NS - SECOND)
    market.ladder().at(2.0)
    market.add(BID, MID - 3, 1)
    snaps = run(market.words()).snaps
    minutes = dict(zip(snaps["t_ns"].tolist(), snaps["minutes_since_open"].tolist(), strict=True))
    assert minutes[RTH_OPEN_NS] == 0.0
    assert minutes[RTH_OPEN_NS - INTERVAL] == pytest.approx(-0.25 / 60)
    inside = dict(zip(snaps["t_ns"].tolist(), snaps["in_window"].tolist(), strict=True))
    assert (inside[RTH_OPEN_NS - INTERVAL], inside[RTH_OPEN_NS]) == (0, 1)


def test_a_day_without_regular_hours_has_no_minutes_since_open() -> None:
    snaps = run(quiet(0.1).words(), sessions=session_table(with_rth=False)).snaps
    assert np.isnan(snaps["minutes_since_open"]).all()
    assert not snaps["in_window"].any()
