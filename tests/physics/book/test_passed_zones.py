"""A zone that price has reached and passed is judged by what it held and lost, for as long as that is gone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.market.rows import BarrierState
from spymaster.physics.book.passed import end_visit, forget_zone, lose_from_price, passed_states
from spymaster.physics.memory.level_records import LEVEL
from tests.support.engine import engine_for, feed, params_for, records
from tests.support.market import ASK, BID, MID, SECOND, START_NS, Market
from tests.support.scenes import deep_book, keep_alive

DEFAULT = params_for()
NEUTRAL = np.eye(6)[BarrierState.NEUTRAL]
VACUUM, CONSUMED = BarrierState.VACUUM, BarrierState.CONSUMED


def zone(*held: float, states: NDArray[np.float64] = NEUTRAL, came: float = 0.0) -> Any:
    """A level whose zone price has just reached, with so many contracts at its prices."""
    v = np.zeros(1, LEVEL)[0]
    v["reached"] = 1
    v["resting"][: len(held)] = held
    v["held_depth"] = sum(held)
    v["came_vacuum"], v["came_consumed"] = came * states[VACUUM], came * states[CONSUMED]
    return v


def after(v: Any, *prices: tuple[float, float, float]) -> NDArray[np.float64]:
    """The states of a passed zone at whose prices so many were filled and pulled, and so many wait now."""
    for k, (filled, pulled, depth) in enumerate(prices):
        lose_from_price(v, k, filled, pulled, depth)
    states: NDArray[np.float64] = NEUTRAL.copy()
    passed_states(DEFAULT, v, states)
    return states


def likeliest(states: NDArray[np.float64]) -> BarrierState:
    assert abs(states.sum() - 1.0) < 1e-12
    return BarrierState(int(states.argmax()))


def test_what_was_eaten_is_consumed_and_what_was_withdrawn_a_vacuum() -> None:
    assert likeliest(after(zone(120), (120, 0, 0))) is CONSUMED
    assert likeliest(after(zone(120), (0, 120, 0))) is VACUUM


def test_the_larger_part_of_the_loss_decides() -> None:
    assert likeliest(after(zone(120), (70, 50, 0))) is CONSUMED
    assert likeliest(after(zone(120), (50, 70, 0))) is VACUUM


@pytest.mark.parametrize(("held", "limit"), [(120.0, 48.0), (30.0, 20.0), (500.0, 200.0)])
def test_depletion_is_two_fifths_of_what_rested_or_twenty_contracts(held: float, limit: float) -> None:
    assert likeliest(after(zone(held), (limit - 1, 0, held - limit + 1))) is BarrierState.NEUTRAL
    assert likeliest(after(zone(held), (limit + 1, 0, held - limit - 1))) is CONSUMED


def test_a_depleted_zone_says_so_by_the_gates_of_the_definition() -> None:
    states = after(zone(120), (60, 0, 60))
    h = 1 / (1 + math.exp(-(60 / 48 - 1) / 0.15))
    eaten = 1 / (1 + math.exp(-(1.0 - 0.5) / 0.1))
    assert states[CONSUMED] == pytest.approx(h * eaten, abs=1e-7)
    assert states[VACUUM] == pytest.approx(h * (1 - eaten), abs=1e-7)
    assert states[BarrierState.NEUTRAL] == pytest.approx(1 - h, abs=1e-7)


def test_it_stays_consumed_when_nothing_happens_any_more() -> None:
    v = zone(120)
    after(v, (120, 0, 0))
    assert likeliest(after(v, (0, 0, 0))) is CONSUMED


def test_what_came_later_never_counts() -> None:
    """A hundred come and go while forty of those that rested are eaten."""
    v = zone(100)
    after(v, (40, 0, 60))
    after(v, (0, 0, 160))
    states = after(v, (100, 0, 60))
    assert (v["lost_filled"], v["lost_pulled"]) == (100.0, 0.0)
    assert likeliest(states) is CONSUMED
    after(v, (60, 40, 0))
    assert (v["lost_filled"], v["lost_pulled"]) == (100.0, 0.0)


def test_any_contract_that_waits_is_as_likely_to_be_withdrawn() -> None:
    """Sixty rested, sixty came: half of forty withdrawn were of those that rested."""
    v = zone(60)
    after(v, (0, 40, 80))
    assert float(v["lost_pulled"]) == 20.0
    assert float(v["resting"][0]) == 40.0


def test_fills_take_those_first_that_came_first() -> None:
    """Whether they came before the withdrawals of the bucket is not known: half of it as if, half as if not."""
    v = zone(60)
    after(v, (30, 45, 45))
    assert float(v["lost_filled"]) == 30.0
    assert float(v["lost_pulled"]) == (45 * 30 / 90 + 45 * 60 / 120) / 2


def test_fills_and_withdrawals_of_one_bucket_share_those_that_rested() -> None:
    """Sixty rested, sixty came, and all left: had fills come first, none of the sixty would have been withdrawn."""
    v = zone(60)
    after(v, (60, 60, 0))
    assert (float(v["lost_filled"]), float(v["lost_pulled"])) == (45.0, 15.0)
    assert float(v["resting"][0]) == 0.0


def test_each_price_has_its_own_queue() -> None:
    """Thirty rested at each of two prices; sixty fills at one of them took thirty of those."""
    v = zone(30, 30)
    after(v, (60, 0, 0), (0, 0, 30))
    assert float(v["lost_filled"]) == 30.0
    assert v["resting"][:2].tolist() == [0.0, 30.0]


def test_a_vacuum_that_was_there_when_price_came_stays_one_unless_what_was_left_decides() -> None:
    gone = np.eye(6)[VACUUM]
    assert likeliest(after(zone(15, states=gone, came=1.0), (15, 0, 0))) is VACUUM
    assert likeliest(after(zone(60, states=gone, came=1.0), (60, 0, 0))) is CONSUMED


def test_as_much_as_rested_for_a_whole_window_begins_it_anew() -> None:
    v = zone(120)
    after(v, (120, 0, 0))
    for at_s, reached in ((10.0, 1), (19.75, 1), (20.0, 0)):
        end_visit(DEFAULT, v, 120.0, False, START_NS + round(at_s * SECOND))
        assert v["reached"] == reached
    assert (float(v["held_depth"]), float(v["lost_filled"]), float(v["resting"].sum())) == (0.0, 0.0, 0.0)


def test_depth_that_goes_again_before_that_does_not() -> None:
    v = zone(120)
    after(v, (120, 0, 0))
    for at_s, depth in ((10.0, 120.0), (15.0, 119.0), (16.0, 120.0), (25.75, 120.0)):
        end_visit(DEFAULT, v, depth, False, START_NS + round(at_s * SECOND))
        assert v["reached"] == 1


def test_price_in_front_of_the_zone_for_a_whole_window_ends_it() -> None:
    v = zone(120)
    after(v, (60, 0, 60))
    for at_s, in_front, reached in (
        (1.0, True, 1),
        (9.0, False, 1),
        (10.0, True, 1),
        (19.75, True, 1),
        (20.0, True, 0),
    ):
        end_visit(DEFAULT, v, 60.0, in_front, START_NS + round(at_s * SECOND))
        assert v["reached"] == reached


def test_what_is_forgotten_leaves_no_trace() -> None:
    v = zone(120, came=1.0, states=np.eye(6)[VACUUM])
    after(v, (120, 0, 0))
    forget_zone(v)
    names = ("reached", "held_depth", "lost_pulled", "lost_filled", "came_vacuum", "restored_ns", "away_ns", "evidence")
    assert [float(v[name]) for name in names] == [0.0] * len(names)


# --- on a market -----------------------------------------------------------------------------------------------------


LEVEL_TICK = MID + 5
QUIET = {"warmup_ns": 0, "arm_sigma": 0.0, "tape_full_volume": 1e12}


def through(how: str, *, size: int = 100, sign: int = 1) -> Market:
    """Price goes from before the level to a tick and a half past it; what rests there is eaten or withdrawn."""
    market = deep_book(START_NS, size=size)
    attacker, defender = (BID, ASK) if sign > 0 else (ASK, BID)
    for k in range(6):
        market.at(12.1 + 0.3 * k)
        best = market.best(defender)
        if how == "eaten":
            market.trade(attacker, sum(market.orders[n].size for n in market.orders_at(defender, best)))
        else:
            for number in market.orders_at(defender, best):
                market.cancel(number)
        market.add(attacker, best, size)
    return market


def rows_after(market: Market, tick: int, until_s: float, **params: float) -> NDArray[np.void]:
    keep_alive(market, until_s)
    engine = engine_for(levels=(tick / 4,), params={**QUIET, **params})
    return feed(engine, records(market.words()), WatermarkFrame(START_NS + round(until_s * SECOND))).level(tick / 4)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("how", "state"), [("eaten", CONSUMED), ("withdrawn", VACUUM)])
def test_a_level_price_went_through_says_how_for_as_long_as_price_is_past_it(
    how: str, state: BarrierState, sign: int
) -> None:
    tick = LEVEL_TICK if sign > 0 else MID + 1 - 5
    rows = rows_after(through(how, sign=sign), tick, 60.0)
    past = rows[rows["passed"] == 1.0]
    assert len(past) > 150
    assert (past["direction"] == sign).all()
    assert (past["barrier_state"] == state).mean() > 0.99
    assert rows["passed"][:48].sum() == 0


def test_an_empty_zone_behind_the_touch_is_weak_at_least_and_never_neutral() -> None:
    """It held next to nothing when price came, so it lost nothing either."""
    market = deep_book(START_NS)
    for price in range(MID + 1, MID + 8):
        for number in market.orders_at(ASK, price):
            market.cancel(number, market.orders[number].size - 2)
    keep_alive(market, 40.0)
    for k in range(6):
        market.at(40.1 + 0.3 * k)
        market.trade(BID, 2)
        market.add(BID, MID + 1 + k, 2)
    rows = rows_after(market, LEVEL_TICK, 80.0)
    past = rows[rows["passed"] == 1.0]
    assert len(past) > 100
    assert not (past["barrier_state"] == BarrierState.NEUTRAL).any()
    assert past["p_neutral"].max() < 0.2


def test_a_consumed_level_says_much_only_once_price_is_past_it() -> None:
    market = deep_book(START_NS, size=100)
    for k in range(5):
        market.at(12.1 + 0.3 * k)
        market.trade(BID, 100)
        market.add(BID, MID + 1 + k, 100)
    before = rows_after(market, LEVEL_TICK, 15.0, value_consumed=60.0)[-1]
    past = rows_after(through("eaten"), LEVEL_TICK, 15.0)[-1]
    assert before["barrier_state"] == past["barrier_state"] == CONSUMED
    assert (before["passed"], past["passed"]) == (0.0, 1.0)
    assert before["barrier_score"] < 65.0 < 85.0 < past["barrier_score"]


def test_a_level_eaten_through_reaches_eighty_by_the_barrier_alone() -> None:
    assert rows_after(through("eaten"), LEVEL_TICK, 17.0)[-1]["score"] > 80.0


def test_a_level_whose_orders_were_withdrawn_while_price_came_says_little_by_that_alone() -> None:
    """Behind the touch nothing rests: that a zone is empty once price is past it happens at every price."""
    row = rows_after(through("withdrawn"), LEVEL_TICK, 17.0, value_vacuum_passed=55.0, evidence_tau_s=0.1)[-1]
    assert row["barrier_state"] == VACUUM
    assert 50.0 < row["barrier_score"] < 56.0


def test_the_evidence_of_a_break_from_in_front_of_the_level_fades_once_price_has_passed() -> None:
    """All but two contracts a price are withdrawn long before price comes."""
    market = deep_book(START_NS)
    for price in range(MID + 1, MID + 8):
        for number in market.orders_at(ASK, price):
            market.cancel(number, market.orders[number].size - 2)
    keep_alive(market, 40.0)
    for k in range(6):
        market.at(40.1 + 0.3 * k)
        market.trade(BID, 2)
        market.add(BID, MID + 1 + k, 2)
    rows = rows_after(market, LEVEL_TICK, 80.0, evidence_tau_s=15.0)
    said = rows["barrier_score"] - 50.0
    first = int(np.argmax(rows["passed"] == 1.0))
    assert said[first] > 35.0
    for k in range(first + 4, first + 60, 8):
        assert said[k] == pytest.approx(said[first] * math.exp(-(k - first) * 0.25 / 15.0), rel=1e-6)


def test_out_of_sight_it_is_missing_and_what_was_known_is_forgotten() -> None:
    market = through("eaten")
    keep_alive(market, 20.0)
    engine = engine_for(levels=(LEVEL_TICK / 4,), params=QUIET)
    results = feed(engine, records(market.words()), WatermarkFrame(START_NS + 20 * SECOND))
    assert results.level(LEVEL_TICK / 4)[-1]["barrier_state"] == CONSUMED
    engine.state["trust"]["blind_until_ns"] = START_NS + 22 * SECOND
    feed(engine, WatermarkFrame(START_NS + 30 * SECOND), into=results)
    states = results.level(LEVEL_TICK / 4)["barrier_state"][80:]
    missing = np.flatnonzero(states == BarrierState.MISSING)
    assert len(missing) > 3
    assert len(states) > missing[-1] + 20
    assert not np.isin(states[missing[-1] :], (CONSUMED, BarrierState.NEUTRAL, BarrierState.ABSORPTION)).any()
