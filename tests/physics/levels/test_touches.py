"""Touches of a level, and attempts at it: what counts as one, what belongs together, and how the forces changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from tests.support.engine import Results, engine_for, feed, records
from tests.support.market import ASK, BID, CLOSE_NS, HOUR, MID, SECOND, START_NS, Market
from tests.support.scenes import deep_book, pull_zone, shift_price

LEVEL = (MID + 6) / 4
"""Six ticks above the best bid: 1.375 points from the middle, with a touch band of half a point."""
NEAR, AWAY, BEYOND = 5, 0, 12
"""Ticks the book is moved up: at the level, where it began, and over a point past the level."""
CALM = {"arm_sigma": 0.0, "warmup_ns": 0}


def idle(market: Market, until_s: float) -> Market:
    """Signs of life far from the level, so that the clock goes on; then it is that second."""
    end = market.start_ns + round(until_s * SECOND)
    while market.now_ns + 20 * SECOND < end:
        market.now_ns += 20 * SECOND
        market.cancel(market.add(BID, MID - 18, 1))
    return market.at(until_s)


def path(steps: Sequence[tuple[float, int]], *, start_ns: int = START_NS) -> Market:
    """A book that lies so many ticks higher from these seconds on."""
    market = Market(start_ns=start_ns).ladder(size=100, depth=30)
    height = 0
    for seconds, ticks in steps:
        idle(market, seconds)
        shift_price(market, ticks - height)
        height = ticks
    return market


def watched(market: Market, *, until_s: float, level: float = LEVEL, **params: float) -> NDArray[np.void]:
    """The level's rows, one a snap."""
    engine = engine_for(levels=(level,), params={**CALM, **params})
    mark = WatermarkFrame(market.start_ns + round(until_s * SECOND))
    return feed(engine, records(market.words()), mark).level(level)


def at(rows: NDArray[np.void], seconds: float) -> Any:
    """The row of the snap so many seconds after the start."""
    return rows[round(seconds * 4) - 1]


def counts(row: Any) -> tuple[int, int]:
    return int(row["prior_touches"]), int(row["attempt"])


VISITS = [(70.0 * k + part, height) for k in range(1, 4) for part, height in ((0.0, NEAR), (10.0, AWAY))]
"""Three touches of ten seconds, seventy apart, away in between."""


def test_before_any_touch_there_is_no_attempt() -> None:
    row = at(watched(path(VISITS), until_s=60), 60.0)
    assert counts(row) == (0, 0)
    assert row["touching"] == 0.0


def test_a_touch_in_progress_is_no_prior_touch_yet() -> None:
    rows = watched(path(VISITS), until_s=240)
    assert at(rows, 71.0)["touching"] == 1.0
    assert [counts(at(rows, t)) for t in (71.0, 79.75, 81.0, 141.0, 151.0, 211.0, 221.0)] == [
        *((0, 1), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3)),
    ]


def test_a_touch_needs_price_to_have_been_away() -> None:
    """Half a point back is not away: coming again is the same touch."""
    rows = watched(path([(70.0, NEAR), (80.0, NEAR - 2), (140.0, NEAR), (150.0, AWAY)]), until_s=155)
    assert at(rows, 85.0)["touching"] == 0.0
    assert (counts(at(rows, 145.0)), counts(at(rows, 155.0))) == ((0, 1), (1, 1))


def test_a_touch_within_a_minute_of_the_last_is_none() -> None:
    rows = watched(path([(10.0, NEAR), (15.0, AWAY), (40.0, NEAR), (45.0, AWAY)]), until_s=100)
    assert [counts(at(rows, t)) for t in (11.0, 16.0, 41.0, 46.0)] == [(0, 1), (1, 1), (1, 1), (1, 1)]


def test_price_that_came_back_too_early_and_stays_touches_once_the_minute_is_over() -> None:
    rows = watched(path([(10.0, NEAR), (15.0, AWAY), (40.0, NEAR)]), until_s=75)
    assert counts(at(rows, 70.0)) == (1, 1)
    assert counts(at(rows, 70.25)) == (1, 2)


def test_the_other_side_is_another_cluster() -> None:
    """Touched from below, passed, and touched from above: the first attempt at it as a support."""
    rows = watched(path([(70.0, NEAR), (80.0, BEYOND), (140.0, NEAR + 1)]), until_s=145)
    assert at(rows, 75.0)["direction"] == 1.0
    assert at(rows, 85.0)["direction"] == at(rows, 141.0)["direction"] == -1.0
    assert [counts(at(rows, t)) for t in (75.0, 85.0, 141.0)] == [(0, 1), (1, 1), (1, 1)]


