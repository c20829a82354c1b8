"""When a score becomes a signal, when it ends, and that each level has a machine of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from numpy.typing import NDArray

from spymaster.market.frames import FeedState, FeedStatusFrame, GapFrame, WatermarkFrame
from spymaster.market.levels import LevelKind
from spymaster.market.rows import AlertEvent, BarrierState, ResolveReason, Signal
from tests.support.engine import Results, engine_for, feed, records, run
from tests.support.market import ASK, BID, MID, MINUTE, OPEN_NS, RTH_OPEN_NS, SECOND, START_NS, Market
from tests.support.prices import bars, flat_bars
from tests.support.scenes import deep_book, keep_alive, pull_zone, shift_price, stack_zone
from tests.support.streams import Action, actions, play

SILENT_TAPE = {"warmup_ns": 0, "tape_full_volume": 1e12, "arm_sigma": 0.0, "theta_noise": 0.0}
SILENT_TAPE |= {"hold_break_sudden_ns": 3 * SECOND, "alert_group_ns": 0}
"""And the hold is never shortened, nor a level silenced by its neighbours: both have tests of their own."""
RAISED, RESOLVED = int(AlertEvent.RAISED), int(AlertEvent.RESOLVED)


def played(market: Market, *ticks: int, until_s: float, **params: float) -> Results:
    engine = engine_for(levels=[tick / 4 for tick in ticks], params={**SILENT_TAPE, **params})
    mark = WatermarkFrame(market.start_ns + round(until_s * SECOND))
    return feed(engine, records(market.words()), mark)


def seconds(market: Market, t_ns: int) -> float:
    return (t_ns - market.start_ns) / SECOND


def alerts_of(results: Results, tick: int | None = None) -> list[tuple[Signal, AlertEvent, ResolveReason]]:
    """What was raised and resolved of user levels; what was said of a signal in between has tests of its own."""
    kept = [a for a in results.alerts if a["kind"] == LevelKind.USER and tick in (None, round(float(a["price"]) * 4))]
    kept = [a for a in kept if a["event"] != AlertEvent.UPDATED]
    return [(Signal(int(a["signal"])), AlertEvent(int(a["event"])), ResolveReason(int(a["reason"]))) for a in kept]


def first_above(rows: NDArray[np.void], threshold: float) -> int:
    return int(np.argmax(rows["score"] > threshold))


def vacuum_above() -> Market:
    return keep_alive(pull_zone(deep_book(START_NS), MID + 4), 21.0)


def attacked_wall(fills: int = 60, until_s: float = 21.0) -> Market:
    """Stacked at the touch, bought into, and what was taken is put back."""
    market = stack_zone(deep_book(START_NS), MID + 1)
    market.trade(BID, fills)
    market.add(ASK, MID + 1, fills)
    return keep_alive(market, until_s)


def wall_at_the_touch() -> Market:
    return attacked_wall()


def test_break_needs_two_and_a_half_seconds_above_eighty() -> None:
    market = vacuum_above()
    results = played(market, MID + 4, until_s=21.0)
    rows = results.level((MID + 4) / 4)
    above = first_above(rows, 80.0)
    assert rows["signal"][above : above + 11].tolist() == [Signal.NEUTRAL] * 10 + [Signal.BREAK]
    raised = results.alerts[0]
    assert raised["t_ns"] == raised["raised_ns"] == results.times[above + 10]
    assert (raised["signal"], raised["direction"], raised["event"]) == (Signal.BREAK, 1, RAISED)


def test_a_score_that_dips_below_eighty_starts_the_hold_again() -> None:
    """The hold is longer than the pull stays in the window."""
    results = played(vacuum_above(), MID + 4, until_s=21.0, hold_break_ns=9 * SECOND, hold_break_sudden_ns=9 * SECOND)
    assert alerts_of(results) == []


def test_break_ends_when_the_score_falls_below_seventy() -> None:
    market = vacuum_above()
    stack_zone(market, MID + 4, size=200)
    keep_alive(market, 30.0)
    results = played(market, MID + 4, until_s=30.0)
    assert alerts_of(results)[:2] == [
        (Signal.BREAK, AlertEvent.RAISED, ResolveReason.NONE),
        (Signal.BREAK, AlertEvent.RESOLVED, ResolveReason.SCORE_EXIT),
    ]
    rows = results.level((MID + 4) / 4)
    on = rows[rows["signal"] == Signal.BREAK]
    assert (on["score"] >= 70.0 - 0.01).all()
    assert (on["score"] < 80.0).any(), "it holds between 70 and 80"


def test_an_alert_keeps_the_time_it_was_raised() -> None:
    market = vacuum_above()
    stack_zone(market, MID + 4, size=200)
    keep_alive(market, 30.0)
    alerts = played(market, MID + 4, until_s=30.0).alerts
    raised, resolved = alerts[alerts["event"] != AlertEvent.UPDATED][:2]
    assert resolved["raised_ns"] == raised["t_ns"]
    assert resolved["t_ns"] > raised["t_ns"]


def test_reject_needs_a_touch() -> None:
    """The same wall: at the touch it is a REJECT, five ticks away it is none."""
    assert alerts_of(played(wall_at_the_touch(), MID + 1, until_s=21.0)) == [
        (Signal.REJECT, AlertEvent.RAISED, ResolveReason.NONE)
    ]
    away = keep_alive(stack_zone(deep_book(START_NS), MID + 5), 21.0)
    results = played(away, MID + 5, until_s=21.0)
    assert np.nanmin(results.level((MID + 5) / 4)["score"]) < 20
    assert alerts_of(results) == []


def test_reject_ends_above_thirty() -> None:
    market = wall_at_the_touch()
    pull_zone(market, MID + 1, leave=40)
    keep_alive(market, 30.0)
    results = played(market, MID + 1, until_s=30.0)
    assert alerts_of(results)[1] == (Signal.REJECT, AlertEvent.RESOLVED, ResolveReason.SCORE_EXIT)
    rows = results.level((MID + 1) / 4)
    assert (rows["score"][rows["signal"] == Signal.REJECT] <= 30.01).all()


def test_support_breaks_downwards() -> None:
    market = keep_alive(pull_zone(deep_book(START_NS), MID - 3, BID), 19.0)
    results = played(market, MID - 3, until_s=21.0)
    assert alerts_of(results)[0] == (Signal.BREAK, AlertEvent.RAISED, ResolveReason.NONE)
    assert results.alerts[0]["direction"] == -1


def test_a_missing_barrier_raises_nothing() -> None:
    """The level is beyond the book; the tape alone says break."""
    market = Market()
    market.ladder(size=100, depth=30).at(12.0)
    for k in range(40):
        market.at(12.0 + 0.2 * k)
        market.trade(BID, 60)
        market.add(ASK, MID + 1, 60)
    results = played(market, MID + 12, until_s=21.0, tape_full_volume=1.0, tape_band=5.0, score_imbalance_gain=50.0)
    rows = results.level((MID + 12) / 4)
    assert (rows["barrier_state"] == BarrierState.MISSING).all()
    assert rows["score"][-1] > 80
    assert alerts_of(results) == []


@pytest.mark.parametrize("make", [vacuum_above, wall_at_the_touch])
def test_a_degraded_book_raises_nothing(make: object) -> None:
    assert callable(make)
    market: Market = make()
    tick = MID + 4 if make is vacuum_above else MID + 1
    engine = engine_for(levels=(tick / 4,), params=SILENT_TAPE)
    market_words = market.words()
    gap = GapFrame("depth", START_NS, START_NS + 5 * SECOND, "test")
    results = feed(engine, records(market_words[:1]), gap)
    engine.state["trust"]["degraded_until_ns"] = START_NS + 100 * SECOND
    feed(engine, records(market_words[1:]), WatermarkFrame(START_NS + 21 * SECOND), into=results)
    assert alerts_of(results) == []


def test_a_blind_feed_ends_a_signal() -> None:
    market = vacuum_above()
    engine = engine_for(levels=((MID + 4) / 4,), params=SILENT_TAPE)
    words = market.words()
    results = feed(engine, records(words[words[:, 1] < START_NS + 18 * SECOND]))
    assert len(alerts_of(results)) == 1
    down = FeedStatusFrame("depth", FeedState.DOWN, START_NS + 18 * SECOND)
    feed(engine, down, WatermarkFrame(START_NS + 19 * SECOND), into=results)
    assert alerts_of(results)[1] == (Signal.BREAK, AlertEvent.RESOLVED, ResolveReason.BLIND)


def test_leaving_the_monitor_band_ends_a_signal() -> None:
    market = keep_alive(pull_zone(deep_book(START_NS), MID + 4), 18.0)
    shift_price(market, -18)
    keep_alive(market, 19.0)
    results = played(market, MID + 4, until_s=19.0)
    assert alerts_of(results)[:2] == [
        (Signal.BREAK, AlertEvent.RAISED, ResolveReason.NONE),
        (Signal.BREAK, AlertEvent.RESOLVED, ResolveReason.LEFT_BAND),
    ]


def test_a_signal_does_not_outlive_the_direction_it_was_raised_in() -> None:
    """Price runs through the level; the other way round is another approach, with a signal of its own."""
    market = pull_zone(deep_book(START_NS), MID + 4)
    market.trade(BID, 9)
    keep_alive(market, 18.0)
    shift_price(market, 14)
    keep_alive(market, 19.0)
    results = played(market, MID + 4, until_s=19.0, exit_break=1.0, tape_full_volume=50.0, tape_band=3.0)
    assert alerts_of(results)[0][0] is Signal.BREAK
    rows = results.level((MID + 4) / 4)
    turned = rows[rows["direction"] < 0]
    assert len(turned) > 0
    assert (turned["signal"] != Signal.BREAK).all()


def eaten(volume: int, *, seconds_long: float = 6.0) -> Market:
    """Buyers take the offers at the level, which are put back only in part."""
    market = deep_book(START_NS, size=300)
    steps = round(seconds_long * 5)
    for k in range(steps):
        market.at(12.0 + 0.2 * k)
        market.trade(BID, volume // steps)
    return market


def test_contested_is_raised_at_once_and_ends_after_three_seconds() -> None:
    market = keep_alive(eaten(1200), 40.0)
    results = played(
        market, MID + 3, until_s=40.0, tape_full_volume=1e12, contested_min_volume=500.0, w_tape_ns=60 * SECOND
    )
    rows = results.level((MID + 3) / 4)
    volume = rows["buy_volume"] + rows["sell_volume"]
    middle = (rows["score"] >= 30) & (rows["score"] <= 70)
    on = (rows["barrier_state"] == BarrierState.CONSUMED) & (volume > 500) & middle
    assert on.any()
    first = int(np.argmax(on))
    contested = rows["signal"] == Signal.CONTESTED
    assert int(np.argmax(contested)) == first
    last = int(np.nonzero(on)[0][-1])
    assert contested[first : last + 13].all()
    assert not contested[last + 14]


def test_contested_needs_the_volume() -> None:
    market = keep_alive(eaten(1200), 30.0)
    results = played(market, MID + 3, until_s=30.0, contested_min_volume=1201.0)
    assert (results.level((MID + 3) / 4)["barrier_state"] == BarrierState.CONSUMED).any()
    assert alerts_of(results) == []


def test_contested_never_replaces_a_break() -> None:
    """With a threshold below the middle band both would hold; BREAK stays."""
    market = keep_alive(eaten(1200), 40.0)
    results = played(market, MID + 3, until_s=26.0, threshold_break=52.0, exit_break=10.0, contested_min_volume=1e9)
    assert alerts_of(results)[0][0] is Signal.BREAK
    both = played(market, MID + 3, until_s=26.0, threshold_break=52.0, exit_break=10.0, contested_min_volume=500.0)
    rows = both.level((MID + 3) / 4)
    begun = int(np.argmax(rows["signal"] == Signal.BREAK))
    assert (rows["signal"][begun:] == Signal.BREAK).all()


def test_break_replaces_contested() -> None:
    market = keep_alive(eaten(1200), 40.0)
    results = played(market, MID + 3, until_s=24.0, threshold_break=58.0, exit_break=10.0, contested_min_volume=300.0)
    said = alerts_of(results)
    assert said[:3] == [
        (Signal.CONTESTED, AlertEvent.RAISED, ResolveReason.NONE),
        (Signal.CONTESTED, AlertEvent.RESOLVED, ResolveReason.REPLACED),
        (Signal.BREAK, AlertEvent.RAISED, ResolveReason.NONE),
    ]


def lone_row_names() -> list[str]:
    from spymaster.market.rows import LEVEL_ROW

    company = ("user_index", "confluence_", "runway_")
    return [name for name in LEVEL_ROW.names or () if not name.startswith(company)]


@pytest.mark.slow
def test_two_levels_do_not_touch_each_other() -> None:
    """A vacuum above and a wall below, each judged with the other and alone."""
    market = stack_zone(pull_zone(deep_book(START_NS), MID + 5), MID - 1, BID)
    market.trade(ASK, 60)
    market.add(BID, MID, 60)
    keep_alive(market, 21.0)
    both = played(market, MID + 5, MID - 1, until_s=21.0)
    assert [s for s, _, _ in alerts_of(both, MID + 5)] == [Signal.BREAK]
    assert [s for s, _, _ in alerts_of(both, MID - 1)] == [Signal.REJECT]
    for tick in (MID + 5, MID - 1):
        alone = played(market, tick, until_s=21.0)
        for name in lone_row_names():
            np.testing.assert_array_equal(both.level(tick / 4)[name], alone.level(tick / 4)[name], err_msg=name)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(actions(rough=True, max_size=120))
def test_a_level_is_judged_the_same_in_any_company(script: list[Action]) -> None:
    market = Market()
    market.ladder().at(0.3)
    words = play(market, script).words()
    absolute = {"absolute_thresholds": 1, "warmup_ns": 0}
    alone = run(words, levels=((MID + 2) / 4,), params=absolute)
    crowd = run(words, levels=[(MID + k) / 4 for k in (-9, 2, 3, 4, 7)], params=absolute)
    for name in lone_row_names():
        np.testing.assert_array_equal(crowd.level((MID + 2) / 4)[name], alone.level((MID + 2) / 4)[name], err_msg=name)


def test_a_level_beyond_the_sixty_four_nearest_keeps_no_running_clock() -> None:
    """It was above eighty for less than the hold when others crowded it out; when it is back the hold begins again."""
    market = Market().ladder(size=100, depth=9)
    keep_alive(pull_zone(market.at(12.0), MID + 8), 14.5, 0.5)
    shift_price(market, -8)
    keep_alive(market, 19.0)
    shift_price(market, 8)
    keep_alive(market, 21.5, 0.5)
    price = (MID + 8) / 4
    crowd = [MID / 4 - 1.875 + 0.05 * k for k in range(-50, 50)]
    engine = engine_for(levels=[price, *crowd], params={**SILENT_TAPE, "threshold_break": 65.0, "exit_break": 50.0})
    results = feed(engine, records(market.words()), WatermarkFrame(START_NS + 21 * SECOND))
    shown = [t for t, rows in zip(results.times, results.rows, strict=True) if (rows["price"] == price).any()]
    gaps = np.diff(shown)
    assert gaps.max() > 3 * SECOND, "the level lost its place for a while"
    back = shown[int(np.argmax(gaps)) + 1]
    raised = [int(a["t_ns"]) for a in results.alerts if a["event"] == RAISED and a["price"] == price]
    assert all(t < back or t >= back + 3 * SECOND for t in raised)


def test_a_signal_of_a_level_that_is_no_longer_published_is_resolved() -> None:
    market = keep_alive(pull_zone(deep_book(START_NS), MID + 8), 18.0)
    shift_price(market, -8)
    keep_alive(market, 20.0)
    price = (MID + 8) / 4
    crowd = [MID / 4 - 1.875 + 0.05 * k for k in range(-50, 50)]
    engine = engine_for(levels=[price, *crowd], params=SILENT_TAPE)
    results = feed(engine, records(market.words()), WatermarkFrame(START_NS + 20 * SECOND))
    events = [int(a["event"]) for a in results.alerts if a["price"] == price]
    assert [event for event in events if event != AlertEvent.UPDATED] == [RAISED, RESOLVED]


# --- levels that move ------------------------------------------------------------------------------------------------


def session_market() -> Market:
    """The session's high is made at once, at 8 ticks above the book in which the scene then plays."""
    market = Market(start_ns=OPEN_NS)
    market.ladder(best_bid=MID + 8, size=100, depth=30).at(1.0)
    market.trade(BID, 10)
    market.at(2.0)
    shift_price(market, -5)
    return market.at(14.0)


