"""Sliding sums against brute force over the ledger, what part of a zone may be judged, and what is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.market.rows import BarrierState
from spymaster.physics.engine import Engine
from spymaster.physics.memory.indices import LEDGER_TICKS, Z_FILL, Z_GROSS, Z_HIDDEN, Z_IN, Z_OUT
from tests.support.engine import Results, engine_for, feed, records, run
from tests.support.market import ASK, BID, INTERVAL, MID, MS, SECOND, START_NS, Market
from tests.support.reference_ledger import brute_zone
from tests.support.streams import play, random_actions

ZONE_FIELDS = {"added": Z_IN, "pulled": Z_OUT, "filled": Z_FILL, "gross": Z_GROSS, "hidden": Z_HIDDEN}


def drifting(seed: int, count: int, drift: float) -> Market:
    market = Market()
    market.ladder().at(0.5)
    return play(market, random_actions(seed, count, rough=False, drift=drift))


def rally(ticks: int, step: int = 40) -> Market:
    """Price moves up by so many ticks in big steps, one each half second, with flows at each stop."""
    market = Market()
    market.ladder().at(0.5)
    price = MID
    while price < MID + ticks:
        price += step
        market.now_ns += 500 * MS
        for number in list(market.orders):
            order = market.orders[number]
            order.tick += step
        market.write(b"M", BID, price, 50)
        market.add(ASK, price + 1, 7)
        market.trade(BID, 30)
        market.cancel(market.orders_at(BID, price)[0], 2)
    return market


def brute_sums(engine: Engine, results: Results, seconds: float) -> NDArray[np.int64]:
    times = results.times[-round(seconds * 4) :]
    cells = results.cells()
    base = int(engine.state["ledger"]["base"][0])
    out = np.zeros((2, LEDGER_TICKS, engine.state["windows"]["zone"].shape[-1]), np.int64)
    touched = {(side, tick) for _, side, tick in cells if side is not None}
    for side in (BID, ASK):
        centres = {tick + d for s, tick in touched if s == side for d in range(-2, 3)}
        for centre in centres:
            if 0 <= centre - base < LEDGER_TICKS:
                zone = brute_zone(cells, times, side, centre - 2, centre + 2)
                for name, place in ZONE_FIELDS.items():
                    out[side, centre - base, place] = zone[name]
    return out


@pytest.mark.parametrize(
    "market",
    [drifting(3, 1500, 0.0), drifting(4, 1500, 0.9), rally(340), rally(900)],
    ids=["calm", "trend", "340", "900"],
)
def test_zone_sums_equal_a_sum_over_the_ledger(market: Market) -> None:
    engine = engine_for()
    results = feed(engine, records(market.words())).take(engine.finish())
    inner = slice(2, LEDGER_TICKS - 2)  # zones at the rim reach flows that the ledger left behind
    places = list(ZONE_FIELDS.values())
    sums, expected = engine.state["windows"]["zone"][0][:, inner], brute_sums(engine, results, 10.0)[:, inner]
    np.testing.assert_array_equal(sums[..., places], expected[..., places])


def test_zone_sums_are_empty_after_a_quiet_window() -> None:
    engine = engine_for()
    market = drifting(3, 400, 0.0)
    feed(engine, records(market.words()), WatermarkFrame(market.now_ns + 11 * SECOND))
    assert not engine.state["windows"]["zone"].any()


@pytest.mark.parametrize("market", [drifting(5, 1200, 0.5), rally(600)], ids=["trend", "rally"])
def test_tape_sums_equal_the_trades_of_the_window(market: Market) -> None:
    """Of the band of two ticks each side of every price."""
    engine = engine_for(params={"w_tape_ns": 5 * SECOND})
    results = feed(engine, records(market.words())).take(engine.finish())
    since = results.times[-1] - 5 * SECOND
    base = int(engine.state["ledger"]["base"][0])
    expected = np.zeros((2, LEDGER_TICKS), np.int64)
    large = [words for words in market.words() if (int(words[3]) & 0xFFFFFFFF) >= 20]
    for words in market.words():
        if chr((words[3] >> 32) & 0xFF) != "T" or words[1] < since:
            continue
        side = 0 if chr((words[3] >> 40) & 0xFF) == "B" else 1
        place = int(words[2]) // 250_000_000 - base
        expected[side, place - 2 : place + 3] += int(words[3]) & 0xFFFFFFFF
    np.testing.assert_array_equal(engine.state["windows"]["tape"][0, :2], expected)
    assert large or not engine.state["windows"]["tape"][0, 2:].any()


def test_mass_of_the_trust_window_is_the_sum_of_its_flow_rows() -> None:
    engine = engine_for()
    results = feed(engine, records(drifting(6, 900, 0.2).words())).take(engine.finish())
    recent = results.flows[results.flows["ts_bucket_ns"] > results.times[-1] - 10 * SECOND]
    totals = dict(zip(("added", "pulled", "filled", "hidden", "off_book"), results.snaps[-1]["totals"], strict=False))
    assert totals == {name: recent[name].sum() for name in totals}


def test_the_ledger_follows_the_touch() -> None:
    engine = engine_for()
    feed(engine, records(rally(900).words()))
    bid, base = int(engine.state["book"]["bid"][0]), int(engine.state["ledger"]["base"][0])
    assert abs(bid - base - LEDGER_TICKS // 2) <= 300


def test_after_the_ledger_moved_the_displayed_sizes_are_those_of_the_book() -> None:
    engine = engine_for()
    market = rally(900)
    feed(engine, records(market.words()), WatermarkFrame(market.now_ns + SECOND))
    base = int(engine.state["ledger"]["base"][0])
    for side in (BID, ASK):
        shown = list(market.levels(side).items())[:10]
        depth = engine.state["ledger"]["depth"][0, side]
        assert [int(depth[tick - base]) for tick, _ in shown] == [size for _, size in shown]


def test_a_price_that_comes_into_the_ledger_is_in_sight_from_then_only() -> None:
    """What traded there before was not written down, so it was not watched."""
    market = Market()
    market.ladder().at(0.5)
    for order in market.orders.values():
        order.tick += 700
    market.at(20.1)
    market.write(b"M", BID, MID + 700, 50)
    engine = engine_for()
    results = feed(engine, records(market.words()), WatermarkFrame(market.now_ns + SECOND))
    base = int(engine.state["ledger"]["base"][0])
    since = engine.state["ledger"]["seen_since"][0, ASK, MID + 701 - base]
    snap = next(t for t in results.times if t > market.now_ns)
    assert since >= snap


# --- what part of a zone may be judged -------------------------------------------------------------------------------


def book_of(depth: int, best_bid: int = MID) -> Market:
    return Market().ladder(best_bid=best_bid, depth=depth)


def judged(market: Market, tick: int, seconds: float, **config: Any) -> NDArray[np.void]:
    engine = engine_for(levels=(tick / 4,), **config)
    results = feed(engine, records(market.words()), WatermarkFrame(START_NS + round(seconds * SECOND)))
    return results.level(tick / 4)


def test_a_level_beyond_the_visible_book_is_missing_never_neutral() -> None:
    row = judged(book_of(15), MID + 11, 12.0)[-1]
    assert row["barrier_state"] == BarrierState.MISSING
    assert row["visible_fraction"] == 0.0
    for name in ("p_neutral", "p_wall", "added", "pulled", "filled", "depth_in_zone", "attribution_barrier"):
        assert np.isnan(row[name]), name


def test_a_missing_barrier_is_left_out_of_the_score() -> None:
    market = book_of(15)
    market.at(1.0)
    market.trade(BID, 10)
    row = judged(market, MID + 12, 12.0)[-1]
    assert row["barrier_state"] == BarrierState.MISSING
    assert np.isnan(row["attribution_barrier"])


@pytest.mark.parametrize(("tick", "fraction"), [(MID + 8, 1.0), (MID + 9, 0.8), (MID + 10, 0.6), (MID + 11, 0.0)])
def test_the_visible_fraction_counts_the_ticks_in_sight(tick: int, fraction: float) -> None:
    assert judged(book_of(15), tick, 12.0)[-1]["visible_fraction"] == pytest.approx(fraction)


@pytest.mark.parametrize(("tick", "fraction"), [(MID - 7, 1.0), (MID - 8, 0.8), (MID - 9, 0.6), (MID - 10, 0.0)])
def test_the_same_for_the_bids(tick: int, fraction: float) -> None:
    assert judged(book_of(15), tick, 12.0)[-1]["visible_fraction"] == pytest.approx(fraction)


def test_a_book_of_fewer_than_ten_levels_is_visible_as_a_whole() -> None:
    assert judged(book_of(9), MID + 30, 12.0)[-1]["visible_fraction"] == 1.0


def test_the_window_grows_with_the_time_in_sight_from_its_shortest_to_its_longest() -> None:
    rows = judged(book_of(15), MID + 2, 12.0)
    windows = rows["window_s"].tolist()
    assert windows[:5] == [0.0] * 5
    assert windows[5] == 1.5
    assert windows[-1] == 10.0
    assert windows[5:40] == pytest.approx([1.5 + 0.25 * k for k in range(35)])


def test_a_price_that_went_out_of_sight_starts_its_window_anew() -> None:
    """Two better offers push the level out of the ten at 11 s; they are gone again at 12 s."""
    market = Market()
    market.ladder(spread=3).at(11.0)
    better = [market.add(ASK, MID + 2, 5), market.add(ASK, MID + 1, 5)]
    market.at(12.0)
    for number in better:
        market.cancel(number)
    windows = judged(market, MID + 12, 14.0)["window_s"].tolist()
    assert windows[43] == 10.0
    assert windows[44:53] == [0.0] * 9
    assert windows[53] == pytest.approx(1.5)
    assert windows[-1] == pytest.approx(2.0)


def test_the_part_in_sight_longest_for_what_it_adds_is_chosen() -> None:
    """The outermost tick came into sight two seconds ago, the others ten: four fifths of the zone, full window."""
    market = book_of(15)
    market.at(10.0)
    market.cancel(market.orders_at(ASK, MID + 1)[0])
    row = judged(market, MID + 9, 12.0)[-1]
    assert row["visible_fraction"] == pytest.approx(0.8)
    assert row["window_s"] == 10.0


def test_flows_of_a_partly_visible_zone_leave_out_the_rest() -> None:
    market = book_of(15)
    market.at(10.0)
    market.cancel(market.orders_at(ASK, MID + 1)[0])
    market.at(11.0)
    market.add(ASK, MID + 11, 40)
    market.add(ASK, MID + 10, 6)
    row = judged(market, MID + 9, 12.0)[-1]
    assert row["added"] == 6
    assert row["depth_in_zone"] == 4 * 50 + 6


def test_flows_are_netted_within_a_bucket_and_not_between_buckets() -> None:
    market = book_of(15)
    market.at(11.01)
    number = market.add(ASK, MID + 3, 40)
    market.cancel(number, 30)
    market.at(11.26)
    market.cancel(number, 5)
    row = judged(market, MID + 2, 12.0)[-1]
    assert (row["added"], row["pulled"]) == (10, 5)
    assert row["churn"] == pytest.approx(1 - 15 / 75)


def test_a_flow_leaves_the_window_after_exactly_its_length() -> None:
    market = book_of(15)
    market.at(11.01)
    market.add(ASK, MID + 3, 40)
    rows = judged(market, MID + 2, 22.0)
    added = {int(k): int(n) for k, n in enumerate(rows["added"]) if n > 0}
    assert (min(added), max(added)) == (44, 44 + 39)


def test_depth_in_zone_is_what_the_defenders_display_now() -> None:
    market = book_of(15)
    market.at(5.0)
    market.add(ASK, MID + 4, 11)
    market.add(BID, MID - 1, 99)
    assert judged(market, MID + 2, 12.0)[-1]["depth_in_zone"] == 4 * 50 + 11


@pytest.mark.parametrize(("tick", "held"), [(MID + 3, True), (MID + 4, False)])
def test_absorption_needs_that_no_trade_went_beyond_the_zone(tick: int, held: bool) -> None:
    """Fills of 400 at the level, refilled; and one print two or three ticks beyond it."""
    market = book_of(15)
    market.at(3.0)
    for _ in range(4):
        market.now_ns += 250 * MS
        market.print(BID, MID + 1, 100)
    market.print(BID, tick, 1)
    row = judged(market, MID + 1, 9.0, params={"warmup_ns": 0, "absolute_thresholds": 1})[-1]
    assert bool(row["p_absorption"] > 0.5) == held


def test_hidden_share_and_the_iceberg_tag() -> None:
    market = book_of(15)
    market.at(3.0)
    market.print(BID, MID + 1, 40)
    market.now_ns += 250 * MS
    market.trade(BID, 10)
    row = judged(market, MID + 1, 9.0)[-1]
    assert row["hidden_share"] == pytest.approx(0.8)
    assert int(row["tags"]) & 2


def test_the_defending_quote_is_the_defenders_price_nearest_the_level() -> None:
    row = judged(book_of(15), MID + 4, 5.0)[-1]
    assert (row["defending_price"], row["defending_size"]) == ((MID + 4) / 4, 50)


def test_probabilities_of_every_published_row_sum_to_one_or_are_missing() -> None:
    results = run(drifting(8, 800, 0.3).words(), levels=[(MID + k) / 4 for k in range(-20, 60, 3)])
    rows = np.concatenate(results.rows)
    names = ("p_vacuum", "p_consumed", "p_weak", "p_neutral", "p_absorption", "p_wall")
    total = np.sum([rows[name] for name in names], axis=0)
    seen = rows["barrier_state"] != BarrierState.MISSING
    assert seen.any()
    np.testing.assert_allclose(total[seen], 1.0, rtol=0, atol=1e-12)
    assert np.isnan(total[~seen]).all()
    assert (rows["visible_fraction"][seen] >= 0.5).all()


def test_the_first_minute_of_a_book_counts_half() -> None:
    market = book_of(15)
    market.at(31.0)
    market.add(BID, MID - 8, 1)
    rows = judged(market, MID + 2, 62.0)
    ratio = rows["barrier_confidence"] / rows["p_neutral"]
    assert ratio[100] == pytest.approx(0.5)
    assert ratio[-1] == pytest.approx(1.0)


def test_the_bucket_grid_is_the_interval() -> None:
    assert INTERVAL == 250 * MS
