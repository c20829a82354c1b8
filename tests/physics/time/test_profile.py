"""Volume by price: the point of control, the value area of 70 %, and when they are levels (docs/physics.md 6.10)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import DEPTH_FEED, GapFrame, WatermarkFrame
from spymaster.market.levels import LevelKind, ProfilePart, kind_bits
from spymaster.physics.engine import Engine
from spymaster.physics.memory.indices import PROFILE_ROWS
from spymaster.physics.views import read_profile
from spymaster.signals.chart.bars import PROFILE_ROW
from tests.support.engine import Results, engine_for, feed
from tests.support.market import CLOSE_NS, HOUR, INTERVAL, MINUTE, OPEN_NS, RTH_OPEN_NS, SECOND
from tests.support.prices import BarRow, Row, bars, placed, tape_engine, trades
from tests.support.reference_profile import Profile

AREA = (LevelKind.POC, LevelKind.VAH, LevelKind.VAL)
ON: dict[str, float] = {"level_kinds": kind_bits(AREA)}
START = OPEN_NS + SECOND
TICK = 0.25


def volumes(engine: Engine) -> NDArray[Any]:
    """The profile as a screen reads it."""
    rows = np.zeros(PROFILE_ROWS, PROFILE_ROW)
    return rows[: read_profile(engine.state, rows)]


def traded(volume: Sequence[int], *, lowest: float = 5000.0, profile: str = "es") -> Engine:
    """An engine that has seen these volumes from a price upwards, the smallest first, so that no price leads before its
    whole volume is there."""
    engine = tape_engine(profile, params=ON)
    order = sorted(range(len(volume)), key=lambda n: volume[n])
    rows: list[Row] = [(START + k, lowest + n * TICK, volume[n]) for k, n in enumerate(order) if volume[n]]
    feed(engine, trades(rows), WatermarkFrame(START + SECOND))
    return engine


def area(engine: Engine) -> tuple[int, int, int]:
    """Value area and point of control as counted from the lowest price: (low, point, high)."""
    part = volumes(engine)["part"]
    inside = np.flatnonzero(part > ProfilePart.REST)
    return int(inside[0]), int(np.flatnonzero(part == ProfilePart.POINT_OF_CONTROL)[0]), int(inside[-1])


# --- point of control and value area ---------------------------------------------------------------------------------


def test_the_point_of_control_is_the_price_with_the_most_volume() -> None:
    assert area(traded([1, 4, 9, 3]))[1] == 2


def test_of_two_prices_with_as_much_volume_the_first_to_get_there_stays_the_point_of_control() -> None:
    for first, second in ((5000.0, 5001.0), (5001.0, 5000.0)):
        engine = tape_engine(params=ON)
        feed(engine, trades([(START, first, 5), (START + 1, second, 5)]), WatermarkFrame(START + SECOND))
        assert volumes(engine)["price"][volumes(engine)["part"] == ProfilePart.POINT_OF_CONTROL] == first
        feed(engine, trades([(START + 2 * SECOND, second, 1)]))
        assert volumes(engine)["price"][volumes(engine)["part"] == ProfilePart.POINT_OF_CONTROL] == second


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        # 40 of 100 at the point; above 10 + 8, below 12 + 9: below, 61; above 18: 79
        ([3, 1, 9, 12, 40, 10, 8, 7, 5, 5], (2, 4, 6)),
        # two rows above hold more though the next one alone does not: 50 + (4 + 20) of 100
        ([2, 4, 50, 4, 20, 20], (2, 2, 4)),
        # the pair that reaches 70 % is taken whole
        ([0, 0, 60, 10, 1, 29], (2, 2, 4)),
        # the last row stands alone: 30 + 40 of 100, and 10 more above would be another step
        ([5, 25, 40, 5, 10, 5, 5, 5], (0, 2, 2)),
    ],
)
def test_the_value_area_grows_by_the_larger_of_the_next_two_prices_on_either_side(
    volume: list[int], expected: tuple[int, int, int]
) -> None:
    lowest = next(n for n, size in enumerate(volume) if size)
    assert area(traded(volume)) == tuple(n - lowest for n in expected)


def test_where_both_sides_hold_as_much_both_are_taken() -> None:
    assert area(traded([5, 10, 10, 50, 10, 10, 5])) == (1, 3, 5)


def test_prices_without_a_trade_are_steps_too() -> None:
    """Six empty prices lie between: two steps of nothing before the other volume is reached."""
    engine = traded([60, 0, 0, 0, 0, 0, 0, 40])
    assert area(engine) == (0, 0, 7)
    assert volumes(engine)["volume"].tolist() == [60, 0, 0, 0, 0, 0, 0, 40]


def test_a_single_price_is_the_whole_area() -> None:
    assert area(traded([7])) == (0, 0, 0)


def test_seventy_of_a_hundred_are_enough() -> None:
    assert area(traded([70, 15, 15])) == (0, 0, 0)
    assert area(traded([69, 16, 15])) == (0, 0, 2)


# --- a second computation --------------------------------------------------------------------------------------------


def random_day(seed: int, per_unit: int) -> tuple[list[BarRow], list[Row]]:
    """Bars of the night before a recording, and its trades: prices that wander and return, on and off rows."""
    dice = random.Random(seed)
    price, history, rows = 5000.0, [], []
    for minute in range(40):
        prices = sorted(price + dice.randint(-8, 8) / per_unit for _ in range(4))
        first, last = dice.sample(prices, 2)
        volume = dice.choice((0, 1, 7, 30, 210))
        history.append((OPEN_NS + minute * MINUTE, first, prices[-1], prices[0], last, volume))
        price = last
    for n in range(400):
        price += dice.randint(-3, 3) / per_unit - (price - 5000.0) / 50 // (1 / per_unit) / per_unit
        rows.append((OPEN_NS + 40 * MINUTE + n * INTERVAL + 1, price, dice.choice((1, 1, 2, 5, 40))))
    return history, rows


@pytest.mark.parametrize("seed", range(12))
def test_levels_of_random_trades_are_those_of_a_second_computation_at_every_snap(seed: int) -> None:
    history, rows = random_day(seed, 4)
    engine = tape_engine(params=ON)
    feed(engine, bars(history))
    results = feed(engine, trades(rows), WatermarkFrame(rows[-1][0] + INTERVAL))
    profile = Profile(4)
    for _, _, high, low, close, volume in history:
        profile.bar(low, high, close, volume)
    waiting = list(rows)
    for t_ns, levels in zip(results.times, results.rows, strict=True):
        while waiting and waiting[0][0] <= t_ns:
            _, price, size = waiting.pop(0)
            profile.trade(price, size)
        found = {LevelKind(int(row["kind"])).name: float(row["running_price"]) for row in levels}
        low, point, high = profile.prices()
        assert found == {"VAL": low, "POC": point, "VAH": high}


@pytest.mark.parametrize("seed", range(6))
def test_the_whole_profile_of_random_trades_is_that_of_a_second_computation(seed: int) -> None:
    history, rows = random_day(seed, 4)
    engine = tape_engine(params=ON)
    feed(engine, bars(history), trades(rows))
    profile = Profile(4)
    for _, _, high, low, close, volume in history:
        profile.bar(low, high, close, volume)
    for _, price, size in rows:
        profile.trade(price, size)
    found = volumes(engine)
    assert found["price"].tolist() == [n / 4 for n in range(min(profile.volume), max(profile.volume) + 1)]
    expected = [float(profile.volume.get(round(price * 4), 0)) for price in found["price"].tolist()]
    np.testing.assert_allclose(found["volume"], expected, rtol=1e-12)


# --- bars, dollars, what does not fit --------------------------------------------------------------------------------


def test_a_bar_s_volume_is_spread_evenly_from_its_low_to_its_high() -> None:
    engine = tape_engine()
    feed(engine, bars([(OPEN_NS, 5000.5, 5001.0, 5000.0, 5000.75, 30)]))
    assert volumes(engine)["volume"].tolist() == [6.0] * 5
    assert area(engine)[1] == 3, "of prices that grew alike the one nearest its close"


def test_a_bar_without_volume_leaves_nothing() -> None:
    engine = tape_engine()
    feed(engine, bars([(OPEN_NS, 5000.0, 5000.0, 5000.0, 5000.0, 0)]))
    assert len(volumes(engine)) == 0


def test_in_dollars_a_row_is_five_cents() -> None:
    """The future over ten: its ticks are 2.5 cents, and halves count upwards."""
    engine = tape_engine("spy", params=ON)
    start = RTH_OPEN_NS + SECOND
    rows: list[Row] = [(start, 5000.0, 3), (start + 1, 5000.25, 4), (start + 2, 5000.5, 5)]
    feed(engine, trades(rows), WatermarkFrame(start + SECOND))
    assert volumes(engine)["price"].tolist() == [500.0, 500.05]
    assert volumes(engine)["volume"].tolist() == [3.0, 9.0]


def test_a_session_too_wide_to_be_held_has_no_profile() -> None:
    engine = tape_engine(params=ON)
    away = PROFILE_ROWS // 2 * TICK
    feed(engine, bars([(OPEN_NS, 5000.0, 5000.0, 5000.0, 5000.0, 5)]))
    assert len(volumes(engine)) == 1
    feed(engine, bars([(OPEN_NS + MINUTE, 5000.0, 5000.0 + away, 5000.0, 5000.0, 5)]))
    assert len(volumes(engine)) == 0
    results = feed(engine, trades([(OPEN_NS + 2 * MINUTE, 5000.0, 1)]), WatermarkFrame(OPEN_NS + 2 * MINUTE + SECOND))
    assert placed(results.rows[-1]) == {}


# --- as levels -------------------------------------------------------------------------------------------------------


def levels_after(rows: Sequence[Row], *frames: Any, until: int, profile: str = "es", **params: float) -> Results:
    engine = tape_engine(profile, params={**ON, **params})
    return feed(engine, trades(rows), *frames, WatermarkFrame(until))


def test_they_are_no_levels_unless_they_are_asked_for() -> None:
    engine = tape_engine()
    results = feed(engine, trades([(START, 5000.0, 5)]), WatermarkFrame(START + SECOND))
    assert not {"POC", "VAH", "VAL"} & placed(results.rows[-1]).keys()
    assert len(volumes(engine)) == 1, "the screen draws the profile all the same"


@pytest.mark.parametrize("kind", AREA, ids=lambda kind: kind.name)
def test_each_of_them_can_be_asked_for_alone(kind: LevelKind) -> None:
    results = levels_after([(START, 5000.0, 5)], until=START + SECOND, level_kinds=1 << kind)
    assert placed(results.rows[-1]) == {kind.name: 5000.0}


def test_they_develop_with_the_session() -> None:
    rows: list[Row] = [(START, 5000.0, 5), (START + 10 * SECOND, 5010.0, 20)]
    results = levels_after(rows, until=START + 11 * SECOND)
    assert placed(results.rows[0]) == {"POC": 5000.0, "VAH": 5000.0, "VAL": 5000.0}
    assert placed(results.rows[-1]) == {"POC": 5010.0, "VAH": 5010.0, "VAL": 5010.0}


def test_a_level_that_price_stands_on_is_held_and_says_where_it_would_be() -> None:
    rows: list[Row] = [(START, 5000.0, 5), (START + 10 * SECOND, 5000.25, 20)]
    results = levels_after(rows, until=START + 11 * SECOND)
    (row,) = results.rows[-1][results.rows[-1]["kind"] == LevelKind.POC]
    assert (row["price"], row["running_price"], row["held"], row["dynamic"]) == (5000.0, 5000.25, 1.0, 1.0)


def test_a_session_that_was_joined_late_or_has_a_hole_has_a_profile_but_no_levels() -> None:
    late = START + 2 * MINUTE
    assert placed(levels_after([(late, 5000.0, 5)], until=late + SECOND).rows[-1]) == {}
    gap = GapFrame(DEPTH_FEED, START + MINUTE, START + 4 * MINUTE, "test")
    results = levels_after([(START, 5000.0, 5)], gap, until=START + 5 * MINUTE)
    assert placed(results.rows[-1]) == {}


def test_a_new_session_begins_with_nothing() -> None:
    evening = OPEN_NS + 24 * HOUR
    rows: list[Row] = [(CLOSE_NS - MINUTE, 5000.0, 500), (evening, 5020.0, 1)]
    engine = tape_engine(params=ON)
    feed(engine, trades(rows), WatermarkFrame(evening + SECOND))
    assert (volumes(engine)["price"].tolist(), volumes(engine)["volume"].tolist()) == ([5020.0], [1.0])


def test_in_dollars_the_session_is_the_regular_hours() -> None:
    rows: list[Row] = [(RTH_OPEN_NS - MINUTE, 5100.0, 900), (RTH_OPEN_NS, 5000.0, 5)]
    results = levels_after(rows, until=RTH_OPEN_NS + SECOND, profile="spy")
    found = {name: price for name, price in placed(results.rows[-1]).items() if name in ("POC", "VAH", "VAL")}
    assert found == {"POC": 500.0, "VAH": 500.0, "VAL": 500.0}


def test_they_are_valid_since_the_session_began() -> None:
    results = levels_after([(START, 5000.0, 5)], until=START + SECOND)
    assert set(results.rows[-1]["valid_from_s"].tolist()) == {OPEN_NS / 1e9}


def test_at_price_the_upper_end_faces_up_and_the_lower_end_down() -> None:
    rows = levels_after([(START, 5000.0, 5)], until=START + SECOND).rows[-1]
    facing = dict(zip(rows["kind"].astype(int).tolist(), rows["direction"].tolist(), strict=True))
    assert (facing[LevelKind.VAH], facing[LevelKind.VAL]) == (1.0, -1.0)


def test_a_restored_engine_goes_on_with_the_whole_profile() -> None:
    history, rows = random_day(5, 4)
    whole, cut = tape_engine(params=ON), tape_engine(params=ON)
    for engine in (whole, cut):
        feed(engine, bars(history), trades(rows[:200]))
    other = tape_engine(params=ON)
    other.restore(cut.snapshot())
    assert volumes(other).tobytes() == volumes(cut).tobytes()
    ends = [
        feed(engine, trades(rows[200:]), WatermarkFrame(rows[-1][0] + SECOND)).rows[-1].tobytes()
        for engine in (whole, other)
    ]
    assert ends[0] == ends[1]
    assert volumes(other).tobytes() == volumes(whole).tobytes()


def test_trades_of_the_depth_stream_count_as_those_of_a_trades_stream() -> None:
    from tests.support.engine import records
    from tests.support.market import BID, Market

    market = Market(start_ns=START).ladder()
    market.at(0.3).trade(BID, 20)
    market.at(0.6)
    engine = engine_for(params=ON)
    feed(engine, records(market.words()), WatermarkFrame(START + SECOND))
    assert volumes(engine)["volume"].tolist() == [20.0]