SESSION_HIGH_TICK = MID + 9


def session_high_rows(results: Results) -> NDArray[np.void]:
    return np.concatenate([rows[rows["kind"] == LevelKind.SESSION_HIGH] for rows in results.rows])


def test_a_running_session_high_can_be_broken() -> None:
    market = pull_zone(session_market(), SESSION_HIGH_TICK)
    keep_alive(market, 18.0)
    shift_price(market, 6)
    market.trade(BID, 3)
    keep_alive(market, 22.0)
    results = played(market, until_s=22.0)
    raised = [a for a in results.alerts if a["kind"] == LevelKind.SESSION_HIGH and a["event"] == RAISED]
    assert [(int(a["signal"]), float(a["price"]), int(a["direction"])) for a in raised] == [
        (Signal.BREAK, SESSION_HIGH_TICK / 4, 1)
    ]
    row = session_high_rows(results)[-1]
    assert row["held"] == 1.0
    assert row["price"] == SESSION_HIGH_TICK / 4
    assert row["running_price"] == results.snaps["es_last"][-1] == (SESSION_HIGH_TICK + 1) / 4


def test_a_session_high_moves_on_once_price_is_far_beyond_it() -> None:
    market = session_market()
    shift_price(market, 20)
    market.trade(BID, 3)
    keep_alive(market, 16.0)
    row = session_high_rows(played(market, until_s=16.0))[-1]
    assert row["price"] == row["running_price"] == (MID + 24) / 4
    assert row["held"] == 0.0