@pytest.mark.parametrize(("apart_s", "attempt"), [(900.0, 2), (900.5, 1)])
def test_attempts_within_a_quarter_of_an_hour_are_one_cluster(apart_s: float, attempt: int) -> None:
    market = path([(10.0, NEAR), (20.0, AWAY), (10.0 + apart_s, NEAR)])
    row = at(watched(market, until_s=apart_s + 15), apart_s + 12)
    assert counts(row) == (1, attempt)


def test_the_quarter_of_an_hour_counts_from_the_touch_before() -> None:
    """Not from the cluster's first."""
    rows = watched(path(VISITS), until_s=240, attempt_gap_ns=75 * SECOND)
    assert counts(at(rows, 221.0)) == (3, 3)
    rows = watched(path(VISITS), until_s=240, attempt_gap_ns=65 * SECOND)
    assert counts(at(rows, 221.0)) == (3, 1)


TRENDS = ("attempt_delta_trend", "attempt_replenishment_trend", "attempt_velocity_trend", "attempt_imbalance_trend")


def test_a_first_attempt_has_nothing_to_be_compared_with() -> None:
    rows = watched(path(VISITS[:2]), until_s=135)
    assert counts(rows[-1]) == (1, 1)
    assert all(math.isnan(row[name]) for row in rows for name in TRENDS)


def second_attempt(side: int) -> tuple[Market, float]:
    """A quiet touch, and a second at which the zone is pulled and the level is bought (or, mirrored, sold)."""
    sign = 1 if side == ASK else -1
    market = deep_book(START_NS)
    for seconds, ticks in ((70.0, NEAR), (80.0, -NEAR), (140.0, NEAR)):
        idle(market, seconds)
        shift_price(market, sign * ticks)
    level = MID + 6 if side == ASK else MID - 5
    market.at(141.0)
    pull_zone(market, level, side)
    market.trade(1 - side, 5)
    return market, level / 4


@pytest.mark.parametrize("side", [ASK, BID])
def test_trends_are_the_forces_now_less_those_at_the_cluster_s_first_attempt(side: int) -> None:
    market, level = second_attempt(side)
    rows = watched(market, until_s=145, level=level)
    first = rows[int(np.argmax(rows["attempt"] == 1))]
    now = at(rows, 145.0)
    sign = 1.0 if side == ASK else -1.0
    assert counts(now) == (1, 2)
    assert now["attempt_delta_trend"] == now["delta_liq"] - first["delta_liq"] < -100
    assert now["attempt_replenishment_trend"] == now["replenishment"] - first["replenishment"] < 0
    assert now["attempt_velocity_trend"] == sign * now["velocity"] - sign * first["velocity"]
    assert now["attempt_imbalance_trend"] == sign * (now["tape_imbalance"] - first["tape_imbalance"]) > 0


def test_trends_of_a_support_mirror_those_of_a_resistance() -> None:
    found = []
    for side in (ASK, BID):
        market, level = second_attempt(side)
        row = at(watched(market, until_s=145, level=level), 145.0)
        found.append([float(row[name]) for name in TRENDS])
    assert found[0] == pytest.approx(found[1], abs=1e-9)


def test_without_a_barrier_at_the_first_attempt_there_is_no_trend() -> None:
    """The book's ten prices a side do not show the level's zone when the first touch is made."""
    market = path([(2.0, NEAR), (65.0, -6), (70.0, NEAR)])
    idle(market, 90.0)
    rows = watched(market, until_s=90, w_barrier_min_ns=10 * SECOND)
    first, later = at(rows, 3.0), at(rows, 88.0)
    assert (counts(first), counts(later)) == ((0, 1), (1, 2))
    assert (math.isnan(first["delta_liq"]), math.isnan(later["delta_liq"])) == (True, False)
    assert all(math.isnan(later[name]) for name in TRENDS)


def test_a_new_session_forgets_touches_and_attempts() -> None:
    evening = CLOSE_NS - 100 * SECOND
    market = path([(10.0, NEAR), (20.0, AWAY)], start_ns=evening)
    market.now_ns = CLOSE_NS + HOUR + SECOND
    market.add(BID, MID - 9, 1)
    market.now_ns += SECOND
    shift_price(market, NEAR)
    engine = engine_for(levels=(LEVEL,), params=CALM)
    results: Results = feed(engine, records(market.words()), WatermarkFrame(market.now_ns + 2 * SECOND))
    rows = results.level(LEVEL)
    before = [t < CLOSE_NS for t in results.times]
    assert counts(rows[before][-1]) == (1, 1)
    after = rows[~np.array(before)]
    first_of_session = next(row for row, t in zip(rows, results.times, strict=True) if t > CLOSE_NS + HOUR)
    assert counts(first_of_session) == (0, 0)
    assert counts(after[-1]) == (0, 1)
