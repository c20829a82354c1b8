"""Orders put together from their fills, clusters of them that are one push, and large ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.physics.book.orders import finish_order, gather_order, learn_sizes
from tests.support.engine import engine_for, feed, params_for, records
from tests.support.kernels import empty_state
from tests.support.market import ASK, BID, MID, MS, SECOND, START_NS, Market

PARAMS = params_for()
BUY, SELL, UNKNOWN = 1, -1, 0
Fill = tuple[int, int, int]
"""(aggressor, tick, contracts)."""


class Tape:
    """Orders one after the other; clusters count as after ten minutes of history, above bursts of 20 contracts."""

    def __init__(self, burst: float = 20.0, *, known: bool = True) -> None:
        self.state: Any = empty_state()
        self.state["orders"]["burst"], self.state["orders"]["burst_weight"] = burst, float(known)
        self.time = START_NS

    def event(self, *fills: Fill, after_ms: int = 20) -> None:
        self.time += after_ms * MS
        for aggressor, tick, size in fills:
            gather_order(self.state, PARAMS, self.time, aggressor, tick, size)
        finish_order(self.state, PARAMS)

    def orders(self) -> list[tuple[int, ...]]:
        held = self.state["orders"]["order"][: self.state["orders"]["orders"]]
        return [tuple(int(o[name]) for name in ("side", "size", "prints", "levels")) for o in held]

    @property
    def sweeps(self) -> list[Any]:
        return list(self.state["orders"]["sweep"][: self.state["orders"]["sweeps"]])

    def push(self, sides: Sequence[int], size: int = 10, after_ms: int = 20) -> None:
        for side in sides:
            self.event((side, MID, size), after_ms=after_ms)


# --- orders ----------------------------------------------------------------------------------------------------------


def test_fills_of_one_side_in_one_event_are_one_order() -> None:
    tape = Tape()
    tape.event((BUY, MID, 3), (BUY, MID, 4), (BUY, MID + 1, 5))
    assert tape.orders() == [(BUY, 12, 3, 2)]


def test_another_side_in_the_same_event_is_another_order() -> None:
    tape = Tape()
    tape.event((BUY, MID, 3), (SELL, MID - 1, 4), (BUY, MID, 5))
    assert tape.orders() == [(BUY, 3, 1, 1), (SELL, 4, 1, 1), (BUY, 5, 1, 1)]


def test_the_same_side_in_the_next_event_is_another_order() -> None:
    tape = Tape()
    tape.push([BUY, BUY])
    assert tape.orders() == [(BUY, 10, 1, 1), (BUY, 10, 1, 1)]


def test_an_order_that_takes_two_prices_is_a_sweep_from_the_first_minute_on() -> None:
    tape = Tape(known=False)
    tape.event((SELL, MID, 3), (SELL, MID - 1, 5))
    (sweep,) = tape.sweeps
    assert (sweep["side"], sweep["size"], sweep["levels"], sweep["cluster"]) == (SELL, 8, 2, 0)


def test_fills_of_no_known_side_are_never_a_sweep() -> None:
    tape = Tape()
    tape.event((UNKNOWN, MID, 30), (UNKNOWN, MID + 1, 50))
    tape.push([UNKNOWN] * 5)
    assert tape.sweeps == []


# --- clusters --------------------------------------------------------------------------------------------------------


def test_three_orders_of_one_side_within_a_tenth_of_a_second_are_a_sweep() -> None:
    tape = Tape()
    tape.event((BUY, MID, 10))
    tape.event((BUY, MID + 2, 11))
    tape.event((BUY, MID + 1, 12))
    (sweep,) = tape.sweeps
    assert (sweep["side"], sweep["size"], sweep["prints"], sweep["cluster"]) == (BUY, 33, 3, 1)
    assert (sweep["low"], sweep["high"], sweep["levels"]) == (MID, MID + 2, 3)
    assert sweep["notional_ticks"] == 10 * MID + 11 * (MID + 2) + 12 * (MID + 1)
    assert sweep["t_ns"] - sweep["first_ns"] == 40 * MS


def test_before_the_usual_bursts_are_known_they_are_not() -> None:
    tape = Tape(known=False)
    tape.push([BUY] * 10)
    assert tape.sweeps == []


@pytest.mark.parametrize(
    ("sides", "size", "after_ms", "sweeps"),
    [
        pytest.param([BUY] * 2, 30, 20, 0, id="two orders"),
        pytest.param([BUY] * 3, 6, 20, 0, id="less than a burst"),
        pytest.param([BUY] * 3, 7, 20, 1, id="more than a burst"),
        pytest.param([BUY] * 3, 10, 50, 1, id="over a tenth of a second"),
        pytest.param([BUY] * 3, 10, 51, 0, id="over more than that"),
        pytest.param([BUY, SELL, BUY, BUY], 10, 20, 0, id="three quarters of one side"),
        pytest.param([SELL, BUY, BUY, BUY, BUY], 10, 20, 1, id="four fifths of one side"),
        pytest.param([BUY, SELL] * 2, 30, 20, 0, id="mixed"),
    ],
)
def test_what_makes_a_cluster(sides: Sequence[int], size: int, after_ms: int, sweeps: int) -> None:
    tape = Tape()
    tape.push(sides, size, after_ms)
    assert len(tape.sweeps) == sweeps


def test_a_burst_of_usual_volume_is_none() -> None:
    tape = Tape(burst=30.0)
    tape.push([BUY] * 3)
    assert tape.sweeps == []


def test_a_cluster_goes_on_instead_of_being_counted_twice() -> None:
    tape = Tape()
    tape.push([BUY] * 5)
    (sweep,) = tape.sweeps
    assert (sweep["size"], sweep["prints"], sweep["t_ns"]) == (50, 5, tape.time)


def test_a_cluster_that_goes_on_for_long_is_as_large_as_its_latest_tenth_of_a_second() -> None:
    tape = Tape()
    tape.push([SELL] * 30)
    (sweep,) = tape.sweeps
    assert (sweep["size"], sweep["t_ns"] - sweep["first_ns"]) == (60, 100 * MS)


def test_a_push_to_the_other_side_is_another_cluster() -> None:
    tape = Tape()
    tape.push([BUY] * 3)
    tape.time += 200 * MS
    tape.push([SELL] * 3)
    assert [int(w["side"]) for w in tape.sweeps] == [BUY, SELL]


def test_a_push_after_a_pause_is_another_cluster() -> None:
    tape = Tape()
    tape.push([BUY] * 3)
    tape.time += 200 * MS
    tape.push([BUY] * 3)
    assert [int(w["size"]) for w in tape.sweeps] == [30, 30]


@pytest.mark.parametrize(("minutes", "known"), [(9.99, 0.0), (10.0, 1.0)])
def test_the_usual_bursts_are_known_after_ten_minutes(minutes: float, known: float) -> None:
    s = empty_state()
    s["clock"]["first_ns"] = START_NS
    s["clock"]["now_ns"] = START_NS + round(minutes * 60 * SECOND)
    learn_sizes(s, PARAMS)
    assert s["orders"]["burst_weight"] == known


def test_a_burst_is_what_one_tenth_of_a_second_in_two_hundred_exceeds() -> None:
    """Of 1000 spans in which someone traded, 990 saw 3 contracts and 10 saw 25; every other span was empty."""
    tape = Tape()
    tape.state["clock"]["first_ns"] = START_NS
    tape.time = START_NS // (100 * MS) * 100 * MS
    for k in range(1001):
        tape.event((BUY, MID, 25 if k % 100 == 99 else 3), after_ms=200 if k else 0)
    tape.state["orders"]["burst_hist"][0] -= 600.0
    tape.state["clock"]["now_ns"] = START_NS + 601 * SECOND
    learn_sizes(tape.state, PARAMS)
    assert tape.state["orders"]["burst"] == 3.0
    assert tape.state["orders"]["burst_hist"][25] == 10.0
    assert tape.state["orders"]["burst_hist"][0] == pytest.approx(1001, abs=1)


# --- through the engine ----------------------------------------------------------------------------------------------

LEVEL = MID + 1


def rows_until(market: Market, seconds: float, **params: float) -> NDArray[np.void]:
    engine = engine_for(levels=(LEVEL / 4,), params=params)
    frames = (records(market.words()), WatermarkFrame(START_NS + round(seconds * SECOND)))
    return feed(engine, *frames).level(LEVEL / 4)


def pushed_at(seconds: float) -> Market:
    """Three small buyers within sixty milliseconds, none of whom takes a whole price; a trifle a half-minute before."""
    market = Market().ladder(size=500)
    for k in range(1, int(seconds // 30) + 1):
        market.at(30.0 * k - 5.0)
        market.write(b"A", BID, MID - 40, 1)
    market.at(seconds + 0.01)
    for k in range(3):
        market.trade(BID, 10 + k)
        market.now_ns += 30 * MS
    return market


def test_a_cluster_is_told_with_its_size_prints_and_span_after_ten_minutes() -> None:
    row = rows_until(pushed_at(630.0), 630.25)[-1]
    assert (row["sweep_direction"], row["sweep_volume"], row["sweep_prints"]) == (BUY, 33, 3)
    assert (row["sweep_levels"], row["sweep_window_ms"]) == (1, 60)


def test_the_same_orders_before_ten_minutes_are_no_sweep() -> None:
    row = rows_until(pushed_at(570.0), 570.25)[-1]
    assert row["sweep_direction"] == 0
    assert math.isnan(row["sweep_window_ms"])


def test_one_order_s_sweep_took_no_time() -> None:
    market = Market().ladder(size=5, depth=30).at(5.0)
    market.trade(BID, 8)
    assert rows_until(market, 6.0)[-1]["sweep_window_ms"] == 0


def test_large_orders_enter_the_band_and_leave_it_after_the_window() -> None:
    market = Market().ladder(size=500).at(5.0)
    market.trade(BID, 25)
    market.trade(BID, 19)
    market.at(6.0)
    market.trade(ASK, 40)
    rows = rows_until(market, 18.0, w_tape_ns=10 * SECOND)
    assert (rows[19]["large_buys"], rows[20]["large_buys"], rows[24]["large_sells"]) == (0, 25, 40)
    assert rows[20]["buy_volume"] == 25 + 19
    after = [k for k, row in enumerate(rows) if row["large_buys"] == 0 and k > 20]
    assert after[0] == 20 + 40
    assert (rows[-1]["large_buys"], rows[-1]["large_sells"]) == (0, 0)


def test_a_large_order_beyond_the_band_is_not_counted() -> None:
    market = Market().ladder(size=500, best_bid=MID - 10).at(5.0)
    market.trade(BID, 25)
    assert rows_until(market, 6.0)[-1]["large_buys"] == 0


def test_where_large_orders_are_usual_they_are_not_large() -> None:
    """Two in a hundred orders are of fifty contracts, so thirty is nothing to speak of."""
    market = Market().ladder(size=5000).at(5.0)
    for k in range(200):
        market.now_ns += 20 * MS
        market.trade(BID, 50 if k % 40 == 0 else 5)
    market.at(16.0)
    market.trade(BID, 30)
    assert rows_until(market, 17.0, w_tape_ns=5 * SECOND)[-1]["large_buys"] == 0