def test_a_held_level_is_away_from_its_running_price_and_any_other_at_it() -> None:
    market = session_market()
    for step in (5, 3, -2, 4, 9, -3, 30):
        shift_price(market, step)
        market.trade(BID, 3)
        keep_alive(market, market.now_ns / SECOND - market.start_ns / SECOND + 2.0)
    results = played(market, MID + 2, until_s=40.0)
    for rows in results.rows:
        held = rows["held"] == 1.0
        assert (rows["running_price"][held] != rows["price"][held]).all()
        np.testing.assert_array_equal(rows["running_price"][~held], rows["price"][~held])
    high = session_high_rows(results)
    assert (high["held"] == 1.0).any()
    assert np.array_equal(high["running_price"], np.maximum.accumulate(high["running_price"])), "a high only rises"


def test_a_session_whose_beginning_was_not_seen_has_no_extremes() -> None:
    market = Market(start_ns=OPEN_NS + 120 * SECOND)
    market.ladder().at(1.0)
    market.trade(BID, 3)
    rows = np.concatenate(played(market, until_s=3.0).rows)
    assert not (rows["kind"] == LevelKind.SESSION_HIGH).any()


def test_direction_is_latched_until_price_is_well_beyond() -> None:
    market = deep_book(START_NS)
    path = [0, 4, 4, -3, 3, 4, -14]
    for k, ticks in enumerate(path):
        market.at(12.0 + k)
        shift_price(market, ticks)
    rows = played(market, MID + 3, until_s=19.0).level((MID + 3) / 4)
    offset = np.cumsum(path)
    seen = [(int(offset[k]), float(rows[48 + 4 * k + 1]["direction"])) for k in range(len(path))]
    arm_ticks = 4
    expected = []
    direction = 1.0
    for ticks, _ in seen:
        x = 3 - (ticks + 0.5)
        if direction * x <= -arm_ticks:
            direction = -direction
        expected.append((ticks, direction))
    assert seen == expected
    assert {d for _, d in seen} == {1.0, -1.0}


def test_signed_distance_is_negative_once_price_is_beyond() -> None:
    market = deep_book(START_NS)
    shift_price(market, 4)
    row = played(market, MID + 3, until_s=13.0).level((MID + 3) / 4)[-1]
    assert row["x"] == pytest.approx(-1.5 / 4)
    assert row["distance"] == pytest.approx(1.5 / 4)
    assert row["direction"] == 1.0


def test_levels_come_nearest_first_and_at_most_sixty_four() -> None:
    ticks = [MID + k for k in range(-50, 50)]
    rows = played(deep_book(START_NS), *ticks, until_s=2.0).rows[-1]
    assert len(rows) == 64
    assert (np.diff(rows["distance"]) >= 0).all()


def test_round_levels_lie_within_the_range_of_spot_and_follow_it() -> None:
    market = deep_book(START_NS)
    shift_price(market, 60)
    results = played(market, until_s=14.0)
    for rows, low, high in ((results.rows[0], 4955, 5050), (results.rows[-1], 4970, 5065)):
        rounds = np.sort(rows["price"][rows["kind"] == LevelKind.ROUND])
        assert rounds.tolist() == list(range(low, high + 1, 5))


def test_a_resolved_alert_of_a_level_that_is_gone_speaks_of_that_level() -> None:
    """A round level with a signal falls out of range while a user's level is nearest and has a score of its own."""
    market = Market()
    market.ladder(best_bid=MID + 19)
    engine = engine_for(levels=(5005.0,), params=SILENT_TAPE)
    results = feed(engine, records(market.words()), WatermarkFrame(START_NS + 3 * SECOND))
    level = engine.state["levels"]["at"][0]
    slot = next(k for k in range(len(level)) if level[k]["active"] and level[k]["price"] == 4955.0)
    level["signal"][slot] = Signal.BREAK
    count = len(market.rows)
    market.at(3.1)
    shift_price(market, 1)
    feed(engine, records(market.words()[count:]), WatermarkFrame(START_NS + 4 * SECOND), into=results)
    gone = results.alerts[results.alerts["reason"] == ResolveReason.LEVEL_GONE]
    assert gone["price"].tolist() == [4955.0]
    assert gone["user_index"].tolist() == [-1]
    assert np.isnan(gone["score"]).all()


SESSION_LOW_TICK = MID - 8


def low_market() -> Market:
    """The mirror of the session's high: the low is made at once, eight ticks below, and price comes up from it."""
    market = Market(start_ns=OPEN_NS)
    market.ladder(best_bid=MID - 8, size=100, depth=30).at(1.0)
    market.trade(ASK, 10)
    market.at(2.0)
    shift_price(market, 5)
    return market.at(14.0)


def test_a_running_session_low_is_rejected_and_then_broken() -> None:
    """Tried and held first, then left by its defenders and passed: the level stays where it was while price is at it.

    With the high in its place and every price turned over the same signals come at the same times.
    """
    found = []
    for side, tick, kind, begin in (
        (BID, SESSION_LOW_TICK, LevelKind.SESSION_LOW, low_market),
        (ASK, SESSION_HIGH_TICK, LevelKind.SESSION_HIGH, session_market),
    ):
        market, sign = begin(), 1 if side == ASK else -1
        shift_price(market, 4 * sign)
        stack_zone(market, tick, side, size=300)
        market.at(14.5)
        best = market.best(side)
        market.trade(1 - side, 60)
        market.add(side, best, 60)
        keep_alive(market, 19.0)
        shift_price(market, -3 * sign)
        market.at(30.0)
        pull_zone(market, tick, side, leave=2)
        keep_alive(market, 34.5)
        shift_price(market, 6 * sign)
        market.trade(1 - side, 3)
        keep_alive(market, 37.0)
        results = played(market, until_s=37.0)
        said = [a for a in results.alerts if a["kind"] == kind and a["event"] != AlertEvent.UPDATED]
        assert {float(a["price"]) for a in said} == {tick / 4}
        assert {int(a["direction"]) for a in said} == {sign}
        found.append([(Signal(int(a["signal"])), int(a["event"]), seconds(market, int(a["t_ns"]))) for a in said])
        last = results.rows[-1]
        (row,) = last[last["kind"] == kind]
        assert (row["held"], row["price"]) == (1.0, tick / 4)
    assert [(signal, event) for signal, event, _ in found[0]][:3] == [
        *((Signal.REJECT, RAISED), (Signal.REJECT, RESOLVED), (Signal.BREAK, RAISED)),
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", [LevelKind.VWAP, LevelKind.SMA_200])
def test_an_average_is_held_still_while_price_is_at_it(kind: LevelKind) -> None:
    """Within the touch band of half a point; once price has gone it is where it should be again."""
    start = RTH_OPEN_NS + 60 * MINUTE
    engine = engine_for(params=SILENT_TAPE)
    feed(engine, bars(flat_bars(start - 420 * MINUTE, start, (MID + 1) / 4)))
    market = Market(start_ns=start)
    market.ladder(size=5000, depth=30).at(1.0)
    for k in range(240):
        market.at(1.0 + k)
        market.trade(BID, 20)
        if k == 150:
            shift_price(market, 6)
    results = feed(engine, records(market.words()), WatermarkFrame(start + 245 * SECOND))
    shown = np.concatenate([rows[rows["kind"] == kind] for rows in results.rows])
    inside = np.abs(shown["price"] - shown["spot"]) < 0.5
    assert set(shown["price"][: 4 * 150].tolist()) == {(MID + 1) / 4}
    assert inside[: 4 * 150].all()
    assert not inside[-1]
    ranges = engine.state["ranges"][0]
    vwap = float(ranges["vwap_value"] / ranges["vwap_volume"])
    now = float(engine.state["bars"]["sma_200"][0]) if kind is LevelKind.SMA_200 else vwap
    assert shown["price"][-1] == now != (MID + 1) / 4
    assert shown["held"][-1] == 0.0
